// What needs Python: offered where there is a server; where there is none, a sentence says so in its place.
import { hasServer } from "../ask.js";
import { t } from "../words.js";
import { html } from "./html.js";

/**
 * Why Python gave no answer, as a sentence.
 * @param {any} error an AskError, or what else went wrong
 * @param {string} what the key of what was asked for, such as "python_figure"
 */
export function excuse(error, what) {
  const known = ["no_server", "unreachable", "busy", "too_much"];
  const code = known.includes(error?.code) ? error.code : error?.code === "replaced" ? "busy" : "failed";
  return t(`ask_${code}`, { what: t(what) });
}

/** @param {{ what: string, children?: any }} props */
export function Python({ what, children }) {
  if (hasServer) return children;
  return html`<p class="quiet needs">${t("ask_no_server", { what: t(what) })}</p>`;
}
