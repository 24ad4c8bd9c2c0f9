// A short message at the edge of the page, said to screen readers as well.
import { signal } from "@preact/signals-core";
import { language, t } from "../words.js";
import { html, useEffect } from "./html.js";

const SECONDS = 6;

/**
 * @typedef {{ copy?: string, stays?: boolean, act?: { label: string, run: () => void } }} Options
 *   copy: a text to copy by hand; stays: until it is closed; act: what can be done about it
 */

/** @type {import("@preact/signals-core").Signal<({ text: string, lang: string } & Options) | null>} */
const message = signal(null);

/** @param {string} text @param {Options} [options] */
export function toast(text, options = {}) {
  message.value = { ...options, text, lang: language.peek() };
}

/** Copy a text, and say so; where the browser refuses, offer it to be copied by hand. @param {string} text @param {string} note */
export async function copy(text, note) {
  try {
    await navigator.clipboard.writeText(text);
    toast(note);
  } catch {
    toast(t("link_by_hand"), { copy: text }); // a page without permission, or without https
  }
}

export function Toast() {
  const shown = message.value?.lang === language.value ? message.value : null; // not in a language that was left
  useEffect(() => {
    if (!shown || shown.copy || shown.act || shown.stays) return;
    const timer = setTimeout(() => {
      message.value = null;
    }, 1000 * SECONDS);
    return () => clearTimeout(timer);
  }, [shown]);
  return html`<div class="toast" role="status" data-shown=${Boolean(shown)}>
    ${
      shown &&
      html`<p>${shown.text}</p>
      <button type="button" class="quiet" aria-label=${t("server_close")} onClick=${() => {
        message.value = null;
      }}>×</button>
      ${shown.copy && html`<input readonly value=${shown.copy} aria-label=${shown.text} onFocus=${(/** @type {any} */ event) => event.target.select()} />`}
      ${shown.act && html`<button type="button" class="act" onClick=${shown.act.run}>${shown.act.label}</button>`}`
    }
  </div>`;
}
