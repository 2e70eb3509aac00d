// Figures as people read them, in the reader's language. 64-bit counts may come as strings.
import { language, say } from "./words.js";

const numbers = (options) => new Intl.NumberFormat(language, options);
const wholes = numbers({ maximumFractionDigits: 0 });
const tenths = numbers({ maximumFractionDigits: 1 });
const hundredths = numbers({ maximumFractionDigits: 2 });
const shorts = numbers({ notation: "compact", maximumFractionDigits: 1 });
const percents = numbers({ style: "percent", maximumFractionDigits: 1 });

export const nothing = "–";
const known = (value) => value !== null && value !== undefined && value !== "" && Number.isFinite(Number(value));
const shown = (write) => (value) => (known(value) ? write(Number(value)) : nothing);

export const whole = shown((value) => wholes.format(value));
/** Up to seven digits in full, then 12.3M. */
export const large = shown((value) => (Math.abs(value) < 1e7 ? wholes : shorts).format(value));
/** For axes: 12.3K. */
export const short = shown((value) => (Math.abs(value) < 10 ? hundredths : shorts).format(value));
export const rate = shown((value) => (value < 100 ? tenths : wholes).format(value));
export const number = shown((value) => hundredths.format(value));
export const percent = shown((value) => percents.format(value));

/** A length as people say it: 45 s, 12 min, 1 h 58 min, 340 h. */
export const duration = shown((seconds) => {
  if (seconds < 60) return say("unit.seconds", { n: tenths.format(seconds) });
  if (seconds < 3600) return say("unit.minutes", { n: tenths.format(seconds / 60) });
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60)];
  if (hours >= 24 || minutes === 0) return say("unit.hours", { n: large(seconds / 3600) });
  return `${say("unit.hours", { n: hours })} ${say("unit.minutes", { n: minutes })}`;
});

/** A place in a film: 1:07:30. */
export const filmTime = shown((seconds) => {
  const total = Math.round(seconds);
  const two = (value) => String(value).padStart(2, "0");
  return `${Math.floor(total / 3600)}:${two(Math.floor((total % 3600) / 60))}:${two(total % 60)}`;
});

export const milliseconds = shown((value) =>
  value < 1000 ? say("unit.milliseconds", { n: (value < 10 ? tenths : wholes).format(value) }) : duration(value / 1000));

export const bytes = shown((value) => {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  const power = value < 1 ? 0 : Math.min(units.length - 1, Math.floor(Math.log2(value) / 10));
  const amount = value / 1024 ** power;
  return `${(amount < 10 && power ? tenths : wholes).format(amount)} ${units[power]}`;
});

// English with the day before the month and 24 hours, as the rest of the world that reads it.
const region = language === "en" ? "en-GB" : language;
const clock = new Intl.DateTimeFormat(region, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const clockMinutes = new Intl.DateTimeFormat(region, { hour: "2-digit", minute: "2-digit" });
const day = new Intl.DateTimeFormat(region, { day: "numeric", month: "short" });
const dayAndClock = new Intl.DateTimeFormat(region, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

/** By the reader's own clock; the date where it is another day. */
export function time(value) {
  const read = new Date(value);
  if (value === null || Number.isNaN(read.getTime())) return value === null ? nothing : String(value);
  return (read.toDateString() === new Date().toDateString() ? clock : dayAndClock).format(read);
}

/** A day of UTC, such as 2026-11-16. */
export const utcDay = (text) =>
  new Intl.DateTimeFormat(region, { day: "numeric", month: "short", timeZone: "UTC" }).format(new Date(text));

/** A tick of a time axis, as fine as the axis needs. */
export const tick = (value, stepMilliseconds) =>
  (stepMilliseconds < 60e3 ? clock : stepMilliseconds < 86400e3 ? clockMinutes : day).format(new Date(value));
