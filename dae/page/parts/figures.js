// MSE, PSNR and SSIM of a picture against the clean one.
import { html } from "./html.js";

/** @param {{ figures: { mse: number, psnr: number, ssim: number } | null | undefined }} props */
export function Figures({ figures }) {
  const psnr = figures && (Number.isFinite(figures.psnr) ? figures.psnr.toFixed(1) : "∞");
  return html`<dl class="figures">
    <div><dt>MSE</dt><dd>${figures?.mse.toFixed(4) ?? "–"}</dd></div>
    <div><dt>PSNR</dt><dd>${figures ? `${psnr} dB` : "–"}</dd></div>
    <div><dt>SSIM</dt><dd>${figures?.ssim.toFixed(2) ?? "–"}</dd></div>
  </dl>`;
}
