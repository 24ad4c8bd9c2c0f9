// The visitor's digit under noise, in the codes of two networks side by side.
import { clean } from "../../digit.js";
import { modelLabel, state } from "../../page.js";
import { modelGroups } from "../../parts/bench.js";
import { Menu } from "../../parts/controls.js";
import { html, useMemo } from "../../parts/html.js";
import { Picture } from "../../parts/picture.js";
import { Plane } from "../../parts/plane.js";
import { extentOf } from "../../parts/plane-view.js";
import { Term } from "../../parts/term.js";
import { labelled, t } from "../../words.js";
import { again, beside, classes, digitOf, noiseNow, shown, spaceFor, spaceOf, useAnswer } from "./spaces.js";

/** @typedef {import("../../types.d.ts").ModelLine} ModelLine */
/** @typedef {import("@preact/signals-core").ReadonlySignal<ModelLine>} ModelSignal */

const COLOURS = ["#34d3a6", "#eceff3"]; // of the noisy copies: those of the shown network, and of the one beside it

/** The noise as it stands, in words. */
export function noiseWords() {
  const { noise, level } = noiseNow.value;
  return `${t(`noise_${noise}`)}, ${state.noise.value.symbol} = ${Number(level.toFixed(3))}`;
}

/** The digit's noisy copies in a code. @param {number} n 0: the shown network's, 1: that beside it @param {ModelSignal} model */
const useCloud = (n, model) =>
  useAnswer("cloud", `latent-cloud-${n}`, () => {
    const digit = clean.value;
    if (!digit || !spaceFor(model.value).value.plane) return null;
    return { ...spaceOf(model.value), ...noiseNow.value, digit };
  });

export const useClouds = () => [useCloud(0, shown), useCloud(1, beside)];

/** @typedef {ReturnType<typeof useClouds>} Both */

/** @param {{ drift: number } | null} cloud */
const driftWords = (cloud) => (cloud ? (Number.isNaN(cloud.drift) ? "–" : cloud.drift.toFixed(2)) : "");

/** On a narrow screen: what the controls change, in sight while they are used. @param {{ clouds: Both }} props */
export function Held({ clouds }) {
  return html`<div class="strip">
    <${Picture} values=${clean.value} alt=${t("clean")} />
    <${Picture} values=${clouds[0].value?.noisy} alt=${labelled(t("noisy"), noiseWords())} />
    <dl>${[shown, beside].map(
      (model, n) =>
        html`<div key=${n}><dt>${modelLabel(model.value.name)}</dt><dd>${t("latent_drift")} <b>${driftWords(clouds[n].value)}</b></dd></div>`,
    )}</dl>
  </div>`;
}

/** Why the plane of a network cannot be had, and what can be done. @param {{ model: ModelLine, problem: string }} props */
export function Lack({ model, problem }) {
  const isUnreachable = problem === "unreachable";
  const said = t(isUnreachable ? "stage_unreachable" : "no_model", { name: modelLabel(model.name) });
  return html`${said} ${isUnreachable && html`<button type="button" onClick=${again}>${t("try_again")}</button>`}`;
}

/** @param {{ n: number, model: ModelSignal, cloud: any, children: any }} props */
function Side({ n, model, cloud, children }) {
  const { plane, done, problem } = spaceFor(model.value).value;
  const points = useMemo(() => plane && { xy: plane.xy, classes }, [plane]);
  const wanted = plane ? extentOf(plane.xy, cloud ? [...cloud.place, ...cloud.places] : []) : [-1, 1, -1, 1];
  const extent = useMemo(() => wanted, [wanted.join()]);
  const overlay = useMemo(
    () => ({
      stars: cloud ? [cloud.place] : [],
      clouds: cloud ? [{ places: cloud.places, centre: cloud.place, colour: COLOURS[n] }] : [],
      dim: true,
    }),
    [cloud],
  );
  const drifts = plane?.drift.map(({ noise, level, drift }) =>
    labelled(`${state.noises.get(noise)?.symbol} ${level}`, drift.toFixed(2)),
  );
  const drift = driftWords(cloud);
  const waits = problem
    ? html`<${Lack} model=${model.value} problem=${problem} />`
    : t("latent_encoding", { percent: Math.round(100 * done) });
  return html`<div class="one" data-model=${model.value.name}>
    ${children}
    <${Plane} points=${points} extent=${extent} overlay=${overlay} tools=${false} pictureOf=${digitOf}
      label=${t("latent_cloud_canvas", { model: modelLabel(model.value.name), drift })} />
    <p class="drift">${t("latent_drift")}<${Term} of="drift" word=${t("latent_drift")} /> <b>${drift}</b></p>
    <p class="quiet all">${plane ? (drifts?.length ? labelled(t("latent_drift_gallery"), drifts.join(", ")) : "") : waits}</p>
  </div>`;
}

/** @param {{ clouds: Both }} props */
export function Clouds({ clouds }) {
  const words = noiseWords();
  return html`<section class="group clouds">
    <h2>${t("latent_cloud")}</h2>
    <p class="quiet">${t("latent_cloud_about", { noise: words })}</p>
    <div class="given">
      <figure><${Picture} values=${clean.value} alt=${t("clean")} /><figcaption>${t("clean")}</figcaption></figure>
      <figure><${Picture} values=${clouds[0].value?.noisy} alt=${labelled(t("noisy"), words)} /><figcaption>${t("noisy")}</figcaption></figure>
    </div>
    <div class="two">
      <${Side} n=${0} model=${shown} cloud=${clouds[0].value}><p class="name">${modelLabel(shown.value.name)}</p><//>
      <${Side} n=${1} model=${beside} cloud=${clouds[1].value}>
        ${
          state.shows("beside")
            ? html`<${Menu} name="beside" label=${t("latent_beside")} value=${beside.value.name} groups=${modelGroups((model) => model.latentDim > 0)}
          onChange=${(/** @type {string} */ name) => state.set({ beside: name })} />`
            : html`<p class="name">${modelLabel(beside.value.name)}</p>`
        }
      <//>
    </div>
  </section>`;
}
