// The address follows the state, so that reload and Back do what people expect.
import { effect } from "@preact/signals-core";
import { state } from "./page.js";

const PAUSE = 200; // milliseconds; browsers refuse an address that changes with every pixel of a slider

const LESSON = "#lesson="; // a teacher's lesson is in the address while it is open (lesson/link.js)

/** The end of the address: without a lesson that is no longer open. */
const hash = () =>
  location.hash.startsWith(LESSON) && !state.peek("lesson").startsWith("lesson-") ? "" : location.hash;

let timer = 0;
let place = ""; // the tab, or the step of a lesson on it: each has its entry in the browser's history
let shown = ""; // the address of what the page shows
let reading = 0; // addresses that the visitor went back to, and that are being opened
let isBegun = false; // what is opened next has its entry already

const placeNow = () => {
  const lesson = state.peek("lesson");
  return [state.peek("tab"), lesson, lesson && state.peek("step")].join();
};

/** The address of the page as it stands. */
function addressNow() {
  const [query, tab] = [state.query(), state.peek("tab")];
  if (tab === state.fields.tab.start && !state.peek("lesson")) query.delete("tab");
  else query.set("tab", tab);
  const text = query.toString();
  return `${location.pathname}${text ? `?${text}` : ""}${hash()}`;
}

function write() {
  clearTimeout(timer);
  isBegun = false;
  history.replaceState(null, "", addressNow());
}

/** The state has changed. */
function changed() {
  clearTimeout(timer);
  const now = placeNow();
  if (now === place || reading) timer = setTimeout(write, PAUSE);
  else if (isBegun) write();
  else {
    history.replaceState(null, "", shown); // that which one can go back to, as one leaves it
    history.pushState(null, "", addressNow());
  }
  place = now;
  shown = addressNow();
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
  place = placeNow();
  effect(() => {
    for (const name of Object.keys(state.fields)) state.get(name);
    changed();
  });
  window.addEventListener("popstate", async () => {
    reading++;
    await open(new URLSearchParams(location.search)).catch((error) => console.error(error));
    reading--;
  });
  window.addEventListener("pagehide", write);
}

/** Begin an entry of its own for what is opened next: a teacher's lesson. @param {string} end "#lesson=..." or nothing */
export function begin(end) {
  history.replaceState(null, "", shown);
  history.pushState(null, "", `${location.pathname}${location.search}${end}`);
  isBegun = true;
}

/** Let the address end with this, unless a teacher's lesson is in it. @param {string} end "#..." or nothing */
export function endWith(end) {
  if (hash().startsWith(LESSON)) return;
  history.replaceState(null, "", `${location.pathname}${location.search}${end}`);
  shown = addressNow();
}

/** A link to the page as it stands. A step of a lesson is part of it. */
export function link() {
  const query = state.query({ whole: true });
  return `${location.origin}${location.pathname}?${query}${hash()}`;
}
