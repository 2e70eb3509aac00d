// Custom events: which there are, which properties they have, which values those take.
import { changed, filters, go, state } from "../address.js";
import { columnsOf, questionCard } from "../card.js";
import { ranking } from "../charts.js";
import { h } from "../dom.js";
import { whole } from "../format.js";
import { table } from "../table.js";
import { say } from "../words.js";

const shownInChart = 12;
const all = ["range", "platform", "verdict"];

export const events = {
  filters: all,
  draw(context, root) {
    const [name, property] = [state().get("name"), state().get("property")];
    const grid = h("div", { class: "grid" });
    root.append(grid);
    const names = eventNames(context, name);
    grid.append(names.root);
    names.load().then((answer) => {
      if (!name && answer.rows.length) go(changed({ name: answer.rows[0].name }), { replace: true });
    }).catch(() => {});
    if (!name) return;
    const properties = eventProperties(context, name, property);
    grid.append(properties.root);
    properties.load().then((answer) => {
      const best = answer.rows.find((row) => Number(row.values) <= 20) ?? answer.rows[0];
      if (!property && best) go(changed({ property: best.property }), { replace: true });
    }).catch(() => {});
    if (!property) return;
    const values = eventValues(context, name, property);
    grid.append(values.root);
    values.start();
  },
};

const chosen = (words, changes, isChosen) => h("a", { href: changed(changes), "aria-current": isChosen ? "true" : null }, words);

function eventNames(context, name) {
  return questionCard(context, {
    name: "events", title: say("events.names"), wide: true, parameters: () => filters(all), empty: say("events.none"),
    draw: (answer) => table({ caption: say("events.names"), rows: answer.rows, columns: columnsOf(answer, {
      name: { show: (row) => chosen(row.name || say("events.unnamed"), { name: row.name, property: "" }, row.name === name) },
      events: { bar: true }, first: null,
      example: { show: (row) => h("code", { class: "example", title: row.example }, row.example) },
    }) }),
  });
}

function eventProperties(context, name, property) {
  return questionCard(context, {
    name: "event_properties", title: say("events.properties"), hint: name, parameters: () => ({ ...filters(all), name }),
    draw: (answer) => table({ caption: say("events.properties"), rows: answer.rows, columns: columnsOf(answer, {
      property: { show: (row) => chosen(row.property, { property: row.property }, row.property === property) },
      events: { bar: true }, example: { show: (row) => h("code", { class: "example", title: row.example }, row.example) },
    }) }),
  });
}

function eventValues(context, name, property) {
  return questionCard(context, {
    name: "event_values", title: say("events.values"), hint: `${name} · ${property}`,
    parameters: () => ({ ...filters(all), name, property }),
    draw: (answer) => {
      const most = answer.rows.slice(0, shownInChart);
      return [
        ranking({
          label: say("events.valuesLabel", { value: most[0].value, n: whole(most[0].events) }),
          names: most.map((row) => row.value || "\"\""),
          series: [{ name: say("column.events"), colour: "custom", values: most.map((row) => Number(row.events)) }], write: whole,
        }),
        table({ caption: say("events.values"), rows: answer.rows, columns: columnsOf(answer, { share: { bar: true } }) }),
      ];
    },
  });
}
