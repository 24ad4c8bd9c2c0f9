// Below the network's menu: whether it was trained on the noise that is chosen, and a button to one that was.
import { manifest, modelLine, state } from "../../page.js";
import { html } from "../../parts/html.js";
import { lackOf, suitedOf } from "../../suited.js";
import { t } from "../../words.js";

/** @param {string} model */
function choose(model) {
  state.set({ model });
  const menu = document.querySelector("[data-control=model] select"); // the button goes
  if (menu instanceof HTMLElement) menu.focus();
}

export function Suited() {
  const model = modelLine(state.get("model"));
  if (!model) return null;
  const noise = state.noise.value;
  const given = { noise, level: state.get("level"), clip: state.get("clip") };
  const lack = lackOf(model, given);
  const better = lack && suitedOf(manifest.models, given);
  const key = lack ? `unsuited_${lack.code}` : given.level ? "suited" : "suited_nothing";
  const highest = String(Number(lack?.highest?.toPrecision(3)));
  return html`<div class="suited" data-suited=${!lack}>
    <p role="status">${t(key, { symbol: noise.symbol, highest })}</p>
    ${better && html`<button type="button" title=${t("use_model_about")} onClick=${() => choose(better.name)}>${t("use_model", { name: better.name })}</button>`}
  </div>`;
}
