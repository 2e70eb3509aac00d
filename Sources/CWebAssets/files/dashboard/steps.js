// The steps of a funnel as people put them together: a kind and which of it, one below the other.
import { h, newID } from "./dom.js";
import { select } from "./filters.js";
import { filmName, learn } from "./names.js";
import { question } from "./server.js";
import { say } from "./words.js";

export const stepsMin = 2, stepsMax = 8;
const kinds = ["page", "click", "film", "custom"];
const sources = {
  page: ["pages", (row) => row.url, (row) => row.title], click: ["clicks", (row) => row.obj_id, () => ""],
  film: ["films", (row) => row.film_id, (row) => filmName(row.film_id)], custom: ["events", (row) => row.name, () => ""],
};

export function partsOf(step) {
  const [kind, ...value] = step.split(":");
  return { kind: kinds.includes(kind) ? kind : "page", value: value.join(":") };
}

/** As people read it: «Page view: /films/*». */
export function stepWords(step) {
  const { kind, value } = partsOf(step);
  return value ? `${say(`kind.${kind}`)}: ${kind === "film" ? filmName(value) : value}` : say(`kind.${kind}`);
}

/** Fields for a list of steps; `changed(steps)` hears of every change. */
export function stepFields(context, steps, changed) {
  const lists = Object.fromEntries(kinds.map((kind) => [kind, listOf(context, kind)]));
  const replace = (place) => (next) => changed(next === null ? steps.toSpliced(place, 1) : steps.with(place, next));
  const rows = steps.map((step, place) => h("li", {}, fieldsOf(step, place, lists, replace(place), steps.length > stepsMin)));
  const full = steps.length >= stepsMax;
  const add = h("button", { type: "button", class: "quiet", disabled: full, onclick: () => changed([...steps, "film"]) }, say("funnel.add"));
  return h("div", {}, h("ol", { class: "steps" }, rows), add, Object.values(lists));
}

function fieldsOf(step, place, lists, changed, removable) {
  const { kind, value } = partsOf(step);
  const n = place + 1;
  const input = h("input", {
    type: "text", value, list: lists[kind].id, spellcheck: "false", "aria-label": say("funnel.which", { n }), placeholder: say("funnel.any"),
    onchange: () => changed(input.value.trim() ? `${kind}:${input.value.trim()}` : kind),
  });
  const kindField = select(kinds.map((name) => [name, say(`kind.${name}`)]), kind, (chosen) => changed(chosen));
  kindField.setAttribute("aria-label", say("funnel.kind", { n }));
  const remove = removable
    ? h("button", { type: "button", class: "quiet", "aria-label": say("funnel.remove", { n }), onclick: () => changed(null) }, "×") : null;
  return [kindField, input, remove];
}

/** What there is to choose from. */
function listOf(context, kind) {
  const list = h("datalist", { id: newID("list") });
  const [name, value, words] = sources[kind];
  question(name, { limit: 100 }, context.signal).then(async ({ rows }) => {
    if (kind === "film") await learn(rows.map((row) => row.film_id), context.signal);
    const seen = new Set(rows.map(value));
    list.append(...[...seen].filter(Boolean).map((one) => h("option", { value: one }, words(rows.find((row) => value(row) === one)))));
  }).catch(() => {});
  return list;
}
