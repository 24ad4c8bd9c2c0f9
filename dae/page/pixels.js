// A digit as text that fits in a link: its 784 grey values, deflated (zlib), in base64 for addresses.
import { pack, unpack } from "./packed.js";

const PIXELS = 28 * 28;

/** @param {Float32Array} digit 784 values in [0, 1] */
export const encodeDigit = (digit) =>
  pack(
    Uint8Array.from(digit, (value) => Math.round(255 * value)),
    "deflate",
  );

/**
 * The digit of `encodeDigit`, or null for anything else.
 * @param {string} text
 * @returns {Promise<Float32Array | null>}
 */
export async function decodeDigit(text) {
  try {
    const grey = await unpack(text, "deflate", PIXELS);
    return grey.length === PIXELS ? Float32Array.from(grey, (value) => value / 255) : null;
  } catch {
    return null;
  }
}
