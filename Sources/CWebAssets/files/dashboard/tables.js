// What there is to ask by SQL: tables, their columns, and statements to begin with.
import { fail, frame, show } from "./card.js";
import { h } from "./dom.js";
import { sqlRows } from "./server.js";
import { say } from "./words.js";

const tables = ["clicks", "pages", "views", "custom_events", "watched", "quarantine", "ledger", "deliveries"];
const columnsSQL = `SELECT table, name, type FROM system.columns
  WHERE database = currentDatabase() AND table IN (${tables.map((name) => `'${name}'`).join(", ")}) ORDER BY table, position`;

/** - chosen: called with a statement to put into the console. */
export function tablesCard(context, chosen) {
  const card = frame({ title: say("sql.tables") });
  const load = async () => {
    const rows = await sqlRows(columnsSQL, context.signal);
    show(card.body, tables.map((table) => [table, rows.filter((row) => row.table === table)])
      .filter(([, columns]) => columns.length).map(([table, columns]) => tableOf(table, columns, chosen)));
  };
  load().catch((error) => fail(context, card.body, error, load));
  return card.root;
}

function tableOf(table, columns, chosen) {
  return h("details", { class: "columns" },
    h("summary", {}, h("code", {}, table)),
    h("ul", {}, columns.map(({ name, type }) => h("li", {}, h("code", {}, name), " ", h("span", { class: "soft" }, type)))),
    h("button", { type: "button", class: "quiet", onclick: () => chosen(`SELECT *\nFROM ${table}\nLIMIT 20`) },
      say("sql.look", { table })));
}
