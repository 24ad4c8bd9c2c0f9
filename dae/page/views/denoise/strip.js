// The same noise at every level: tiles of the noisy digit and its reconstruction, and the PSNR as a curve over them.
import { state } from "../../page.js";
import { Chart } from "../../parts/chart.js";
import { fixed } from "../../parts/figures.js";
import { html } from "../../parts/html.js";
import { Picture, row } from "../../parts/picture.js";
import { t } from "../../words.js";
import { lacks, levelCount, levelsOf, strip } from "./answers.js";

/** The number of the level that is nearest. @param {number[]} levels @param {number} level */
function nearest(levels, level) {
  const distances = levels.map((each) => Math.abs(each - level));
  return distances.indexOf(Math.min(...distances));
}

/** @typedef {{ now: import("./answers.js").Strip | null, levels: number[], at: number }} Props at: the present level */

/** @param {Props} props */
function Tiles({ now, levels, at }) {
  const count = levels.length;
  const here = nearest(levels, at);
  return html`<div class="tiles">
    <${Picture} values=${now && row(now.noisy)} columns=${count} alt=${t("alt_strip_noisy", { count, low: levels[0], high: levels[count - 1] })} />
    <${Picture} values=${now && row(now.restored)} columns=${count} alt=${t("alt_strip_restored")} />
    <div class="places" role="group" aria-label=${t("every_level")}>${levels.map(
      (
        level,
        i,
      ) => html`<button type="button" key=${i} aria-current=${i === here} title=${level} onClick=${() => state.set({ level })}
        aria-label=${t("strip_level", { level, noisy: fixed(now?.figures.noisy[i].psnr, 1), restored: fixed(now?.figures.restored[i].psnr, 1) })}></button>`,
    )}</div>
  </div>`;
}

/** @param {Props} props */
function Curve({ now, levels, at }) {
  const half = levels[1] / 2;
  /** @param {"noisy" | "restored"} part */
  const psnr = (part) => now?.figures[part].map((figures) => figures.psnr) ?? [];
  return html`<${Chart} height=${state.get("present") ? 140 : 190} label=${t("curve_alt")} yLabel="PSNR, dB" legend=${false}
    lines=${[
      { name: t("noisy"), x: levels, y: psnr("noisy"), look: "dashed" },
      { name: t("reconstruction"), x: levels, y: psnr("restored"), look: "strong", dots: true },
    ]}
    span=${[-half, levels[levels.length - 1] + half]} marks=${levels} at=${at}
    onPick=${(/** @type {number} */ level) => state.set({ level: levels[nearest(levels, level)] })} />`;
}

export function Strip() {
  const found = strip.value;
  const now = found?.question.levels.length === levelCount.value ? found : null;
  // The strip is one step behind: after a change of the noise its levels are those of the noise before for a moment.
  const levels = now?.question.levels ?? levelsOf(state.noise.value.maximum, levelCount.value);
  const at = now && now.question.noise !== state.get("noise") ? now.question.level : state.get("level");
  return html`<section class="group strip" data-lacks=${lacks()}>
    <h2>${t("every_level")}</h2>
    <${Tiles} now=${now} levels=${levels} at=${at} />
    <${Curve} now=${now} levels=${levels} at=${at} />
    <p class="notes"><i class="line" data-look="strong"></i>${t("reconstruction")} <i class="line" data-look="dashed"></i>${t("noisy")}<br />${t("curve_caption")}</p>
  </section>`;
}
