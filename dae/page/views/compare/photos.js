// A photo before and after: the ink that the network finds and the digit of it, beside what is plainly done to a photo.
import { greyLevels } from "../../engine/photo/grey.js";
import { otsu, resized } from "../../engine/photo/plain.js";
import { engine } from "../../page.js";
import { Menu } from "../../parts/controls.js";
import { html, style, useLayoutEffect, useRef, useSignal, useSignalEffect } from "../../parts/html.js";
import { areaOf, contextOf, drawn, loadAt } from "../../parts/photo-file.js";
import { paintPhoto } from "../../parts/photo-seen.js";
import { Picture } from "../../parts/picture.js";
import { VerdictLine, verdictWords } from "../../parts/verdict.js";
import { loadResults } from "../../results.js";
import { labelled, t } from "../../words.js";

await style(import.meta.url, "photos.css");

/**
 * @typedef {{ digit: number, photo: string }} Example the photo is a data-URI
 * @typedef {{ photos: string, digits: number, network: number, otsu: number, resized: number }} Measured shares that are read rightly
 * @typedef {import("../../engine/verdict.js").Verdict} Verdict
 * @typedef {{ digit: number, view: HTMLCanvasElement, reading: import("../../engine/photo/read.js").Reading, ways: { name: string, image: Float32Array, verdict?: Verdict }[] }} Shown
 */

const WAYS = /** @type {const} */ (["network", "otsu", "resized"]);

/** @param {string} name of a disturbance, as the library has it */
const called = (name) => t(`photos_${name.replaceAll(" ", "_")}`);

/** @param {Example} example @returns {Promise<Shown | null>} null where another has been asked for meanwhile */
async function read({ digit, photo }) {
  const { image } = await loadAt(photo);
  const { width, height } = image;
  const view = drawn(image, areaOf(image), Math.max(width, height));
  const rgba = contextOf(view).getImageData(0, 0, width, height).data;
  const grey = greyLevels(rgba, width, height);
  const reading = await engine.ask("photo", { rgba, width, height }, { channel: "compare-photo" });
  if (!reading) return null;
  const images = [reading.digits[0], otsu(grey), resized(grey)];
  const all = new Float32Array(images.flatMap((image) => [...image]));
  const found = await engine
    .ask("verdict", { images: all }, { channel: "compare-photo-verdict" })
    .catch(() => ({ verdicts: [] }));
  const ways = WAYS.map((name, i) => ({ name, image: images[i], verdict: found?.verdicts[i] }));
  return found && { digit, view, reading, ways };
}

/** @param {{ of: Pick<Shown, "view"> & { reading: Shown["reading"] | null }, alt: string }} props */
function Canvas({ of, alt }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  useLayoutEffect(() => {
    if (canvas.current) paintPhoto(canvas.current, of);
  }, [of.view, of.reading]);
  return html`<canvas ref=${canvas} role="img" aria-label=${alt}></canvas>`;
}

/** @param {{ measured: Measured[], chosen: string }} props */
function Table({ measured, chosen }) {
  const percent = (/** @type {number} */ share) => `${(100 * share).toFixed(1)} %`;
  return html`<div class="scroll" tabindex="0" role="region" aria-label=${t("photos_right")}><table>
      <caption>${t("photos_measured", { digits: measured[0].digits })}</caption>
      <thead><tr><td></td>${WAYS.map((way) => html`<th scope="col">${t(`photos_${way}`)}</th>`)}</tr></thead>
      <tbody>${measured.map((each) => html`<tr key=${each.photos} data-chosen=${each.photos === chosen}><th scope="row">${called(each.photos)}</th>${WAYS.map((way) => html`<td>${percent(each[way])}</td>`)}</tr>`)}</tbody>
    </table></div>`;
}

/** @param {{ examples: Record<string, Example> }} props */
export function Photos({ examples }) {
  const names = Object.keys(examples);
  const chosen = useSignal(names[0]);
  const shown = useSignal(/** @type {Shown | null} */ (null));
  const measured = useSignal(/** @type {Measured[]} */ ([]));
  const problem = useSignal("");
  useSignalEffect(() => {
    const name = chosen.value;
    read(examples[name]).then(
      (found) => {
        if (!found || name !== chosen.peek()) return; // another has been chosen meanwhile
        shown.value = found;
        problem.value = "";
      },
      (error) => {
        console.error(error);
        problem.value = "photo_failed";
      },
    );
  });
  useSignalEffect(() => {
    loadResults().then(
      (results) => {
        measured.value = results.photos?.records ?? [];
      },
      () => {}, // the pictures are there without it
    );
  });
  const now = shown.value;
  return html`<${Menu} name="photo" label=${t("photos_choose")} value=${chosen.value} options=${names.map((name) => ({ value: name, label: called(name) }))} onChange=${(/** @type {string} */ name) => (chosen.value = name)} />
    <p role="status" class="problem">${problem.value && t(problem.value)}</p>
    <div class="row">${
      now &&
      html`<figure data-part="before"><figcaption>${t("photos_before")}</figcaption><${Canvas} of=${{ view: now.view, reading: null }} alt=${t("photos_before_alt", { digit: now.digit })} /></figure>
      <figure data-part="ink"><figcaption>${t("photos_ink")}</figcaption><${Canvas} of=${now} alt=${t("photo_seen")} /></figure>
      ${now.ways.map(({ name, image, verdict }) => html`<figure key=${name} data-part=${name}><figcaption>${t(`photos_${name}`)}</figcaption><${Picture} values=${image} alt=${verdict ? labelled(t(`photos_${name}`), verdictWords(verdict)) : t(`photos_${name}`)} /><${VerdictLine} verdict=${verdict} truth=${now.digit} /></figure>`)}`
    }</div>
    <p class="quiet">${t("photos_about")}</p>
    ${measured.value.length > 0 && html`<${Table} measured=${measured.value} chosen=${chosen.value} />`}`;
}
