// Whether the server answers. Its process has a number; with another process, or when the server has closed this page's
// session, the page is loaded again with its lesson: digit, choices and networks live in the process.
const KEY = "dae-before", AGAIN = 20000;
const line = element.querySelector(".line"), sentence = line.querySelector("p"), close = line.querySelector("button");
const config = window.gradio_config;
const pause = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds));

let spoken = []; // keys of what is said
const say = (...keys) => {
  spoken = keys;
  const words = given.words[document.documentElement.lang] ?? given.words.en;
  window.daePut(sentence, keys.map((key) => words[key]).join(words.between));
  close.setAttribute("aria-label", words.close);
  close.hidden = keys.includes("gone") || keys.includes("slow"); // they go by themselves
  line.hidden = !keys.length;
  line.dataset.said = keys.join(" ");
};
close.addEventListener("click", () => say());
new MutationObserver(() => say(...spoken)).observe(document.documentElement, { attributes: true, attributeFilter: ["lang"] });

// The number of the process that answers; null while none does. One that is slow is waited for.
const process = async () => {
  try {
    const answer = await fetch(new URL(`${config.root}${config.api_prefix}/app_id`, location), { cache: "no-store" });
    return answer.ok ? (await answer.json()).app_id : null;
  } catch { return null; }
};

// This page's lesson as its address, so that loading it again, which Gradio does by itself too, gives it back.
const keepLesson = () => {
  if (!window.daeLesson) return;
  const link = new URL(window.daeLink(true));
  const level = document.querySelector("#level input[type=range]")?.value;
  if (level) link.searchParams.set("level", level);
  for (const [name, value] of new URLSearchParams(location.search)) {
    if (name.startsWith("__")) link.searchParams.set(name, value); // Gradio's and the host's own
  }
  history.replaceState(history.state, "", link);
};

// Gradio's events have ended, and with them what they say of the tab.
document.addEventListener("click", ({ target }) => {
  const tab = document.body.dataset.away && target.closest?.("#tabs [role=tab]")?.dataset.tabId;
  if (tab) window.daeTab(tab);
});

let lost = 0; // when the server was last missed
let leaving = false;
const again = () => {
  leaving = true;
  lost = Date.now();
  keepLesson();
  location.reload();
};
let checking = false, broken = false;
const check = async () => {
  if (checking || leaving) return;
  checking = true;
  let now = await process();
  while (now === null) {
    lost = Date.now();
    document.body.dataset.away = "true";
    if (!spoken.includes("gone")) say("gone");
    keepLesson();
    await pause(1000 + 1000 * Math.random()); // not a whole class at the same moment
    now = await process();
  }
  checking = false;
  if (now !== config.app_id) { again(); return; }
  if (document.body.dataset.away) {
    delete document.body.dataset.away;
    say();
    window.daeFollow();
  }
  if (broken) trigger("back"); // what closed the socket may have ended the session
  broken = false;
  window.daeConnect();
};
const looks = { left: again, stale: () => trigger("stale") };
looks.lost = () => { broken = true; check(); };
looks.slow = () => { if (!spoken.length) say("slow"); };
looks.answered = () => { if (spoken.includes("slow")) say(); };
document.addEventListener("server", (event) => looks[event.detail]?.());
for (const name of ["online", "offline"]) addEventListener(name, check);
// An open socket tells at once; where there is none, the page has to look.
const isDeaf = () => window.daeSocket?.readyState !== WebSocket.OPEN;
setInterval(() => { if (isDeaf() && document.visibilityState === "visible") check(); }, 10000);
document.addEventListener("visibilitychange", () => { if (isDeaf() && document.visibilityState === "visible") check(); });
watch("value", () => { if (props.value?.key === "left") again(); else if (props.value?.key) say(props.value.key); });

// What the page was before it was loaded again. A browser may keep no storage for a page inside another one.
let before = null;
try {
  before = JSON.parse(sessionStorage.getItem(KEY));
  sessionStorage.removeItem(KEY);
} catch { /* then nothing is said */ }
addEventListener("pagehide", () => {
  try { sessionStorage.setItem(KEY, JSON.stringify({ process: config.app_id, lost, ...window.daeTrained?.() })); } catch { /* as above */ }
});
if (before && performance.getEntriesByType("navigation")[0]?.type === "reload") {
  const anew = before.process !== config.app_id;
  if (anew || Date.now() - before.lost < AGAIN) {
    say(anew ? "anew" : "again", ...(before.owned ? ["networks"] : []));
  }
}
window.daeConnect();
