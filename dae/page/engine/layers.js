/** A network's layers over the kernels' heap. Pictures are channels-last there; places are numbers of floats. */

import { FUSED, WasmKernels } from "./kernels.js";

/**
 * @typedef {import("./kernels.js").Kernels} Kernels
 * @typedef {import("./config.js").Activation} Activation
 * @typedef {{ weight: number, bias: number, inputs: number, outputs: number, kernel: number, isWinograd?: boolean }} Layer
 *   `inputs` are those of one row of the product; isWinograd: its weights are prepared for Winograd's products
 * @typedef {{ place: number, height: number, width: number, channels: number, count?: number }} Picture
 *   count: where they are several, one below the other, of height / count rows each
 */

/** @param {number} x */
const sigmoid = (x) => 1 / (1 + Math.exp(-x));

/** @param {number} x the error function within 1.5e-7 (Abramowitz and Stegun, 7.1.26) */
function erf(x) {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const sum =
    t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.sign(x) * (1 - sum * Math.exp(-x * x));
}

/** The activations that the product does not apply. @type {Record<string, (x: number) => number>} */
const CURVED = { sigmoid, tanh: Math.tanh, gelu: (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2)) };

/** What the kernels apply of an activation: nothing of a curved one. @param {Activation} name @returns {number} its place in `FUSED` */
const fusedOf = (name) => Math.max(0, FUSED.indexOf(name));

/** Where a pixel is once it is one of four channels. @param {number} y @param {number} x @param {number} width of the packed picture */
const packedPlace = (y, x, width) => (((y >> 1) * width + (x >> 1)) << 2) + ((y & 1) << 1) + (x & 1);

/** Operations of one network on its heap. */
export class Layers {
  /** @param {Kernels} kernels */
  constructor(kernels) {
    this.kernels = kernels;
  }

  /** @param {Float32Array} values @returns {number} their place */
  store(values) {
    const place = this.kernels.take(values.length);
    this.kernels.floats.set(values, place);
    return place;
  }

  /**
   * Apply an activation in place.
   * @param {Activation} name
   * @param {number} place
   * @param {number} count
   */
  activate(name, place, count) {
    const { floats } = this.kernels,
      end = place + count;
    if (name in CURVED) {
      const curve = CURVED[name];
      for (let i = place; i < end; i++) floats[i] = curve(floats[i]);
    } else if (name !== "identity") {
      const slope = name === "relu" ? 0 : 0.01;
      for (let i = place; i < end; i++) if (floats[i] < 0) floats[i] *= slope;
    }
  }

  /**
   * Rows times a layer's weights.
   * @param {number} rows place of `count` rows
   * @param {number} count
   * @param {Layer} layer
   * @param {Activation} [activation]
   * @returns {number} place of `count` rows of `layer.outputs`
   */
  linear(rows, count, layer, activation = "identity") {
    const out = this.kernels.take(count * layer.outputs);
    this.#product(rows, count, layer, out, layer.outputs, activation);
    this.#curve(activation, out, count * layer.outputs);
    return out;
  }

  /**
   * @param {number} rows
   * @param {number} count
   * @param {Layer} layer
   * @param {number} out
   * @param {number} stride
   * @param {Activation} activation
   */
  #product(rows, count, { weight, bias, inputs, outputs }, out, stride, activation) {
    this.kernels.product(rows, weight, bias, out, count, inputs, outputs, stride, fusedOf(activation));
  }

  /** @param {Activation} activation @param {number} place @param {number} count */
  #curve(activation, place, count) {
    if (!FUSED.includes(activation)) this.activate(activation, place, count);
  }

  /**
   * A convolution.
   * @param {Picture} picture
   * @param {Layer} layer
   * @param {object} [options]
   * @param {number} [options.stride]
   * @param {number} [options.padding]
   * @param {Activation} [options.before] of the picture, which stays as it is
   * @param {Activation} [options.activation] of the results; none with `onto`
   * @param {Picture} [options.onto] what the results are added to, in place, instead of making a new picture
   * @returns {Picture}
   */
  convolve(picture, layer, options = {}) {
    const { stride = 1, padding = 0, before = "identity", activation = "identity", onto } = options;
    const { kernels } = this,
      { kernel, outputs } = layer,
      { count = 1, channels } = picture,
      rowsEach = picture.height / count;
    const [heightEach, width] = [rowsEach, picture.width].map(
      (side) => Math.floor((side + 2 * padding - kernel) / stride) + 1,
    );
    const height = count * heightEach,
      size = height * width * outputs,
      out = onto?.place ?? kernels.take(size),
      mark = kernels.mark;
    if (layer.isWinograd && kernels instanceof WasmKernels) {
      const from = FUSED.includes(before) ? picture : this.#activated(picture, before);
      const fused = { before: fusedOf(before), after: fusedOf(activation) };
      kernels.winograd({ ...from, height: rowsEach }, layer, out, { count, ...fused, adds: Boolean(onto) });
    } else {
      const from = this.#activated(picture, before);
      let rows = from.place;
      if (kernel > 1) {
        rows = kernels.take(height * width * layer.inputs);
        const window = {
          kernel,
          stride,
          top: padding,
          left: padding,
          outHeight: heightEach,
          outWidth: width,
        };
        for (let i = 0; i < count; i++)
          kernels.patches(
            from.place + i * rowsEach * picture.width * channels,
            rows + i * heightEach * width * layer.inputs,
            { ...picture, height: rowsEach, ...window },
          );
      }
      const to = onto ? kernels.take(size) : out;
      this.#product(rows, height * width, layer, to, outputs, activation);
      if (onto) this.add(out, to, size);
    }
    kernels.release(mark);
    this.#curve(activation, out, size);
    return { place: out, height, width, channels: outputs, count };
  }

  /** @param {Picture} picture @param {Activation} activation @returns {Picture} another, unless nothing changes */
  #activated(picture, activation) {
    if (activation === "identity") return picture;
    const count = picture.height * picture.width * picture.channels,
      place = this.copy(picture.place, count);
    this.activate(activation, place, count);
    return { ...picture, place };
  }

  /**
   * A transposed convolution of stride 2 that doubles the sides: kernel 2 without padding, or kernel 4 with padding 1.
   *
   * Each of the four pictures of every second row and column of the result is a convolution with a quarter of the kernel.
   * @param {Picture} picture several only with kernel 2
   * @param {Layer[]} quarters as made by builder.js, over rows and columns
   * @param {Activation} [activation]
   * @param {number} [room] channels of each pixel of the result; those after the layer's own are left as they are
   * @returns {Picture}
   */
  expand(picture, quarters, activation = "identity", room = quarters[0].outputs) {
    const { kernels } = this,
      { kernel, inputs } = quarters[0],
      { place, height, width } = picture;
    const out = kernels.take(4 * height * width * room);
    const mark = kernels.mark;
    quarters.forEach((quarter, i) => {
      const oddRow = i >> 1,
        oddColumn = i & 1;
      let rows = place;
      if (kernel > 1) {
        kernels.release(mark);
        rows = kernels.take(height * width * inputs);
        const window = { kernel, stride: 1, top: 1 - oddRow, left: 1 - oddColumn };
        kernels.patches(place, rows, { ...picture, ...window, outHeight: height, outWidth: width });
      }
      for (let y = 0; y < height; y++) {
        const to = out + ((2 * y + oddRow) * 2 * width + oddColumn) * room;
        this.#product(rows + y * width * inputs, width, quarter, to, 2 * room, activation);
      }
    });
    kernels.release(mark);
    this.#curve(activation, out, 4 * height * width * room);
    return { place: out, height: 2 * height, width: 2 * width, channels: room, count: picture.count };
  }

  /**
   * Bilinear interpolation to a square of another side (torch's, corners not aligned).
   * @param {Picture} picture
   * @param {number} side
   * @returns {Picture}
   */
  resize({ place, height, width, channels }, side) {
    const out = this.kernels.take(side * side * channels);
    const { floats } = this.kernels;
    const [rows, columns] = [height, width].map((before) =>
      Array.from({ length: side }, (_, i) => {
        const from = Math.max(0, ((i + 0.5) * before) / side - 0.5),
          first = Math.floor(from);
        return { first, second: Math.min(first + 1, before - 1), share: from - first };
      }),
    );
    let to = out;
    for (const row of rows) {
      for (const column of columns) {
        const p00 = place + (row.first * width + column.first) * channels;
        const p01 = place + (row.first * width + column.second) * channels;
        const p10 = place + (row.second * width + column.first) * channels;
        const p11 = place + (row.second * width + column.second) * channels;
        const down = row.share,
          right = column.share;
        for (let c = 0; c < channels; c++) {
          const above = floats[p00 + c] * (1 - right) + floats[p01 + c] * right;
          const below = floats[p10 + c] * (1 - right) + floats[p11 + c] * right;
          floats[to++] = above * (1 - down) + below * down;
        }
      }
    }
    return { place: out, height: side, width: side, channels };
  }

  /**
   * The mean of each channel.
   * @param {Picture} picture
   * @returns {number} place of one row
   */
  mean({ place, height, width, channels }) {
    const out = this.kernels.take(channels),
      area = height * width;
    const { floats } = this.kernels;
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let i = 0; i < area; i++) sum += floats[place + i * channels + c];
      floats[out + c] = sum / area;
    }
    return out;
  }

  /**
   * The largest value of each 2x2 pixels; a last odd row and column are left out.
   * @param {Picture} picture
   * @returns {Picture}
   */
  halve({ place, height, width, channels }) {
    const [high, wide] = [height >> 1, width >> 1],
      out = this.kernels.take(high * wide * channels);
    const { floats } = this.kernels;
    let to = out;
    for (let y = 0; y < high; y++) {
      for (let x = 0; x < wide; x++) {
        for (let c = 0; c < channels; c++) {
          const from = place + (2 * y * width + 2 * x) * channels + c,
            below = from + width * channels;
          floats[to++] = Math.max(
            floats[from],
            floats[from + channels],
            floats[below],
            floats[below + channels],
          );
        }
      }
    }
    return { place: out, height: high, width: wide, channels };
  }

  /**
   * 2x2 pixels to one of four channels, as torch's pixel_unshuffle.
   * @param {Picture} picture of one channel and even sides
   * @returns {Picture}
   */
  pack({ place, height, width, count }) {
    const out = this.kernels.take(height * width),
      packed = { place: out, height: height >> 1, width: width >> 1, channels: 4, count };
    const { floats } = this.kernels;
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        floats[out + packedPlace(y, x, packed.width)] = floats[place + y * width + x];
    return packed;
  }

  /**
   * The four channels of each pixel to 2x2 pixels, as torch's pixel_shuffle.
   * @param {Picture} picture
   * @returns {Picture}
   */
  unpack(picture) {
    const { place, height, width } = picture,
      out = this.kernels.take(4 * height * width);
    const { floats } = this.kernels;
    for (let y = 0, to = out; y < 2 * height; y++)
      for (let x = 0; x < 2 * width; x++) floats[to++] = floats[place + packedPlace(y, x, width)];
    return { place: out, height: 2 * height, width: 2 * width, channels: 1, count: picture.count };
  }

  /**
   * Put a picture's channels after those that another has already.
   * @param {Picture} joined with room for them at the end of each pixel; changed in place
   * @param {Picture} picture
   */
  join(joined, { place, height, width, channels }) {
    const { floats } = this.kernels,
      after = joined.channels - channels;
    for (let i = 0; i < height * width; i++) {
      floats.copyWithin(
        joined.place + i * joined.channels + after,
        place + i * channels,
        place + (i + 1) * channels,
      );
    }
  }

  /**
   * The values channel by channel, as torch flattens a picture.
   * @param {Picture} picture
   * @returns {number} their place
   */
  channelsFirst({ place, height, width, channels }) {
    const area = height * width,
      out = this.kernels.take(area * channels);
    const { floats } = this.kernels;
    for (let c = 0; c < channels; c++) {
      for (let i = 0; i < area; i++) floats[out + c * area + i] = floats[place + i * channels + c];
    }
    return out;
  }

  /**
   * a += b
   * @param {number} a
   * @param {number} b
   * @param {number} count
   */
  add(a, b, count) {
    const { floats } = this.kernels;
    for (let i = 0; i < count; i++) floats[a + i] += floats[b + i];
  }

  /** @param {number} place @param {number} count @returns {number} the place of a copy */
  copy(place, count) {
    const out = this.kernels.take(count);
    this.kernels.floats.copyWithin(out, place, place + count);
    return out;
  }
}
