// The Denoise tab: a digit, its noise, what a network makes of it, and the same at every level.
import { dismissOffer, isNew } from "../../lesson/progress.js";
import { manifest, state } from "../../page.js";
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

const startLesson = async () => (await import("../../lesson/course.js")).open(manifest.lessons[0], 1);

/** At the first visit: the way into the first lesson. */
function Offer() {
  if (!isNew() || state.get("lesson") || state.get("hide").length) return null;
  return html`<p class="offer"><span>${t("lesson_offer")}</span>
    <button type="button" id="offer" onClick=${startLesson}>${t("lesson_offer_start")}</button>
    <button type="button" class="dismiss" aria-label=${t("lesson_offer_dismiss")} title=${t("lesson_offer_dismiss")} onClick=${dismissOffer}>×</button>
  </p>`;
}

export default function Denoise() {
  useEffect(follow, []);
  return html`<div class="denoise">
    <${Offer} />
    <${Bench} about=${html`<${Suited} />`} passes=${html`<${Passes} />`} pictures=${html`<${Pictures} />`}>
      ${narrow.value && html`<${Details} />`}
      <${Notes} />
      <${Path} />
      ${state.shows("strip") && html`<${Strip} />`}
      ${state.shows("slide") && html`<${Slide} />`}
    <//>
  </div>`;
}
