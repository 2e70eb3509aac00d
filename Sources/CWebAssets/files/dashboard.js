// The first page of the admin address: asks for /v1/insights/overview once a second while it is looked at, and shows it.
// What viewers sent is put into the page as text only, never as markup.
"use strict";

const pollMilliseconds = 1000;
const retryMillisecondsMax = 10000;
const requestTimeoutMilliseconds = 15000;
const backlogOldMilliseconds = 60000;
const resultRowsMax = 1000;
const tokenKey = "cinelog-admin-token";

const kindNames = { click: "Clicks", page: "Page views", film: "Film watching", custom: "Custom events" };
const verdictMeanings = {
  bot: "Sent by a program that says that it is one",
  clock: "Its time is more than 72 hours ago or a minute ahead",
  implausible: "More of a film than can have been watched",
};

const find = (id) => document.getElementById(id);

/** An element with a class and children; text is text. */
function element(name, className, ...children) {
  const made = document.createElement(name);
  if (className) made.className = className;
  made.append(...children);
  return made;
}

function drawing(name, attributes) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

/** Writes only what has changed, so that screen readers and selections are left alone. */
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

// MARK: Figures as people read them

const wholeNumbers = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const oneDigit = new Intl.NumberFormat("en", { maximumFractionDigits: 1 });
const compactNumbers = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 2 });

// 64-bit counts may come as strings.
const count = (value) => Number(value) || 0;
const whole = (value) => wholeNumbers.format(count(value));
const large = (value) => (count(value) < 1e7 ? whole(value) : compactNumbers.format(count(value)));
const rateText = (value) => (value < 100 ? oneDigit : wholeNumbers).format(value);

function bytesText(value) {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let number = count(value);
  let unit = 0;
  while (number >= 1024 && unit < units.length - 1) {
    number /= 1024;
    unit += 1;
  }
  return `${(number < 10 && unit > 0 ? oneDigit : wholeNumbers).format(number)} ${units[unit]}`;
}

function ageText(milliseconds) {
  const seconds = count(milliseconds) / 1000;
  if (seconds < 60) return `${oneDigit.format(seconds)} s`;
  if (seconds < 3600) return `${whole(Math.floor(seconds / 60))} min`;
  if (seconds < 172800) return `${oneDigit.format(seconds / 3600)} h`;
  return `${oneDigit.format(seconds / 86400)} d`;
}

/** By the reader's own clock; the date where it is another day. */
function timeText(text) {
  const time = new Date(text);
  if (Number.isNaN(time.getTime())) return text;
  if (time.toDateString() === new Date().toDateString()) return time.toLocaleTimeString("en-GB");
  return time.toLocaleString("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });
}

// MARK: Asking

class Refused extends Error {}

async function ask(path, options = {}) {
  const headers = new Headers(options.headers);
  const token = sessionStorage.getItem(tokenKey);
  if (token) headers.set("Authorization", `Bearer ${token}`);
  const answer = await fetch(path, { ...options, headers, cache: "no-store" });
  if (answer.status === 401) throw new Refused(await problem(answer));
  return answer;
}

/** What an answer says went wrong. */
async function problem(answer) {
  const text = await answer.text();
  try {
    return JSON.parse(text).errors.map((error) => error.message).join("\n");
  } catch {
    return text || `${answer.status} ${answer.statusText}`;
  }
}

// MARK: The figures

const cards = new Map();

function kindCard(kind) {
  const known = cards.get(kind);
  if (known) return known;
  const total = element("span", "count", "–");
  const rate = element("p", "hint", "–");
  const area = drawing("path", { class: "area" });
  const line = drawing("path", { class: "line" });
  const picture = drawing("svg", { viewBox: "0 0 90 30", preserveAspectRatio: "none", role: "img" });
  picture.append(area, line);
  const name = element("h3", "", element("span", "dot"), kindNames[kind] ?? kind);
  const root = element("li", `card kind ${kind in kindNames ? kind : ""}`, name, total, rate, picture);
  find("kinds").append(root);
  const card = { total, rate, area, line, picture };
  cards.set(kind, card);
  return card;
}

/** A line over the steps; the top of the picture is the busiest step of this kind. */
function drawSeries(card, kind, counts, stepSeconds) {
  const steps = counts.length ? counts.map(count) : [0, 0];
  const most = Math.max(1, ...steps);
  const points = steps.map((value, place) => {
    const x = (place * 90) / Math.max(1, steps.length - 1);
    return `${x.toFixed(2)},${(28 - (value * 25) / most).toFixed(2)}`;
  });
  const line = `M${points.join("L")}`;
  card.line.setAttribute("d", line);
  card.area.setAttribute("d", `${line}L90,30L0,30Z`);
  const peak = Math.max(0, ...steps) / stepSeconds;
  const now = steps[steps.length - 1] / stepSeconds;
  card.picture.setAttribute(
    "aria-label", `${kindNames[kind] ?? kind}: ${rateText(now)} a second now, ${rateText(peak)} at the busiest`);
}

function showKinds(overview) {
  for (const row of overview.kinds) {
    const card = kindCard(row.kind);
    setText(card.total, large(row.total));
    setText(card.rate, `${whole(row.last_minute)} in the last minute`);
    drawSeries(card, row.kind, overview.series.counts[row.kind] ?? [], overview.series.step_seconds);
  }
}

function showTotals(overview) {
  const sum = (key) => overview.kinds.reduce((total, row) => total + count(row[key]), 0);
  const waiting = overview.backlog.reduce((total, row) => total + count(row.events), 0);
  const oldest = Math.max(0, ...overview.backlog.map((row) => count(row.oldest_age_ms)));
  setText(find("rate"), rateText(count(overview.rate_per_second)));
  setText(find("total"), large(sum("total")));
  setText(find("minute"), whole(sum("last_minute")));
  setText(find("waiting"), large(waiting));
  setText(find("waiting-age"), waiting ? `the oldest for ${ageText(oldest)}` : "everything is in the tables");
  find("waiting").classList.toggle("warn", waiting > 0 && oldest > backlogOldMilliseconds);
  const empty = sum("total") === 0 && overview.latest.length === 0;
  find("empty").hidden = !empty;
  find("latest-section").hidden = empty;
}

const rowsByEvent = new Map();

/** Keeps the rows of events that are still among the latest, so that only new ones move. */
function showLatest(events) {
  const keys = events.map((event) => `${event.kind} ${event.event_id} ${event.received_at}`);
  // Where most are new, marking them tells nothing.
  const marks = keys.filter((key) => rowsByEvent.has(key)).length * 2 > keys.length;
  const rows = events.map((event, place) => [keys[place], rowsByEvent.get(keys[place]) ?? eventRow(event, marks)]);
  rowsByEvent.clear();
  for (const [key, row] of rows) rowsByEvent.set(key, row);
  const body = find("latest");
  const same = body.children.length === rows.length && rows.every(([, row], place) => body.children[place] === row);
  if (!same) body.replaceChildren(...rows.map(([, row]) => row));
}

function eventRow(event, marked) {
  const time = element("time", "", timeText(event.time));
  time.dateTime = event.time;
  time.title = `${event.time}, received ${event.received_at}`;
  const subject = element("td", "wide", event.subject);
  subject.title = event.subject;
  const kind = element("span", `tag ${event.kind in kindNames ? event.kind : ""}`, event.kind);
  const row = element("tr", marked ? "new" : "");
  row.append(element("td", "", time), element("td", "", kind), subject, viewerCell(event), verdictCell(event.verdict));
  return row;
}

function viewerCell(event) {
  const id = event.user_id ?? event.anonymous_id;
  if (!id) return element("td", "soft", "anonymous");
  const cell = element("td", "");
  const text = element("span", "viewer", id.length > 12 ? `${id.slice(0, 5)}…${id.slice(-6)}` : id);
  if (!event.user_id) cell.append(element("span", "soft", "anonymous "));
  cell.append(text);
  cell.title = id;
  return cell;
}

function verdictCell(verdict) {
  if (!verdict) return element("td", "soft", "good");
  const flag = element("span", "flag", verdict);
  flag.title = verdictMeanings[verdict] ?? "";
  return element("td", "", flag);
}

function showBacklog(rows) {
  find("backlog").replaceChildren(
    ...rows.map((row) => {
      const old = count(row.events) > 0 && count(row.oldest_age_ms) > backlogOldMilliseconds;
      return element(
        "tr", "", element("td", "", row.topic), element("td", "number", whole(row.events)),
        element("td", "number", bytesText(row.bytes)),
        element("td", `number ${old ? "old" : ""}`, count(row.events) ? ageText(row.oldest_age_ms) : "–"));
    }));
}

function showHealth(id, up, words) {
  const item = find(id);
  item.className = up ? "up" : "down";
  setText(item.querySelector("b"), words);
}

function show(overview) {
  showTotals(overview);
  showKinds(overview);
  showLatest(overview.latest);
  showBacklog(overview.backlog);
  find("health").hidden = false;
  // A link cannot bring a token.
  find("metrics").hidden = sessionStorage.getItem(tokenKey) !== null;
  showHealth("collector", overview.collector.up, overview.collector.up ? "up" : "down");
  const memory = count(overview.store.memory_bytes);
  showHealth("store", overview.store.up, overview.store.up ? (memory ? `up, ${bytesText(memory)}` : "up") : "down");
  const figures = find("figures");
  figures.classList.remove("loading", "stale");
  figures.removeAttribute("aria-busy");
  notify("");
}

function notify(text) {
  const notice = find("notice");
  notice.hidden = text === "";
  setText(notice, text);
}

// MARK: Once a second, while somebody looks

let timer = 0;
let asking = false;
let failures = 0;

async function poll() {
  clearTimeout(timer);
  if (asking || document.hidden || !find("token-form").hidden) return;
  asking = true;
  const started = performance.now();
  let pause = pollMilliseconds;
  try {
    const answer = await ask("/v1/insights/overview", { signal: AbortSignal.timeout(requestTimeoutMilliseconds) });
    if (!answer.ok) throw new Error(await problem(answer));
    show(await answer.json());
    failures = 0;
    pause = Math.max(100, pollMilliseconds - (performance.now() - started));
  } catch (error) {
    if (error instanceof Refused) {
      askForToken(error.message);
    } else {
      pause = failed(error);
    }
  } finally {
    asking = false;
    if (!document.hidden) timer = setTimeout(poll, pause);
  }
}

/** Says so and answers how long to wait. */
function failed(error) {
  failures += 1;
  const pause = Math.min(retryMillisecondsMax, pollMilliseconds * 2 ** Math.min(failures - 1, 10));
  const away = error instanceof TypeError || error.name === "TimeoutError";
  notify(`${away ? "The store does not answer" : error.message}. Trying again every ${Math.round(pause / 1000)} s.`);
  find("figures").classList.add("stale");
  showHealth("store", false, away ? "no answer" : "in trouble");
  find("health").hidden = false;
  return pause;
}

document.addEventListener("visibilitychange", poll);

// MARK: The token

function askForToken(message) {
  const tried = sessionStorage.getItem(tokenKey) !== null;
  sessionStorage.removeItem(tokenKey);
  for (const id of ["figures", "sql-section", "health", "metrics"]) find(id).hidden = true;
  notify("");
  find("token-form").hidden = false;
  setText(find("token-error"), tried ? "This token is not the right one." : "");
  find("token").title = message;
  find("token").focus();
}

find("token-form").addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(tokenKey, find("token").value.trim());
  find("token").value = "";
  find("token-form").hidden = true;
  for (const id of ["figures", "sql-section"]) find(id).hidden = false;
  poll();
});

// MARK: SQL

const firstStatement = `SELECT toStartOfMinute(time) AS minute, count() AS clicks, uniq(user_id) AS viewers
FROM clicks
WHERE verdict = ''
GROUP BY minute ORDER BY minute DESC LIMIT 10`;

async function runSQL(event) {
  event?.preventDefault();
  const sql = find("sql").value;
  if (!sql.trim() || find("run").disabled) return;
  setText(find("sql-error"), "");
  setText(find("sql-status"), "Running…");
  find("run").disabled = true;
  const started = performance.now();
  try {
    // The format holds where the statement has no FORMAT of its own.
    const answer = await ask("/v1/sql?format=JSONCompact", {
      method: "POST", body: sql, headers: { "Content-Type": "text/plain" },
    });
    if (!answer.ok) throw new Error(await problem(answer));
    const rows = await showResult(answer);
    setText(find("sql-status"), `${rows}${whole(performance.now() - started)} ms`);
  } catch (error) {
    find("result").hidden = true;
    setText(find("sql-status"), "");
    if (error instanceof Refused) askForToken(error.message);
    else setText(find("sql-error"), error instanceof TypeError ? "The answer did not come, or was cut short." : error.message);
  } finally {
    find("run").disabled = false;
  }
}

/** Shows an answer as a table where it is one; answers the words about its rows. */
async function showResult(answer) {
  const text = await answer.text();
  const result = find("result");
  result.hidden = false;
  result.scrollTo(0, 0);
  const parsed = parseTable(text);
  if (!parsed) {
    result.replaceChildren(text ? element("pre", "", text) : element("p", "", "Done, with nothing to show."));
    return "";
  }
  const rows = parsed.data.length;
  result.replaceChildren(rows ? resultTable(parsed) : element("p", "", "No rows."));
  if (rows > resultRowsMax) result.append(element("p", "", `The first ${whole(resultRowsMax)} of ${whole(rows)} rows.`));
  return `${whole(rows)} ${rows === 1 ? "row" : "rows"}, `;
}

/** JSONCompact's content; null for any other format. */
function parseTable(text) {
  try {
    const parsed = JSON.parse(text);
    return Array.isArray(parsed.meta) && Array.isArray(parsed.data) && parsed.data.every(Array.isArray) ? parsed : null;
  } catch {
    return null;
  }
}

function resultTable({ meta, data }) {
  const numeric = meta.map((column) => /^(Nullable\()?(U?Int|Float|Decimal)/.test(column.type));
  const head = element("tr", "");
  meta.forEach((column, place) => {
    const cell = element("th", numeric[place] ? "number" : "", column.name, element("small", "", column.type));
    cell.scope = "col";
    head.append(cell);
  });
  const body = element("tbody", "");
  for (const row of data.slice(0, resultRowsMax)) {
    body.append(element("tr", "", ...row.map((value, place) => resultCell(value, numeric[place]))));
  }
  return element("table", "", element("thead", "", head), body);
}

function resultCell(value, numeric) {
  if (value === null) return element("td", `soft ${numeric ? "number" : ""}`, "NULL");
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  const cell = element("td", numeric ? "number" : "wide", text);
  if (!numeric) cell.title = text;
  return cell;
}

find("sql-form").addEventListener("submit", runSQL);
find("sql").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) runSQL(event);
});
find("sql").value = firstStatement;

// MARK: The first event

// Where events go by default; this page's own host where it is not the loopback address.
const ingestHost = /^(127\.|localhost$|\[::1\]$)/.test(location.hostname) ? "127.0.0.1" : location.hostname;
find("curl").textContent = `curl http://${ingestHost}:8080/clicks/ -H 'Content-Type: application/json' \\
     -d '{"obj_id": "button#play"}'`;
find("copy").addEventListener("click", async () => {
  try {
    await navigator.clipboard.writeText(find("curl").textContent);
    find("copy").textContent = "Copied";
  } catch {
    getSelection().selectAllChildren(find("curl"));
    find("copy").textContent = "Selected";
  }
  setTimeout(() => { find("copy").textContent = "Copy"; }, 2000);
});

Object.keys(kindNames).forEach(kindCard);
poll();
