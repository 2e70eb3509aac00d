// What arrives right now, accepted or refused and why. The list is bounded, and stands still while it is paused.
import { changed, go, state } from "../address.js";
import { fail, frame } from "../card.js";
import { h, setText } from "../dom.js";
import { field, select } from "../filters.js";
import { nothing, time, whole } from "../format.js";
import { kindName, kinds, kindTag } from "../kinds.js";
import { listen } from "../live.js";
import { every } from "../poll.js";
import { Problem, Refused } from "../server.js";
import { say } from "../words.js";

const rowsMax = 200, drawMilliseconds = 200, againMilliseconds = 3000;
const names = ["outcome", "kind", "user", "device", "key"];
const nobody = "00000000-0000-0000-0000-000000000000";

export const live = {
  filters: [],
  draw(context, root) {
    const card = frame({ title: say("live.title"), wide: true });
    const list = liveList();
    card.head.append(list.tools);
    card.body.append(list.said, list.held, list.lost, list.root);
    root.append(fields(), card.root);
    const timer = setInterval(list.draw, drawMilliseconds);
    context.signal.addEventListener("abort", () => clearInterval(timer));
    run(context, list, card);
  },
};

/** Listens, and again when the stream has ended; what the server refuses for what was asked is said, and not asked again. */
function run(context, list, card) {
  const parameters = Object.fromEntries(names.map((name) => [name, state().get(name) ?? ""]).filter(([, value]) => value));
  const refused = new AbortController();
  const signal = AbortSignal.any([context.signal, refused.signal]);
  every({ signal }, againMilliseconds, async () => {
    await listen(parameters, signal, () => list.say("live.connected"), list.take);
    list.say("live.away");
  }, (error) => {
    const isFinal = error instanceof Refused || (error instanceof Problem && error.status === 422);
    if (!isFinal) return list.say("live.away");
    refused.abort();
    fail(context, card.body, error);
  });
}

function fields() {
  const query = state();
  const set = (name) => (value) => go(changed({ [name]: value.trim() }), { replace: true });
  const chosen = (name, options) => select([["", say("live.any")], ...options], query.get(name) ?? "", set(name));
  const written = (name) => h("input", { type: "text", value: query.get(name) ?? "", spellcheck: "false", autocomplete: "off",
    onchange: (event) => set(name)(event.target.value) });
  return h("form", { class: "filters", "aria-label": say("live.fields"), onsubmit: (event) => event.preventDefault() },
    field(say("live.outcome"), chosen("outcome", ["accepted", "warned", "rejected"].map((name) => [name, say(`live.${name}`)]))),
    field(say("column.kind"), chosen("kind", kinds.map((kind) => [kind, kindName(kind)]))),
    ["user", "device", "key"].map((name) => field(say(`live.${name}`), written(name))));
}

/** The list, and what stands around it. `take` gathers, `draw` shows what has been gathered, at most some times a second. */
function liveList() {
  let waiting = [], paused = false, words = "live.connecting", drops = 0;
  const said = h("p", { class: "hint", role: "status" });
  const held = h("p", { class: "hint", hidden: true });
  const lost = h("p", { class: "hint warn", hidden: true });
  const none = h("p", { class: "none" }, say("live.nothing"));
  const body = h("tbody", {});
  const heads = ["column.time", "live.outcome", "column.kind", "column.viewer", "live.key", "live.event"]
    .map((key) => h("th", { scope: "col" }, say(key)));
  const table = h("div", { class: "table", tabindex: "0", role: "group", "aria-label": say("live.list"), hidden: true },
    h("table", { class: "latest live" }, h("caption", { class: "hidden" }, say("live.list")), h("thead", {}, h("tr", {}, heads)), body));
  const pause = h("button", { type: "button", class: "tool", "aria-pressed": "false", onclick: () => {
    paused = !paused;
    pause.setAttribute("aria-pressed", String(paused));
    setText(pause, say(paused ? "live.resume" : "live.pause"));
    draw();
  } }, say("live.pause"));
  const clear = h("button", { type: "button", class: "tool", onclick: () => {
    waiting = [];
    drops = 0;
    body.replaceChildren();
    draw();
  } }, say("live.clear"));

  function draw() {
    const count = waiting.length;
    if (!paused && count) {
      body.prepend(...waiting.map(({ name, data }) => rowOf(name, data)).reverse());
      waiting = [];
      while (body.children.length > rowsMax) body.lastChild.remove();
    }
    // The state is read aloud when it changes, the counts are not.
    setText(said, paused ? say("live.paused") : say(words, { max: whole(rowsMax) }));
    held.hidden = !paused || !count;
    setText(held, held.hidden ? "" : say("live.waiting", { count, n: whole(count) }));
    setText(lost, drops ? say("live.dropped", { count: drops, n: whole(drops) }) : "");
    lost.hidden = !drops;
    table.hidden = !body.children.length;
    none.hidden = !table.hidden;
  }

  return {
    said, held, lost, root: h("div", {}, none, table), tools: h("span", { class: "tools" }, pause, clear), draw,
    say: (key) => { words = key; },
    take(name, data) {
      if (name === "dropped") drops += data.count;
      else if (waiting.push({ name, data }) > rowsMax) waiting.shift();
    },
  };
}

function rowOf(name, data) {
  const event = data.event ?? data;
  const received = event.received_at.replace(" ", "T") + "Z";
  return h("tr", { class: "new", data: { outcome: name } },
    h("td", {}, h("time", { datetime: received }, time(received))),
    h("td", {}, outcome(name, data)),
    h("td", {}, data.kind ? kindTag(data.kind) : nothing),
    viewer(event),
    h("td", {}, data.key ? h("code", {}, data.key) : ""),
    h("td", { class: "what" }, h("details", {}, h("summary", {}, inShort(name, data)),
      data.warnings ? h("ul", { class: "soft" }, data.warnings.map((fault) => h("li", {}, why(fault.field, fault.message)))) : null,
      h("pre", { tabindex: "0" }, JSON.stringify(event, null, 2)))));
}

const outcome = (name, data) => (name === "accepted"
  ? h("span", { class: data.warnings ? "warn" : "good" }, say(data.warnings ? "live.warned" : "live.accepted"))
  : h("span", { class: "bad", title: say("live.status", { status: data.status }) }, `${say("live.rejected")} ${data.status}`));

function inShort(name, data) {
  if (name === "rejected") return why(data.field, data.reason);
  const [fault] = data.warnings ?? [];
  return fault ? why(fault.field, fault.message) : subject(data.event);
}

const why = (field, words) => [field ? h("code", {}, field) : null, field ? " " : null, words];

const subject = (event) => event.obj_id ?? event.url ?? (event.film_id ? `${event.film_id} ${event.timecode}` : null)
  ?? (event.name || (event.information ? JSON.stringify(event.information) : event.event_id));

function viewer(event) {
  const user = event.user_id && event.user_id !== nobody ? event.user_id : null;
  const id = user ?? event.anonymous_id;
  if (!id) return h("td", { class: "soft" }, say("latest.anonymous"));
  return h("td", { title: id }, user ? null : h("span", { class: "soft" }, say("latest.device") + " "),
    h("code", {}, id.length > 12 ? `${id.slice(0, 5)}…${id.slice(-6)}` : id));
}
