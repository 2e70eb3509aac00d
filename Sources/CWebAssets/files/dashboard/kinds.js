// The four kinds of events: their colours and names, and their counts over time as a chart.
import { lines } from "./charts.js";
import { h } from "./dom.js";
import { duration, rate, whole } from "./format.js";
import { numbers } from "./table.js";
import { columnsOf } from "./card.js";
import { say } from "./words.js";

export const kinds = ["film", "page", "click", "custom"];
export const kindName = (kind) => (kinds.includes(kind) ? say(`kind.${kind}`) : kind);
export const kindTag = (kind) => h("span", { class: `tag ${kinds.includes(kind) ? kind : ""}` }, kindName(kind));

/** Events over time, of `rates`. A step that is not over would look as if everybody had left: it is in the table only. */
export function ratesChart(answer, heightRem) {
  const over = answer.rows.filter((row) => Date.parse(row.time) + answer.step_seconds * 1000 <= Date.now());
  const rows = over.length > 1 ? over : answer.rows;
  const x = rows.map((row) => Date.parse(row.time));
  const total = rows.reduce((sum, row) => sum + Number(row.events), 0);
  const most = Math.max(...rows.map((row) => Number(row.events)));
  return [
    h("p", { class: "hint" }, say("rates.step", { time: duration(answer.step_seconds) })),
    lines({
      label: say("rates.label", { total: whole(total), most: rate(most / answer.step_seconds) }), kind: "time", x, stacked: true, heightRem,
      series: kinds.map((kind) => ({ name: kindName(kind), colour: kind, values: rows.map((row) => Number(row[kind])) })),
      write: whole,
    }),
    numbers({ caption: say("rates.title"), columns: columnsOf(answer), rows: answer.rows }),
  ];
}
