// Bytes and numbers as text, as they travel to Python and back.

/** @param {Uint8Array} bytes */
export function encode(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; i += 0x8000)
    text += String.fromCharCode(...bytes.subarray(i, i + 0x8000));
  return btoa(text);
}

/** @param {string} text @returns {Uint8Array<ArrayBuffer>} */
export const decode = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

/** 32-bit floats, little-endian. @param {string} text */
export const floats = (text) => new Float32Array(decode(text).buffer);

/** Grey values in [0, 1] as bytes. @param {Float32Array} images */
export const greys = (images) =>
  encode(Uint8Array.from(images, (value) => Math.round(255 * Math.min(1, Math.max(0, value)))));
