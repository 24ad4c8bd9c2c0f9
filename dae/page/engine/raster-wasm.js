/** What raster.c does for raster.js, paper.js and photo/grey.js: each as the function there that has its name. */

import { WasmHeap } from "./kernels.js";

/** @typedef {import("./raster.js").Grey} Grey */

/**
 * @typedef {object} Exports of raster.wasm; places are in bytes there
 * @property {WebAssembly.Memory} memory
 * @property {WebAssembly.Global} __heap_base
 * @property {(pixels: number, width: number, height: number, out: number, outWidth: number, firsts: number,
 *   counts: number, weights: number, most: number) => void} resampleRows
 * @property {(pixels: number, width: number, height: number, out: number, places: number, row: number,
 *   weights: number, radius: number) => void} blurRows
 * @property {(mask: number, width: number, height: number, columns: number, out: number) => void} distances
 * @property {(from: number, out: number, lines: number, line: number, step: number, length: number,
 *   radius: number, back: number, forth: number, blocks: number) => void} largestAlong
 * @property {(mask: number, labels: number, open: number, size: number, width: number) => number} label
 * @property {(rgba: number, pixels: number, counts: number, size: number) => void} lightnessOf
 * @property {(pixels: number, levels: number, counts: number, size: number) => void} levelsOf
 * @property {(pixels: number, levels: number, isNear: number, size: number, width: number, leastContrast: number,
 *   faintest: number, speck: number, ink: number, mask: number, labels: number, open: number,
 *   weights: number) => number} inkOn
 */

/** @extends {WasmHeap<Exports>} */
export class WasmRaster extends WasmHeap {
  /**
   * Places for values of some kinds, filled with those that are given, and given back when the work is done.
   * @template Result
   * @param {(ArrayLike<number> | number)[]} kinds an array is put there; a number is bytes of room
   * @param {(places: number[], read: <Of>(Kind: { new (buffer: ArrayBuffer, at: number, count: number): Of & { slice(): Of } }, place: number, count: number) => Of) => Result} work
   * @returns {Result}
   */
  #with(kinds, work) {
    const mark = this.mark;
    try {
      const bytes = kinds.map((kind) =>
        typeof kind === "number" ? kind : /** @type {any} */ (kind).byteLength,
      );
      const places = bytes.map((size) => this.take(Math.ceil(size / 4)));
      const { buffer } = this.exports.memory; // no sooner: it may have grown
      const ats = places.map((place) => this.at(place));
      kinds.forEach((kind, i) => {
        if (typeof kind === "number") return;
        const Kind = /** @type {any} */ (kind).constructor;
        new Kind(buffer, ats[i], kind.length).set(kind);
      });
      return work(ats, (Kind, at, count) => new Kind(/** @type {ArrayBuffer} */ (buffer), at, count).slice());
    } finally {
      this.release(mark);
    }
  }

  /**
   * @param {Grey} picture @param {number} outWidth @param {Int32Array} firsts @param {Float64Array[]} weights
   * @returns {Float32Array}
   */
  resampleRows({ width, height, pixels }, outWidth, firsts, weights) {
    const counts = Int32Array.from(weights, ({ length }) => length),
      most = Math.max(...counts),
      all = new Float64Array(most * outWidth),
      size = outWidth * height;
    for (const [x, own] of weights.entries()) all.set(own, x * most);
    return this.#with([pixels, firsts, counts, all, 4 * size], ([from, first, count, weight, out], read) => {
      this.exports.resampleRows(from, width, height, out, outWidth, first, count, weight, most);
      return read(Float32Array, out, size);
    });
  }

  /** @param {Grey} picture @param {Int32Array} places @param {Float64Array} half weights from the middle on @returns {Float32Array} */
  blurRows({ width, height, pixels }, places, half) {
    const kinds = [pixels, places, half, 8 * places.length, 4 * pixels.length];
    return this.#with(kinds, ([from, place, weight, row, out], read) => {
      this.exports.blurRows(from, width, height, out, place, row, weight, half.length - 1);
      return read(Float32Array, out, pixels.length);
    });
  }

  /** @param {Uint8Array} mask @param {number} width @param {number} height @returns {Float64Array} */
  distances(mask, width, height) {
    return this.#with([mask, 8 * mask.length, 8 * mask.length], ([from, columns, out], read) => {
      this.exports.distances(from, width, height, columns, out);
      return read(Float64Array, out, mask.length);
    });
  }

  /** @param {Float64Array} values @param {number} width @param {number} height @param {number} radius @returns {Float64Array} */
  largestAround(values, width, height, radius) {
    const window = 2 * radius + 1,
      blocks = Math.ceil((Math.max(width, height) + 2 * radius) / window) * window;
    const kinds = [values, values.byteLength, 8 * blocks, 8 * blocks];
    return this.#with(kinds, ([from, between, back, forth], read) => {
      this.exports.largestAlong(from, between, height, width, 1, width, radius, back, forth, blocks);
      this.exports.largestAlong(between, from, width, 1, width, height, radius, back, forth, blocks);
      return read(Float64Array, from, values.length);
    });
  }

  /** @param {Uint8Array} mask @param {number} width @returns {{ labels: Int32Array, count: number }} */
  label(mask, width) {
    return this.#with([mask, 4 * mask.length, 4 * mask.length], ([from, labels, open], read) => {
      const count = this.exports.label(from, labels, open, mask.length, width);
      return { labels: read(Int32Array, labels, mask.length), count };
    });
  }

  /**
   * @param {Grey} picture
   * @param {(levels: Uint8Array, counts: Uint32Array) => Uint8Array} paperOf
   * @param {{ leastContrast: number, faintest: number, speck: number }} rules
   * @returns {Float32Array | null}
   */
  inkOn({ width, pixels }, paperOf, { leastContrast, faintest, speck }) {
    const size = pixels.length,
      kinds = [pixels, size, 4 * 256, 256, 4 * size, size, 4 * size, 4 * size, 8 * (size + 1)];
    return this.#with(kinds, ([from, levels, counts, near, ink, mask, labels, open, weights], read) => {
      this.exports.levelsOf(from, levels, counts, size);
      const isNear = paperOf(read(Uint8Array, levels, size), read(Uint32Array, counts, 256));
      new Uint8Array(this.exports.memory.buffer, near, 256).set(isNear);
      const rules = /** @type {const} */ ([leastContrast, faintest, speck]);
      const isInk = this.exports.inkOn(
        from,
        levels,
        near,
        size,
        width,
        ...rules,
        ink,
        mask,
        labels,
        open,
        weights,
      );
      return isInk ? read(Float32Array, ink, size) : null;
    });
  }

  /** @param {Uint8ClampedArray} rgba opaque @returns {{ pixels: Float32Array, counts: Uint32Array }} */
  lightnessOf(rgba) {
    const size = rgba.length / 4;
    return this.#with([rgba, 4 * size, 4 * 4 * 256], ([from, out, counts], read) => {
      this.exports.lightnessOf(from, out, counts, size);
      return { pixels: read(Float32Array, out, size), counts: read(Uint32Array, counts, 4 * 256) };
    });
  }
}

/**
 * @param {(name: string) => Promise<ArrayBuffer | null>} load reads a module from here
 * @returns {Promise<WasmRaster | null>} null where there is no such file; rejects where there is no WebAssembly
 */
export async function loadRaster(load) {
  const file = await load("raster.wasm");
  return file && new WasmRaster(await WebAssembly.compile(file));
}
