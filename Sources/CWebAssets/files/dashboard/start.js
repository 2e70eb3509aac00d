// Where nothing has come in yet: how to send the first event.
import { copyText } from "./card.js";
import { h } from "./dom.js";
import { say } from "./words.js";

export function firstEvent() {
  // Where events go by default; this page's own host where it is not the loopback address.
  const host = /^(127\.|localhost$|\[::1\]$)/.test(location.hostname) ? "127.0.0.1" : location.hostname;
  const command = `curl http://${host}:8080/clicks/ -H 'Content-Type: application/json' \\\n     -d '{"obj_id": "button#play"}'`;
  const copy = h("button", { type: "button", class: "quiet", onclick: () => copyText(command, copy) }, say("card.copy"));
  return h("section", { class: "card start", id: "empty", hidden: true },
    h("h2", {}, say("start.title")), h("p", {}, say("start.how")),
    h("div", { class: "code" }, h("pre", { tabindex: "0" }, command), copy),
    h("p", { class: "hint" }, say("start.more"), " ", h("code", {}, "./dev demo")));
}
