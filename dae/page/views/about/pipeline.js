// The pipeline of a denoising autoencoder as a picture, for wide and for narrow screens.
import { html } from "../../parts/html.js";
import { t } from "../../words.js";

/** @typedef {{ clean?: string, noisy?: string, code?: string, code_wide?: string, reconstruction?: string }} Pictures data-URIs */

/** @param {{ pictures: Pictures }} props */
export const WidePipeline = ({
  pictures,
}) => html`<svg class="pipeline wide" viewBox="0 0 802 314" role="img" aria-labelledby="about-wide-title about-wide-desc">
  <title id="about-wide-title">${t("pipe_title")}</title>
  <desc id="about-wide-desc">${t("pipe_description")}</desc>
  <defs>
    <marker id="about-wide-tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path class="tip" d="M0 0 10 5 0 10z"/></marker>
    <marker id="about-wide-learn" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path class="tip learn" d="M0 0 10 5 0 10z"/></marker>
  </defs>
  <text class="label" x="73" y="26"><tspan class="symbol">x</tspan> ${t("clean")}</text>
  <rect class="slide" x="9" y="38" width="128" height="128" rx="5"/>
  <image data-part="clean" href=${pictures.clean} x="9" y="38" width="128" height="128"/>
  <path class="flow" d="M145 102H229" marker-end="url(#about-wide-tip)"/>
  <text class="label" x="187" y="90">${t("pipe_noise")}</text>
  <text class="label" x="301" y="26"><tspan class="symbol">x̃</tspan> ${t("noisy")}</text>
  <rect class="slide" x="237" y="38" width="128" height="128" rx="5"/>
  <image data-part="noisy" href=${pictures.noisy} x="237" y="38" width="128" height="128"/>
  <path class="flow" d="M371 102H387" marker-end="url(#about-wide-tip)"/>
  <path class="net" d="M393 38 483 66V138L393 166z"/>
  <text class="label strong" x="438" y="107">${t("pipe_encoder")}</text>
  <text class="label" x="514" y="26"><tspan class="symbol">z</tspan> ${t("pipe_code")}</text>
  <rect class="slide" x="494" y="62" width="40" height="80" rx="3"/>
  <image data-part="code" href=${pictures.code} x="494" y="62" width="40" height="80" preserveAspectRatio="none"/>
  <path class="net" d="M545 66 635 38V166L545 138z"/>
  <text class="label strong" x="590" y="107">${t("pipe_decoder")}</text>
  <path class="flow" d="M641 102H657" marker-end="url(#about-wide-tip)"/>
  <text class="label" x="729" y="26"><tspan class="symbol">x′</tspan> ${t("reconstruction")}</text>
  <rect class="slide" x="665" y="38" width="128" height="128" rx="5"/>
  <image data-part="reconstruction" href=${pictures.reconstruction} x="665" y="38" width="128" height="128"/>
  <path class="flow" d="M73 174V284H416" marker-end="url(#about-wide-tip)"/>
  <text class="label" x="244" y="274">${t("pipe_target")}</text>
  <path class="flow" d="M729 174V284H612" marker-end="url(#about-wide-tip)"/>
  <rect class="loss" x="424" y="258" width="180" height="52" rx="8"/>
  <text class="label" x="514" y="290">${t("pipe_loss")} <tspan class="symbol">L</tspan>(<tspan class="symbol">x′</tspan>, <tspan class="symbol">x</tspan>)</text>
  <path class="learn" d="M438 252V162" marker-end="url(#about-wide-learn)"/>
  <path class="learn" d="M590 252V162" marker-end="url(#about-wide-learn)"/>
  <text class="label small" x="514" y="212">${t("pipe_learn")}</text>
</svg>`;

/** @param {{ pictures: Pictures }} props */
export const TallPipeline = ({
  pictures,
}) => html`<svg class="pipeline tall" viewBox="0 0 336 464" role="img" aria-labelledby="about-tall-title about-tall-desc">
  <title id="about-tall-title">${t("pipe_title")}</title>
  <desc id="about-tall-desc">${t("pipe_description")}</desc>
  <defs>
    <marker id="about-tall-tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path class="tip" d="M0 0 10 5 0 10z"/></marker>
    <marker id="about-tall-learn" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path class="tip learn" d="M0 0 10 5 0 10z"/></marker>
  </defs>
  <text class="label" x="60" y="20"><tspan class="symbol">x</tspan> ${t("clean")}</text>
  <rect class="slide" x="4" y="30" width="112" height="112" rx="5"/>
  <image data-part="clean" href=${pictures.clean} x="4" y="30" width="112" height="112"/>
  <path class="flow" d="M124 86H206" marker-end="url(#about-tall-tip)"/>
  <text class="label" x="165" y="74">${t("pipe_noise")}</text>
  <text class="label" x="272" y="20"><tspan class="symbol">x̃</tspan> ${t("noisy")}</text>
  <rect class="slide" x="216" y="30" width="112" height="112" rx="5"/>
  <image data-part="noisy" href=${pictures.noisy} x="216" y="30" width="112" height="112"/>
  <path class="net" d="M216 152H328L306 206H238z"/>
  <text class="label strong" x="272" y="185">${t("pipe_encoder")}</text>
  <rect class="slide" x="240" y="216" width="64" height="32" rx="3"/>
  <image data-part="code_wide" href=${pictures.code_wide} x="240" y="216" width="64" height="32" preserveAspectRatio="none"/>
  <text class="label end" x="230" y="237"><tspan class="symbol">z</tspan> ${t("pipe_code")}</text>
  <path class="net" d="M238 258H306L328 312H216z"/>
  <text class="label strong" x="272" y="291">${t("pipe_decoder")}</text>
  <text class="label" x="272" y="338"><tspan class="symbol">x′</tspan> ${t("reconstruction")}</text>
  <rect class="slide" x="216" y="348" width="112" height="112" rx="5"/>
  <image data-part="reconstruction" href=${pictures.reconstruction} x="216" y="348" width="112" height="112"/>
  <path class="flow" d="M26 150V364" marker-end="url(#about-tall-tip)"/>
  <text class="label start" x="38" y="262">${t("pipe_target")}</text>
  <path class="flow" d="M208 404H150" marker-end="url(#about-tall-tip)"/>
  <rect class="loss" x="4" y="372" width="138" height="64" rx="8"/>
  <text class="label" x="73" y="400">${t("pipe_loss")}</text>
  <text class="label" x="73" y="423"><tspan class="symbol">L</tspan>(<tspan class="symbol">x′</tspan>, <tspan class="symbol">x</tspan>)</text>
  <path class="learn" d="M132 366V285H219" marker-end="url(#about-tall-learn)"/>
  <path class="learn" d="M132 366V179H219" marker-end="url(#about-tall-learn)"/>
  <text class="label small start" x="140" y="204">${t("pipe_learn")}</text>
</svg>`;
