// A photo of a digit: read here, shown with the ink that was found, turned and cropped by hand.
import { signal } from "@preact/signals-core";
import { take } from "../digit.js";
import { engine } from "../page.js";
import { t } from "../words.js";
import { html, style, useLayoutEffect, useRef, useSignal } from "./html.js";
import { Picture } from "./picture.js";

await style(import.meta.url, "photo.css");

const MOST_BYTES = 12_000_000; // of a file, as dae.pictures.MAX_BYTES
const MOST_PIXELS = 25_000_000; // as dae.pictures.MAX_PIXELS
const KEPT = 1344; // pixels a side of a photo, so that a third of it is as sharp as the whole
const WORKING = 448; // pixels a side of what is read, as dae.pictures.WORKING_SIDE
const LEAST = 12; // pixels of the screen that a cropping stroke is long
const SIGNATURES = /^(\x89PNG|\xff\xd8\xff|GIF8|RIFF....WEBP|BM)/s;

/**
 * @typedef {{ x: number, y: number, width: number, height: number }} Area
 * @typedef {import("../engine/photo/read.js").Reading} Reading
 * @typedef {(said: { key: string, values?: Record<string, any> } | null) => void} Say
 * @typedef {object} Opened
 * @property {HTMLCanvasElement} photo as it was taken or turned
 * @property {Area} area of it that is read
 * @property {HTMLCanvasElement} view that area, as large as it is read
 * @property {Reading | null} reading null where there is no ink
 * @property {number} chosen which of the digits; after the last, all of it as one
 */

/** @type {import("@preact/signals-core").Signal<Opened | null>} */
const opened = signal(null);
const isBusy = signal(false);
/** @type {Say} */
let say = () => {};
let newest = 0;

/**
 * Read a file; the newest wins.
 * @param {File} file
 * @param {Say} tell says what is to be said of it, null for nothing
 */
export async function open(file, tell) {
  const mine = ++newest;
  say = tell;
  isBusy.value = true;
  try {
    const photo = await decode(file);
    if (mine === newest) await read(photo, { x: 0, y: 0, width: photo.width, height: photo.height });
  } catch (error) {
    if (mine !== newest) return;
    if (!(error instanceof Refusal)) throw error;
    say({ key: `image_${error.message}`, values: error.values });
  } finally {
    if (mine === newest) isBusy.value = false;
  }
}

class Refusal extends Error {
  /** @param {string} reason as in dae.pictures.REASONS @param {Record<string, any>} [values] */
  constructor(reason, values) {
    super(reason);
    this.values = values;
  }
}

/** @param {File} file @returns {Promise<HTMLCanvasElement>} */
async function decode(file) {
  if (file.size === 0) throw new Refusal("empty");
  if (file.size > MOST_BYTES) throw new Refusal("too_many_bytes", { limit: MOST_BYTES / 1e6 });
  const start = await file
    .slice(0, 4096)
    .arrayBuffer()
    .catch(() => {
      throw new Refusal("corrupt"); // the file is no longer there, or may not be read
    });
  const kind = kindOf(new Uint8Array(start));
  if (kind === "svg" || kind === "text") throw new Refusal(kind);
  const address = URL.createObjectURL(file);
  try {
    const image = new Image();
    image.src = address;
    await new Promise((resolve, reject) => {
      image.onload = resolve;
      image.onerror = () => reject(new Refusal(kind));
    });
    const { naturalWidth: width, naturalHeight: height } = image;
    if (width * height > MOST_PIXELS)
      throw new Refusal("enormous", { width, height, limit: MOST_PIXELS / 1e6 });
    await image.decode().catch(() => {
      throw new Refusal(kind);
    });
    return drawn(image, { x: 0, y: 0, width, height }, KEPT);
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** What a file's beginning speaks for, should it not be decoded. @param {Uint8Array<ArrayBuffer>} start */
function kindOf(start) {
  if (SIGNATURES.test(String.fromCharCode(...start.subarray(0, 16)))) return "corrupt";
  if (start.some((byte) => byte < 9 || (byte > 13 && byte < 27))) return "unsupported";
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(start, { stream: true }); // may end within a letter
    return /<svg/i.test(text) && !/<html/i.test(text) ? "svg" : "text";
  } catch {
    return "unsupported";
  }
}

/** @param {CanvasImageSource} source @param {Area} area of it @param {number} most pixels a side */
function drawn(source, { x, y, width, height }, most) {
  const scale = Math.min(1, most / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = /** @type {CanvasRenderingContext2D} */ (
    canvas.getContext("2d", { willReadFrequently: true })
  );
  context.imageSmoothingQuality = "high";
  context.drawImage(source, x, y, width, height, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** @param {HTMLCanvasElement} canvas */
const contextOf = (canvas) => /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));

/** @param {HTMLCanvasElement} photo @param {Area} area */
async function read(photo, area) {
  const view = drawn(photo, area, WORKING);
  const { width, height } = view;
  const rgba = contextOf(view).getImageData(0, 0, width, height).data;
  try {
    const reading = await engine.ask("photo", { rgba, width, height }, { channel: "photo" });
    if (!reading) return; // a newer one has overtaken it
    opened.value = { photo, area, view, reading, chosen: 0 };
    const count = reading.digits.length;
    const unsure = reading.isSure ? null : { key: "photo_unsure" };
    say(count > 1 ? { key: "image_several", values: { count } } : unsure);
    await take(reading.digits[0], "upload");
  } catch (/** @type {any} */ error) {
    if (error.code !== "no_ink") throw error;
    opened.value = { photo, area, view, reading: null, chosen: 0 };
    say({ key: "image_no_ink" });
  }
}

/** Read what has been turned or cropped. @param {HTMLCanvasElement} photo @param {Area} area */
async function again(photo, area) {
  const mine = ++newest;
  isBusy.value = true;
  try {
    await read(photo, area);
  } catch (error) {
    console.error(error);
    if (mine === newest) say({ key: "photo_failed" });
  } finally {
    if (mine === newest) isBusy.value = false;
  }
}

/** By a quarter. @param {Opened} of @param {1 | -1} way 1: to the right */
function turn({ photo, area }, way) {
  const turned = document.createElement("canvas");
  turned.width = photo.height;
  turned.height = photo.width;
  const context = contextOf(turned);
  context.translate(turned.width / 2, turned.height / 2);
  context.rotate((way * Math.PI) / 2);
  context.drawImage(photo, -photo.width / 2, -photo.height / 2);
  const { x, y, width, height } = area;
  const place = way > 0 ? { x: photo.height - y - height, y: x } : { x: y, y: photo.width - x - width };
  return again(turned, { ...place, width: height, height: width });
}

/** @param {Opened} of @param {number} chosen */
function choose(of, chosen) {
  const { digits, whole } = /** @type {Reading} */ (of.reading);
  opened.value = { ...of, chosen };
  say(null);
  take(digits[chosen] ?? whole, "upload");
}

/** The photo with the ink that was found, and a box around each of several digits. @param {HTMLCanvasElement} canvas @param {Opened} of */
function paintPhoto(canvas, { view, reading, chosen }) {
  canvas.width = view.width;
  canvas.height = view.height;
  const context = contextOf(canvas);
  context.drawImage(view, 0, 0);
  if (!reading) return;
  const { ink, region, boxes } = reading;
  const layer = document.createElement("canvas");
  layer.width = ink.width;
  layer.height = ink.height;
  const image = new ImageData(ink.width, ink.height);
  for (const [i, value] of ink.pixels.entries())
    image.data.set([0, 190, 140, 255 * Math.min(1, value)], 4 * i);
  contextOf(layer).putImageData(image, 0, 0);
  const [wide, high] = [region.right - region.left, region.bottom - region.top];
  context.drawImage(layer, region.left, region.top, wide, high);
  if (boxes.length < 2) return;
  const [across, down] = [wide / ink.width, high / ink.height];
  context.lineWidth = Math.max(2, view.width / 120);
  boxes.forEach(({ top, bottom, left, right }, i) => {
    context.strokeStyle = i === chosen ? "rgb(0 190 140)" : "rgb(128 128 128 / 0.7)";
    const [x, y] = [region.left + left * across, region.top + top * down];
    context.strokeRect(x, y, (right - left) * across, (bottom - top) * down);
  });
}

/** Where a pointer is on a canvas, in its pixels. @param {PointerEvent} event */
function placeOf(event) {
  const canvas = /** @type {HTMLCanvasElement} */ (event.currentTarget);
  const box = canvas.getBoundingClientRect();
  const share = (/** @type {number} */ at, /** @type {number} */ size) => Math.min(1, Math.max(0, at / size));
  return {
    x: share(event.clientX - box.left, box.width) * canvas.width,
    y: share(event.clientY - box.top, box.height) * canvas.height,
    scale: box.width / canvas.width,
  };
}

/** The box between two places. @param {{ x: number, y: number }} from @param {{ x: number, y: number }} to @returns {Area} */
const between = (from, to) => ({
  x: Math.min(from.x, to.x),
  y: Math.min(from.y, to.y),
  width: Math.abs(from.x - to.x),
  height: Math.abs(from.y - to.y),
});

/** @param {{ of: Opened }} props */
function Seen({ of }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  const start = useSignal(/** @type {{ x: number, y: number } | null} */ (null));
  useLayoutEffect(() => {
    if (canvas.current) paintPhoto(canvas.current, of);
  }, [of]);
  const down = (/** @type {PointerEvent} */ event) => {
    /** @type {Element} */ (event.currentTarget).setPointerCapture(event.pointerId);
    start.value = placeOf(event);
  };
  const move = (/** @type {PointerEvent} */ event) => {
    if (!start.value || !canvas.current) return;
    paintPhoto(canvas.current, of);
    const { x, y, width, height } = between(start.value, placeOf(event));
    const context = contextOf(canvas.current);
    context.fillStyle = "rgb(128 128 128 / 0.5)";
    context.fill(framed(canvas.current, { x, y, width, height }), "evenodd");
  };
  const up = (/** @type {PointerEvent} */ event) => {
    if (!start.value) return;
    const to = placeOf(event),
      { x, y, width, height } = between(start.value, to);
    start.value = null;
    if (Math.min(width, height) * to.scale < LEAST) {
      const place = pieceAt(of, to);
      if (place >= 0) choose(of, place);
      else if (canvas.current) paintPhoto(canvas.current, of);
      return;
    }
    const { area, view, photo } = of,
      factor = area.width / view.width;
    again(photo, {
      x: area.x + x * factor,
      y: area.y + y * factor,
      width: width * factor,
      height: height * factor,
    });
  };
  const cancel = () => {
    start.value = null;
    if (canvas.current) paintPhoto(canvas.current, of);
  };
  return html`<canvas class="seen" ref=${canvas} role="img" aria-label=${t("photo_seen")} style=${{ "--ratio": of.view.width / of.view.height }}
    onPointerDown=${down} onPointerMove=${move} onPointerUp=${up} onPointerCancel=${cancel}></canvas>`;
}

/** All but a box. @param {HTMLCanvasElement} canvas @param {Area} area */
function framed(canvas, { x, y, width, height }) {
  const path = new Path2D();
  path.rect(0, 0, canvas.width, canvas.height);
  path.rect(x, y, width, height);
  return path;
}

/** Which of several digits is at a place of the view; -1 for none. @param {Opened} of @param {{ x: number, y: number }} place */
function pieceAt({ reading }, { x, y }) {
  if (!reading || reading.boxes.length < 2) return -1;
  const { ink, region, boxes } = reading;
  const across = ((x - region.left) / (region.right - region.left)) * ink.width;
  const down = ((y - region.top) / (region.bottom - region.top)) * ink.height;
  return boxes.findIndex(
    ({ top, bottom, left, right }) => across >= left && across < right && down >= top && down < bottom,
  );
}

export function Photo() {
  const of = opened.value;
  if (!of) return null;
  const { reading, chosen, photo, area } = of;
  const whole = { x: 0, y: 0, width: photo.width, height: photo.height };
  const isWhole = area.width === photo.width && area.height === photo.height;
  const offered = reading && reading.digits.length > 1 ? [...reading.digits, reading.whole] : [];
  return html`<div class="photo" aria-busy=${isBusy.value}>
    <${Seen} of=${of} />
    <div class="made">
      ${reading && html`<${Picture} values=${reading.digits[chosen] ?? reading.whole} alt=${t("photo_made")} />`}
      <button type="button" class="left" aria-label=${t("photo_left")} title=${t("photo_left")} onClick=${() => turn(of, -1)}>↺</button>
      <button type="button" class="right" aria-label=${t("photo_right")} title=${t("photo_right")} onClick=${() => turn(of, 1)}>↻</button>
      <button type="button" class="all" disabled=${isWhole} onClick=${() => again(photo, whole)}>${t("photo_whole")}</button>
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
    <p class="quiet">${t("photo_hint")}</p>
  </div>`;
}
