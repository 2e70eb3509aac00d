// Films by name. Events carry a film's UUID; where players send its `title` along with film events (a field beyond the
// contract, kept in `extra`), people read that instead.
import { h } from "./dom.js";
import { addressOf } from "./address.js";
import { question } from "./server.js";

const known = new Map();
const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
const idsMax = 100, pauseMilliseconds = 30000;
let resting = 0;

/** A film's title, or its UUID as far as people tell one from another. */
export const filmName = (id) => known.get(id) || `${id.slice(0, 8)}…${id.slice(-4)}`;

export const filmLink = (id) => h("a", { href: addressOf("film", { film: id }), title: id }, filmName(id));

/** Looks up the titles of these films that have not been looked up; without an answer they keep their UUIDs. */
export async function learn(ids, signal) {
  const wanted = [...new Set(ids)].filter((id) => uuid.test(id) && !known.has(id)).slice(0, idsMax);
  if (!wanted.length || Date.now() < resting) return;
  try {
    const { rows } = await question("titles", { film: wanted }, signal);
    for (const id of wanted) known.set(id, "");
    for (const row of rows) known.set(row.film_id, row.title);
  } catch {
    // The overview comes here every second: a store in trouble is left alone for a while.
    if (!signal.aborted) resting = Date.now() + pauseMilliseconds;
  }
}
