/**
 * Page views and the time on them. Time counts while the page is visible and has the focus.
 *
 * A view is one event: sent when the page opens, and again under its event_id whenever the page may end, with the time
 * spent by then. The collector's tables keep the version that came last.
 */

import { emit } from './events.js';
import { clock, round } from './fields.js';
import { uuid } from './identity.js';

const spentSecondsMax = 2_678_400;

let view;
let cleanUrl;

/** Adds the time since the last look, if the page was active then; and sees how far it is scrolled. */
const look = () => {
  if (!view) return;
  const now = performance.now();
  if (view.since) {
    view.spent += now - view.since;
    // Not at the first look: a page that has yet to be filled is all seen.
    const seen = ((scrollY + innerHeight) / document.documentElement.scrollHeight) * 100;
    view.scroll = Math.max(view.scroll, Math.min(100, Math.round(seen)));
  }
  view.since = !document.hidden && document.hasFocus() && now;
};

/** The address without its fragment, unless that is a route too (`#/films`, `#!films`). */
const route = () => location.href.replace(/#(?![!/]).*/, '');

const clean = (url) => (url && cleanUrl ? cleanUrl(url) : url);

export const pageAddress = () => clean(location.href);

export const beginPage = (referrer = clean(document.referrer)) => {
  view = { id: uuid(), time: clock(), url: pageAddress(), route: route(), referrer, spent: 0, scroll: 0 };
  reportPage();
};

/** Sends the view as it stands, unless it was sent so. */
export const reportPage = () => {
  look();
  if (!view) return;
  const { id, time, url, referrer, scroll } = view;
  const { title } = document;
  const duration = round(Math.min(view.spent / 1000, spentSecondsMax));
  const state = [duration, scroll, title].join();
  if (state != view.state) emit('page', { url, duration, title, referrer, scroll }, id, time);
  view.state = state;
};

/** The history may have moved: another route is another view. */
const moved = () => {
  if (!view || route() == view.route) return;
  reportPage();
  beginPage(view.url);
};

export const openPages = (options) => {
  cleanUrl = options.cleanUrl;
  const { pushState, replaceState } = history;
  history.pushState = function (...state) {
    pushState.apply(this, state);
    moved();
  };
  // Another address of the same view.
  history.replaceState = function (...state) {
    replaceState.apply(this, state);
    if (view) view.route = route();
  };
  for (const type of ['focus', 'blur', 'scroll', 'visibilitychange']) addEventListener(type, look, { passive: true });
  addEventListener('popstate', moved);
  // Back from the back/forward cache: a view of its own.
  addEventListener('pageshow', (event) => event.persisted && view && beginPage());
};
