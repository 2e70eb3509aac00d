/** From something that happened to an event that waits: when the viewer allows it, and with what all events have. */

import { clock, serialise } from './fields.js';
import { anonymousId, sessionId, uuid } from './identity.js';
import { put } from './queue.js';
import { schedule } from './delivery.js';

let common;
let isAllowed = false;

/** What must be reported before the page may end. */
export const leaving = new Set();

export const openEvents = (settings) => {
  common = settings;
};

export const allow = (allowed) => {
  isAllowed = allowed;
};

export const mayEmit = () => isAllowed;

/** The event's identity; nothing where nothing may be sent. */
export const emit = (type, own, id = uuid(), time = clock()) => {
  if (!isAllowed) return undefined;
  const event = {
    ...own, type, event_id: id, time,
    anonymous_id: common.anonymousId || anonymousId(), session_id: sessionId(),
    platform: common.platform || 'web', app_version: common.appVersion,
  };
  put(id, serialise(event));
  schedule();
  return id;
};
