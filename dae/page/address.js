// The address follows the state, so that reload and Back do what people expect.
import { effect } from "@preact/signals-core";
import { state } from "./page.js";

const PAUSE = 200; // milliseconds; browsers refuse an address that changes with every pixel of a slider

let timer = 0;
let tab = "";

function write() {
  const query = state.query().toString();
  const address = `${location.pathname}${query ? `?${query}` : ""}${location.hash}`;
  if (tab !== state.peek("tab")) {
    tab = state.peek("tab");
    history.pushState(null, "", address);
  } else history.replaceState(null, "", address);
}

/** Read the state from the address, and let the address follow it from now on. */
export function follow() {
  state.open(new URLSearchParams(location.search));
  tab = state.peek("tab");
  effect(() => {
    for (const name of Object.keys(state.fields)) state.get(name);
    const changed = tab !== state.peek("tab");
    clearTimeout(timer);
    if (changed) write();
    else timer = setTimeout(write, PAUSE);
  });
  window.addEventListener("popstate", () => {
    clearTimeout(timer);
    const query = new URLSearchParams(location.search);
    tab = query.get("tab") ?? String(state.fields.tab.start);
    state.open(query);
  });
  window.addEventListener("pagehide", () => {
    clearTimeout(timer);
    if (tab === state.peek("tab")) write();
  });
}

/** A link to the page as it stands. */
export function link() {
  const query = state.query({ whole: true });
  return `${location.origin}${location.pathname}?${query}`;
}
