// Who this page is to the server: a random text, which is the key to what the server keeps for this visitor.
import { ask, hasServer } from "./ask.js";
import { base } from "./page.js";

const EVERY = 30_000; // milliseconds between two signs of life

const bytes = crypto.getRandomValues(new Uint8Array(24));
/** Unguessable, and only in this page's memory: it travels in no link. */
export const visitor = btoa(String.fromCharCode(...bytes))
  .replaceAll("+", "-")
  .replaceAll("/", "_");

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
