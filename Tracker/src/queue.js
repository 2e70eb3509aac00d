/**
 * Events that wait to be confirmed, oldest first: in memory, and in storage so that they outlive the page. An event
 * leaves when the collector has accepted or rejected it, and never before, or when there are too many.
 */

import { byteCount, isUUID } from './fields.js';
import { load, names, remove, save } from './storage.js';

const eventsMax = 500;
const bytesMax = 500_000;
/** Requests that outlive their page may carry 64 KiB together; two batches fit. An event alone always does. */
const batchBytesMax = 30_000;

/** By event_id: `{ id, text, bytes, adopted, sending }`. */
export const waiting = new Map();
let waitingBytes = 0;

export const drop = (id) => {
  if (waiting.has(id)) waitingBytes -= waiting.get(id).bytes;
  waiting.delete(id);
  remove(id);
};

/** Adds an event, or a newer version of one that waits. Past the bounds the oldest go. */
export const put = (id, text, adopted) => {
  const bytes = byteCount(text);
  waitingBytes += bytes - (waiting.get(id)?.bytes || 0);
  waiting.set(id, { id, text, bytes, adopted: save(id, text) && adopted });
  while (waiting.size > eventsMax || waitingBytes > bytesMax) drop(waiting.keys().next().value);
};

/** Takes over what earlier pages left. A tab that still lives may send it as well: the event_id makes both one. */
export const adopt = () => {
  for (const id of names().filter(isUUID)) put(id, load(id) || '', true);
};

/** The version to send. Of an adopted event another tab may have a newer one, or none any more: confirmed. */
const current = (entry) => (entry.adopted ? load(entry.id) : entry.text);

/** The next events to send, no more than `most`, marked as being sent. */
export const take = (most) => {
  const batch = [];
  let bytes = 0;
  for (const entry of waiting.values()) {
    if (entry.sending) continue;
    const text = current(entry);
    if (!text) {
      drop(entry.id);
      continue;
    }
    bytes += entry.bytes;
    if (batch.length == most || (batch.length && bytes > batchBytesMax)) break;
    entry.text = text;
    entry.sending = true;
    batch.push(entry);
  }
  return batch;
};

/** The collector has decided on an event. A newer version of it goes on waiting. */
export const settle = (entry) => {
  if (waiting.get(entry.id) == entry) drop(entry.id);
};

/** Forgets every event, and all that storage holds of this tracker. */
export const forgetAll = () => {
  waiting.clear();
  waitingBytes = 0;
  names().forEach(remove);
};
