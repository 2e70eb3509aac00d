// What custom events are checked against: each schema with its example, how many events of its name there are, how many fail.
import { changed, filters } from "../address.js";
import { fail, frame, show } from "../card.js";
import { h } from "../dom.js";
import { time } from "../format.js";
import { every } from "../poll.js";
import { question, schemasText } from "../server.js";
import { table } from "../table.js";
import { say } from "../words.js";

const pollMilliseconds = 5000;
const all = ["range", "platform", "verdict"];

export const schemas = {
  filters: all,
  draw(context, root) {
    const list = frame({ title: say("schemas.list"), wide: true });
    const problems = frame({ title: say("schemas.problems"), wide: true });
    list.body.append(h("p", { class: "waiting" }, say("state.loading")));
    list.foot.append(h("details", { class: "how" }, h("summary", {}, say("card.how")), h("p", {}, say("schemas.how")),
      h("p", {}, h("code", {}, "/v1/schemas"))));
    list.root.dataset.question = "schemas";
    problems.root.hidden = true;
    root.append(h("div", { class: "grid" }, list.root, problems.root));
    let shown = "";
    const load = async () => {
      const [text, events] = await Promise.all([
        schemasText(context.signal), question("events", filters(all), context.signal)]);
      context.notify("");
      const now = text + JSON.stringify(events.rows);
      // What has not changed stays as it is: a reader may be in it.
      if (now === shown) return;
      shown = now;
      const answer = JSON.parse(text);
      show(list.body, answer.schemas.length ? listOf(answer.schemas, events.rows) : h("p", { class: "none" }, say("schemas.none")));
      problems.root.hidden = answer.problems.length === 0;
      if (answer.problems.length) show(problems.body, problemsOf(answer.problems));
    };
    every(context, pollMilliseconds, load, (error, pause) => {
      if (shown) context.notify(say("state.trying", { why: say("state.away"), n: Math.round(pause / 1000) }));
      else fail(context, list.body, error, load);
    });
  },
};

function listOf(schemas, events) {
  const volume = new Map(events.map((row) => [row.name, row.events]));
  return table({
    caption: say("schemas.list"),
    rows: schemas.map((schema) => ({ ...schema, events: volume.get(schema.name) ?? 0, mode: say(`schemas.mode.${schema.mode}`) })),
    columns: [
      { name: "name", type: "text", title: say("schemas.name"), show: nameOf },
      { name: "version", type: "count", title: say("schemas.version") },
      { name: "mode", type: "text", title: say("schemas.mode") },
      { name: "events", type: "count", title: say("column.events"), bar: true },
      { name: "fits", type: "count", title: say("schemas.fits") },
      { name: "fails", type: "count", title: say("schemas.fails") },
      { name: "last_fault", type: "none", title: say("schemas.lastFault"), show: faultOf },
      { name: "example", type: "none", title: say("schemas.example"), show: exampleOf },
    ],
  });
}

const nameOf = (schema) => h("a", { href: changed({ view: "events", name: schema.name, property: "" }), title: schema.description }, schema.name);

const faultOf = ({ last_fault: fault }) => (fault
  ? h("span", { title: time(fault.time) }, h("code", {}, fault.field), " ", fault.message) : "–");

function exampleOf({ example, schema }) {
  return h("details", {}, h("summary", {}, h("code", { class: "example" }, example ? JSON.stringify(example) : "{}")),
    h("pre", {}, JSON.stringify(schema, null, 2)));
}

const problemsOf = (problems) => table({
  caption: say("schemas.problems"), rows: problems,
  columns: [{ name: "file", type: "text", title: say("schemas.file") }, { name: "reason", type: "text", title: say("schemas.reason") }],
});
