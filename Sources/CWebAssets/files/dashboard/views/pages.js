// Pages by views and by the time spent on them.
import { changed, filters } from "../address.js";
import { columnsOf, questionCard } from "../card.js";
import { ranking } from "../charts.js";
import { h } from "../dom.js";
import { duration, whole } from "../format.js";
import { table } from "../table.js";
import { say } from "../words.js";

const shownInChart = 10;
const all = ["range", "platform", "verdict", "page"];

/** An address without the site that most of them share. */
export function shortPage(url) {
  try {
    const { pathname, search } = new URL(url);
    return decodeURI(pathname + search);
  } catch {
    return url;
  }
}

export const pages = {
  filters: all,
  draw(context, root) {
    const list = questionCard(context, {
      name: "pages", title: say("pages.title"), wide: true, parameters: () => filters(all),
      draw: (answer) => [...charts(answer), table({
        caption: say("pages.title"), rows: answer.rows, columns: columnsOf(answer, {
          url: { show: (row) => h("a", { href: changed({ page: row.url }), title: row.url }, shortPage(row.url)) },
          views: { bar: true }, scroll_percent: { show: (row) => (row.scroll_percent === null ? null : `${whole(row.scroll_percent)} %`) },
        }) })],
    });
    root.append(h("div", { class: "grid" }, list.root));
    list.start();
  },
};

function charts(answer) {
  const most = answer.rows.slice(0, shownInChart);
  const names = most.map((row) => shortPage(row.url));
  const part = (words, chart) => h("div", {}, h("h3", {}, words), chart);
  return [h("div", { class: "halves" },
    part(say("pages.views"), ranking({
      label: say("pages.viewsLabel", { page: names[0], n: whole(most[0].views) }), names, write: whole,
      series: [{ name: say("column.views"), colour: "page", values: most.map((row) => Number(row.views)) }],
    })),
    part(say("pages.time"), ranking({
      label: say("pages.timeLabel", { page: names[0], time: duration(most[0].median_seconds) }), names, write: duration,
      series: [{ name: say("column.median"), colour: "film", values: most.map((row) => row.median_seconds) }],
    })))];
}
