// A photo of a digit: read here, shown with the ink that was found, turned and cropped by hand.
import { signal } from "@preact/signals-core";
import { known, take } from "../digit.js";
import { engine } from "../page.js";
import { t } from "../words.js";
import { html, style, useId } from "./html.js";
import { contextOf, decode, decodedAt, drawn, Refusal } from "./photo-file.js";
import { keepPhoto } from "./photo-kept.js";
import { beginCrop, endCrop, frame, isCropping, Seen } from "./photo-seen.js";
import { Picture } from "./picture.js";

await style(import.meta.url, "photo.css");

const WORKING = 448; // pixels a side of what is read, as dae.pictures.WORKING_SIDE

/**
 * @typedef {import("./crop.js").Area} Area
 * @typedef {import("../engine/photo/read.js").Reading} Reading
 * @typedef {{ key: string, values?: Record<string, any>, isRefused?: boolean }} Said isRefused: no digit came of it
 * @typedef {(said: Said | null) => void} Say
 * @typedef {object} Shot
 * @property {HTMLCanvasElement} photo as it was taken or turned
 * @property {Area} area of it that is read
 * @property {number} [chosen] which of the digits has been taken from it before
 * @typedef {Shot & { view: HTMLCanvasElement, reading: Reading | null, chosen: number }} Opened
 *   view: that area, as large as it is read; reading: null where there is no ink; chosen: which of the digits; after the
 *   last, all of it as one
 */

/** @type {import("@preact/signals-core").Signal<Opened | null>} */
const opened = signal(null);
const isBusy = signal(false);
/** @type {Say} */
let say = () => {};
let newest = 0;
/** What was asked for last, whether it is shown yet or not: a turn starts from it. @type {Promise<Shot | null>} */
let latest = Promise.resolve(null);

/** @param {HTMLCanvasElement} photo @returns {Shot} */
const wholeOf = (photo) => ({ photo, area: { x: 0, y: 0, width: photo.width, height: photo.height } });

/**
 * Read a file; the newest wins.
 * @param {File} file
 * @param {Say} tell says what is to be said of it, null for nothing
 */
export function open(file, tell) {
  say = tell;
  return show(decode(file).then(wholeOf));
}

/**
 * Show a photo again whose digit is shown already.
 * @param {import("./photo-kept.js").Kept} kept @param {Say} tell
 */
export function reopen({ photo, area, chosen }, tell) {
  say = tell;
  return show(decodedAt(photo).then((canvas) => ({ photo: canvas, area, chosen })));
}

/** Read what will be there soon, unless something newer is asked for meanwhile. @param {Promise<Shot>} soon */
async function show(soon) {
  const mine = ++newest,
    before = latest;
  latest = soon.catch(() => before);
  isBusy.value = true;
  try {
    const shot = await soon;
    if (mine === newest) await read(shot);
  } catch (error) {
    if (mine !== newest) return;
    const isOurs = error instanceof Refusal;
    if (!isOurs) console.error(error);
    say({
      ...(isOurs ? { key: `image_${error.message}`, values: error.values } : { key: "photo_failed" }),
      isRefused: true,
    });
  } finally {
    if (mine === newest) isBusy.value = false;
  }
}

/** @param {Shot} shot */
async function read({ photo, area, chosen }) {
  const view = drawn(photo, area, WORKING);
  const { width, height } = view;
  const rgba = contextOf(view).getImageData(0, 0, width, height).data;
  try {
    const reading = await engine.ask("photo", { rgba, width, height }, { channel: "photo" });
    if (!reading) return; // a newer one has overtaken it
    const count = reading.digits.length;
    if (chosen !== undefined) {
      opened.value = { photo, area, view, reading, chosen: Math.min(chosen, count) };
      return say(null);
    }
    opened.value = { photo, area, view, reading, chosen: 0 };
    const unsure = reading.isSure ? null : { key: "photo_unsure" };
    say(count > 1 ? { key: "image_several", values: { count } } : unsure);
    await taken(opened.value, reading.digits[0]);
  } catch (/** @type {any} */ error) {
    if (error.code !== "no_ink") throw error;
    opened.value = { photo, area, view, reading: null, chosen: 0 };
    say({ key: "image_no_ink", isRefused: true });
  }
}

/** @param {Opened} of @param {Float32Array} digit of it */
async function taken({ photo, area, chosen }, digit) {
  await take(digit, "upload");
  if (known.source === "upload") await keepPhoto(photo, { area, chosen, text: known.text });
}

/** By a quarter. @param {1 | -1} way 1: to the right */
const turn = (way) => show(latest.then((shot) => turned(/** @type {Shot} */ (shot), way)));

/** @param {Shot} shot @param {1 | -1} way @returns {Shot} */
function turned({ photo, area: { x, y, width, height } }, way) {
  const canvas = document.createElement("canvas");
  canvas.width = photo.height;
  canvas.height = photo.width;
  const context = contextOf(canvas);
  context.translate(canvas.width / 2, canvas.height / 2);
  context.rotate((way * Math.PI) / 2);
  context.drawImage(photo, -photo.width / 2, -photo.height / 2);
  const place = way > 0 ? { x: photo.height - y - height, y: x } : { x: y, y: photo.width - x - width };
  return { photo: canvas, area: { ...place, width: height, height: width } };
}

/** A part of what is shown. @param {Opened} of @param {Area} part in shares of it */
function crop({ photo, area }, part) {
  const inner = {
    x: area.x + part.x * area.width,
    y: area.y + part.y * area.height,
    width: part.width * area.width,
    height: part.height * area.height,
  };
  endCrop();
  show(Promise.resolve({ photo, area: inner }));
}

/** @param {Opened} of @param {number} chosen */
function choose(of, chosen) {
  const { digits, whole } = /** @type {Reading} */ (of.reading);
  opened.value = { ...of, chosen };
  say(null);
  taken(opened.value, digits[chosen] ?? whole);
}

/** @param {{ of: Opened }} props */
function Tools({ of }) {
  const { photo, area } = of;
  const isWhole = area.width === photo.width && area.height === photo.height;
  const all = () => (isWhole ? endCrop() : show(Promise.resolve(wholeOf(photo))));
  const framed = isCropping.value && frame.value;
  return html`
    <button type="button" class="left" aria-label=${t("photo_left")} title=${t("photo_left")} onClick=${() => turn(-1)}>↺</button>
    <button type="button" class="right" aria-label=${t("photo_right")} title=${t("photo_right")} onClick=${() => turn(1)}>↻</button>
    <button type="button" class="crop" onClick=${framed ? () => crop(of, framed) : beginCrop}>${t(framed ? "crop_read" : "crop")}</button>
    <button type="button" class="all" disabled=${isWhole && !framed} onClick=${all}>${t("photo_whole")}</button>`;
}

export function Photo() {
  const of = opened.value,
    hint = useId();
  if (!of) return null;
  const { reading, chosen } = of;
  const offered = reading && reading.digits.length > 1 ? [...reading.digits, reading.whole] : [];
  return html`<div class="photo" aria-busy=${isBusy.value}>
    <${Seen} of=${of} hint=${hint} onCrop=${(/** @type {Area} */ part) => crop(of, part)} onPiece=${(/** @type {number} */ place) => choose(of, place)} />
    <div class="made">
      ${reading && html`<${Picture} values=${reading.digits[chosen] ?? reading.whole} alt=${t("photo_made")} />`}
      <${Tools} of=${of} />
    </div>
    ${
      offered.length > 0 &&
      html`<div class="pieces" role="group" aria-label=${t("photo_pieces")}>
      ${offered.map((digit, i) => {
        const isAll = i === offered.length - 1;
        const label = isAll ? t("photo_all") : t("photo_piece", { number: i + 1, count: offered.length - 1 });
        return html`<button type="button" key=${i} class=${isAll ? "together" : ""} aria-label=${label} title=${label} aria-pressed=${i === chosen} onClick=${() => choose(of, i)}><${Picture} values=${digit} alt="" /></button>`;
      })}
    </div>`
    }
    <p class="quiet" id=${hint}>${t(isCropping.value ? "crop_hint" : "photo_hint")}</p>
  </div>`;
}
