// The latest events, as they come: rows of events that are still among them stay, so that only new ones move.
import { h } from "./dom.js";
import { time } from "./format.js";
import { kindTag } from "./kinds.js";
import { filmLink, learn } from "./names.js";
import { say, sayName } from "./words.js";

// How the server tells of film watching: «<film's UUID> at 00:41:07».
const watching = /^([\da-f-]{36}) at (\S+)$/;

export function latestEvents() {
  const body = h("tbody", {});
  const heads = ["time", "kind", "what", "viewer", "verdict"].map((name) => h("th", { scope: "col" }, say(`column.${name}`)));
  const root = h("div", { class: "table", tabindex: "0", role: "group", "aria-label": say("overview.latest") },
    h("table", { class: "latest" }, h("thead", {}, h("tr", {}, heads)), body));
  const known = new Map();
  return {
    root,
    async show(events, signal) {
      await learn(events.map((event) => watching.exec(event.subject)?.[1] ?? ""), signal);
      showIn(body, known, events);
    },
  };
}

function showIn(body, known, events) {
  const keys = events.map((event) => `${event.kind} ${event.event_id} ${event.received_at}`);
  // Where most are new, marking them tells nothing.
  const marks = keys.filter((key) => known.has(key)).length * 2 > keys.length;
  const rows = events.map((event, place) => [keys[place], known.get(keys[place]) ?? rowOf(event, marks)]);
  known.clear();
  for (const [key, row] of rows) known.set(key, row);
  const same = body.children.length === rows.length && rows.every(([, row], place) => body.children[place] === row);
  if (!same) body.replaceChildren(...rows.map(([, row]) => row));
}

function rowOf(event, marked) {
  return h("tr", { class: marked ? "new" : "" },
    h("td", {}, happened(event)),
    h("td", {}, kindTag(event.kind)),
    h("td", { class: "what", title: event.subject }, subject(event)),
    viewer(event),
    h("td", {}, event.verdict
      ? h("span", { class: "flag", title: sayName("meaning", event.verdict) }, sayName("verdict", event.verdict))
      : h("span", { class: "soft" }, say("verdict.isGood"))));
}

const happened = (event) => h("time", {
  datetime: event.time, title: say("latest.received", { time: event.time, received: event.received_at }),
}, time(event.time));

function subject(event) {
  const [, film, place] = (event.kind === "film" && watching.exec(event.subject)) || [];
  return film ? h("span", {}, filmLink(film), " ", place) : event.subject;
}

function viewer(event) {
  const id = event.user_id ?? event.anonymous_id;
  if (!id) return h("td", { class: "soft" }, say("latest.anonymous"));
  const short = id.length > 12 ? `${id.slice(0, 5)}…${id.slice(-6)}` : id;
  return h("td", { title: id }, event.user_id ? null : h("span", { class: "soft" }, say("latest.device") + " "), h("code", {}, short));
}
