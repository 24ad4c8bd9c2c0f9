// Whether the teacher's bench is open, beside whatever tab is: kept in this browser over a reload.
import { signal } from "@preact/signals-core";
import { keep, load } from "../storage.js";

const KEY = "denoising-bench";

export const isBuilding = signal(load(KEY) === true);

let byHand = false;
/** Whether the visitor opened it, and not a reload. */
export const wasOpenedNow = () => byHand;

/** Open the bench, or close it: what was built is kept. @param {boolean} open */
export function build(open) {
  byHand = open;
  isBuilding.value = open;
  keep(KEY, open || null);
}
