// A digit on the page: 28x28 values, pixel-sharp, white ink on near-black; or signed, blue below 0 and orange above.
import { html, useLayoutEffect, useRef } from "./html.js";

export const SIDE = 28;
const BLUE = [78, 154, 255];
const ORANGE = [255, 149, 42];

/**
 * Paint values as grey.
 * @param {HTMLCanvasElement} canvas @param {ArrayLike<number>} values in [0, 1]; what lies outside is clamped
 */
export function paint(canvas, values) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(canvas.width, canvas.height);
  const pixels = new Uint32Array(image.data.buffer);
  for (let i = 0; i < values.length; i++) {
    pixels[i] = 0xff000000 | (Math.round(255 * Math.min(1, Math.max(0, values[i]))) * 0x010101);
  }
  context.putImageData(image, 0, 0);
}

/**
 * Paint signed values. The strength of the colour grows with the square root, so that weak parts show.
 * @param {HTMLCanvasElement} canvas @param {ArrayLike<number>} values @param {number} [scale] the value of full colour
 */
export function paintSigned(canvas, values, scale = 1) {
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const image = context.createImageData(canvas.width, canvas.height);
  for (let i = 0; i < values.length; i++) {
    const amount = Math.sqrt(Math.min(1, Math.abs(values[i]) / scale));
    const colour = values[i] < 0 ? BLUE : ORANGE;
    image.data.set([amount * colour[0], amount * colour[1], amount * colour[2], 255], 4 * i);
  }
  context.putImageData(image, 0, 0);
}

/**
 * Pictures in rows, as the values of one large one.
 * @param {Float32Array} images n * 784 values @param {number} columns n is a multiple of it
 */
export function mosaic(images, columns) {
  const large = new Float32Array(images.length);
  for (let n = 0; n < images.length / SIDE ** 2; n++) {
    const corner = SIDE * (Math.floor(n / columns) * SIDE * columns + (n % columns));
    for (let y = 0; y < SIDE; y++) {
      const from = SIDE * (SIDE * n + y);
      large.set(images.subarray(from, from + SIDE), corner + SIDE * columns * y);
    }
  }
  return large;
}

/** Several pictures beside each other, as the values of one wide one. @param {Float32Array} images n * 784 values */
export const row = (images) => mosaic(images, images.length / SIDE ** 2);

/**
 * @param {{ values: ArrayLike<number> | null | undefined, alt: string, signed?: boolean, scale?: number, columns?: number, rows?: number }} props
 *   alt: empty where the words beside it say all; columns, rows: how many pictures stand beside and below each other in `values` (see `row` and `mosaic`)
 */
export function Picture({ values, alt, signed = false, scale = 1, columns = 1, rows = 1 }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null));
  useLayoutEffect(() => {
    if (!canvas.current || !values) return;
    if (signed) paintSigned(canvas.current, values, scale);
    else paint(canvas.current, values);
  }, [values, signed, scale, columns, rows]);
  return html`<canvas class="picture" ref=${canvas} width=${SIDE * columns} height=${SIDE * rows}
    role=${alt ? "img" : undefined} aria-label=${alt || undefined} aria-hidden=${alt ? undefined : "true"}></canvas>`;
}
