// Tables of numbers: shown by the type of their columns, sorted by a click on a heading, copied as tab-separated text.
import { h, newID } from "./dom.js";
import * as format from "./format.js";
import { say } from "./words.js";

const writers = {
  count: format.whole, number: format.number, seconds: format.duration, share: format.percent, time: format.time,
  film: format.filmTime, bytes: format.bytes, milliseconds: format.milliseconds, rate: format.rate,
};
const numeric = new Set(["count", "number", "seconds", "share", "film", "bytes", "milliseconds", "rate"]);
const rowsMax = 1000;

/**
 * - columns: `{ name, type, title, bar, show(row) }`. `bar`: a bar behind the number, the longest the largest;
 *   `show`: what stands in the cell instead of the value.
 * - caption: what the table holds, in words, for those who do not see what is above it.
 */
export function table({ caption, columns, rows, sortable = true }) {
  const made = h("table", {}, h("caption", { class: "hidden" }, caption));
  const body = h("tbody", {});
  const order = { name: null, falling: true };
  const heads = columns.map((column) => headOf(column, sortable, order, () => {
    heads.forEach((head, place) => markOrder(head, columns[place].name, order));
    fill(body, columns, sorted(rows, order));
  }));
  fill(body, columns, rows);
  made.append(h("thead", {}, h("tr", {}, heads)), body);
  const box = h("div", { class: "table", tabindex: "0", role: "group", "aria-label": caption }, made);
  if (rows.length > rowsMax) {
    box.append(h("p", { class: "hint" }, say("table.first", { n: format.whole(rowsMax), all: format.whole(rows.length) })));
  }
  return box;
}

function headOf(column, sortable, order, again) {
  const head = h("th", { scope: "col", class: numeric.has(column.type) ? "number" : "" });
  if (!sortable || column.type === "none") head.append(column.title);
  else {
    head.append(h("button", { type: "button", class: "sort", onclick: () => {
      order.falling = order.name === column.name ? !order.falling : numeric.has(column.type);
      order.name = column.name;
      again();
    } }, column.title));
  }
  return head;
}

const markOrder = (head, name, order) =>
  name === order.name ? head.setAttribute("aria-sort", order.falling ? "descending" : "ascending") : head.removeAttribute("aria-sort");

function sorted(rows, { name, falling }) {
  const isNumber = (value) => value !== "" && Number.isFinite(Number(value));
  const key = ({ [name]: value }) => (value === null ? -Infinity : isNumber(value) ? Number(value) : value);
  const compare = (a, b) => (typeof a === "string" && typeof b === "string" ? a.localeCompare(b) : a < b ? -1 : a > b ? 1 : 0);
  return [...rows].sort((a, b) => compare(key(a), key(b)) * (falling ? -1 : 1));
}

function fill(body, columns, rows) {
  const most = Object.fromEntries(columns.filter((column) => column.bar)
    .map((column) => [column.name, Math.max(...rows.map((row) => Number(row[column.name]) || 0))]));
  body.replaceChildren(...rows.slice(0, rowsMax).map((row) =>
    h("tr", {}, columns.map((column, place) => cell(column, row, most[column.name], place === 0)))));
}

function cell(column, row, most, first) {
  const value = row[column.name];
  const shown = column.show?.(row) ?? text(column.type, value);
  const isNumber = numeric.has(column.type);
  const properties = {
    class: `${isNumber ? "number" : "words"} ${column.bar ? "bar" : ""}`, data: { column: column.name },
    title: typeof shown === "string" && !isNumber && shown.length > 30 ? shown : undefined,
  };
  const bar = column.bar && most ? h("span", { style: { "--share": String((Number(value) || 0) / most) } }) : null;
  const made = first ? h("th", { ...properties, scope: "row" }, shown) : h("td", properties, bar, shown);
  if (value !== undefined) made.dataset.value = typeof value === "object" && value !== null ? JSON.stringify(value) : String(value ?? "");
  return made;
}

function text(type, value) {
  if (value === null || value === undefined || value === "") return format.nothing;
  return (writers[type] ?? ((one) => (typeof one === "object" ? JSON.stringify(one) : String(one))))(value);
}

/** As a spreadsheet takes it. */
export function tabSeparated(columns, rows) {
  const words = (value) => (typeof value === "object" ? JSON.stringify(value) : String(value));
  const plain = (value) => words(value ?? "").replace(/[\t\n\r]/g, " ");
  const own = columns.filter((column) => column.type !== "none");
  return [own.map((column) => column.title), ...rows.map((row) => own.map((column) => row[column.name]))]
    .map((line) => line.map(plain).join("\t")).join("\n");
}

/** The numbers of a chart, closed until somebody wants them. */
export function numbers(options) {
  const box = h("details", { class: "numbers" }, h("summary", { id: newID("numbers") }, say("card.numbers")));
  box.addEventListener("toggle", () => { if (box.open && box.children.length === 1) box.append(table(options)); });
  return box;
}
