// Where the address asks for a token (ADMIN_TOKEN): the form for it. It is kept in this tab only.
import { h } from "./dom.js";
import { hasToken, setToken } from "./server.js";
import { say } from "./words.js";

/** - opened: what to do once there is a token to try. */
export function tokenForm(opened) {
  const tried = hasToken();
  setToken(null);
  const input = h("input", { id: "token", type: "password", autocomplete: "current-password", required: true, spellcheck: "false" });
  return h("form", { class: "card narrow", onsubmit: (event) => {
    event.preventDefault();
    setToken(input.value.trim());
    opened();
  } },
  h("h1", { tabindex: "-1" }, say("token.title")),
  h("p", {}, say("token.why")),
  h("label", { for: "token" }, say("token.label")),
  h("div", { class: "row" }, input, h("button", { type: "submit" }, say("token.open"))),
  h("p", { class: "error", role: "alert" }, tried ? say("token.wrong") : ""));
}
