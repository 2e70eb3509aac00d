// One film: who watched which seconds of it, what is seen again, where people leave.
import { addressOf, changed, filters, go, state } from "../address.js";
import { frame, questionCard, show } from "../card.js";
import { lines } from "../charts.js";
import { h } from "../dom.js";
import { field } from "../filters.js";
import { duration, filmTime, number, percent, whole } from "../format.js";
import { filmName, learn } from "../names.js";
import { numbers, table } from "../table.js";
import { tiles } from "../tiles.js";
import { say } from "../words.js";

const own = ["threshold", "credits", "step"];

export const film = {
  filters: ["range", "platform", "verdict"],
  draw(context, root) {
    const id = state().get("film") ?? "";
    const heading = root.querySelector("h1");
    const chosen = () => Object.fromEntries(own.map((name) => [name, state().get(name)]));
    const parameters = () => ({ ...filters(["range", "platform", "verdict"]), ...chosen() });
    const figures = tiles([
      { name: "viewers", title: say("film.viewers") }, { name: "played", title: say("film.played") },
      { name: "share", title: say("film.share") }, { name: "completion", title: say("film.completion") },
      { name: "again", title: say("film.again") },
    ], "five");
    const [peaks, drops, resume] = ["peaks", "drops", "resume"].map((name) => frame({ title: say(`film.${name}`) }));
    const curve = questionCard(context, {
      name: `films/${encodeURIComponent(id)}`, title: say("film.curve"), wide: true, parameters, empty: say("film.nobody"),
      prepare: () => learn([id], context.signal),
      isEmpty: (answer) => !answer.curve.length,
      draw: (answer) => curveOf(answer),
      list: (answer) => ({ columns: curveColumns(), rows: answer.curve }),
    });
    curve.root.dataset.question = "film";
    curve.head.after(options());
    root.querySelector(".title").prepend(h("p", { class: "back" }, h("a", { href: addressOf("films") }, "← " + say("view.films"))));
    root.append(figures.root, h("div", { class: "grid" }, curve.root, h("div", { class: "thirds" }, peaks.root, drops.root, resume.root)));

    heading.textContent = filmName(id);
    curve.load().then((answer) => {
      heading.textContent = filmName(id);
      document.title = `${filmName(id)} · Cinelog`;
      heading.title = id;
      setFigures(figures, answer);
      show(peaks.body, stretches(answer.peaks, "film.peaks", [["plays_per_viewer", "number", true], ["viewers", "count"]]));
      show(drops.body, stretches(answer.drop_offs, "film.drops", [["left", "count", true], ["share", "share"]]));
      const most = [...answer.resume].sort((a, b) => b.viewers - a.viewers).slice(0, 5);
      show(resume.body, stretches(most, "film.resume", [["viewers", "count", true]]));
    }).catch(() => {});
  },
};

function setFigures(figures, answer) {
  figures.set("viewers", { text: whole(answer.viewers), value: answer.viewers,
    hint: say("film.plays", { count: Number(answer.plays), n: whole(answer.plays) }) });
  figures.set("played", { text: duration(answer.played_seconds), value: answer.played_seconds,
    hint: answer.duration ? say("film.length", { time: filmTime(answer.duration) }) : say("film.noLength") });
  figures.set("share", { text: percent(answer.average_share), value: answer.average_share, hint: say("film.shareHint") });
  figures.set("completion", { text: percent(answer.completion_rate), value: answer.completion_rate,
    hint: say("film.completed", { count: Number(answer.completions), n: whole(answer.completions) }) });
  figures.set("again", { text: duration(answer.rewatched_seconds), value: answer.rewatched_seconds,
    hint: answer.played_seconds ? say("film.againHint", { share: percent(answer.rewatched_seconds / answer.played_seconds) }) : "" });
}

const columns = (list) => list.map(([name, type, bar]) => ({ name, type, bar, title: say(`column.${name}`) }));
const curveColumns = () => columns([
  ["from", "film"], ["to", "film"], ["viewers", "count"], ["plays", "number"], ["rewatched", "share"], ["left", "count"],
  ["retention", "share"]]);

function curveOf(answer) {
  const { curve } = answer;
  const most = curve.reduce((best, one) => (one.plays > best.plays ? one : best), curve[0]);
  const stretch = (items) => {
    const one = curve[items[0].dataIndex];
    return `${filmTime(one.from)} – ${filmTime(one.to)}`;
  };
  const peaks = new Set(answer.peaks.map((one) => one.from));
  const x = curve.map((one) => one.from);
  return [
    lines({
      label: say("film.curveLabel", { from: filmTime(most.from), plays: number(most.plays), end: whole(curve[curve.length - 1].viewers) }),
      kind: "film", x, heightRem: 19, title: stretch, write: number,
      series: [
        { name: say("film.viewersLine"), colour: "film", values: curve.map((one) => one.viewers), area: true },
        { name: say("film.playsLine"), colour: "custom", values: curve.map((one) => one.plays), dashed: true,
          points: curve.map((one) => (peaks.has(one.from) ? 5 : 0)) },
      ],
    }),
    h("h3", {}, say("film.leave")),
    lines({
      label: say("film.leaveLabel", { n: whole(curve.reduce((sum, one) => sum + one.left, 0)) }),
      kind: "film", x, heightRem: 7, title: stretch,
      series: [{ name: say("column.left"), colour: "accent", values: curve.map((one) => one.left), area: true, stepped: "before" }],
    }),
    numbers({ caption: say("film.curve"), columns: curveColumns(), rows: curve }),
  ];
}

function stretches(rows, words, list) {
  if (!rows.length) return h("p", { class: "none" }, say("state.empty"));
  const place = { name: "from", type: "text", title: say("column.place"), show: (row) => `${filmTime(row.from)} – ${filmTime(row.to)}` };
  return table({ caption: say(words), columns: [place, ...columns(list)], rows });
}

/** What counts as watched to the end, and how fine the curve is. */
function options() {
  const input = (name, properties) => {
    const onchange = () => go(changed({ [name]: made.value }));
    const made = h("input", { type: "number", value: state().get(name) ?? "", ...properties, onchange });
    return field(say(`film.${name}`), made);
  };
  return h("form", { class: "filters inner", "aria-label": say("film.options"), onsubmit: (event) => event.preventDefault() },
    input("threshold", { min: "0", max: "1", step: "0.05", placeholder: "0.95" }),
    input("credits", { min: "0", max: "65535", step: "1", placeholder: "0" }),
    input("step", { min: "1", max: "3600", step: "1", placeholder: say("film.stepDefault") }));
}
