// For a projector: the stage has the whole screen, the controls are one line, the text grows with the screen.
import { effect, signal } from "@preact/signals-core";
import { manifest, state } from "./page.js";
import { bench, LevelSlider, ModelMenu, NoiseMenu, newNoise } from "./parts/bench.js";
import { html, style, takesText, useEffect, useRef } from "./parts/html.js";
import { another } from "./parts/source.js";
import { t } from "./words.js";

await style(import.meta.url, "present.css");

const root = document.documentElement;
const isBlack = signal(false);
/** Whether the header, the tabs and all controls are shown as well. */
const isUnfolded = signal(false);
/** What the room asks for, instead of what the machine prefers. @type {import("@preact/signals-core").Signal<"" | "light" | "dark">} */
const scheme = signal("");
const fills = signal(Boolean(document.fullscreenElement)); // the screen, not just the window

/** Where the browser lets a page have the screen; otherwise the window will do. */
export async function fillScreen() {
  if (document.fullscreenEnabled) await root.requestFullscreen().catch(() => {});
}

const leave = () => state.set({ present: false });

document.addEventListener("fullscreenchange", () => {
  fills.value = Boolean(document.fullscreenElement);
  if (!fills.value) leave(); // the browser's own Escape
});

effect(() => {
  const on = state.get("present");
  root.toggleAttribute("data-present", on);
  root.toggleAttribute("data-unfolded", on && isUnfolded.value);
  root.style.colorScheme = on ? scheme.value : "";
});

effect(() => {
  if (state.get("present")) return;
  isBlack.value = false;
  isUnfolded.value = false;
  scheme.value = "";
  if (document.fullscreenElement) document.exitFullscreen().catch(() => {});
});

function switchScheme() {
  const isDark = scheme.peek()
    ? scheme.peek() === "dark"
    : matchMedia("(prefers-color-scheme: dark)").matches;
  scheme.value = isDark ? "light" : "dark";
}

/** What Escape ends first; the projector last. */
function end() {
  if (isUnfolded.peek()) isUnfolded.value = false;
  else leave();
}

/** Scroll the lesson's panel, for a clicker cannot. Whether there was something left of it. @param {"next" | "back"} how */
function scrolls(how) {
  const panel = document.querySelector(".player");
  if (!panel) return false;
  const left = how === "back" ? panel.scrollTop : panel.scrollHeight - panel.clientHeight - panel.scrollTop;
  if (left >= 2) panel.scrollBy(0, (how === "back" ? -0.7 : 0.7) * panel.clientHeight);
  return left >= 2;
}

/** To what is left of the lesson's step, to the next step, or the one before. @param {"next" | "back"} how */
const walk = (how) => {
  if (scrolls(how)) return;
  import("./lesson/course.js").then((course) => course[how](), console.error);
};

const CONTROLS = "button, input, select, textarea, summary, a[href], [tabindex='0']";
/** Keys of a clicker, and those that walk as well where nothing else listens to them. @type {Record<string, "next" | "back">} */
const CLICKER = { PageDown: "next", PageUp: "back" };
/** @type {Record<string, "next" | "back">} */
const ARROWS = { ArrowRight: "next", ArrowDown: "next", ArrowLeft: "back", ArrowUp: "back" };

/** What a key does, whatever has the focus. @type {Record<string, () => void>} */
const KEYS = {
  b: () => {
    isBlack.value = true;
  },
  f: leave,
  t: switchScheme,
};
KEYS["."] = KEYS.b; // what clickers send

/** @param {KeyboardEvent} event @returns {(() => void) | undefined} */
function actOf({ key, target }) {
  if (takesText(target)) return;
  const isFree = !(target instanceof Element && target.closest(CONTROLS));
  const way = CLICKER[key] ?? (isFree ? ARROWS[key] : undefined);
  if (way) return state.peek("lesson") ? () => walk(way) : undefined;
  return KEYS[key.toLowerCase()];
}

/** Before the controls, as a menu would take the letters. @param {KeyboardEvent} event */
function onKey(event) {
  if (!state.peek("present") || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  const act = isBlack.peek() ? () => (isBlack.value = false) : actOf(event);
  if (!act) return;
  act();
  event.preventDefault();
  event.stopPropagation();
}
window.addEventListener("keydown", onKey, { capture: true });

window.addEventListener("keydown", (event) => {
  const isForAnother = event.defaultPrevented || document.querySelector("dialog[open], :popover-open");
  if (event.key === "Escape" && state.peek("present") && !isForAnother) end();
});

function Black() {
  const button = useRef(/** @type {HTMLElement | null} */ (null));
  useEffect(() => {
    const before = document.activeElement;
    button.current?.focus();
    return () => before instanceof HTMLElement && before.focus();
  }, []);
  return html`<button type="button" class="present-black" ref=${button} aria-label=${t("present_black")} onClick=${() => {
    isBlack.value = false;
  }}></button>`;
}

/** The shared controls that are used while one speaks. */
function Controls() {
  const shows = (/** @type {string} */ name) => state.shows(name);
  const isPicked = state.get("source") === "pick";
  return html`<div class="line">
    ${shows("noise") && html`<${NoiseMenu} />`}
    ${shows("level") && html`<${LevelSlider} />`}
    ${shows("model") && bench.value?.model && html`<${ModelMenu} />`}
    ${shows("digit") && isPicked && html`<button type="button" class="another" onClick=${another}>${t("present_another")}</button>`}
    ${shows("seed") && html`<button type="button" class="new-noise" onClick=${newNoise}>${t("new_noise")}</button>`}
  </div>`;
}

/** @param {{ name: string, key?: string, path: string, act: () => void }} props */
const Tool = ({ name, key: letter, path, act }) =>
  html`<button type="button" class="tool" id="present-${name}" title=${`${t(`present_${name}`)}${letter ? ` (${letter})` : ""}`} aria-label=${t(`present_${name}`)} aria-keyshortcuts=${letter} onClick=${act}>
    <svg viewBox="0 0 24 24" aria-hidden="true"><path d=${path} /></svg>
  </button>`;

export function Bar() {
  const tabs = /** @type {string[]} */ (manifest.state.tab.choices);
  return html`<section class="present-bar" aria-label=${t("present")}>
    ${!isUnfolded.value && html`<h1 class="unseen">${t("title")}</h1>`}
    ${
      state.shows("tabs") &&
      html`<select aria-label=${t("present_tab")} value=${state.get("tab")} onChange=${(/** @type {any} */ event) => state.set({ tab: event.target.value })}>
      ${tabs.map((tab) => html`<option key=${tab} value=${tab}>${t(`tab_${tab}`)}</option>`)}
    </select>`
    }
    ${bench.value && !isUnfolded.value ? html`<${Controls} />` : html`<div class="line"></div>`}
    <div class="tools">
      <button type="button" id="present-more" aria-expanded=${isUnfolded.value} onClick=${() => {
        isUnfolded.value = !isUnfolded.value;
      }}>${t(isUnfolded.value ? "present_less" : "present_more")}</button>
      <${Tool} name="scheme" key="T" path="M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0zM12 3a9 9 0 0 1 0 18z" act=${switchScheme} />
      ${!fills.value && document.fullscreenEnabled && html`<${Tool} name="screen" path="M4 9V4h5M20 9V4h-5M4 15v5h5M20 15v5h-5" act=${fillScreen} />`}
      <${Tool} name="leave" key="Escape" path="M6 6l12 12M18 6 6 18" act=${leave} />
    </div>
    ${isBlack.value && html`<${Black} />`}
  </section>`;
}
