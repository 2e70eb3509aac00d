/** The tracker's face: what cinelog.d.ts describes. */

import { emitClick, openClicks } from './clicks.js';
import { openDelivery, schedule, sendLast, stop } from './delivery.js';
import { allow, emit, leaving, mayEmit, openEvents } from './events.js';
import { fits, warn } from './fields.js';
import { film, openFilms } from './film.js';
import { forgetIdentities } from './identity.js';
import { beginPage, openPages, reportPage } from './page.js';
import { adopt, forgetAll } from './queue.js';
import { openStorage } from './storage.js';

let options;

/** Everything that may be under way becomes an event. */
const reportAll = () => leaving.forEach((report) => report());

const leave = () => {
  reportAll();
  return sendLast();
};

const isBlocked = () =>
  options.privacySignals && (navigator.globalPrivacyControl || navigator.doNotTrack == '1');

/** From here on events are made and kept. What was under way before does not count. */
const start = () => {
  if (mayEmit() || isBlocked()) return;
  reportAll();
  allow(true);
  adopt();
  if (options.pages !== false) beginPage();
  schedule();
};

export const cinelog = {
  init(settings = {}) {
    if (options) return cinelog;
    options = settings;
    const address = new URL('v1/events', options.url || here.src);
    if (options.writeKey) address.searchParams.set('key', options.writeKey);
    openStorage(options.memory);
    openEvents(options);
    openDelivery(address, options);
    openPages(options);
    openClicks(options);
    openFilms();
    leaving.add(reportPage);
    addEventListener('visibilitychange', () => document.hidden && leave());
    addEventListener('pagehide', leave);
    const begin = () => options.consent !== false && start();
    // A page that the browser prepares ahead is not seen yet.
    if (document.prerendering) addEventListener('prerenderingchange', begin, true);
    else begin();
    return cinelog;
  },

  click: (objId) => emitClick(objId),

  track(name, information = {}) {
    if (name && fits(information)) return emit('custom', { name, information });
    return warn('not a name and an object of 32 KiB at most:', name);
  },

  film,

  consent(given) {
    if (given) {
      if (options) start();
      return;
    }
    allow(false);
    stop();
    forgetAll();
    forgetIdentities();
  },

  flush: leave,
};
