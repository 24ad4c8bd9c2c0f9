// Keeps the page usable without a network after its first visit, where the browser allows it.
import { base } from "./page.js";

/** Start the service worker, and let it fetch the rest once nothing more urgent is to be done. */
export async function keepOffline() {
  if (!("serviceWorker" in navigator) || !window.isSecureContext) return;
  try {
    await navigator.serviceWorker.register(new URL("sw.js", base), { scope: base.pathname });
    const { active } = await navigator.serviceWorker.ready;
    active?.postMessage("keep");
  } catch (error) {
    console.warn("The page is not kept for offline use:", error); // private windows, blocked storage
  }
}
