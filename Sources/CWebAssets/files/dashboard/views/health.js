// How the service is: what comes in and goes on, how fast, what waits, and whether all of it is accounted for.
import { fail, frame, show } from "../card.js";
import { lines } from "../charts.js";
import { h } from "../dom.js";
import { bytes, duration, large, milliseconds, nothing, rate } from "../format.js";
import { ledgerCard, rejectsCard } from "../ledger.js";
import { every } from "../poll.js";
import { parse, quantile, sum } from "../prometheus.js";
import { metricsText, question } from "../server.js";
import { table } from "../table.js";
import { tiles } from "../tiles.js";
import { say } from "../words.js";

const pollMilliseconds = 2000, readingsMax = 300, quantileSeconds = 60;
// A reading's moment is known as well as its request was short: over some seconds that matters little.
const rateMilliseconds = 5000;
const request = "cinelog_http_request_seconds", commit = "cinelog_log_commit_seconds", insert = "cinelog_insert_seconds";

export const health = {
  filters: [],
  draw(context, root) {
    const state = tiles([
      { name: "collector", title: say("health.collector") }, { name: "store", title: say("health.store") },
      { name: "p99", title: say("health.p99"), hint: say("health.lastMinute") },
      { name: "waiting", title: say("overview.waiting") }, { name: "log", title: say("health.log") },
    ], "five");
    const flow = frame({ title: say("health.flow"), hint: say("health.sinceOpen"), wide: true });
    const speed = frame({ title: say("health.speed"), hint: say("health.lastMinute") });
    const backlog = frame({ title: say("health.backlog"), hint: say("health.backlogHint") });
    flow.body.append(h("p", { class: "waiting" }, say("state.collecting")));
    flow.foot.append(how("health.flowHow"));
    speed.foot.append(how("health.speedHow"));
    const ledger = ledgerCard(context), rejects = rejectsCard(context);
    root.append(state.root, h("div", { class: "grid" }, flow.root, speed.root, backlog.root, ledger.root, rejects.root));

    const readings = [];
    const load = async () => {
      const [reading, answer] = await Promise.all([read(context), question("overview", {}, context.signal)]);
      context.notify("");
      readings.push(reading);
      if (readings.length > readingsMax) readings.shift();
      showState(state, readings, answer);
      // One difference is a point, two are a line.
      if (differences(readings).length > 1) show(flow.body, flowChart(readings));
      show(speed.body, speedTable(readings));
      show(backlog.body, backlogTable(answer));
    };
    every(context, pollMilliseconds, load, (error, pause) => {
      if (readings.length) context.notify(say("state.trying", { why: say("state.away"), n: Math.round(pause / 1000) }));
      else fail(context, flow.body, error, load);
    });
  },
};

const how = (words) => h("details", { class: "how" }, h("summary", {}, say("card.how")), h("p", {}, say(words)),
  h("p", {}, h("code", {}, "/metrics")));

/** What the counters say, at about the middle of the request. */
async function read(context) {
  const begun = Date.now();
  const metrics = parse(await metricsText(context.signal));
  return { at: (begun + Date.now()) / 2, metrics };
}

/** Each reading with the latest that is some seconds before it. */
const differences = (readings) => readings
  .map((after) => [readings.findLast((one) => one.at <= after.at - rateMilliseconds), after]).filter(([before]) => before);

const minuteAgo = (readings) => readings.find((one) => one.at >= readings.at(-1).at - quantileSeconds * 1000 && one !== readings.at(-1));

function showState(state, readings, answer) {
  const { metrics } = readings.at(-1);
  const up = (isUp) => ({ text: say(isUp ? "health.up" : "health.down"), tone: isUp ? "good" : "bad", value: Number(isUp) });
  const waiting = answer.backlog.reduce((total, row) => total + Number(row.events), 0);
  const oldest = Math.max(0, ...answer.backlog.map((row) => Number(row.oldest_age_ms)));
  const p99 = quantile(minuteAgo(readings)?.metrics, metrics, request, 0.99);
  state.set("collector", { ...up(answer.collector.up), hint: bytes(sum(metrics, "cinelog_collect_memory_bytes") || null) });
  state.set("store", { ...up(answer.store.up), hint: bytes(sum(metrics, "cinelog_store_memory_bytes") || null) });
  state.set("p99", { text: p99 === null ? say("health.quiet") : milliseconds(p99 * 1000), tone: p99 > 0.5 ? "warn" : "" });
  state.set("waiting", {
    text: large(waiting), hint: waiting ? say("overview.oldest", { age: duration(oldest / 1000) }) : say("overview.loaded"),
  });
  state.set("log", { text: bytes(sum(metrics, "cinelog_log_bytes") || null), hint: say("health.logHint") });
}

const flows = [
  ["accepted", "page", "cinelog_events_accepted_total"], ["loaded", "click", "cinelog_loaded_events_total"],
  ["rejected", "accent", "cinelog_events_rejected_total"],
];

function flowChart(readings) {
  const pairs = differences(readings);
  const perSecond = (name) => pairs.map(([before, after]) =>
    Math.max(0, sum(after.metrics, name) - sum(before.metrics, name)) / ((after.at - before.at) / 1000));
  const series = flows.map(([words, colour, name]) =>
    ({ name: say(`health.${words}`), colour, values: perSecond(name), area: words === "accepted" }));
  const now = series.map((one) => `${one.name} ${rate(one.values.at(-1))}`).join(", ");
  const x = pairs.map(([, after]) => after.at);
  return lines({ label: say("health.flowLabel", { now }), kind: "time", x, series, write: rate, heightRem: 13 });
}

function speedTable(readings) {
  const before = minuteAgo(readings)?.metrics, after = readings.at(-1).metrics;
  const rows = [["request", request], ["commit", commit], ["insert", insert]].map(([words, name]) => ({
    what: say(`health.${words}`),
    ...Object.fromEntries([["p50", 0.5], ["p95", 0.95], ["p99", 0.99]].map(([column, share]) => {
      const value = quantile(before, after, name, share);
      return [column, value === null ? null : value * 1000];
    })),
  }));
  const columns = [{ name: "what", type: "text", title: say("health.step") },
    ...["p50", "p95", "p99"].map((name) => ({ name, type: "milliseconds", title: name }))];
  return table({ caption: say("health.speed"), columns, rows, sortable: false });
}

function backlogTable(answer) {
  const age = (row) => (Number(row.events) ? milliseconds(row.oldest_age_ms) : nothing);
  const columns = [
    { name: "topic", type: "text", title: say("column.topic") }, { name: "events", type: "count", title: say("column.events") },
    { name: "bytes", type: "bytes", title: say("column.size") },
    { name: "oldest_age_ms", type: "milliseconds", title: say("column.oldest"), show: age }];
  return table({ caption: say("health.backlog"), columns, rows: answer.backlog, sortable: false });
}
