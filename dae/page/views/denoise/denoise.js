// The Denoise tab: a digit, its noise, what a network makes of it, and the same at every level.
import { state } from "../../page.js";
import { Bench } from "../../parts/bench.js";
import { html, useEffect } from "../../parts/html.js";
import { t } from "../../words.js";
import { follow, narrow } from "./answers.js";
import { Details, Notes, Path, Pictures, Slide } from "./stage.js";
import { Strip } from "./strip.js";
import { Suited } from "./suited.js";

function Passes() {
  const passes = state.get("passes");
  return html`<div class="passes">
    <button type="button" id="again" disabled=${passes === state.fields.passes.high} onClick=${() => state.set({ passes: passes + 1 })}>${t("again")}</button>
    <button type="button" id="once" disabled=${passes === 1} onClick=${() => state.set({ passes: 1 })}>${t("once")}</button>
  </div>`;
}

export default function Denoise() {
  useEffect(follow, []);
  return html`<div class="denoise">
    <${Bench} passes=${html`<${Suited} /><${Passes} />`} pictures=${html`<${Pictures} />`}>
      ${narrow.value && html`<${Details} />`}
      <${Notes} />
      <${Path} />
      ${state.shows("strip") && html`<${Strip} />`}
      <${Slide} />
    <//>
  </div>`;
}
