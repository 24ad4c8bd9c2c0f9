// What the open view measured of what it shows now, for the tasks of lessons.
import { signal } from "@preact/signals-core";

/** @type {Map<string, import("@preact/signals-core").Signal<Record<string, any> | null>>} */
const tabs = new Map();

/** @param {string} tab */
function of(tab) {
  let found = tabs.get(tab);
  if (!found) {
    found = signal(null);
    tabs.set(tab, found);
  }
  return found;
}

/**
 * Tell what is measured of what a view shows: the names after the tab's in `conditions.js`. Null while what it shows is
 * not yet that of the page's state, and when the view closes.
 * @param {string} tab @param {Record<string, any> | null} values numbers, texts and flags, also nested
 */
export function measure(tab, values) {
  of(tab).value = values;
}

/** A measured value, undefined where there is none; whoever reads it in an effect is told of its changes. @param {string} name such as "denoise.restored.psnr" */
export function measured(name) {
  const [tab, ...path] = name.split(".");
  /** @type {any} */
  let value = of(tab).value;
  for (const part of path) value = value?.[part];
  return value;
}
