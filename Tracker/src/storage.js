/**
 * The page's localStorage, where it may be used. Where it may not (memory only, private mode, site data blocked)
 * nothing is kept, and nothing else changes.
 *
 * Every event has an entry of its own: two tabs never write the same one, so neither can lose the other's.
 */

const prefix = 'cinelog.';
let area;

/** What the work answers; undefined where storage refuses: where site data is blocked, even to look at it throws. */
const attempt = (work) => {
  try {
    return work();
  } catch {
    return undefined;
  }
};

export const openStorage = (memory) => {
  area = memory ? undefined : attempt(() => localStorage);
};

/** The text kept under a name; nothing for none. */
export const load = (name) => attempt(() => area.getItem(prefix + name));

/** Keeps a text; says whether it is kept (the quota may be used up). */
export const save = (name, text) =>
  attempt(() => {
    area.setItem(prefix + name, text);
    return true;
  });

export const remove = (name) => attempt(() => area.removeItem(prefix + name));

/** The names under which something is kept, in order. */
export const names = () =>
  Object.keys(area || {})
    .map((key) => key.split(prefix)[1])
    .filter(Boolean)
    .sort();
