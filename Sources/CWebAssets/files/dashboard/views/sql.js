// SQL over the tables, reading only. The statement is in the address's fragment: a link is enough to run the same.
import { copyText, fail, show } from "../card.js";
import { h, newID, setText } from "../dom.js";
import { milliseconds, whole } from "../format.js";
import { download, sqlText } from "../server.js";
import { table, tabSeparated } from "../table.js";
import { tablesCard } from "../tables.js";
import { say } from "../words.js";

const first = `SELECT toStartOfMinute(time) AS minute, count() AS clicks, uniq(user_id, anonymous_id) AS viewers
FROM clicks
WHERE verdict = ''
GROUP BY minute ORDER BY minute DESC LIMIT 10`;

export const sql = {
  filters: [],
  draw(context, root) {
    const given = decodeURIComponent(location.hash.slice(1));
    const text = h("textarea", {
      id: newID("sql"), rows: "8", spellcheck: "false", autocapitalize: "off", autocomplete: "off", value: given || first,
    });
    const keys = h("span", { class: "hint keys" }, h("kbd", {}, "Ctrl"), " ", h("kbd", {}, "Enter"));
    const result = h("div", { class: "result", hidden: true });
    const said = h("span", { class: "hint", role: "status" });
    const run = h("button", { type: "submit" }, say("sql.run"));
    const tools = h("span", { class: "tools", hidden: true });
    const form = h("form", { class: "card sql", onsubmit: (event) => {
      event.preventDefault();
      history.replaceState(null, "", "/?view=sql#" + encodeURIComponent(text.value));
      runNow(context, { text, result, said, run, tools });
    } },
    h("label", { for: text.id, class: "hidden" }, say("sql.label")), text,
    h("div", { class: "row" }, run, keys, said, tools), result);
    text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) form.requestSubmit();
    });
    root.append(h("div", { class: "grid console" }, form, tablesCard(context, (statement) => {
      text.value = statement;
      text.focus();
    })));
    if (given) form.requestSubmit();
  },
};

async function runNow(context, { text, result, said, run, tools }) {
  const statement = text.value;
  if (!statement.trim() || run.disabled) return;
  run.disabled = true;
  tools.hidden = true;
  setText(said, say("state.running"));
  const begun = performance.now();
  result.hidden = false;
  try {
    // The format holds where the statement has no FORMAT of its own.
    const answer = await sqlText(statement, "JSONCompact", context.signal);
    const parsed = parse(answer);
    const time = milliseconds(performance.now() - begun);
    setText(said, parsed ? say("sql.rows", { count: parsed.rows.length, n: whole(parsed.rows.length), time }) : time);
    show(result, parsed ? parsed.rows.length ? table({ caption: say("sql.result"), ...parsed }) : h("p", { class: "none" }, say("sql.none"))
      : h("pre", { tabindex: "0" }, answer || say("sql.nothing")));
    if (parsed) fillTools(tools, statement, parsed);
  } catch (error) {
    setText(said, "");
    fail(context, result, error);
  }
  run.disabled = false;
}

function fillTools(tools, statement, parsed) {
  const tool = (words, onclick, label) => h("button", { type: "button", class: "tool", "aria-label": label, onclick }, words);
  const file = (format, ending) => tool(ending, () =>
    download({ statement, format }, `cinelog.${ending.toLowerCase()}`)
      .catch((error) => tools.append(h("span", { class: "bad", role: "alert" }, error.message))), say("card.download", { format: ending }));
  const copy = tool(say("card.copy"), () => copyText(tabSeparated(parsed.columns, parsed.rows), copy));
  tools.replaceChildren(copy, file("CSVWithNames", "CSV"), file("Parquet", "Parquet"));
  tools.hidden = false;
}

/** JSONCompact's content as a table; null for any other format. */
function parse(text) {
  try {
    const { meta, data } = JSON.parse(text);
    if (!Array.isArray(meta) || !data.every(Array.isArray)) return null;
    const columns = meta.map(({ name, type }, place) => ({
      // Two columns may have one name; figures stay as they came, in full.
      name: String(place), title: name, type: /^(Nullable\()?(U?Int|Float|Decimal)/.test(type) ? "number" : "text",
      show: (row) => (row[place] === null ? "NULL" : typeof row[place] === "object" ? JSON.stringify(row[place]) : String(row[place])),
    }));
    return { columns, rows: data.map((row) => Object.fromEntries(row.map((value, place) => [String(place), value]))) };
  } catch {
    return null;
  }
}
