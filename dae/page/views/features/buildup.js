// A digit built up from its strongest features, one after the other, and the error on the way.
import { clean } from "../../digit.js";
import { state } from "../../page.js";
import { Chart } from "../../parts/chart.js";
import { html } from "../../parts/html.js";
import { Picture } from "../../parts/picture.js";
import { t } from "../../words.js";

const PIXELS = 784;

/** Of numbers of features the place of the one nearest to a count. @param {number[]} counts @param {number} count */
export const placeOf = (counts, count) =>
  counts.reduce((best, each, i) => (Math.abs(each - count) < Math.abs(counts[best] - count) ? i : best), 0);

/** @param {{ study: import("./study.js").Study }} props */
export function BuildUp({ study }) {
  const network = study.network.value;
  const build = study.digit.value?.build;
  if (!network || !build) return null;
  const { counts, errors, order, pictures } = build;
  const last = counts.length - 1;
  const at = placeOf(counts, state.get("parts"));
  const choose = (/** @type {number} */ parts) => state.set({ parts });
  const added = counts[at] ? order[counts[at] - 1] : -1;
  const { dictionary } = network;
  const word = added < 0 ? null : dictionary.pictures.subarray(added * PIXELS, (added + 1) * PIXELS);
  const picture = (/** @type {number} */ n) => pictures.subarray(n * PIXELS, (n + 1) * PIXELS);
  const words = t("features_build_error", {
    count: counts[at],
    all: counts[last],
    error: errors[at].toFixed(4),
    end: errors[last].toFixed(4),
  });
  const exact = dictionary.output === "identity" ? "features_build_exact" : "features_build_exact_before";
  const how = build.isExact
    ? t(exact, { output: t(`features_output_${dictionary.output}`) })
    : t("features_build_approximate");
  const figure = (
    /** @type {string} */ name,
    /** @type {string} */ caption,
    /** @type {Float32Array | null} */ values,
    isSigned = false,
  ) =>
    html`<figure data-stage=${name}>
      <${Picture} values=${values ?? new Float32Array(PIXELS)} alt=${caption} signed=${isSigned} scale=${isSigned && values ? values.reduce((peak, value) => Math.max(peak, Math.abs(value)), 1e-12) : 1} />
      <figcaption>${caption}</figcaption>
    </figure>`;
  return html`<section class="build" data-side=${study.field} data-count=${counts[at]} data-error=${errors[at]} data-end=${errors[last]} data-all=${counts[last]}>
    <h2>${t(`features_build_${state.get("from")}`)}</h2>
    <div class="columns">
      <div>
        <div class="stages">
          ${figure("sum", t("features_stage_sum", { count: counts[at] }), picture(at))}
          ${figure("last", word ? t("features_stage_last", { feature: added }) : t("features_stage_none"), word, true)}
          ${figure("end", t("features_stage_end"), picture(last))}
          ${figure("clean", t("features_stage_clean"), clean.value)}
        </div>
        <input type="range" min="0" max=${last} step="1" value=${at} aria-label=${t("features_build_slider")} aria-valuetext=${words}
          onInput=${(/** @type {any} */ event) => choose(counts[Number(event.target.value)])} />
        <output>${words}</output>
      </div>
      <div>
        <${Chart} lines=${[
          { name: t("features_error_here"), x: counts, y: errors, look: "strong" },
          {
            name: t("features_error_end"),
            x: [0, counts[last]],
            y: [errors[last], errors[last]],
            look: "dashed",
          },
        ]} at=${counts[at]} onPick=${(/** @type {number} */ x) => choose(counts[placeOf(counts, x)])} label=${words} xLabel=${t("features_build_slider")} yLabel="MSE" height=${220} />
        <p class="quiet">${how}</p>
      </div>
    </div>
  </section>`;
}
