// How many viewers take one step after another.
import { changed, filters, go, state } from "../address.js";
import { columnsOf, questionCard } from "../card.js";
import { h } from "../dom.js";
import { field, select } from "../filters.js";
import { duration, percent, whole } from "../format.js";
import { learn } from "../names.js";
import { partsOf, stepFields, stepWords } from "../steps.js";
import { numbers } from "../table.js";
import { say } from "../words.js";

const all = ["range", "platform", "verdict"];
const usual = ["page", "click:button#play", "film"];
const windows = [1800, 3600, 21600, 86400, 604800, 2592000];
const windowByDefault = 86400;

export const funnels = {
  filters: all,
  draw(context, root) {
    const steps = state().has("step") ? state().getAll("step") : usual;
    const within = Number(state().get("window")) || windowByDefault;
    const options = [...new Set([...windows, within])].sort((a, b) => a - b).map((seconds) => [String(seconds), duration(seconds)]);
    const form = h("form", { class: "card funnel-form", "aria-label": say("funnel.steps"), onsubmit: (event) => event.preventDefault() },
      h("h2", {}, say("funnel.steps")),
      stepFields(context, steps, (next) => go(changed({ step: next }))),
      field(say("funnel.window"), select(options, String(within), (seconds) =>
        go(changed({ window: Number(seconds) === windowByDefault ? "" : seconds })))),
      h("p", { class: "hint" }, say("funnel.hint")));
    const result = questionCard(context, {
      name: "funnel", title: say("funnel.title"), parameters: () => ({ ...filters(all), step: steps, window: within }),
      prepare: () => learn(steps.map(partsOf).filter((one) => one.kind === "film").map((one) => one.value), context.signal),
      isEmpty: (answer) => !Number(answer.rows[0]?.viewers), empty: say("funnel.nobody"),
      draw: (answer) => [bars(answer), numbers({ caption: say("funnel.title"), columns: columnsOf(answer), rows: answer.rows })],
    });
    root.append(h("div", { class: "grid funnel" }, form, result.root));
    result.start();
  },
};

function bars(answer) {
  return h("ol", { class: "funnel-bars" }, answer.rows.map((row) => h("li", { style: { "--share": `${row.share * 100}%` } },
    h("p", { class: "what" }, stepWords(row.what)),
    h("p", { class: "stair" },
      h("b", { data: { value: String(row.viewers) } }, whole(row.viewers)), " ", h("span", { class: "soft" }, percent(row.share))),
    row.step > 1 ? h("p", { class: "hint" }, say("funnel.lost", { share: percent(row.share_of_previous), n: whole(row.lost) })) : null)));
}
