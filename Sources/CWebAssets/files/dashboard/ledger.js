// Whether every event is accounted for: the ledger, the audit, and what was refused and why.
import { consoleAddress, fail, frame, show } from "./card.js";
import { h } from "./dom.js";
import { whole } from "./format.js";
import { every } from "./poll.js";
import { ledgerText, sqlRows } from "./server.js";
import { table } from "./table.js";
import { say, sayName } from "./words.js";

const slowMilliseconds = 15000;
const fates = ["accepted", "stored", "duplicate", "quarantined", "forgotten", "lost"];
const ledgerSQL = `SELECT topic, ${fates.map((name) => `sum(${name}) AS ${name}`).join(", ")}
FROM ledger GROUP BY topic ORDER BY topic`;
const rejectsSQL = `SELECT source, field, reason, count() AS events, max(quarantined_at) AS latest
FROM quarantine WHERE replayed_at < '2000-01-01 00:00:00'
GROUP BY source, field, reason ORDER BY events DESC LIMIT 50`;

const statement = (sql) => h("ul", { class: "statements" }, h("li", {}, h("a", { href: consoleAddress(sql) }, say("card.sql"))));
const explained = (words) => h("details", { class: "how" }, h("summary", {}, say("card.how")), h("p", {}, say(words)));

/** A card that shows a statement's rows, now and then anew; `shy`: only where there are any. */
function sqlCard(context, { sql, words, wide, draw, empty, shy = false }) {
  const card = frame({ title: say(words), wide });
  card.foot.append(explained(`${words}How`), statement(sql));
  card.root.hidden = shy;
  const load = async () => {
    const rows = await sqlRows(sql, context.signal);
    card.root.hidden = shy && !rows.length;
    show(card.body, rows.length ? draw(rows) : h("p", { class: "none" }, empty));
  };
  every(context, slowMilliseconds, load, (error) => fail(context, card.body, error, load));
  return card;
}

export function ledgerCard(context) {
  const columns = [{ name: "topic", type: "text", title: say("column.topic") },
    ...fates.map((name) => ({ name, type: "count", title: say(`fate.${name}`) }))];
  const card = sqlCard(context, { sql: ledgerSQL, words: "ledger.title", wide: true, empty: say("state.empty"), draw: (rows) => [
    verdictOf(rows), table({ caption: say("ledger.title"), columns, rows, sortable: false })] });
  card.root.dataset.card = "ledger";
  const said = h("p", { role: "status" });
  const audit = h("button", { type: "button", class: "quiet", onclick: () => runAudit(context, audit, said) }, say("ledger.audit"));
  card.foot.prepend(h("div", { class: "row" }, audit, said));
  return card;
}

/** Lines that came are lines whose fate is known. */
function verdictOf(rows) {
  const sum = (name) => rows.reduce((total, row) => total + Number(row[name]), 0);
  const open = sum("accepted") - fates.slice(1).reduce((total, name) => total + sum(name), 0);
  const good = open === 0 && sum("lost") === 0;
  return h("p", { class: `verdict ${good ? "good" : "bad"}` },
    say(good ? "ledger.balanced" : "ledger.open", { n: whole(sum("accepted")), open: whole(open), lost: whole(sum("lost")) }));
}

async function runAudit(context, button, said) {
  button.disabled = true;
  said.textContent = say("state.running");
  try {
    const lines = (await ledgerText(context.signal)).trim().split("\n").map((line) => JSON.parse(line));
    const { good } = lines.at(-1);
    said.textContent = good ? say("ledger.auditGood") : lines.filter((line) => !line.topic).map((line) => line.text).join("\n");
    said.className = good ? "good" : "bad";
  } catch (error) {
    said.textContent = error.message;
    said.className = "bad";
  }
  button.disabled = false;
}

/** - shy: there is no card where nothing was refused. */
export function rejectsCard(context, { shy = false } = {}) {
  const columns = [
    { name: "reason", type: "text", title: say("column.reason") }, { name: "field", type: "text", title: say("column.field") },
    { name: "source", type: "text", title: say("column.source"), show: (row) => sayName("source", row.source) },
    { name: "events", type: "count", title: say("column.events"), bar: true },
    { name: "latest", type: "time", title: say("column.last"), show: (row) => row.latest.slice(0, 19) + " UTC" }];
  const card = sqlCard(context, { sql: rejectsSQL, words: "rejects.title", wide: true, shy, empty: say("rejects.none"),
    draw: (rows) => table({ caption: say("rejects.title"), columns, rows }) });
  card.root.dataset.card = "rejects";
  return card;
}
