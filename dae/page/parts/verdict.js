// Which digit the classifier takes a picture for, and how that is to be read.
import { t } from "../words.js";
import { html } from "./html.js";

/** @param {{ verdict?: import("../engine/verdict.js").Verdict | null, truth?: number }} props truth: what the clean digit is read as */
export const VerdictLine = ({ verdict, truth }) =>
  html`<p class="verdict">${
    verdict &&
    html`<span>${t("verdict")} </span><b class=${verdict.digit === truth ? "" : "other"}>${verdict.digit}</b> ${Math.round(100 * verdict.confidence)} %`
  }</p>`;

/** What a verdict is, and what the wavy line says. */
export const VerdictNote = () => html`${t("verdict_about")} <span class="wavy">${t("verdict_other")}</span>`;
