// The first view: what comes in now, who is there, what they watch.
import { filters } from "../address.js";
import { fail, frame, questionCard } from "../card.js";
import { h } from "../dom.js";
import { duration, large, rate, whole } from "../format.js";
import { kinds, kindTag, ratesChart } from "../kinds.js";
import { latestEvents } from "../latest.js";
import { rejectsCard } from "../ledger.js";
import { filmLink, learn } from "../names.js";
import { every } from "../poll.js";
import { question, Refused } from "../server.js";
import { firstEvent } from "../start.js";
import { table } from "../table.js";
import { tiles } from "../tiles.js";
import { say } from "../words.js";

const liveMilliseconds = 1000, slowMilliseconds = 15000, backlogOldMilliseconds = 60000;

export const overview = {
  filters: ["range", "platform", "verdict"],
  draw(context, root) {
    const now = tiles([
      { name: "rate", title: say("overview.rate"), hint: say("overview.rateHint") },
      { name: "viewers", title: say("overview.viewers"), hint: say("overview.viewersHint") },
      { name: "watching", title: say("overview.watching"), hint: say("overview.viewersHint") },
      { name: "total", title: say("overview.total") },
      { name: "waiting", title: say("overview.waiting") },
    ], "five");
    let begun = null;
    const rates = questionCard(context, {
      name: "rates", title: say("rates.title"), wide: true, draw: (answer) => ratesChart(answer, 16),
      parameters: () => ({ ...filters(["range", "platform", "verdict"]), ...since(begun) }),
      isEmpty: (answer) => answer.rows.every((row) => !Number(row.events)),
    });
    const totals = totalsCard(context);
    const watched = watchedNow(context);
    const latest = frame({ title: say("overview.latest"), wide: true });
    const events = latestEvents();
    latest.body.append(events.root);
    const start = firstEvent();
    root.append(now.root, start, h("div", { class: "grid" }, rates.root, totals.root, watched.root, latest.root,
      rejectsCard(context, { shy: true }).root));

    every(context, liveMilliseconds, async () => {
      const answer = await question("overview", {}, context.signal);
      context.notify("");
      showNow(now, answer);
      await events.show(answer.latest, context.signal);
      start.hidden = answer.kinds.some((row) => Number(row.total));
      latest.root.hidden = !start.hidden;
    }, (error, pause) => notifyOf(context, error, pause));
    every(context, slowMilliseconds, async () => {
      begun = (await totals.load()).rows.map((row) => row.first).filter(Boolean).sort()[0] ?? null;
      await rates.load();
    });
    every(context, slowMilliseconds / 3, async () => {
      const answer = await watched.load();
      now.set("viewers", { text: whole(answer.viewers), value: answer.viewers });
      now.set("watching", { text: whole(answer.watching), value: answer.watching });
    });
  },
};

/** The chart does not begin long before there was anything. */
function since(begun) {
  const { from } = filters(["range"]);
  return begun && (!from || begun > from) ? { from: begun } : {};
}

function notifyOf(context, error, pause) {
  if (error instanceof Refused) return fail(context, h("div"), error);
  const away = error instanceof TypeError || error.name === "TimeoutError";
  context.notify(say("state.trying", { why: away ? say("state.away") : error.message, n: Math.round(pause / 1000) }));
}

function showNow(now, answer) {
  const sum = (rows, key) => rows.reduce((total, row) => total + Number(row[key]), 0);
  const waiting = sum(answer.backlog, "events");
  const oldest = Math.max(0, ...answer.backlog.map((row) => Number(row.oldest_age_ms)));
  const minute = sum(answer.kinds, "last_minute");
  now.set("rate", { text: rate(answer.rate_per_second) });
  now.set("total", { text: large(sum(answer.kinds, "total")), hint: say("overview.minute", { n: whole(minute) }) });
  now.set("waiting", {
    text: large(waiting), tone: waiting && oldest > backlogOldMilliseconds ? "warn" : "",
    hint: waiting ? say("overview.oldest", { age: duration(oldest / 1000) }) : say("overview.loaded"),
  });
}

function totalsCard(context) {
  return questionCard(context, {
    name: "totals", title: say("overview.kinds"), parameters: () => filters(["range", "platform", "verdict"]),
    isEmpty: (answer) => answer.rows.every((row) => !Number(row.events)),
    draw: (answer) => table({
      caption: say("overview.kinds"), rows: [...answer.rows].sort((a, b) => kinds.indexOf(a.kind) - kinds.indexOf(b.kind)),
      columns: [
        { name: "kind", type: "label", title: say("column.kind"), show: (row) => kindTag(row.kind) },
        { name: "events", type: "count", title: say("column.events"), bar: true },
        { name: "viewers", type: "count", title: say("column.viewers") },
      ],
    }),
  });
}

function watchedNow(context) {
  return questionCard(context, {
    name: "live", title: say("overview.now"), parameters: () => filters(["platform", "verdict"]), empty: say("overview.nobody"),
    prepare: (answer) => learn(answer.rows.map((row) => row.film_id), context.signal),
    draw: (answer) => table({
      caption: say("overview.now"), rows: answer.rows.slice(0, 8),
      columns: [
        { name: "film_id", type: "uuid", title: say("column.film"), show: (row) => filmLink(row.film_id) },
        { name: "viewers", type: "count", title: say("column.viewers"), bar: true },
      ],
    }),
  });
}
