// The last photo, kept until the tab is closed: a reload shows it again beside its digit.
import { keep, load } from "../storage.js";
import { sized } from "./photo-file.js";

const KEY = "photo";
const WHERE = "sessionStorage";
const MOST_LETTERS = 2_000_000; // a browser has room for five million

/**
 * @typedef {object} Kept
 * @property {string} photo a data-URI
 * @property {import("./crop.js").Area} area of it that was read
 * @property {boolean} [isCut] the file's end was missing
 * @property {number} chosen which of the digits
 * @property {string} text the digit, as the state's `pixels`
 * @property {boolean} isSure as the reading was
 */

/** @type {WeakMap<HTMLCanvasElement, Promise<string>>} */
const written = new WeakMap();

/** @param {HTMLCanvasElement} canvas @returns {Promise<string>} */
function addressOf(canvas) {
  let found = written.get(canvas);
  if (!found) {
    found = new Promise((resolve, reject) => {
      const reader = new FileReader();
      reader.onload = () => resolve(String(reader.result));
      reader.onerror = () => reject(reader.error);
      canvas.toBlob((blob) => (blob ? reader.readAsDataURL(blob) : reject()), "image/webp", 0.85);
    });
    written.set(canvas, found);
  }
  return found;
}

/** @param {import("./photo-file.js").Photograph} photograph @param {Omit<Kept, "photo">} of */
export async function keepPhoto(photograph, of) {
  const [canvas, area] = sized(photograph, of.area);
  const photo = await addressOf(canvas).catch(() => "");
  const isFitting = photo !== "" && photo.length <= MOST_LETTERS;
  keep(KEY, isFitting ? { photo, ...of, area } : null, WHERE);
}

/** The photo that a digit was made of; null where it is another's. @param {string} text the state's `pixels` @returns {Kept | null} */
export function keptPhoto(text) {
  const kept = text && load(KEY, WHERE);
  return kept?.text === text ? kept : null;
}
