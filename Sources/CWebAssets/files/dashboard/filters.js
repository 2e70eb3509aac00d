// The filters above a view. What is chosen goes into the address; the view is drawn anew from there.
import { changed, go, rangeByDefault, ranges, state } from "./address.js";
import { h, newID } from "./dom.js";
import { question } from "./server.js";
import { say } from "./words.js";

const verdicts = ["good", "any", "bot", "clock", "implausible"];
const choose = (changes) => go(changed(changes));

/** Those of the filters `range`, `platform`, `verdict` and `page` that a view's questions take. */
export function filterBar(context, names) {
  const makers = { range, platform, verdict, page };
  return h("form", { class: "filters", "aria-label": say("filter.title"), onsubmit: (event) => event.preventDefault() },
    names.map((name) => makers[name](context)));
}

/** A labelled field. */
export function field(words, control) {
  control.id ||= newID("field");
  return h("div", { class: "field" }, h("label", { for: control.id }, words), control);
}

export function select(options, chosen, onchange) {
  const made = h("select", { onchange: () => onchange(made.value) },
    options.map(([value, words]) => h("option", { value, selected: value === chosen }, words)));
  return made;
}

function range() {
  const query = state();
  const own = query.has("from") || query.has("to");
  const chosen = own ? "own" : query.get("range") in ranges ? query.get("range") : rangeByDefault();
  const options = [...Object.keys(ranges), "own"].map((name) => [name, say(`range.${name}`)]);
  const box = h("div", { class: "group" }, field(say("filter.range"), select(options, chosen, (name) =>
    name === "own"
      ? choose({ range: "", from: local(Date.now() - 86400e3).toISOString(), to: local(Date.now()).toISOString() })
      : choose({ range: name === rangeByDefault() ? "" : name, from: "", to: "" }))));
  if (own) box.append(moment("from", query), moment("to", query));
  return box;
}

const local = (time) => new Date(Math.floor(time / 60e3) * 60e3);

/** A time by the reader's own clock; in the address it is UTC. */
function moment(name, query) {
  const time = new Date(query.get(name) ?? "");
  const shown = Number.isNaN(time.getTime()) ? "" : new Date(time - time.getTimezoneOffset() * 60e3).toISOString().slice(0, 16);
  const input = h("input", { type: "datetime-local", value: shown, onchange: () =>
    choose({ [name]: input.value ? new Date(input.value).toISOString() : "" }) });
  return field(say(`filter.${name}`), input);
}

function verdict() {
  return field(say("filter.verdict"), select(verdicts.map((name) => [name, say(`verdict.${name}`)]),
    state().get("verdict") ?? "good", (name) => choose({ verdict: name === "good" ? "" : name })));
}

/** The platforms there are come from the server; the one in the address is there at once. */
function platform(context) {
  const chosen = state().get("platform") ?? "";
  const made = select([["", say("filter.all")], ...(chosen ? [[chosen, chosen]] : [])], chosen, (name) => choose({ platform: name }));
  question("platforms", { verdict: "any" }, context.signal).then(({ rows }) => {
    const names = rows.map((row) => row.platform).filter((name) => name && name !== chosen);
    made.append(...names.map((name) => h("option", { value: name }, name)));
  }).catch(() => { /* without the list there is the one that is chosen */ });
  return field(say("filter.platform"), made);
}

function page(context) {
  const list = h("datalist", { id: newID("list") });
  const input = h("input", { type: "url", value: state().get("page") ?? "", list: list.id, placeholder: say("filter.anyPage"),
    onchange: () => choose({ page: input.value.trim() }) });
  question("pages", { limit: 50 }, context.signal)
    .then(({ rows }) => list.append(...rows.map((row) => h("option", { value: row.url }, row.title)))).catch(() => {});
  const made = field(say("filter.page"), input);
  made.append(list);
  made.classList.add("broad");
  return made;
}
