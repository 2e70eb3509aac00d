// Clicks by object and page.
import { changed, filters } from "../address.js";
import { columnsOf, questionCard } from "../card.js";
import { ranking } from "../charts.js";
import { h } from "../dom.js";
import { whole } from "../format.js";
import { table } from "../table.js";
import { say } from "../words.js";
import { shortPage } from "./pages.js";

const shownInChart = 12;
const all = ["range", "platform", "verdict", "page"];

export const clicks = {
  filters: all,
  draw(context, root) {
    const list = questionCard(context, {
      name: "clicks", title: say("clicks.title"), wide: true, parameters: () => filters(all),
      draw: (answer) => [chart(answer), table({
        caption: say("clicks.title"), rows: answer.rows, columns: columnsOf(answer, {
          url: { show: (row) => h("a", { href: changed({ page: row.url }), title: row.url }, shortPage(row.url)) }, clicks: { bar: true },
        }) })],
    });
    root.append(h("div", { class: "grid" }, list.root));
    list.start();
  },
};

/** By object, its pages together: of the rows there are. */
function chart(answer) {
  const byObject = new Map();
  for (const row of answer.rows) byObject.set(row.obj_id, (byObject.get(row.obj_id) ?? 0) + Number(row.clicks));
  const most = [...byObject].sort((a, b) => b[1] - a[1]).slice(0, shownInChart);
  return ranking({
    label: say("clicks.label", { object: most[0][0], n: whole(most[0][1]) }), names: most.map(([name]) => name), write: whole,
    series: [{ name: say("column.clicks"), colour: "click", values: most.map(([, count]) => count) }],
  });
}
