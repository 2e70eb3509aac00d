// A row of single numbers.
import { h, setText } from "./dom.js";

/** - parts: `{ name, title, hint }`; answers the row and a setter: `set(name, { text, hint, value, tone })`. */
export function tiles(parts, className = "") {
  const made = new Map(parts.map(({ name, title, hint = "" }) => {
    const figure = h("dd", { class: "big", data: { tile: name } }, "–");
    const note = h("dd", { class: "hint" }, hint);
    return [name, { figure, note, root: h("div", {}, h("dt", {}, title), figure, note) }];
  }));
  const set = (name, { text, hint, value, tone = "" }) => {
    const { figure, note } = made.get(name);
    setText(figure, text);
    figure.className = `big ${tone}`;
    if (value !== undefined) figure.dataset.value = String(value ?? "");
    if (hint !== undefined) setText(note, hint);
  };
  return { root: h("dl", { class: `tiles card ${className}` }, [...made.values()].map((one) => one.root)), set };
}
