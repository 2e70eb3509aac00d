/** Who sends: identities made here, none of which says who a person is. */

import { clock } from './fields.js';
import { load, save } from './storage.js';

const visitGapMilliseconds = 30 * 60_000;
let device, visit;

/** A new UUIDv7 (RFC 9562): its first 48 bits are the time in ms, so that identities made one after another sort so. */
export const uuid = () => {
  // randomUUID() is a v4, and missing on pages without TLS.
  const bytes = crypto.getRandomValues(new Uint8Array(10));
  bytes[0] = (bytes[0] & 15) | 112;
  bytes[2] = (bytes[2] & 63) | 128;
  const random = Array.from(bytes, (byte) => (byte + 256).toString(16).slice(1)).join('');
  const time = (clock() || 0).toString(16).padStart(12, '0');
  return (time + random).replace(/(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
};

/** The device's identity: made once and kept. */
export const anonymousId = () => {
  if (!device) save('device', (device = load('device') || uuid()));
  return device;
};

/** The visit's identity: a new one after half an hour without an event, in any tab. */
export const sessionId = () => {
  const now = Date.now();
  const [id, latest] = (load('visit') || visit || '').split(' ');
  const lasts = Math.abs(now - latest) < visitGapMilliseconds;
  save('visit', (visit = (lasts ? id : uuid()) + ' ' + now));
  return visit.split(' ')[0];
};

/** The next event is another device's and another visit's. */
export const forgetIdentities = () => {
  device = visit = undefined;
};
