// Which digit the classifier takes a picture for, and how that is to be read.
import { state } from "../page.js";
import { t } from "../words.js";
import { html } from "./html.js";

/** @typedef {Pick<import("../engine/verdict.js").Verdict, "digit" | "confidence">} Verdict */

/** @param {Verdict} verdict */
const percent = (verdict) => `${Math.round(100 * verdict.confidence)} %`;

/** "reads as 7, 98 %", or that it is not sure. @param {Verdict} verdict */
export const verdictWords = (verdict) =>
  verdict.digit === null ? t("verdict_unsure") : `${t("verdict")} ${verdict.digit}, ${percent(verdict)}`;

/** The same as a line; another digit than the clean picture's is underlined. @param {{ verdict?: Verdict | null, truth?: number | null }} props */
export function VerdictLine({ verdict, truth }) {
  if (!state.shows("verdict")) return null;
  if (!verdict) return html`<p class="verdict"></p>`;
  if (verdict.digit === null) return html`<p class="verdict">${t("verdict_unsure")}</p>`;
  const isOther = typeof truth === "number" && verdict.digit !== truth;
  return html`<p class="verdict"><span>${t("verdict")} </span><b class=${isOther ? "other" : ""}>${verdict.digit}</b> <small>${percent(verdict)}</small></p>`;
}

/** What a verdict is, and what the wavy line says. */
export const VerdictNote = () =>
  state.shows("verdict") &&
  html`${t("verdict_about")}${t("between")}<span class="wavy">${t("verdict_other")}</span>`;

/** Terms of what is measured of a picture, as far as it is shown. */
export const measuredTerms = () => [
  ...(state.shows("figures") ? ["mse", "psnr", "ssim"] : []),
  ...(state.shows("verdict") ? ["verdict", "confidence"] : []),
];
