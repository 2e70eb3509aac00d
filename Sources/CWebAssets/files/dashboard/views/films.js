// All films: how many watch them, and how much of them.
import { filters } from "../address.js";
import { columnsOf, questionCard } from "../card.js";
import { ranking } from "../charts.js";
import { h } from "../dom.js";
import { duration, whole } from "../format.js";
import { filmLink, filmName, learn } from "../names.js";
import { table } from "../table.js";
import { say } from "../words.js";

const shownInChart = 10;

export const films = {
  filters: ["range", "platform", "verdict"],
  draw(context, root) {
    const list = questionCard(context, {
      name: "films", title: say("films.title"), wide: true, parameters: () => filters(["range", "platform", "verdict"]),
      prepare: (answer) => learn(answer.rows.map((row) => row.film_id), context.signal),
      draw: (answer) => [...chart(answer), filmTable(answer)],
      list: (answer) => ({
        columns: [{ name: "title", title: say("column.title") }, ...columnsOf(answer)],
        rows: answer.rows.map((row) => ({ title: filmName(row.film_id), ...row })),
      }),
    });
    root.append(h("div", { class: "grid" }, list.root));
    list.start();
  },
};

function chart(answer) {
  const most = [...answer.rows].sort((a, b) => b.unique_seconds - a.unique_seconds).slice(0, shownInChart);
  const hours = (key) => most.map((row) => Number(row[key]) / 3600);
  return [
    h("h3", {}, say("films.hours")),
    ranking({
      label: say("films.hoursLabel", { film: filmName(most[0].film_id), hours: duration(most[0].unique_seconds), n: whole(most.length) }),
      names: most.map((row) => filmName(row.film_id)),
      series: [{ name: say("films.once"), colour: "film", values: hours("unique_seconds") }],
      write: (value) => say("unit.hours", { n: whole(value) }),
    }),
  ];
}

function filmTable(answer) {
  const columns = columnsOf(answer, {
    film_id: { title: say("column.film"), show: (row) => filmLink(row.film_id) },
    viewers: { bar: true }, average_share: { bar: true }, completion_rate: { bar: true },
    played_seconds: null, rewatched_seconds: null, completions: null, last: null,
  });
  return table({ caption: say("films.title"), columns, rows: answer.rows });
}
