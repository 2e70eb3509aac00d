/**
 * Cinelog's tracker: page views with the time on them, clicks, custom events, and which seconds of a film were played.
 * What each event holds: docs/events.md; how to use it: docs/tracker.md.
 */

export interface Options {
  /** The collector's address, with a slash at the end where it has a path. Default: where this script came from. */
  url?: string;
  /** Sent as `?key=`, where the collector demands a key. */
  writeKey?: string;
  /** The viewer's JWT, asked for before each request. Without it, a token in a cookie counts (see `credentials`). */
  token?: () => string | undefined;
  /** Sends cookies to a collector of another origin, which must list this one in `CORS_ORIGINS`. */
  credentials?: boolean;
  /** At most 64 characters. Default: "web". */
  platform?: string;
  /** At most 64 characters. */
  appVersion?: string;
  /** The device's identity, at most 128 characters. Default: one made here and kept in localStorage. */
  anonymousId?: string;
  /** Captures clicks on all links and buttons, not only on elements with `data-cinelog`. */
  allClicks?: boolean;
  /** false: no page views. */
  pages?: boolean;
  /** What becomes of an address before it is sent, say without its query. */
  cleanUrl?: (url: string) => string;
  /** false: nothing is sent or kept until `consent(true)`. */
  consent?: boolean;
  /** Sends and keeps nothing where the browser says Do Not Track or Global Privacy Control. */
  privacySignals?: boolean;
  /** Keeps nothing in localStorage: identities and what waits to be sent end with the page. */
  memory?: boolean;
}

export interface FilmOptions {
  /** The film: a UUID. */
  filmId: string;
  /** This viewing, at most 128 characters. Default: a new UUID. */
  viewId?: string;
  /** The picture's quality at the start, at most 32 characters. */
  quality?: string;
  /** false: what plays in a hidden tab (and not in a picture-in-picture window) does not count. Default: true. */
  countHidden?: boolean;
}

export interface FilmWatcher {
  readonly filmId: string;
  /** The quality changes: what was played until now is reported, and a custom event `quality_changed` sent. */
  quality(quality: string): void;
  /** Reports what was played until now, and listens no more. */
  stop(): void;
}

export interface Cinelog {
  /** Starts, once a page. The script tag does this itself, with its `data-` attributes, unless it says `data-manual`. */
  init(options?: Options): Cinelog;
  /** A click on something named so (1–512 characters). Answers the event's identity; nothing where none is sent. */
  click(objId: string): string | undefined;
  /** A custom event: a name (1–128 characters) and an object of 32 KiB at most. Answers as `click` does. */
  track(name: string, information?: object): string | undefined;
  /** Watches a media element. A second call for the same element ends the first. */
  film(video: HTMLMediaElement, options: FilmOptions): FilmWatcher;
  /** true: from now on events are sent. false: none is, and what this tracker keeps in the browser is removed. */
  consent(given: boolean): void;
  /** Sends at once what waits. The promise ends when the collector has answered, or could not be reached. */
  flush(): Promise<unknown>;
}

export declare const cinelog: Cinelog;
export default cinelog;

declare global {
  interface Window {
    /** Where the script tag was used. */
    cinelog?: Cinelog;
  }
}
