/** The network that finds ink in photos: `dae/models/photo.py`, for pictures of any height and width. */

import { Builder } from "../builder.js";
import { readSafetensors, weightsOf } from "../checkpoint.js";
import { EngineError } from "../errors.js";
import { FUSED } from "../kernels.js";

/**
 * @typedef {import("../raster.js").Grey} Grey
 * @typedef {import("../layers.js").Layer} Layer
 * @typedef {{ place: number, height: number, width: number, channels: number }} Picture channels-last on the heap
 * @typedef {{ first: Layer, second: Layer, skip: Layer | null }} Block
 *   x + conv(relu(conv(relu(x)))), with a 1x1 convolution for x where the channels change
 */

const LEAST_SPREAD = 0.02; // of the grey levels; a photo that varies less is not made to vary more
const RELU = FUSED.indexOf("relu");
const NONE = FUSED.indexOf("identity");

export class PhotoNetwork {
  /**
   * @param {ArrayBuffer} buffer the file ink.safetensors
   * @param {() => import("../kernels.js").Kernels} createKernels
   * @throws {EngineError} `damaged`, `weights_do_not_fit`
   */
  constructor(buffer, createKernels) {
    const builder = new Builder(weightsOf(readSafetensors(buffer).tensors), createKernels);
    const has = (/** @type {string} */ name) => builder.weights.has(`${name}.weight`);
    if (!has("stem") || !has("head") || !has("shrink.0")) throw new EngineError("weights_do_not_fit");
    /** @param {string} name @returns {Block} */
    const block = (name) => ({
      first: builder.layer(`${name}.layers.1`),
      second: builder.layer(`${name}.layers.3`),
      skip: has(`${name}.skip`) ? builder.layer(`${name}.skip`) : null,
    });
    this.layers = builder.layers;
    this.kernels = builder.layers.kernels;
    this.stem = builder.layer("stem");
    this.down = [];
    this.up = [];
    for (let i = 0; has(`shrink.${i}`); i++) {
      this.down.push({ block: block(`down.${i}`), shrink: builder.layer(`shrink.${i}`) });
      this.up.push({ grow: builder.quarters(`grow.${i}`), block: block(`up.${i}`) });
    }
    this.middle = [block("middle.0"), block("middle.1")];
    this.head = builder.layer("head");
    /** A side is a multiple of it. */
    this.step = 2 ** (this.down.length + 1);
  }

  /**
   * The ink in a photo.
   * @param {Grey} photo
   * @returns {Grey} of the same size, in [0, 1]
   */
  ink(photo) {
    const { width, height } = photo,
      { kernels } = this,
      mark = kernels.mark;
    try {
      let hidden = this.#convolve(this.#packed(standardised(photo)), this.stem);
      const skips = [];
      for (const { block, shrink } of this.down) {
        hidden = this.#residual(hidden, block);
        skips.push(hidden);
        hidden = this.#convolve(hidden, shrink, { stride: 2, padding: 0 });
      }
      for (const block of this.middle) hidden = this.#residual(hidden, block);
      for (const { grow, block } of this.up) {
        const skip = /** @type {Picture} */ (skips.pop());
        hidden = this.#residual(this.#expand(hidden, grow, skip), block);
      }
      const logits = this.#convolve(this.#activated(hidden), this.head);
      const pixels = new Float32Array(width * height);
      for (let y = 0; y < height; y++) {
        for (let x = 0; x < width; x++) {
          const logit = kernels.floats[packedPlace(logits, x, y)];
          pixels[y * width + x] = 1 / (1 + Math.exp(-logit));
        }
      }
      return { width, height, pixels };
    } finally {
      kernels.release(mark);
    }
  }

  /** 2x2 pixels as one of four channels, the sides filled up with their last pixels. @param {Grey} photo @returns {Picture} */
  #packed({ width, height, pixels }) {
    const { step } = this;
    const wide = Math.ceil(width / step) * step,
      high = Math.ceil(height / step) * step;
    const picture = {
      place: this.kernels.take(wide * high),
      height: high / 2,
      width: wide / 2,
      channels: 4,
    };
    const { floats } = this.kernels;
    for (let y = 0; y < high; y++) {
      const row = Math.min(y, height - 1) * width;
      for (let x = 0; x < wide; x++) {
        floats[packedPlace(picture, x, y)] = pixels[row + Math.min(x, width - 1)];
      }
    }
    return picture;
  }

  /**
   * @param {Picture} picture
   * @param {Layer} layer
   * @param {{ stride?: number, padding?: number, fused?: number }} [options]
   * @returns {Picture}
   */
  #convolve(picture, layer, { stride = 1, padding = layer.kernel >> 1, fused = NONE } = {}) {
    const { kernels } = this,
      { kernel, outputs } = layer;
    const [height, width] = [picture.height, picture.width].map(
      (side) => Math.floor((side + 2 * padding - kernel) / stride) + 1,
    );
    const out = kernels.take(height * width * outputs),
      mark = kernels.mark;
    let rows = picture.place;
    if (kernel > 1) {
      rows = kernels.take(height * width * layer.inputs);
      const window = { kernel, stride, top: padding, left: padding, outHeight: height, outWidth: width };
      kernels.patches(picture.place, rows, { ...picture, ...window });
    }
    kernels.product(
      rows,
      layer.weight,
      layer.bias,
      out,
      height * width,
      layer.inputs,
      outputs,
      outputs,
      fused,
    );
    kernels.release(mark);
    return { place: out, height, width, channels: outputs };
  }

  /** @param {Picture} picture */
  #activated(picture) {
    const count = picture.height * picture.width * picture.channels;
    const place = this.layers.copy(picture.place, count);
    this.layers.activate("relu", place, count);
    return { ...picture, place };
  }

  /** @param {Picture} hidden @param {Block} block @returns {Picture} */
  #residual(hidden, { first, second, skip }) {
    const inner = this.#convolve(this.#activated(hidden), first, { fused: RELU });
    const out = this.#convolve(inner, second);
    const { place } = skip ? this.#convolve(hidden, skip) : hidden;
    this.layers.add(out.place, place, out.height * out.width * out.channels);
    return out;
  }

  /**
   * A transposed convolution of kernel and stride 2, with the channels of another picture after its own.
   * @param {Picture} picture
   * @param {Layer[]} quarters over rows and columns
   * @param {Picture} skip twice as high and wide
   * @returns {Picture}
   */
  #expand({ place, height, width }, quarters, skip) {
    const { kernels } = this,
      { inputs, outputs } = quarters[0],
      channels = outputs + skip.channels;
    const out = kernels.take(skip.height * skip.width * channels);
    quarters.forEach(({ weight, bias }, i) => {
      for (let y = 0; y < height; y++) {
        const to = out + ((2 * y + (i >> 1)) * skip.width + (i & 1)) * channels;
        const row = place + y * width * inputs;
        kernels.product(row, weight, bias, to, width, inputs, outputs, 2 * channels, NONE);
      }
    });
    const { floats } = kernels;
    for (let i = 0; i < skip.height * skip.width; i++) {
      const from = skip.place + i * skip.channels;
      floats.copyWithin(out + i * channels + outputs, from, from + skip.channels);
    }
    return { place: out, height: skip.height, width: skip.width, channels };
  }
}

/** Where a pixel of 2x2 in four channels is. @param {Picture} picture @param {number} x @param {number} y */
const packedPlace = ({ place, width }, x, y) =>
  place + 4 * ((y >> 1) * width + (x >> 1)) + 2 * (y & 1) + (x & 1);

/** Grey levels with median 0 and standard deviation 1. @param {Grey} photo @returns {Grey} */
function standardised({ width, height, pixels }) {
  const median = pixels.slice().sort()[(pixels.length - 1) >> 1];
  let sum = 0,
    squares = 0;
  for (const value of pixels) sum += value;
  const mean = sum / pixels.length;
  for (const value of pixels) squares += (value - mean) ** 2;
  const spread = Math.max(LEAST_SPREAD, Math.sqrt(squares / pixels.length));
  return { width, height, pixels: pixels.map((value) => (value - median) / spread) };
}
