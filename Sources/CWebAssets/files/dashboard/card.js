// One question and its answer: loading, failed, empty or shown; how it is computed, its SQL, copies and files of it.
import { h, icon, newID, setText } from "./dom.js";
import { release } from "./charts.js";
import { milliseconds } from "./format.js";
import { download, question, questionPath, Refused } from "./server.js";
import { tabSeparated } from "./table.js";
import { ofServer, say, sayName } from "./words.js";

const preparingMilliseconds = 400;
const pause = (milliseconds) => new Promise((done) => { setTimeout(done, milliseconds, true); });

/** The columns of an answer, as tables take them; `more` adds to them by name, and `null` leaves one out. */
export const columnsOf = (answer, more = {}) =>
  answer.columns.filter((column) => more[column.name] !== null)
    .map((column) => ({ name: column.name, type: column.type, title: ofServer(column), ...more[column.name] }));

/** The console's address with a statement in it. In the fragment: it is not sent to the server as part of an address. */
export const consoleAddress = (statement) => "/?view=sql#" + encodeURIComponent(statement);

/** A framed part of the page: `{ root, body, head, foot }`. */
export function frame({ title, hint, wide = false, level = "h2" }) {
  const id = newID("card");
  const head = h("header", {}, h(level, { id }, title, hint ? h("span", { class: "hint" }, hint) : null));
  const [body, foot] = [h("div", { class: "body" }), h("footer", {})];
  const root = h("section", { class: `card ${wide ? "wide" : ""}`, "aria-labelledby": id }, head, body, foot);
  return { root, head, body, foot };
}

/**
 * A card that asks a question.
 * - name: the question's path after `/v1/insights/`; parameters: a function, for they may change.
 * - prepare: what is good to know before it is drawn; what takes long is not waited for, but drawn again when it is there.
 * - draw: what stands for an answer with something in it: an element, or several.
 * - isEmpty: whether there is nothing to show (no rows, where not said); empty: the words for it.
 * - list: `(answer) => { columns, rows }` that is copied; the answer's own where not said.
 */
export function questionCard(context, { name, parameters = () => ({}), prepare, draw, isEmpty, empty, list, ...looks }) {
  const card = frame(looks);
  card.root.dataset.question = name;
  let latest = null;
  const tools = toolsOf(() => latest, () => questionPath(name, parameters()), name.replaceAll("/", "-"), list);
  card.head.append(tools);
  card.body.append(h("p", { class: "waiting" }, say("state.loading")));
  card.body.setAttribute("aria-busy", "true");

  function drawn(answer) {
    const none = isEmpty ? isEmpty(answer) : answer.rows.length === 0;
    show(card.body, none ? h("p", { class: "none" }, empty ?? say("state.empty")) : draw(answer));
    tools.hidden = none;
    explain(card.foot, answer);
  }

  async function load() {
    try {
      const answer = await question(name, parameters(), context.signal);
      const prepared = Promise.resolve(prepare?.(answer));
      const late = await Promise.race([prepared.then(() => false), pause(preparingMilliseconds)]);
      context.signal.throwIfAborted();
      latest = answer;
      drawn(answer);
      if (late) prepared.then(() => { if (latest === answer && !context.signal.aborted) drawn(answer); });
      return answer;
    } catch (error) {
      fail(context, card.body, error, load);
      throw error;
    }
  }
  /** As `load`, where nobody waits for the answer. */
  const start = () => { load().catch(() => {}); };
  return { ...card, load, start };
}

/** Puts new content in the place of old, with what was unfolded unfolded again. */
export function show(body, content) {
  const opened = body.querySelector("details.numbers")?.open;
  release(body);
  body.replaceChildren(...[content].flat().filter(Boolean));
  body.removeAttribute("aria-busy");
  if (opened) body.querySelector("details.numbers")?.setAttribute("open", "");
}

/** Says what went wrong; a refusal asks for the token instead, an answer that is not wanted any more is nothing. */
export function fail(context, body, error, again) {
  if (context.signal.aborted) return;
  if (error instanceof Refused) {
    dispatchEvent(new CustomEvent("cinelog:refused"));
    return;
  }
  const away = error instanceof TypeError || error.name === "TimeoutError";
  show(body, h("div", { class: "problem", role: "alert" },
    h("p", {}, away ? say("state.away") : error.message),
    again ? h("button", { type: "button", class: "quiet", onclick: () => again().catch(() => {}) }, say("state.again")) : null));
}

function explain(foot, answer) {
  const opened = foot.querySelector("details")?.open;
  const others = Object.entries(answer.more_sql ?? {}).map(([part, sql]) => [`${say("card.sql")}: ${sayName("part", part)}`, sql]);
  const statements = [[say("card.sql"), answer.sql], ...others];
  const details = h("details", { class: "how", open: opened },
    h("summary", {}, say("card.how")),
    h("p", {}, ofServer(answer.computed)),
    answer.truncated ? h("p", { class: "hint" }, say("card.truncated")) : null,
    h("p", { class: "hint" }, say("card.took", { time: milliseconds(answer.milliseconds) })));
  foot.replaceChildren(details, h("ul", { class: "statements" }, statements.filter(([, sql]) => sql)
    .map(([words, sql]) => h("li", {}, h("a", { href: consoleAddress(sql) }, words)))));
}

const fileIcon = "M12 4v10m0 0l-4-4m4 4l4-4M5 19h14";
const copyIcon = "M9 9h10v11H9zM5 15V4h10";

function toolsOf(answer, path, name, list) {
  const said = h("span", { class: "hidden", role: "status" });
  const file = (kind, words) => h("button", { type: "button", class: "tool", "aria-label": say("card.download", { format: words }),
    onclick: () => {
      const address = path();
      download({ path: `${address}${address.includes("?") ? "&" : "?"}format=${kind}` }, `${name}.${kind}`)
        .catch((error) => setText(said, error.message));
    } }, icon(fileIcon), words);
  const copy = h("button", { type: "button", class: "tool", onclick: async () => {
    const { columns, rows } = list ? list(answer()) : { columns: columnsOf(answer()), rows: answer().rows };
    await copyText(tabSeparated(columns, rows), copy);
  } }, icon(copyIcon), h("span", {}, say("card.copy")));
  return h("div", { class: "tools", hidden: true }, copy, file("csv", "CSV"), file("parquet", "Parquet"), said);
}

/** Copies, and says so on the button. */
export async function copyText(text, button) {
  const words = button.querySelector("span") ?? button;
  const before = words.textContent;
  try {
    await navigator.clipboard.writeText(text);
    words.textContent = say("card.copied");
  } catch {
    words.textContent = say("card.notCopied");
  }
  setTimeout(() => { words.textContent = before; }, 2000);
}
