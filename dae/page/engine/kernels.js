/**
 * The two operations that take nearly all of a network's time, over a heap of floats: a matrix product and the patches
 * that make a convolution one. In WebAssembly with 128-bit SIMD (kernels.c), or here in plain JavaScript.
 *
 * Each network has a heap of its own, so that its memory goes when it goes. Places in the heap are numbers of floats.
 * Pictures in it are channels-last: rows, columns, channels.
 */

/** What `product` applies to each value, fused because it is cheap: by its place in this list. */
export const FUSED = ["identity", "relu", "leaky_relu"];
const SLOPE = 0.01; // torch's of leaky_relu
const PAGE = 65536; // bytes that WebAssembly's memory grows by
const PANEL = 16; // outputs whose weights kernels.c packs together

/**
 * @typedef {object} Patches how a convolution looks at a picture
 * @property {number} height
 * @property {number} width
 * @property {number} channels
 * @property {number} kernel side of its window
 * @property {number} stride
 * @property {number} top rows of zeros above the picture, and columns of zeros left of it
 * @property {number} left
 * @property {number} outHeight
 * @property {number} outWidth
 */

/** A heap of floats with a stack on it. */
export class Heap {
  #top = 0;

  /** The floats. Ask anew after `take`: the heap may have moved. @returns {Float32Array} */
  get floats() {
    throw new Error("a kind of heap says where its floats are");
  }

  /** @param {number} _count floats that there must be */
  grow(_count) {}

  /** Room for some floats, until released. @param {number} count @returns {number} their place */
  take(count) {
    const place = this.#top;
    this.#top = place + ((count + 3) & ~3);
    if (this.#top > this.floats.length) this.grow(this.#top);
    return place;
  }

  /** Where the stack stands. */
  get mark() {
    return this.#top;
  }

  /** Give back all that was taken since. @param {number} mark */
  release(mark) {
    this.#top = mark;
  }
}

/** A heap in JavaScript. */
export class ScriptHeap extends Heap {
  #floats = new Float32Array(0);

  get floats() {
    return this.#floats;
  }

  /** @param {number} count */
  grow(count) {
    const larger = new Float32Array(count);
    larger.set(this.#floats);
    this.#floats = larger;
  }
}

/** The kernels in plain JavaScript. */
export class ScriptKernels extends ScriptHeap {
  /** How many floats weights are once they are packed. @param {number} width @param {number} outputs @returns {number} */
  packedSize(width, outputs) {
    return width * outputs;
  }

  /**
   * Weights in the order in which `product` meets them.
   * @param {number} weight place of `outputs` rows of `width` floats
   * @param {number} to place for `packedSize` floats
   * @param {number} width
   * @param {number} outputs
   */
  pack(weight, to, width, outputs) {
    this.floats.copyWithin(to, weight, weight + width * outputs);
  }

  /**
   * What has been packed.
   * @param {number} packed
   * @param {number} width
   * @param {number} outputs the first ones
   * @returns {Float32Array} `outputs` rows of `width` floats
   */
  unpack(packed, width, outputs) {
    return this.floats.slice(packed, packed + width * outputs);
  }

  /**
   * out[m][n] = activation(bias[n] + sum over k of rows[m][k] weight[n][k])
   *
   * @param {number} rows place of `count` rows of `width` floats
   * @param {number} weight place of the packed weights; those of more outputs may be there
   * @param {number} bias place of `outputs` floats
   * @param {number} out place of the results
   * @param {number} count
   * @param {number} width
   * @param {number} outputs
   * @param {number} stride floats from one row of results to the next
   * @param {number} fused place in `FUSED`
   */
  product(rows, weight, bias, out, count, width, outputs, stride, fused) {
    const floats = this.floats;
    const slope = fused === 0 ? 1 : fused === 1 ? 0 : SLOPE;
    for (let m = 0; m < count; m++) {
      const row = rows + m * width,
        to = out + m * stride;
      let n = 0;
      for (; n + 4 <= outputs; n += 4) {
        const w0 = weight + n * width,
          w1 = w0 + width,
          w2 = w1 + width,
          w3 = w2 + width;
        let s0 = floats[bias + n],
          s1 = floats[bias + n + 1],
          s2 = floats[bias + n + 2],
          s3 = floats[bias + n + 3];
        for (let k = 0; k < width; k++) {
          const value = floats[row + k];
          s0 += value * floats[w0 + k];
          s1 += value * floats[w1 + k];
          s2 += value * floats[w2 + k];
          s3 += value * floats[w3 + k];
        }
        floats[to + n] = s0 > 0 ? s0 : slope * s0;
        floats[to + n + 1] = s1 > 0 ? s1 : slope * s1;
        floats[to + n + 2] = s2 > 0 ? s2 : slope * s2;
        floats[to + n + 3] = s3 > 0 ? s3 : slope * s3;
      }
      for (; n < outputs; n++) {
        let sum = floats[bias + n];
        for (let k = 0; k < width; k++) sum += floats[row + k] * floats[weight + n * width + k];
        floats[to + n] = sum > 0 ? sum : slope * sum;
      }
    }
  }

  /**
   * A picture's patches, one row for each place of the window: its rows, columns and channels.
   * @param {number} picture
   * @param {number} out place of outHeight * outWidth rows of kernel * kernel * channels floats
   * @param {Patches} shape
   */
  patches(picture, out, { height, width, channels, kernel, stride, top, left, outHeight, outWidth }) {
    const floats = this.floats,
      line = kernel * channels;
    for (let y = 0; y < outHeight; y++) {
      for (let x = 0; x < outWidth; x++) {
        const from = x * stride - left; // the window's first column; those outside of the picture are zeros
        const first = Math.max(0, -from),
          last = Math.min(kernel, width - from);
        for (let i = 0; i < kernel; i++) {
          const row = y * stride - top + i;
          if (row < 0 || row >= height || first >= last) {
            floats.fill(0, out, out + line);
          } else {
            floats.fill(0, out, out + first * channels);
            const start = picture + (row * width + from + first) * channels;
            floats.copyWithin(out + first * channels, start, start + (last - first) * channels);
            floats.fill(0, out + last * channels, out + line);
          }
          out += line;
        }
      }
    }
  }
}

/**
 * @typedef {object} Exports of a module of kernels.c; places are in bytes there
 * @property {WebAssembly.Memory} memory
 * @property {WebAssembly.Global} __heap_base where the heap may begin
 * @property {(rows: number, weight: number, bias: number, out: number, count: number, width: number,
 *   outputs: number, stride: number, fused: number) => void} product
 * @property {(weight: number, to: number, width: number, outputs: number) => void} pack
 * @property {(width: number, outputs: number) => number} packedSize floats that `pack` makes
 * @property {(picture: number, out: number, height: number, width: number, channels: number, kernel: number,
 *   stride: number, top: number, left: number, outHeight: number, outWidth: number) => void} patches
 * @property {(picture: number, weight: number, bias: number, out: number, space: number, count: number,
 *   height: number, width: number, channels: number, outputs: number, before: number, after: number, adds: number) => void} winograd
 * @property {(count: number, height: number, width: number, channels: number, outputs: number) => number} winogradSpace
 *   floats that `winograd` needs besides
 * @property {(weight: number, to: number, channels: number, outputs: number) => void} prepare
 * @property {(channels: number, outputs: number) => number} preparedSize floats that `prepare` makes
 */

/**
 * A heap that is the memory of a WebAssembly module.
 * @template {Pick<Exports, "memory" | "__heap_base">} [Of=Exports]
 */
export class WasmHeap extends Heap {
  /** @type {Float32Array} */
  #floats;
  #start;

  /** @param {WebAssembly.Module} module */
  constructor(module) {
    super();
    const { exports } = new WebAssembly.Instance(module);
    /** What the module does. */
    this.exports = /** @type {Of} */ (/** @type {unknown} */ (exports));
    this.#start = (this.exports.__heap_base.value + 15) & ~15;
    this.#floats = new Float32Array(this.exports.memory.buffer, this.#start);
  }

  get floats() {
    return this.#floats;
  }

  /** @param {number} count */
  grow(count) {
    const { memory } = this.exports,
      missing = this.#start + 4 * count - memory.buffer.byteLength;
    memory.grow(Math.ceil(missing / PAGE));
    this.#floats = new Float32Array(memory.buffer, this.#start);
  }

  /** A place as the module counts: in bytes. @param {number} place */
  at(place) {
    return this.#start + 4 * place;
  }
}

/** The kernels in WebAssembly. @extends {WasmHeap<Exports>} */
export class WasmKernels extends WasmHeap {
  /** @type {ScriptKernels["packedSize"]} */
  packedSize(width, outputs) {
    return this.exports.packedSize(width, outputs);
  }

  /** @type {ScriptKernels["pack"]} */
  pack(weight, to, width, outputs) {
    this.exports.pack(this.at(weight), this.at(to), width, outputs);
  }

  /** @type {ScriptKernels["unpack"]} */
  unpack(packed, width, outputs) {
    const { floats } = this,
      rows = new Float32Array(width * outputs);
    for (let n = 0; n < outputs; n++) {
      const from = packed + (n - (n % PANEL)) * width + (n % PANEL);
      for (let k = 0; k < width; k++) rows[n * width + k] = floats[from + k * PANEL];
    }
    return rows;
  }

  /** @type {ScriptKernels["product"]} */
  product(rows, weight, bias, out, count, width, outputs, stride, fused) {
    const [a, w, b, to] = [rows, weight, bias, out].map((place) => this.at(place));
    this.exports.product(a, w, b, to, count, width, outputs, stride, fused);
  }

  /** @type {ScriptKernels["patches"]} */
  patches(picture, out, { height, width, channels, kernel, stride, top, left, outHeight, outWidth }) {
    const from = this.at(picture),
      to = this.at(out);
    this.exports.patches(from, to, height, width, channels, kernel, stride, top, left, outHeight, outWidth);
  }

  /** How many floats `prepare` makes. @param {number} channels @param {number} outputs */
  preparedSize(channels, outputs) {
    return this.exports.preparedSize(channels, outputs);
  }

  /**
   * The weights of a 3x3 convolution for `winograd`.
   * @param {number} weight place of (outputs, channels, 3, 3), both multiples of 4
   * @param {number} to place for `preparedSize` floats
   * @param {number} channels
   * @param {number} outputs
   */
  prepare(weight, to, channels, outputs) {
    this.exports.prepare(this.at(weight), this.at(to), channels, outputs);
  }

  /**
   * A 3x3 convolution of stride 1 and padding 1 by Winograd's products: out[pixel][n] as `product` of its patches.
   * @param {{ place: number, height: number, width: number, channels: number }} picture the first one
   * @param {{ weight: number, bias: number, outputs: number }} layer weight: place of what `prepare` makes
   * @param {number} out place of height * width pixels of `outputs`
   * @param {{ count: number, before: number, after: number, adds: boolean }} options count: of pictures, one after the
   *   other; before and after: places in `FUSED` of the activation of the pictures, and of the results; adds: whether the
   *   results are added to what is there
   */
  winograd({ place, height, width, channels }, { weight, bias, outputs }, out, options) {
    const { count, before, after, adds } = options,
      mark = this.mark,
      space = this.take(this.exports.winogradSpace(count, height, width, channels, outputs));
    const [from, w, b, to, room] = [place, weight, bias, out, space].map((each) => this.at(each));
    this.exports.winograd(
      from,
      w,
      b,
      to,
      room,
      count,
      height,
      width,
      channels,
      outputs,
      before,
      after,
      Number(adds),
    );
    this.release(mark);
  }
}

/** @typedef {ScriptKernels | WasmKernels} Kernels */

/** A module of one function, f32x4.relaxed_madd of what it is given: valid where there is relaxed SIMD. */
const RELAXED = [
  ...[0, 97, 115, 109, 1, 0, 0, 0], // WebAssembly 1
  ...[1, 6, 1, 96, 1, 123, 1, 123], // a type: vector to vector
  ...[3, 2, 1, 0], // a function of it
  ...[10, 13, 1, 11, 0, 32, 0, 32, 0, 32, 0, 253, 133, 2, 11], // its code
];

/**
 * What makes heaps of a kind: in WebAssembly where it can be had, with relaxed SIMD (multiplications and additions in one)
 * where there is some; in JavaScript where there is no WebAssembly, no SIMD or no file.
 * @template {Heap} Script
 * @template {Heap} Wasm
 * @param {(name: string) => Promise<ArrayBuffer | null>} load reads a module that build.sh has made
 * @param {new () => Script} InScript
 * @param {new (module: WebAssembly.Module) => Wasm} InWasm
 * @returns {Promise<() => Script | Wasm>}
 */
export async function loadHeaps(load, InScript, InWasm) {
  try {
    const isRelaxed = WebAssembly.validate(new Uint8Array(RELAXED));
    const file = await load(isRelaxed ? "relaxed.wasm" : "kernels.wasm");
    if (file) {
      const module = await WebAssembly.compile(file);
      return () => new InWasm(module);
    }
  } catch (error) {
    console.warn("The engine computes in plain JavaScript:", error);
  }
  return () => new InScript();
}

/** What makes a network its kernels. @param {(name: string) => Promise<ArrayBuffer | null>} load reads a module from here */
export const loadKernels = (load) => loadHeaps(load, ScriptKernels, WasmKernels);
