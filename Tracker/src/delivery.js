/** Sends what waits: in batches, one at a time, again and again until the collector has decided on each event. */

import { clock, warn } from './fields.js';
import { settle, take, waiting } from './queue.js';

const batchEventsMax = 100;
/** Events within this time share a request. */
const gatherMilliseconds = 1000;
const backoffMaxMilliseconds = 300_000;
const retryAfterMaxSeconds = 3600;
const timeoutMilliseconds = 30_000;

let address;
let sending;
let most = batchEventsMax;
let failures = 0;
let running = 0;
let pause = 0;
let timer;

export const openDelivery = (url, options) => {
  address = url;
  sending = options;
  // Back in the net: at once, whatever the pause was.
  addEventListener('online', () => {
    failures = 0;
    stop();
    schedule(0);
  });
};

/** Sends soon. A pause that lasts is not cut short. */
export const schedule = (delay = gatherMilliseconds) => {
  if (!running) timer ||= setTimeout(send, delay);
};

export const stop = () => {
  clearTimeout(timer);
  timer = undefined;
};

/** The page may end now: what waits goes at once, by requests that outlive it (two, see `batchBytesMax`). */
export const sendLast = () => Promise.all([send(true), send(true)]);

const send = async (last) => {
  stop();
  const batch = take(most);
  if (!batch.length) return;
  running++;
  // No connection, or an answer that is none of the collector's, is a failure.
  const asked = await post(batch, last).catch(backoff);
  for (const entry of batch) entry.sending = false;
  pause = Math.max(pause, asked);
  if (--running) return;
  if (waiting.size) schedule(pause);
  pause = 0;
};

/** One request; answers how long to pause before the next, in ms. */
const post = async (batch, last) => {
  const events = batch.map((entry) => entry.text).join();
  const body = '{"sent_at":' + (clock() || null) + ',"events":[' + events + ']}';
  if (last && !('keepalive' in Request.prototype)) {
    // Nobody learns what becomes of it: the events stay, and go again with the next page.
    navigator.sendBeacon(address, body);
    return backoff();
  }
  // text/plain needs no preflight, which would double the requests and could not be made while the page ends.
  const headers = { 'Content-Type': 'text/plain' };
  const token = sending.token?.();
  if (token) headers.Authorization = 'Bearer ' + token;
  const request = {
    method: 'POST', body, headers, keepalive: true, credentials: sending.credentials ? 'include' : 'same-origin',
    signal: AbortSignal.timeout?.(timeoutMilliseconds),
  };
  return judge(await fetch(address, request), batch);
};

/** 201, 207 and 422 have a result for each event; 400, 413 and another 422 refuse the request as a whole. */
const judge = async (answer, batch) => {
  const refused = [400, 413, 422].includes(answer.status);
  if (!answer.ok && !refused) return Math.max(backoff(), retryAfter(answer));
  let { results } = await answer.json().catch(() => ({}));
  if (refused && batch.length == 1) results ||= [{ error: answer.status }];
  if (results?.length == batch.length) {
    results.forEach((result, place) => {
      if (result.error) warn(result.field, result.error, batch[place].text);
      settle(batch[place]);
    });
    most = batchEventsMax;
    failures = 0;
    return 0;
  }
  if (!refused) return backoff();
  // By halves, until the one that spoils the others is alone.
  most = Math.ceil(batch.length / 2);
  return gatherMilliseconds;
};

/** Twice as long each time, with jitter: when the collector is back, not everybody is at once. */
const backoff = () =>
  Math.min(gatherMilliseconds * 2 ** failures++, backoffMaxMilliseconds) * (0.5 + Math.random() / 2);

/** The pause that the collector asks for, in seconds or as a date (RFC 9110); jitter only ever lengthens it. */
const retryAfter = (answer) => {
  const header = answer.headers.get('Retry-After');
  const seconds = isNaN(header) ? (Date.parse(header) - Date.now()) / 1000 : Number(header);
  return Math.min(seconds || 0, retryAfterMaxSeconds) * (1000 + Math.random() * 200);
};
