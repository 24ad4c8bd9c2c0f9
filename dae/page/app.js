// The page's frame: header, tabs, and the view of the open tab; or that alone, for a projector.
import { effect, signal } from "@preact/signals-core";
import { render } from "preact";
import { follow, link } from "./address.js";
import { isBuilding } from "./lesson/bench.js";
import { keepOffline } from "./offline.js";
import { manifest, state } from "./page.js";
import { Connection } from "./parts/connection.js";
import { html, style, takesText, useEffect, useRef } from "./parts/html.js";
import { copy, Toast } from "./parts/toast.js";
import { load } from "./storage.js";
import { browserLanguage, language, speak, t } from "./words.js";

const TABS = /** @type {string[]} */ (manifest.state.tab.choices);

/** @type {Map<string, import("@preact/signals-core").Signal<any>>} */
const views = new Map();

/** A view, loaded when it is first opened: null until then, an Error where it cannot be. @param {string} path below views/ */
function viewOf(path) {
  let found = views.get(path);
  if (!found) {
    found = signal(null);
    views.set(path, found);
    fetchView(path, found);
  }
  return found;
}

/** @param {string} path @param {import("@preact/signals-core").Signal<any>} found */
async function fetchView(path, found) {
  try {
    const sheet = style(import.meta.url, `views/${path}.css`);
    const [module] = await Promise.all([import(`./views/${path}.js`), sheet]);
    found.value = module.default;
  } catch (error) {
    console.error(error);
    found.value = error instanceof Error ? error : new Error(String(error));
  }
}

/** Ask once more for a view that could not be loaded. @param {string} path */
function reload(path) {
  const found = viewOf(path);
  found.value = null;
  fetchView(path, found);
}

const copyLink = () =>
  copy(link(), state.leavesOut ? `${t("link_copied")} ${t("link_leaves_out")}` : t("link_copied"));

/** What only a projector needs, once it is used. @type {import("@preact/signals-core").Signal<typeof import("./present.js") | null>} */
const projector = signal(null);

async function loadProjector() {
  projector.value ??= await import("./present.js");
  return projector.value;
}

/** The key or the button: into the projector's mode, with the whole screen, and out of it. */
function present() {
  const on = !state.peek("present");
  state.set({ present: on });
  if (on) loadProjector().then(({ fillScreen }) => fillScreen(), console.error);
}

window.addEventListener("keydown", (event) => {
  const { target } = event;
  const isTyping = takesText(target) || target instanceof HTMLSelectElement; // a menu goes to a letter
  if (event.key.toLowerCase() !== "f" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (isTyping || event.repeat || event.defaultPrevented) return;
  event.preventDefault();
  present();
});

const switchLanguage = () => state.set({ lang: language.value === "en" ? "zh" : "en" });

function Header() {
  return html`<header>
    <div class="title"><h1>${t("title")}</h1><p>${t("tagline")}</p></div>
    <button type="button" id="present" title="${t("present_about")} (F)" aria-keyshortcuts="F" onClick=${present}>${t("present")}</button>
    ${state.shows("link") && html`<button type="button" id="copy-link" onClick=${copyLink}>${t("copy_link")}</button>`}
    ${state.shows("language") && html`<button type="button" id="language" lang=${language.value === "en" ? "zh" : "en"} onClick=${switchLanguage}>${t("switch_language")}</button>`}
  </header>`;
}

function Tabs() {
  const open = state.get("tab");
  const bar = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    const tab = bar.current?.querySelector(`#tab-${open}`);
    if (tab instanceof HTMLElement && bar.current) {
      bar.current.scrollLeft = tab.offsetLeft - (bar.current.clientWidth - tab.clientWidth) / 2;
    }
  }, [open, language.value]);
  /** @param {KeyboardEvent} event */
  const key = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const to = step
      ? TABS[(TABS.indexOf(open) + step + TABS.length) % TABS.length]
      : { Home: TABS[0], End: TABS[TABS.length - 1] }[event.key];
    if (!to) return;
    event.preventDefault();
    state.set({ tab: to });
    /** @type {HTMLElement | null | undefined} */ (bar.current?.querySelector(`#tab-${to}`))?.focus();
  };
  return html`<nav aria-label=${t("title")}><div class="tabs" role="tablist" aria-label=${t("title")} ref=${bar} onKeyDown=${key}>
    ${TABS.map(
      (
        tab,
      ) => html`<button type="button" role="tab" id="tab-${tab}" key=${tab} aria-selected=${tab === open} aria-controls="view"
        tabindex=${tab === open ? 0 : -1} onClick=${() => state.set({ tab })}>${t(`tab_${tab}`)}</button>`,
    )}
  </div></nav>`;
}

/** @param {{ path: string }} props */
function Loaded({ path }) {
  const view = viewOf(path).value;
  if (!(view instanceof Error)) return view && html`<${view} key=${path} />`;
  return html`<p class="problem" role="alert">${t("view_failed")} <button type="button" onClick=${() => reload(path)}>${t("try_again")}</button></p>`;
}

/** The open tab, and beside it the step of a lesson while one is open, or the teacher's bench. */
function View() {
  const tab = state.get("tab");
  const withLesson = state.get("lesson") !== "";
  return html`<div class="desk" data-lesson=${withLesson}>
    <main><div id="view" role="tabpanel" aria-label=${t(`tab_${tab}`)} data-tab=${tab} tabindex="-1"><${Loaded} path=${`${tab}/${tab}`} /></div></main>
    ${withLesson ? html`<${Loaded} path="lessons/player" />` : isBuilding.value && !state.get("present") && html`<${Loaded} path="lessons/builder" />`}
  </div>`;
}

function App() {
  useEffect(() => {
    document.documentElement.lang = language.value === "zh" ? "zh-Hans" : language.value;
    document.title = t("title");
  }, [language.value]);
  const Bar = state.get("present") && projector.value?.Bar;
  return html`<a class="skip" href="#view" onClick=${(/** @type {Event} */ event) => {
    event.preventDefault();
    document.getElementById("view")?.focus();
  }}>${t("skip")}</a>
    <${Connection} />${Bar && html`<${Bar} />`}<${Header} />${state.shows("tabs") && html`<${Tabs} />`}<${View} /><${Toast} />`;
}

await follow();
viewOf(`${state.peek("tab")}/${state.peek("tab")}`);
await speak(state.peek("lang") || browserLanguage());
effect(() => {
  const wanted = state.get("lang") || browserLanguage();
  if (wanted !== language.peek()) speak(wanted).catch((error) => console.error(error));
});
effect(() => {
  if (state.get("present")) loadProjector().catch(console.error);
});
if (state.peek("present")) await loadProjector().catch(console.error); // a link: at once
const root = /** @type {HTMLElement} */ (document.getElementById("app"));
render(html`<${App} />`, root);

// Once nothing more urgent is to be done; the first picture comes first.
const later = window.requestIdleCallback ?? ((/** @type {() => void} */ work) => setTimeout(work, 2000));
function afterwards() {
  keepOffline();
  if (load("networks")) import("./networks.js").then(({ restoreKept }) => restoreKept(), console.error);
}
if (document.readyState === "complete") later(afterwards);
else window.addEventListener("load", () => later(afterwards), { once: true });
