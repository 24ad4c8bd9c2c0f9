// Points at parts of the page and covers others, as rules of a style sheet: so they hold for what is drawn anew as well,
// and what is covered is hidden from screen readers too.
import { SPOTS } from "./spots.js";

const PATIENCE = 5000; // milliseconds that a part may take to be on the page
const SETTLING = 2000; // milliseconds in which what is around it may still grow
const sheet = new CSSStyleSheet();
document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];

// Two lines in opposite tones, so that the ring is seen on light and dark alike.
const ring = (/** @type {string} */ selector) => `${selector} {
  outline: 3px solid var(--accent); outline-offset: 4px; border-radius: 8px;
  box-shadow: 0 0 0 4px var(--back), 0 0 0 10px color-mix(in srgb, var(--accent) 35%, transparent);
}`;
const LACKS = ".lacks"; // what says why there is nothing to cover, with the way to get it
const cover = (/** @type {string} */ selector) =>
  `${selector}, ${selector} :not(${LACKS}, ${LACKS} *) { visibility: hidden !important; transition: none !important; }
${selector} ${LACKS} { visibility: visible; z-index: 2; }`;

const mark = (/** @type {string} */ selector) => `${selector} { position: relative; }
${selector}::after {
  content: "?"; content: "?" / ""; visibility: visible; position: absolute; inset: 0; z-index: 1; display: grid; place-items: center;
  font-size: 40px; font-weight: 650; color: #eceff3; background: var(--slide); border: 1px dashed #9aa4b1; border-radius: 6px;
}`;

/** A part that is higher than the screen is seen from its top. @param {Element} element */
const show = (element) =>
  element.scrollIntoView({ block: element.clientHeight > innerHeight / 2 ? "start" : "nearest" });

let watched = 0;
const stop = () => cancelAnimationFrame(watched);
for (const kind of ["wheel", "touchmove", "pointerdown", "keydown"])
  window.addEventListener(kind, stop, { capture: true, passive: true }); // the visitor goes elsewhere

/** Bring a part of the page into view, once it is there, and again while what is around it grows. @param {string} selector */
function bring(selector) {
  let until = performance.now() + PATIENCE;
  let isThere = false;
  const look = () => {
    const found = [...document.querySelectorAll(selector)].find((each) => each.checkVisibility());
    if (found && !isThere) until = performance.now() + SETTLING;
    isThere ||= Boolean(found);
    if (found) show(found);
    if (performance.now() < until) watched = requestAnimationFrame(look);
  };
  stop();
  watched = requestAnimationFrame(look);
}

/**
 * @param {string | undefined} spot the name of what to look at
 * @param {string[]} covered the names of what is hidden
 */
export function point(spot, covered) {
  const at = spot ? SPOTS[spot].at : "";
  const hidden = covered.flatMap((name) => SPOTS[name].cover ?? []);
  const marked = covered.flatMap((name) => SPOTS[name].mark ?? []);
  sheet.replaceSync([...(at ? [ring(at)] : []), ...hidden.map(cover), ...marked.map(mark)].join("\n"));
  if (at) bring(at);
  else stop();
}

/** Bring a spot into view again. @param {string} spot */
export const reveal = (spot) => bring(SPOTS[spot].at);
