// The address follows the state, so that reload and Back do what people expect.
import { effect } from "@preact/signals-core";
import { state } from "./page.js";

const PAUSE = 200; // milliseconds; browsers refuse an address that changes with every pixel of a slider

const LESSON = "#lesson="; // a teacher's lesson is in the address while it is open (lesson/link.js)

/** The end of the address: without a lesson that is no longer open. */
const hash = () =>
  location.hash.startsWith(LESSON) && !state.peek("lesson").startsWith("lesson-") ? "" : location.hash;

let timer = 0;
let tab = "";

/** @param {string} open the tab that it says */
function addressOf(open) {
  const query = state.query();
  if (open === state.fields.tab.start && !state.peek("lesson")) query.delete("tab");
  else query.set("tab", open);
  const text = query.toString();
  return `${location.pathname}${text ? `?${text}` : ""}${hash()}`;
}

function write() {
  const open = state.peek("tab");
  // What was changed just before the tab was belongs to the tab that one can go back to.
  history.replaceState(null, "", addressOf(tab));
  if (tab !== open) history.pushState(null, "", addressOf(open));
  tab = open;
}

/** Show what a link says; a step of a lesson sets what the link does not say. @param {URLSearchParams} query */
async function open(query) {
  state.open(query);
  if (!state.peek("lesson") && !location.hash.startsWith(LESSON)) return;
  const course = await import("./lesson/course.js");
  await course.arrive(query);
}

/** Read the state from the address, and let the address follow it from now on. */
export async function follow() {
  await open(new URLSearchParams(location.search)).catch((error) => console.error(error));
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
    open(query).catch((error) => console.error(error));
  });
  window.addEventListener("pagehide", () => {
    clearTimeout(timer);
    if (tab === state.peek("tab")) write();
  });
}

/** Let the address end with this, unless a teacher's lesson is in it. @param {string} end "#..." or nothing */
export function endWith(end) {
  if (!hash().startsWith(LESSON))
    history.replaceState(null, "", `${location.pathname}${location.search}${end}`);
}

/** A link to the page as it stands. A step of a lesson is part of it. */
export function link() {
  const query = state.query({ whole: true });
  return `${location.origin}${location.pathname}?${query}${hash()}`;
}
