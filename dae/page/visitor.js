// What the server keeps for this visitor is there as long as the page says that it is still open.
import { ask, hasServer, visitor } from "./ask.js";
import { base } from "./page.js";

const EVERY = 30_000; // milliseconds between two signs of life

let isKnown = false;

/** From now on the server keeps something for this visitor: say that the page is still there, and when it goes. */
export function stay() {
  if (isKnown || !hasServer) return;
  isKnown = true;
  setInterval(() => ask("here", { visitor }).catch(() => {}), EVERY);
  window.addEventListener("pagehide", (event) => {
    if (event.persisted) return; // it may come back
    navigator.sendBeacon(
      new URL("ask/leave", base),
      new Blob([JSON.stringify({ visitor })], { type: "application/json" }),
    );
  });
}
