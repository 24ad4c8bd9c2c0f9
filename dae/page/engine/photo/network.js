/** The network that finds ink in photos: `dae/models/photo.py`, for pictures of any height and width. */

import { Builder } from "../builder.js";
import { readSafetensors, weightsOf } from "../checkpoint.js";
import { EngineError } from "../errors.js";
import { selected } from "../paper.js";
import { ResidualUNet } from "../residual-unet.js";

/** @typedef {import("../raster.js").Grey} Grey */

const LEAST_SPREAD = 0.02; // of the grey levels; a photo that varies less is not made to vary more

export class PhotoNetwork {
  /**
   * @param {ArrayBuffer} buffer the file ink.safetensors
   * @param {() => import("../kernels.js").Kernels} createKernels
   * @throws {EngineError} `damaged`, `weights_do_not_fit`
   */
  constructor(buffer, createKernels) {
    const builder = new Builder(weightsOf(readSafetensors(buffer).tensors), createKernels);
    if (!["stem", "head", "shrink.0"].every((name) => builder.weights.has(`${name}.weight`)))
      throw new EngineError("weights_do_not_fit");
    this.kernels = builder.layers.kernels;
    this.unet = new ResidualUNet(builder, "relu");
    /** A side is a multiple of it. */
    this.step = 2 ** (this.unet.down.length + 1);
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
      const logits = this.unet.logits(this.#padded(standardised(photo)));
      const pixels = new Float32Array(width * height);
      for (let y = 0; y < height; y++) {
        const row = logits.place + y * logits.width;
        for (let x = 0; x < width; x++) pixels[y * width + x] = 1 / (1 + Math.exp(-kernels.floats[row + x]));
      }
      return { width, height, pixels };
    } finally {
      kernels.release(mark);
    }
  }

  /** A photo whose sides are filled up with their last pixels. @param {Grey} photo @returns {import("../layers.js").Picture} */
  #padded(photo) {
    const { step, kernels } = this;
    const [width, height] = [photo.width, photo.height].map((side) => Math.ceil(side / step) * step);
    const place = kernels.take(width * height);
    for (let y = 0; y < height; y++) {
      const from = Math.min(y, photo.height - 1) * photo.width,
        row = photo.pixels.subarray(from, from + photo.width),
        to = place + y * width;
      kernels.floats.set(row, to);
      kernels.floats.fill(row[row.length - 1], to + row.length, to + width);
    }
    return { place, height, width, channels: 1 };
  }
}

/** Grey levels with median 0 and standard deviation 1. @param {Grey} photo @returns {Grey} */
function standardised({ width, height, pixels }) {
  const median = selected(pixels.slice(), (pixels.length - 1) >> 1);
  let sum = 0,
    squares = 0;
  for (const value of pixels) sum += value;
  const mean = sum / pixels.length;
  for (const value of pixels) squares += (value - mean) ** 2;
  const spread = Math.max(LEAST_SPREAD, Math.sqrt(squares / pixels.length));
  return { width, height, pixels: pixels.map((value) => (value - median) / spread) };
}
