// MSE, PSNR and SSIM of a picture against the clean one.
import { html } from "./html.js";

/** @typedef {import("../engine/metrics.js").Figures} Measured */

/** A number with so many decimals; a sign for what has none; nothing yet: nothing. @param {number | undefined} value @param {number} digits */
export function fixed(value, digits) {
  if (value === undefined) return "";
  if (Number.isNaN(value)) return "–";
  return Number.isFinite(value) ? value.toFixed(digits) : "∞";
}

/** Names, and how each is written. @type {[string, (figures: Measured | null | undefined) => string][]} */
export const FIGURES = [
  ["MSE", (figures) => fixed(figures?.mse, 4)],
  ["PSNR", (figures) => (figures ? `${fixed(figures.psnr, 1)} dB` : "")],
  ["SSIM", (figures) => fixed(figures?.ssim, 2)],
];

/** @param {{ figures: Measured | null | undefined, only?: string }} props only: the name of the one that there is room for */
export function Figures({ figures, only }) {
  const rows = FIGURES.filter(([name]) => !only || name === only);
  return html`<dl class="figures">${rows.map(([name, text]) => html`<div key=${name}><dt>${name}</dt><dd>${text(figures)}</dd></div>`)}</dl>`;
}
