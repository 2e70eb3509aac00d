/**
 * What the collector takes (docs/events.md): whatever is sent keeps to it, as one malformed event would have the whole
 * batch refused.
 */

/** Texts by field: the most characters (code points) each may have. */
const charactersMax = {
  url: 2048, referrer: 2048, obj_id: 512, text: 512, title: 512, view_id: 128, anonymous_id: 128, session_id: 128,
  name: 128, platform: 64, app_version: 64, quality: 32,
};
const informationBytesMax = 32_768;
/** The event itself is the first level. */
const depthMax = 32;
/** Times that may be sent: 2000 to 2100. A clock beyond that is not quoted; the collector's then counts. */
const timeMin = 946_684_800_000;
const timeMax = 4_102_444_800_000;

export const warn = (...words) => console.warn('cinelog:', ...words);

export const byteCount = (text) => new Blob([text]).size;

/** The clock's time (Unix ms), unless it is nonsense. */
export const clock = () => {
  const now = Date.now();
  return now >= timeMin && now < timeMax ? now : undefined;
};

export const round = (number) => Math.round(number * 1000) / 1000;

export const isUUID = (text) => /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i.test(text);

/** Whole numbers beyond 64 bits are none there: from 19 digits on they go as text. */
const portable = (key, value) => (typeof value == 'number' && /^-?\d{19}/.test(value) ? String(value) : value);

/** JSON without NULs and halves of characters, which the collector refuses. Pairs of backslashes are skipped. */
const write = (value) =>
  JSON.stringify(value, portable).replace(/\\(\\|u0000|ud[89a-f]..)/g, (found, what) =>
    what == '\\' ? found : '\ufffd');

const clip = (text, max) => [...String(text).slice(0, max * 2)].slice(0, max).join('');

/** How deep a value is nested. */
const depth = (value) =>
  value && typeof value == 'object' ? 1 + Math.max(0, ...Object.values(value).map(depth)) : 0;

/** Whether a value may stand in an event as its information. */
export const fits = (value) => {
  try {
    const json = write(value);
    return json[0] == '{' && byteCount(json) <= informationBytesMax && depth(value) < depthMax;
  } catch {
    // It holds itself, or is nothing that JSON could hold.
    return false;
  }
};

/** An event's JSON, its texts no longer than they may be. */
export const serialise = (event) => {
  for (const name in charactersMax) {
    if (event[name] != null) event[name] = clip(event[name], charactersMax[name]);
  }
  return write(event);
};
