// Where an axis has its ticks: at times and places that people think in.

const second = 1000, minute = 60 * second, hour = 60 * minute, day = 24 * hour;
const timeSteps = [
  second, 5 * second, 15 * second, 30 * second, minute, 5 * minute, 15 * minute, 30 * minute, hour, 3 * hour, 6 * hour, 12 * hour,
  day, 2 * day, 7 * day, 14 * day, 30 * day, 90 * day, 365 * day,
];
const filmSteps = [1, 5, 10, 30, 60, 300, 600, 900, 1800, 3600, 7200, 14400];

/** At most `most` ticks from `from` to `to`. Time is in milliseconds, a film in seconds. */
export function ticksOf(kind, from, to, most) {
  const steps = kind === "time" ? timeSteps : kind === "film" ? filmSteps : [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000];
  const step = steps.find((one) => (to - from) / one <= most) ?? steps[steps.length - 1];
  // Days begin where the reader is, not in Greenwich.
  const shift = kind === "time" ? new Date(from).getTimezoneOffset() * minute : 0;
  const values = [];
  for (let at = Math.ceil((from - shift) / step) * step + shift; at <= to && values.length < 50; at += step) values.push(at);
  return { step, values };
}
