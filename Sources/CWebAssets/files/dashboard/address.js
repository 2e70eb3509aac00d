// The page's address holds what is shown: the view and its filters. A link is enough to see the same.

/** Ranges of time up to now, in days; fractions are hours. Whole days begin at midnight UTC: films are answered fastest then. */
export const ranges = { "15m": 1 / 96, "1h": 1 / 24, "24h": 1, "7d": 7, "30d": 30, "90d": 90, all: null };
/** What comes in now is seen in an hour, what viewers do in a day. */
export const rangeByDefault = () => (state().has("view") ? "24h" : "1h");
const dayMilliseconds = 86400e3;

export const state = () => new URLSearchParams(location.search);

/** The address of a view. Common filters stay as they are; those in `changes` are set, or removed where empty. */
export function addressOf(view, changes = {}) {
  const now = state();
  const next = new URLSearchParams();
  if (view !== "overview") next.set("view", view);
  for (const name of ["range", "from", "to", "platform", "verdict"]) if (now.has(name)) next.set(name, now.get(name));
  return addressWith(next, changes);
}

/** The address of this view with some filters changed. */
export const changed = (changes) => addressWith(state(), changes);

function addressWith(query, changes) {
  for (const [name, value] of Object.entries(changes)) {
    query.delete(name);
    for (const one of [value].flat()) if (one !== undefined && one !== null && one !== "") query.append(name, one);
  }
  const text = query.toString();
  return text ? "/?" + text : "/";
}

/** The parameters of a question that the filters on the page stand for. */
export function filters(names) {
  const query = state();
  const parameters = {};
  if (names.includes("range")) Object.assign(parameters, times(query));
  for (const name of ["platform", "verdict", "page"]) {
    if (names.includes(name) && query.get(name)) parameters[name] = query.get(name);
  }
  return parameters;
}

function times(query) {
  if (query.has("from") || query.has("to")) {
    return { from: query.get("from") ?? undefined, to: query.get("to") ?? undefined };
  }
  const days = ranges[query.get("range") ?? rangeByDefault()] ?? null;
  return days === null ? {} : { from: begin(days).toISOString() };
}

function begin(days) {
  const now = Date.now();
  if (days <= 1) return new Date(Math.floor((now - days * dayMilliseconds) / 60e3) * 60e3);
  return new Date((Math.floor(now / dayMilliseconds) - days + 1) * dayMilliseconds);
}

/** Shows another address, without loading the page anew. */
export function go(address, { replace = false } = {}) {
  history[replace ? "replaceState" : "pushState"](null, "", address);
  dispatchEvent(new Event("cinelog:address"));
}
