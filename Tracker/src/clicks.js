/**
 * Clicks: on elements with a `data-cinelog` attribute, and, when asked for, on all links and buttons. The label is sent,
 * but never what somebody may have typed.
 */

import { emit } from './events.js';
import { pageAddress } from './page.js';

const typed = 'input,textarea,select,[contenteditable]';
const controls = 'a[href],button,[role=button],input[type=button],input[type=submit]';

/** What was clicked: the attribute's value, or tag and id, as in `button#play`. */
const objectId = ({ dataset, localName, id }) => dataset.cinelog || localName + (id && '#' + id);

const label = (element) =>
  element.closest(typed) || element.querySelector(typed) ? undefined : element.textContent.trim().replace(/\s+/g, ' ');

export const emitClick = (id, text, x, y) => id && emit('click', { obj_id: id, url: pageAddress(), x, y, text });

export const openClicks = (options) => {
  const wanted = '[data-cinelog]' + (options.allClicks ? ',' + controls : '');
  const hear = ({ target, detail, pageX, pageY }) => {
    const element = target.closest?.(wanted);
    // The keyboard clicks too, nowhere.
    const place = (coordinate) => (detail ? Math.round(coordinate) : undefined);
    if (element) emitClick(objectId(element), label(element), place(pageX), place(pageY));
  };
  addEventListener('click', hear, true);
};
