// The page's frame: header, tabs, the shared controls, and the view of the open tab.
import { effect, signal } from "@preact/signals-core";
import { render } from "preact";
import { follow, link } from "./address.js";
import { keepOffline } from "./offline.js";
import { manifest, state } from "./page.js";
import { Connection } from "./parts/connection.js";
import { html, style, useEffect, useRef } from "./parts/html.js";
import { Toast, toast } from "./parts/toast.js";
import { browserLanguage, language, speak, t } from "./words.js";

const TABS = /** @type {string[]} */ (manifest.state.tab.choices);

/** @type {Map<string, import("@preact/signals-core").Signal<any>>} */
const views = new Map();

/** The view of a tab, loaded when it is first opened: null until then, an Error where it cannot be. @param {string} tab */
function viewOf(tab) {
  let found = views.get(tab);
  if (!found) {
    found = signal(null);
    views.set(tab, found);
    load(tab, found);
  }
  return found;
}

/** @param {string} tab @param {import("@preact/signals-core").Signal<any>} found */
async function load(tab, found) {
  try {
    const sheet = style(import.meta.url, `views/${tab}/${tab}.css`);
    const [module] = await Promise.all([import(`./views/${tab}/${tab}.js`), sheet]);
    found.value = module.default;
  } catch (error) {
    console.error(error);
    views.delete(tab);
    found.value = error;
  }
}

async function copyLink() {
  const address = link();
  const note = state.leavesOut ? `${t("link_copied")} ${t("link_leaves_out")}` : t("link_copied");
  try {
    await navigator.clipboard.writeText(address);
    toast(note);
  } catch {
    toast(t("link_by_hand"), { copy: address }); // a page without permission, or without https
  }
}

const switchLanguage = () => state.set({ lang: language.value === "en" ? "zh" : "en" });

function Header() {
  return html`<header>
    <div class="title"><h1>${t("title")}</h1><p>${t("tagline")}</p></div>
    <button type="button" id="copy-link" onClick=${copyLink}>${t("copy_link")}</button>
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

function View() {
  const tab = state.get("tab");
  const view = viewOf(tab).value;
  const Component = view instanceof Error ? null : view;
  return html`<main><div id="view" role="tabpanel" aria-labelledby="tab-${tab}" data-tab=${tab} tabindex="-1">
    ${Component ? html`<${Component} key=${tab} />` : view instanceof Error && html`<p class="problem" role="alert">${t("view_failed")} <button type="button" onClick=${() => viewOf(tab)}>${t("try_again")}</button></p>`}
  </div></main>`;
}

function App() {
  useEffect(() => {
    document.documentElement.lang = language.value === "zh" ? "zh-Hans" : language.value;
    document.title = t("title");
  }, [language.value]);
  return html`<a class="skip" href="#view" onClick=${(/** @type {Event} */ event) => {
    event.preventDefault();
    document.getElementById("view")?.focus();
  }}>${t("skip")}</a>
    <${Connection} /><${Header} /><${Tabs} /><${View} /><${Toast} />`;
}

follow();
viewOf(state.peek("tab"));
await speak(state.peek("lang") || browserLanguage(manifest.languages));
effect(() => {
  const wanted = state.get("lang") || browserLanguage(manifest.languages);
  if (wanted !== language.peek()) speak(wanted).catch((error) => console.error(error));
});
const root = /** @type {HTMLElement} */ (document.getElementById("app"));
render(html`<${App} />`, root);

// Once nothing more urgent is to be done; the first picture comes first.
const later = window.requestIdleCallback ?? ((/** @type {() => void} */ work) => setTimeout(work, 2000));
if (document.readyState === "complete") later(() => keepOffline());
else window.addEventListener("load", () => later(() => keepOffline()), { once: true });
