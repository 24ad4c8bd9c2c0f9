// A digit as text that fits in a link: its 784 grey values, deflated (zlib), in base64 for addresses.

const PIXELS = 28 * 28;

/** @param {ReadableStream<Uint8Array>} stream @param {number} most bytes */
async function gather(stream, most) {
  const reader = stream.getReader();
  const bytes = new Uint8Array(most);
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return bytes.subarray(0, length);
    if (length + value.length > most) {
      await reader.cancel();
      throw new RangeError("too many bytes");
    }
    bytes.set(value, length);
    length += value.length;
  }
}

/** @param {Float32Array} digit 784 values in [0, 1] */
export async function encodeDigit(digit) {
  const grey = Uint8Array.from(digit, (value) => Math.round(255 * value));
  const packed = new Blob([grey]).stream().pipeThrough(new CompressionStream("deflate"));
  const bytes = await gather(packed, 4 * PIXELS);
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}

/**
 * The digit of `encodeDigit`, or null for anything else.
 * @param {string} text
 * @returns {Promise<Float32Array | null>}
 */
export async function decodeDigit(text) {
  try {
    const bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) =>
      letter.charCodeAt(0),
    );
    const grey = await gather(
      new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate")),
      PIXELS + 1,
    );
    return grey.length === PIXELS ? Float32Array.from(grey, (value) => value / 255) : null;
  } catch {
    return null;
  }
}
