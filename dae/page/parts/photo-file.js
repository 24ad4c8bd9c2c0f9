// A picture's file, decoded by the browser: whatever it can show is taken, and what it cannot is told by its name.

const MOST_BYTES = 12_000_000; // of a file, as dae.pictures.MAX_BYTES
const MOST_PIXELS = 25_000_000; // as dae.pictures.MAX_PIXELS
const KEPT = 1344; // pixels a side of a photo that is turned or kept: a third of it is still as sharp as what is read
const USUAL = /^(\x89PNG|\xff\xd8\xff|GIF8|RIFF....WEBP|BM)/s; // every browser decodes these
/** How files begin and what is within their last bytes. @type {[RegExp, RegExp][]} */
const ENDS = [
  [/^\xff\xd8/, /\xff\xd9/],
  [/^\x89PNG/, /IEND/],
];
/** Formats that only some browsers decode, by how their files begin. @type {[string, RegExp][]} */
const OTHERS = [
  ["TIFF", /^(II\*\0|MM\0\*)/],
  ["AVIF", /^....ftypavi[fs]/s],
  ["HEIC", /^....ftyp(hei|hev|mif|msf)/s],
  ["PDF", /^%PDF-/],
];

/** @typedef {import("./crop.js").Area} Area */
/** @typedef {HTMLImageElement | HTMLCanvasElement} Photograph */

export class Refusal extends Error {
  /** @param {string} reason as in dae.pictures.REASONS @param {Record<string, any>} [values] */
  constructor(reason, values) {
    super(reason);
    this.values = values;
  }
}

/**
 * @typedef {object} Loaded a picture that can be drawn
 * @property {HTMLImageElement} image
 * @property {Promise<void>} decoded rejects with a `Refusal` where the browser cannot decode it after all
 */

/**
 * @param {File} file
 * @returns {Promise<Loaded & { isCut: boolean }>} isCut: its end is missing; rejects with a `Refusal`
 */
export async function load(file) {
  if (file.size === 0) throw new Refusal("empty");
  if (file.size > MOST_BYTES) throw new Refusal("too_many_bytes", { limit: MOST_BYTES / 1e6 });
  const address = URL.createObjectURL(file);
  const over = () => URL.revokeObjectURL(address);
  const loading = later(loadAt(address));
  try {
    const [start, end] = await Promise.all([bytesOf(file.slice(0, 4096)), bytesOf(file.slice(-1024))]);
    const undecoded = refusalFor(start);
    if (undecoded.message === "svg" || undecoded.message === "text") throw undecoded;
    const told = (/** @type {Refusal} */ error) => {
      throw error.message === "corrupt" ? undecoded : error;
    };
    const { image, decoded } = await loading.catch(told);
    const isCut = isCutOff(start, end);
    return { image, decoded: later(decoded.catch(told).finally(over)), isCut };
  } catch (error) {
    over();
    throw error;
  }
}

/** What fails is told where it is waited for. @template Of @param {Promise<Of>} promise */
function later(promise) {
  promise.catch(() => {});
  return promise;
}

/** @param {Blob} part of a file */
async function bytesOf(part) {
  const bytes = await part.arrayBuffer().catch(() => {
    throw new Refusal("corrupt"); // the file is no longer there, or may not be read
  });
  return new Uint8Array(bytes);
}

/** @param {Uint8Array} bytes */
const lettersOf = (bytes) => String.fromCharCode(...bytes);
/** A browser shows a file that is cut off, and what is missing as plain grey or black. @param {Uint8Array} start @param {Uint8Array} end */
const isCutOff = (start, end) =>
  ENDS.some(([begins, ends]) => begins.test(lettersOf(start.subarray(0, 16))) && !ends.test(lettersOf(end)));

/** @param {string} address of a picture that is here @returns {Promise<Loaded>} rejects with a `Refusal` */
export async function loadAt(address) {
  const image = new Image();
  image.src = address;
  await new Promise((resolve, reject) => {
    image.onload = resolve;
    image.onerror = () => reject(new Refusal("corrupt"));
  });
  const { naturalWidth: width, naturalHeight: height } = image;
  if (width * height > MOST_PIXELS) {
    throw new Refusal("enormous", { width, height, limit: MOST_PIXELS / 1e6 });
  }
  // Drawing decodes for itself: this only says whether it can be done, while the picture is being read.
  const decoded = image.decode().catch(() => {
    throw new Refusal("corrupt");
  });
  return { image, decoded: later(decoded) };
}

/** What is to be said of a file that the browser cannot decode. @param {Uint8Array<ArrayBuffer>} start how it begins */
function refusalFor(start) {
  const signature = lettersOf(start.subarray(0, 16));
  if (USUAL.test(signature)) return new Refusal("corrupt");
  const other = OTHERS.find(([, begins]) => begins.test(signature));
  if (other) return new Refusal("other_format", { format: other[0] });
  if (start.some((byte) => byte < 9 || (byte > 13 && byte < 27))) return new Refusal("unsupported");
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(start, { stream: true }); // may end within a letter
    return new Refusal(/<svg/i.test(text) && !/<html/i.test(text) ? "svg" : "text");
  } catch {
    return new Refusal("unsupported");
  }
}

/** All of it. @param {Photograph} photo @returns {Area} */
export const areaOf = ({ width, height }) => ({ x: 0, y: 0, width, height });

/** Files' pictures as they are kept. @type {WeakMap<HTMLImageElement, HTMLCanvasElement>} */
const kept = new WeakMap();

/** A photo no larger than what is kept: drawn once, no sooner than it is needed. @param {Photograph} photo */
function keptOf(photo) {
  if (photo instanceof HTMLCanvasElement) return photo; // it was turned, and is as large
  const canvas = kept.get(photo) ?? drawn(photo, areaOf(photo), KEPT);
  kept.set(photo, canvas);
  return canvas;
}

/** A photo that is no larger than what is kept, and an area of it. @param {Photograph} photo @param {Area} area */
export function sized(photo, { x, y, width, height }) {
  const canvas = keptOf(photo);
  const across = (/** @type {number} */ place) => (place * canvas.width) / photo.width;
  const down = (/** @type {number} */ place) => (place * canvas.height) / photo.height;
  const area = { x: across(x), y: down(y), width: across(width), height: down(height) };
  return /** @type {const} */ ([canvas, area]);
}

/** @param {CanvasImageSource} source @param {Area} area of it @param {number} most pixels a side */
export function drawn(source, { x, y, width, height }, most) {
  const scale = Math.min(1, most / Math.max(width, height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(width * scale));
  canvas.height = Math.max(1, Math.round(height * scale));
  const context = contextOf(canvas);
  context.imageSmoothingQuality = "high";
  context.drawImage(source, x, y, width, height, 0, 0, canvas.width, canvas.height);
  return canvas;
}

/** Of a canvas whose pixels are read. @param {HTMLCanvasElement} canvas */
export const contextOf = (canvas) =>
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
