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
let shown = { address: "", own: {} }; // what the page shows
let reading = 0; // addresses that the visitor went back to, and that are being opened
let isBegun = false; // what is opened next has its entry already

const placeNow = () => {
  const lesson = state.peek("lesson");
  return [state.peek("tab"), lesson, lesson && state.peek("step")].join();
};

/** The page as it stands: its address, and for this browser alone the choices that no link holds. */
function pageNow() {
  const [query, tab] = [state.query(), state.peek("tab")];
  if (tab === state.fields.tab.start && !state.peek("lesson")) query.delete("tab");
  else query.set("tab", tab);
  const text = query.toString();
  return { address: `${location.pathname}${text ? `?${text}` : ""}${hash()}`, own: state.ownChoices() };
}

/** @param {"pushState" | "replaceState"} change @param {{ address: string, own: Record<string, any> }} page */
const put = (change, { address, own }) => history[change]({ own }, "", address);

function write() {
  clearTimeout(timer);
  isBegun = false;
  put("replaceState", pageNow());
}

/** The state has changed. */
function changed() {
  clearTimeout(timer);
  const now = placeNow();
  if (now === place || reading) timer = setTimeout(write, PAUSE);
  else if (isBegun) write();
  else {
    put("replaceState", shown); // that which one can go back to, as one leaves it
    put("pushState", pageNow());
  }
  place = now;
  shown = pageNow();
}

/** Show what the address says; a step of a lesson sets what it does not say. */
async function open() {
  const query = new URLSearchParams(location.search);
  const own = history.state?.own ?? {};
  state.open(query);
  if (Object.keys(own).length) {
    const { restoreKept } = await import("./networks.js");
    await restoreKept();
    state.set(own);
  }
  if (!state.peek("lesson") && !location.hash.startsWith(LESSON)) return;
  const course = await import("./lesson/course.js");
  await course.arrive(query);
}

/** Read the state from the address, and let the address follow it from now on. */
export async function follow() {
  await open().catch((error) => console.error(error));
  place = placeNow();
  effect(() => {
    for (const name of Object.keys(state.fields)) state.get(name);
    changed();
  });
  window.addEventListener("popstate", async () => {
    reading++;
    await open().catch((error) => console.error(error));
    reading--;
  });
  window.addEventListener("pagehide", write);
}

/** Begin an entry of its own for what is opened next: a teacher's lesson. @param {string} end "#lesson=..." or nothing */
export function begin(end) {
  put("replaceState", shown);
  put("pushState", { ...shown, address: `${location.pathname}${location.search}${end}` });
  isBegun = true;
}

/** Let the address end with this, unless a teacher's lesson is in it. @param {string} end "#..." or nothing */
export function endWith(end) {
  if (hash().startsWith(LESSON)) return;
  put("replaceState", { ...shown, address: `${location.pathname}${location.search}${end}` });
  shown = pageNow();
}

/** A link to the page as it stands. A step of a lesson is part of it. */
export function link() {
  const query = state.query({ whole: true });
  return `${location.origin}${location.pathname}?${query}${hash()}`;
}
