/** The script tag: `cinelog` becomes a global, and starts with the tag's `data-` attributes as its options. */

import { cinelog } from './cinelog.js';

/** `data-write-key="k"` is `{ writeKey: 'k' }`, `data-all-clicks` is `{ allClicks: true }`; "false" is false. */
const tagged = (attributes) => {
  const settings = {};
  for (const name in attributes) settings[name] = attributes[name] != 'false' && (attributes[name] || true);
  return settings;
};

// A second tag changes nothing.
if (!window.cinelog) {
  window.cinelog = cinelog;
  if (here && !('manual' in here.dataset)) cinelog.init(tagged(here.dataset));
}
