// Bytes as text that an address can hold: compressed by the browser itself, in base64 for addresses (RFC 4648, 5).
import { decode, encode } from "./base64.js";

/**
 * All bytes of a stream.
 * @param {ReadableStream<Uint8Array<ArrayBuffer>>} stream
 * @param {number} most bytes; a stream that holds more is ended there: RangeError
 */
async function gather(stream, most) {
  const reader = stream.getReader();
  const parts = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return new Uint8Array(await new Blob(parts).arrayBuffer());
    length += value.length;
    if (length > most) {
      await reader.cancel();
      throw new RangeError("too many bytes");
    }
    parts.push(value);
  }
}

/** @param {Uint8Array<ArrayBuffer>} bytes @param {CompressionFormat} format */
export async function pack(bytes, format) {
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream(format));
  return encode(await gather(stream, Number.POSITIVE_INFINITY))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replace(/=+$/, "");
}

/**
 * The bytes of `pack`. Rejects with a RangeError as soon as there are more than `most`, and with another error where
 * the text is damaged or cut short.
 * @param {string} text @param {CompressionFormat} format @param {number} most bytes
 */
export async function unpack(text, format, most) {
  const bytes = decode(text.replaceAll("-", "+").replaceAll("_", "/"));
  return gather(new Blob([bytes]).stream().pipeThrough(new DecompressionStream(format)), most);
}
