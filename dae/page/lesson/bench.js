// Whether the teacher's bench is open, beside whatever tab is: kept in this browser over a reload.
import { signal } from "@preact/signals-core";

const KEY = "denoising-bench";

function kept() {
  try {
    return localStorage.getItem(KEY) === "open";
  } catch {
    return false; // no storage
  }
}

export const isBuilding = signal(kept());

let byHand = false;
/** Whether the visitor opened it, and not a reload. */
export const wasOpenedNow = () => byHand;

/** Open the bench, or close it: what was built is kept. @param {boolean} open */
export function build(open) {
  byHand = open;
  isBuilding.value = open;
  try {
    if (open) localStorage.setItem(KEY, "open");
    else localStorage.removeItem(KEY);
  } catch {
    // no storage: it is open until the page is left
  }
}
