// One sample, and the gallery's digits that are nearest to it: it is none of them.
import { signal } from "@preact/signals-core";
import { state } from "../../page.js";
import { html, useEffect, useState } from "../../parts/html.js";
import { Picture } from "../../parts/picture.js";
import { t } from "../../words.js";
import { nearest, pictureOf } from "./nearest.js";

/** @typedef {import("./nearest.js").Neighbour} Neighbour */

const SHOWN = 6;

/** The place of the sample that is looked at; -1: none. */
export const opened = signal(-1);
/** The distance of its nearest digit; null while none is looked for. @type {import("@preact/signals-core").Signal<number | null>} */
export const distance = signal(null);

/** @param {Float32Array} image */
async function look(image) {
  const found = await nearest(image, SHOWN);
  const pictures = await Promise.all(found.map(pictureOf));
  const [next] = await nearest(pictures[0], 1, found[0]);
  return { neighbours: found.map((each, i) => ({ ...each, picture: pictures[i] })), next: next.mse };
}

/** @param {{ image: Float32Array, isDone: boolean }} props the sample as it is looked at; whether it has arrived */
export function Opened({ image, isDone }) {
  const number = opened.value;
  const [found, setFound] = useState(/** @type {Awaited<ReturnType<typeof look>> | null} */ (null));
  const [isMissing, setMissing] = useState(false);
  useEffect(() => {
    let isCurrent = true;
    distance.value = null;
    setMissing(false);
    // Not at every step of a run: what stands still for a moment is looked up.
    const timer = setTimeout(
      () =>
        look(image).then(
          (answer) => {
            if (!isCurrent) return;
            setFound(answer);
            distance.value = answer.neighbours[0].mse;
          },
          () => isCurrent && setMissing(true),
        ),
      found ? 150 : 0,
    );
    return () => {
      isCurrent = false;
      clearTimeout(timer);
      distance.value = null;
    };
  }, [image]);
  const seed = state.get("sample_seed") + number;
  return html`<section class="group opened" data-sample=${number} data-nearest=${found?.neighbours[0].mse.toFixed(5)}>
    <div class="titled"><h3>${t("sample_nearest", { number: number + 1, seed })}</h3>
      <button type="button" class="close" onClick=${() => {
        opened.value = -1;
      }}>${t("sample_close")}</button></div>
    <div class="neighbours">
      <figure><${Picture} values=${image} alt=${t("sample_alone", { number: number + 1 })} /><figcaption>${t(isDone ? "sample_itself" : "sample_itself_yet")}</figcaption></figure>
      ${found?.neighbours.map(
        ({
          digit,
          index,
          mse,
          picture,
        }) => html`<figure key=${`${digit}-${index}`} data-mse=${mse.toFixed(5)}>
          <${Picture} values=${picture} alt=${t("pick_this", { digit, index: index + 1 })} />
          <figcaption>${mse.toFixed(4)}</figcaption>
        </figure>`,
      )}
    </div>
    <p class="quiet">${isMissing ? t("gallery_missing") : found && t("sample_nearest_about", { mse: found.neighbours[0].mse.toFixed(4), next: found.next.toFixed(4) })}</p>
  </section>`;
}
