// Who comes back: viewers by the week of their first event, week by week.
import { filters, state, changed, go } from "../address.js";
import { questionCard } from "../card.js";
import { lines } from "../charts.js";
import { h } from "../dom.js";
import { field, select } from "../filters.js";
import { percent, utcDay, whole } from "../format.js";
import { say } from "../words.js";

const weeksByDefault = 8;

export const retention = {
  filters: ["platform", "verdict"],
  draw(context, root) {
    const weeks = Number(state().get("weeks")) || weeksByDefault;
    const parameters = () => ({ ...filters(["platform", "verdict"]), weeks, from: firstMonday(weeks) });
    const choices = [...new Set([4, 8, 12, 26, weeks])].sort((a, b) => a - b).map((n) => [String(n), say("retention.n", { n, count: n })]);
    root.querySelector(".filters").append(field(say("retention.weeks"),
      select(choices, String(weeks), (n) => go(changed({ weeks: Number(n) === weeksByDefault ? "" : n })))));
    const card = questionCard(context, {
      name: "retention", title: say("retention.title"), wide: true, parameters, draw: (answer) => [average(answer), heat(answer)],
      list: (answer) => ({
        columns: [{ name: "week", title: say("column.week") }, { name: "viewers", title: say("column.viewers") },
          ...weeksOf(answer).map((n) => ({ name: `w${n}`, title: say("retention.week", { n }) }))],
        rows: answer.rows.map((row) => ({ ...row, ...Object.fromEntries(row.returned.map((count, n) => [`w${n}`, count])) })),
      }),
    });
    root.append(h("div", { class: "grid" }, card.root));
    card.start();
  },
};

/** The Monday (UTC) with which the first of so many weeks begins. */
function firstMonday(weeks) {
  const sinceMonday = (new Date().getUTCDay() + 6) % 7;
  return new Date(Date.now() - (sinceMonday + 7 * (weeks - 1)) * 86400e3).toISOString().slice(0, 10);
}

const weeksOf = (answer) => [...Array(Math.max(0, ...answer.rows.map((row) => row.returned.length))).keys()];

/** All first weeks together: of those viewers who could have come back by then. */
function average(answer) {
  const shares = weeksOf(answer).map((n) => {
    const rows = answer.rows.filter((row) => row.returned.length > n);
    return rows.reduce((sum, row) => sum + Number(row.returned[n]), 0) / rows.reduce((sum, row) => sum + Number(row.viewers), 0);
  });
  if (shares.length < 2) return h("p", { class: "hint" }, say("retention.short"));
  return lines({
    label: say("retention.label", { share: percent(shares[1]) }), kind: "plain", x: shares.map((_, n) => n), heightRem: 11, write: percent,
    title: (items) => say("retention.week", { n: items[0].raw.x }),
    series: [{ name: say("retention.average"), colour: "page", values: shares, area: true, points: 3 }],
  });
}

const cell = (share, count) =>
  h("td", { class: "heat", style: { "--share": `${Math.round(share * 100)}%` }, data: { value: String(count) } },
    percent(share), h("small", {}, whole(count)));

function heat(answer) {
  const heads = weeksOf(answer).map((n) => h("th", { scope: "col", class: "number" }, say("retention.week", { n })));
  const rows = answer.rows.map((row) => h("tr", {},
    h("th", { scope: "row" }, utcDay(row.week)), h("td", { class: "number", data: { value: String(row.viewers) } }, whole(row.viewers)),
    row.share.map((share, n) => cell(share, row.returned[n]))));
  return h("div", { class: "table", tabindex: "0", role: "group", "aria-label": say("retention.title") },
    h("table", { class: "heatmap" }, h("caption", { class: "hidden" }, say("retention.title")),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, say("column.week")),
        h("th", { scope: "col", class: "number" }, say("column.viewers")), heads)),
      h("tbody", {}, rows)));
}
