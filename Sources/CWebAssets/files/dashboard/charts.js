// Charts by Chart.js 3 (a script of its own, loaded before the modules). A canvas says nothing to a screen reader: each has a
// label with what there is to see, and the same numbers stand in a table beside it. Colours come from the style sheet.
import { h } from "./dom.js";
import { filmTime, short, tick } from "./format.js";
import { ticksOf } from "./ticks.js";

const named = { page: "page-view", background: "page" };

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${named[name] ?? name}`).trim();
const veiled = (name, share) => `color-mix(in srgb, ${colour(name)} ${share * 100}%, transparent)`;

/** Lets go of the charts within an element that is about to go. */
export function release(root) {
  for (const canvas of root.querySelectorAll("canvas")) globalThis.Chart.getChart(canvas)?.destroy();
}

/** A chart in a box of its own; `label` is what it shows, in words. */
function chart(label, heightRem, config) {
  const canvas = h("canvas", { role: "img", "aria-label": label });
  const box = h("div", { class: "chart", style: { "--height": `${heightRem}rem` } }, canvas);
  const options = {
    responsive: true, maintainAspectRatio: false, animation: false, color: colour("soft"),
    interaction: { mode: "index", intersect: false, axis: config.options.indexAxis ?? "x" },
    font: { family: getComputedStyle(document.body).fontFamily, size: 12 },
    ...config.options,
  };
  // A canvas that is not in the page yet has no size.
  requestAnimationFrame(() => { if (canvas.isConnected) new globalThis.Chart(canvas, { ...config, options }); });
  return box;
}

const grid = () => ({ color: colour("line"), drawBorder: false, tickLength: 0 });
const ticks = (write, more = {}) => ({ color: colour("soft"), padding: 6, maxRotation: 0, callback: write, ...more });

const tooltip = (title, write) => ({
  backgroundColor: colour("text"), titleColor: colour("background"), bodyColor: colour("background"), padding: 10, cornerRadius: 8,
  boxPadding: 4, displayColors: true, usePointStyle: true,
  callbacks: { title, label: (item) => ` ${item.dataset.label}: ${write(item.raw.y ?? item.raw)}` },
});

const legend = (shown) => ({
  display: shown, align: "start",
  labels: { color: colour("text"), usePointStyle: true, pointStyle: "rectRounded", boxWidth: 8, boxHeight: 8, padding: 16 },
});

const axisKinds = {
  time: (value, step) => tick(value, step),
  film: (value) => filmTime(value),
  plain: (value) => short(value),
};

function horizontal(kind, points) {
  const axis = { type: "linear", min: points[0], max: points[points.length - 1], grid: { display: false, drawBorder: false } };
  let step = 1;
  return {
    ...axis, ticks: ticks((value) => axisKinds[kind](value, step)),
    afterBuildTicks(scale) {
      const found = ticksOf(kind, scale.min, scale.max, Math.max(2, Math.floor(scale.width / 90)));
      step = found.step;
      scale.ticks = found.values.map((value) => ({ value }));
    },
  };
}

/**
 * Lines or stacked areas over time (`x` in milliseconds) or over a film (`x` in seconds).
 * - series: `{ name, colour, values, area, dashed, hidden }`; with `stacked` they lie on each other.
 */
export function lines({ label, kind, x, series, stacked = false, write = short, heightRem = 16, title }) {
  const datasets = series.map((one) => ({
    label: one.name, data: x.map((at, place) => ({ x: at, y: one.values[place] ?? null })),
    borderColor: colour(one.colour), backgroundColor: veiled(one.colour, stacked ? 0.55 : 0.16), borderWidth: stacked ? 1 : 2,
    borderDash: one.dashed ? [5, 4] : [], pointRadius: one.points ?? 0, pointHoverRadius: 4, pointBackgroundColor: colour(one.colour),
    pointStyle: "rectRounded", fill: stacked ? (datasetPlace(series, one) ? "-1" : "origin") : one.area ? "origin" : false,
    tension: 0.25, cubicInterpolationMode: "monotone", stepped: one.stepped ?? false,
  }));
  const heading = title ?? ((items) => axisKinds[kind](items[0].raw.x, kind === "time" ? 1000 : 1));
  return chart(label, heightRem, {
    type: "line", data: { datasets },
    options: {
      scales: {
        x: horizontal(kind, x),
        y: { beginAtZero: true, stacked, grid: grid(), border: { display: false }, ticks: ticks(write, { maxTicksLimit: 5 }) },
      },
      plugins: { legend: legend(series.length > 1), tooltip: tooltip(heading, write) },
    },
  });
}

const datasetPlace = (series, one) => series.indexOf(one);

/** Bars from left to right, a row each, the first on top. `series`: `{ name, colour, values }`, laid end to end. */
export function ranking({ label, names, series, write = short }) {
  const shorten = (text) => (text.length > 28 ? text.slice(0, 12) + "…" + text.slice(-15) : text);
  const data = series.map((one) => ({
    label: one.name, data: one.values, backgroundColor: colour(one.colour), borderRadius: 3, barPercentage: 0.72,
    maxBarThickness: 22,
  }));
  return chart(label, 2.2 + names.length * 1.9, {
    type: "bar", data: { labels: names, datasets: data },
    options: {
      indexAxis: "y",
      scales: {
        x: { stacked: true, beginAtZero: true, grid: grid(), ticks: ticks(write, { maxTicksLimit: 6 }) },
        y: {
          stacked: true, grid: { display: false, drawBorder: false },
          ticks: ticks((_, place) => shorten(names[place]), { color: colour("text"), autoSkip: false }),
        },
      },
      plugins: { legend: legend(series.length > 1), tooltip: tooltip((items) => names[items[0].dataIndex], write) },
    },
  });
}
