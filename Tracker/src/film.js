/**
 * Film watching: which seconds of a film were really played, as half-open intervals [from, to).
 *
 * One function, `look`, is called whenever the media element says anything. It compares where the film is with where it
 * was: what the clock allows was played; anything else is a jump, which ends the interval where the film was.
 */

import { emit, leaving } from './events.js';
import { isUUID, round, warn } from './fields.js';
import { uuid } from './identity.js';

const reportMilliseconds = 10_000;
const filmSecondsMax = 65_535;
const rateMax = 16;
/** The collector takes 1,000 in an event. */
const intervalsMax = 500;
/** How far a position may run ahead of the clock without being a jump, in seconds. */
const slack = 0.5;
/** Media elements tell their position at least this often while they play, in seconds. */
const silence = 0.3;
const signals = 'playing pause seeking seeked waiting timeupdate ratechange ended emptied'.split(' ');

const watchers = new WeakMap();

/** Starts watching a media element; answers what can be told to it. */
export const film = (video, { filmId, viewId = uuid(), quality, countHidden = true } = {}) => {
  watchers.get(video)?.stop();
  let open, from, last = 0, at, rate, timer;
  const isKnown = isUUID(filmId) || warn('filmId must be a UUID:', filmId);
  let watched = [];
  let played = 0;

  const isPlaying = () =>
    isKnown && !video.paused && !video.ended && !video.seeking && video.readyState > 2 && video.playbackRate > 0 &&
    (countHidden || !document.hidden || document.pictureInPictureElement == video);

  /** Ends the interval at a position; the next would begin there. */
  const cut = (position) => {
    const to = round(Math.min(position, video.duration || filmSecondsMax, filmSecondsMax));
    if (to <= from) return;
    watched.push([from, to]);
    played += to - from;
    from = to;
    if (watched.length >= intervalsMax) report();
  };

  const look = (jumped) => {
    const now = performance.now();
    const position = video.currentTime;
    if (open) {
      const speed = Math.max(rate, video.playbackRate);
      const seconds = (now - at) / 1000;
      if (jumped || video.seeking || position < last - slack || position > last + seconds * speed + slack) {
        cut(last + Math.min(seconds, silence) * rate);
        open = false;
      } else if (!isPlaying()) {
        cut(position);
        open = false;
      }
    }
    if (video.readyState) last = Math.max(0, position);
    at = now;
    if (!open && isPlaying()) {
      open = true;
      from = round(last);
      rate = video.playbackRate;
      timer ||= setInterval(flush, reportMilliseconds);
      leaving.add(flush);
    }
  };

  const report = () => {
    if (!watched.length) return;
    const intervals = watched;
    watched = [];
    const length = video.duration;
    emit('film', {
      film_id: filmId, timecode: round(Math.min(last, filmSecondsMax)), view_id: viewId, watched: intervals, quality,
      duration: length > 0 && length <= filmSecondsMax ? length : undefined, rate: Math.min(rate, rateMax),
    });
  };

  /** Reports what was played until now; playing goes on in an interval that begins here. */
  const flush = () => {
    look();
    if (open) cut(last);
    report();
    rate = video.playbackRate;
    if (!open) rest();
  };

  /** While nothing plays, nothing here holds the element: a page that is done with it need not say so. */
  const rest = () => {
    clearInterval(timer);
    timer = undefined;
    leaving.delete(flush);
  };

  const hear = ({ type }) => {
    look(type == 'seeking' || type == 'emptied');
    if (type == 'pause' || type == 'ratechange' || type == 'ended') flush();
    if (type == 'ended') tell('watched_to_end', { played_seconds: round(played) });
  };

  const tell = (name, information) =>
    emit('custom', { name, information: { film_id: filmId, view_id: viewId, ...information } });

  const watcher = {
    filmId,
    /** The picture's quality changes from here on. */
    quality(next) {
      if (next == quality) return;
      flush();
      tell('quality_changed', { from: quality, quality: next });
      quality = next;
    },
    stop() {
      flush();
      rest();
      for (const type of signals) video.removeEventListener(type, hear);
    },
  };
  for (const type of signals) video.addEventListener(type, hear);
  watchers.set(video, watcher);
  look();
  return watcher;
};

/** `<video data-cinelog-film="UUID">` is watched from its first play on. */
export const openFilms = () => {
  const hear = ({ target }) => {
    const { cinelogFilm: filmId, cinelogQuality: quality } = target.dataset;
    if (filmId && watchers.get(target)?.filmId != filmId) film(target, { filmId, quality });
  };
  addEventListener('play', hear, true);
};
