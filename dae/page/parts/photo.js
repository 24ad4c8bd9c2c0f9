// A photo of a digit: read here, shown with the ink that was found, turned and cropped by hand.
import { effect, signal } from "@preact/signals-core";
import { known, take } from "../digit.js";
import { engine, state } from "../page.js";
import { decodeDigit } from "../pixels.js";
import { t } from "../words.js";
import { atLeast } from "./crop.js";
import { html, style, useId } from "./html.js";
import { areaOf, contextOf, drawn, load, loadAt, Refusal, sized } from "./photo-file.js";
import { keepPhoto } from "./photo-kept.js";
import { beginCrop, endCrop, frame, isCropping, Seen } from "./photo-seen.js";
import { Picture } from "./picture.js";

await style(import.meta.url, "photo.css");

const WORKING = 448; // pixels a side of what is read, as dae.pictures.WORKING_SIDE
const LEAST = 28; // pixels a side of a photo that a crop leaves: a digit has no more
const REMEMBERED = 6; // photos

/**
 * @typedef {import("./crop.js").Area} Area
 * @typedef {import("./photo-file.js").Photograph} Photograph
 * @typedef {import("../engine/photo/read.js").Reading} Reading
 * @typedef {{ key: string, values?: Record<string, any>, isRefused?: boolean }} Said isRefused: no digit came of it
 * @typedef {(said: Said | null) => void} Say
 * @typedef {object} Shot
 * @property {Photograph} photo as it was taken or turned
 * @property {Area} area of it that is read
 * @property {Promise<void>} [decoded] rejects with a `Refusal` where there is no picture in the file
 * @property {boolean} [isCut] the file's end is missing
 * @property {import("./photo-kept.js").Kept} [kept] what was made of it before
 * @typedef {object} Opening
 * @property {HTMLCanvasElement} view that area, as large as it is read
 * @property {Reading | null} reading null where there is no ink
 * @property {number} chosen which of the digits; after the last, all of it as one
 * @property {string | null} text the digit that is shown with it, as the state's `pixels`; null until it is taken
 * @property {Said | null} said of it
 * @typedef {Shot & Opening} Opened
 */

/** The photo that is shown. @type {import("@preact/signals-core").Signal<Opened | null>} */
export const opened = signal(null);
const isBusy = signal(false);
/** @type {Say} */
let say = () => {};
let newest = 0;
/** What was asked for last, whether it is shown yet or not: a turn starts from it. @type {Promise<Shot | null>} */
let latest = Promise.resolve(null);
/** The last photos by their digits' texts. @type {Map<string, Opened>} */
const remembered = new Map();

// The photo is that of the digit which is shown; when another is chosen, what is still being read is dropped.
effect(() => {
  const [source, text] = [state.get("source"), state.get("pixels")];
  state.get("digit");
  state.get("index");
  const now = opened.peek();
  if (source === "upload" && known.text === text && now?.text === null) return; // its own digit, just taken
  const of = now?.text === text ? now : (remembered.get(text) ?? null);
  newest++;
  isBusy.value = false;
  opened.value = of;
  latest = Promise.resolve(of);
  say(source === "upload" && of ? of.said : null);
});

/** @param {Photograph} photo @returns {Shot} */
const wholeOf = (photo) => ({ photo, area: areaOf(photo) });

/**
 * Read a file; the newest wins.
 * @param {File} file
 * @param {Say} tell says what is to be said of it, null for nothing
 */
export function open(file, tell) {
  say = tell;
  return show(load(file).then(({ image, decoded, isCut }) => ({ ...wholeOf(image), decoded, isCut })));
}

/**
 * Show a photo again whose digit is shown already.
 * @param {import("./photo-kept.js").Kept} kept @param {Say} tell
 */
export function reopen(kept, tell) {
  say = tell;
  const { area, isCut } = kept;
  return show(
    loadAt(kept.photo).then(({ image, decoded }) => ({ photo: image, area, decoded, isCut, kept })),
  );
}

/** Read what will be there soon, unless something newer is asked for meanwhile. @param {Promise<Shot>} soon */
async function show(soon) {
  const mine = ++newest,
    before = latest;
  latest = soon.catch(() => before);
  isBusy.value = true;
  try {
    const shot = await soon;
    if (mine === newest) await read(shot, () => mine === newest);
  } catch (error) {
    if (mine !== newest) return;
    latest = before;
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

/** @param {Shot} shot @param {() => boolean} isWanted whether nothing newer has been asked for */
async function read({ photo, area, decoded, isCut, kept }, isWanted) {
  const view = drawn(photo, area, WORKING);
  const { width, height } = view;
  const rgba = contextOf(view).getImageData(0, 0, width, height).data;
  try {
    const asked = engine.ask("photo", { rgba, width, height }, { channel: "photo" });
    const [reading] = await Promise.all([asked, decoded]);
    const before = kept ? await decodeDigit(kept.text) : null;
    if (!reading || !isWanted()) return;
    const count = reading.digits.length;
    const chosen = Math.min(kept?.chosen ?? 0, count);
    // A kept photo has lost a little: its digit is the one that is shown.
    if (before && chosen < count) reading.digits[chosen] = before;
    else if (before) reading.whole = before;
    const unsure = (kept ?? reading).isSure ? null : { key: "photo_unsure" };
    const several = kept ? null : { key: "image_several", values: { count } };
    const said = isCut ? { key: "photo_cut" } : count > 1 ? several : unsure;
    say(said);
    const of = { photo, area, isCut, view, reading, chosen, text: kept?.text ?? null, said };
    opened.value = of;
    if (!kept) return await taken(of, reading.digits[0]);
    remember(of);
  } catch (/** @type {any} */ error) {
    await decoded; // there is no ink in what cannot be decoded, either
    if (error.code !== "no_ink") throw error;
    if (!isWanted() || kept) return;
    if (isCut) throw new Refusal("corrupt");
    const text = state.peek("pixels");
    opened.value = { photo, area, isCut, view, reading: null, chosen: 0, text, said: null };
    say({ key: "image_no_ink", isRefused: true });
  }
}

/** @param {Opened} of @param {Float32Array} digit of it */
async function taken(of, digit) {
  const text = await take(digit, "upload");
  if (text === null) return;
  of.text = text;
  remember(of);
  const { photo, area, isCut, chosen, reading } = of;
  await keepPhoto(photo, { area, isCut, chosen, text, isSure: /** @type {Reading} */ (reading).isSure });
}

/** @param {Opened} of */
function remember(of) {
  const text = /** @type {string} */ (of.text);
  remembered.delete(text);
  remembered.set(text, of);
  if (remembered.size > REMEMBERED) remembered.delete([...remembered.keys()][0]);
}

/** By a quarter. @param {1 | -1} way 1: to the right */
const turn = (way) => show(latest.then((shot) => turned(/** @type {Shot} */ (shot), way)));

/** @param {Shot} shot @param {1 | -1} way @returns {Shot} */
function turned({ photo: before, area, isCut }, way) {
  const [photo, { x, y, width, height }] = sized(before, area);
  const canvas = document.createElement("canvas");
  canvas.width = photo.height;
  canvas.height = photo.width;
  const context = contextOf(canvas);
  context.translate(canvas.width / 2, canvas.height / 2);
  context.rotate((way * Math.PI) / 2);
  context.drawImage(photo, -photo.width / 2, -photo.height / 2);
  const place = way > 0 ? { x: photo.height - y - height, y: x } : { x: y, y: photo.width - x - width };
  return { photo: canvas, area: { ...place, width: height, height: width }, isCut };
}

/** A part of what is shown. @param {Opened} of @param {Area} part in shares of it */
function crop({ photo, area, isCut }, part) {
  const { x, y, width, height } = atLeast(part, LEAST / area.width, LEAST / area.height);
  const inner = {
    x: area.x + x * area.width,
    y: area.y + y * area.height,
    width: width * area.width,
    height: height * area.height,
  };
  endCrop();
  show(Promise.resolve({ photo, area: inner, isCut }));
}

/** @param {Opened} of @param {number} chosen */
function choose(of, chosen) {
  const { digits, whole } = /** @type {Reading} */ (of.reading);
  const next = { ...of, chosen, text: null, said: null };
  opened.value = next;
  say(null);
  taken(next, digits[chosen] ?? whole);
}

/** @param {{ of: Opened }} props */
function Tools({ of }) {
  const { photo, area, isCut } = of;
  const isWhole = area.width === photo.width && area.height === photo.height;
  const all = () => (isWhole ? endCrop() : show(Promise.resolve({ ...wholeOf(photo), isCut })));
  const isSmallest = Math.max(area.width, area.height) <= LEAST;
  const framed = isCropping.value && frame.value;
  return html`
    <button type="button" class="left" aria-label=${t("photo_left")} title=${t("photo_left")} onClick=${() => turn(-1)}>↺</button>
    <button type="button" class="right" aria-label=${t("photo_right")} title=${t("photo_right")} onClick=${() => turn(1)}>↻</button>
    <button type="button" class="crop" disabled=${isSmallest} onClick=${framed ? () => crop(of, framed) : beginCrop}>${t(framed ? "crop_read" : "crop")}</button>
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
