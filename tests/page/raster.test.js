import assert from "node:assert/strict";
import { test } from "node:test";
import { inkOf, medianOf, selected } from "../../dae/page/engine/paper.js";
import { greyLevels } from "../../dae/page/engine/photo/grey.js";
import {
  accelerate,
  BICUBIC,
  blur,
  dilated,
  distances,
  HAMMING,
  label,
  largestAround,
  resize,
  roundToEven,
} from "../../dae/page/engine/raster.js";
import { loadRaster } from "../../dae/page/engine/raster-wasm.js";
import { Generator } from "../../dae/page/engine/rng.js";
import { bytes } from "./fixtures.js";

const wasm = await loadRaster(async (name) =>
  bytes(new URL(`../../dae/page/engine/${name}`, import.meta.url)),
);
assert.ok(wasm);

/** In JavaScript and in WebAssembly. @param {string} name @param {() => void} check */
function testBoth(name, check) {
  test(name, check);
  test(`${name}, in WebAssembly`, () => {
    accelerate(wasm);
    try {
      check();
    } finally {
      accelerate(null);
    }
  });
}

/** Numbers of few kinds, so that many are equal. @param {number} count @param {number} kinds @param {number} seed */
function some(count, kinds, seed) {
  const generator = new Generator(seed);
  return Float32Array.from(generator.rand(count), (value) => Math.floor(kinds * value));
}

test("halves are rounded to the even neighbour", () => {
  const wanted = { 0.5: 0, 1.5: 2, 2.5: 2, "-0.5": 0, "-1.5": -2, 3.49: 3, 3.51: 4, 0.49999999999999994: 0 };
  for (const [value, nearest] of Object.entries(wanted))
    assert.equal(roundToEven(Number(value)) + 0, nearest);
});

test("a value is selected as if all were sorted, and so is the median", () => {
  for (let seed = 0; seed < 60; seed++) {
    const values = some(1 + seed * 3, 1 + (seed % 7) * 40, seed),
      sorted = values.slice().sort();
    for (const place of new Set([0, values.length >> 1, values.length - 1]))
      assert.equal(selected(values.slice(), place), sorted[place]);
    const half = sorted.length >> 1;
    const middle = sorted.length % 2 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    assert.equal(medianOf(values), middle);
  }
});

/** The places around one, over corners too. @param {number} place @param {number} width @param {number} height @param {number} radius */
function* around(place, width, height, radius) {
  const [x, y] = [place % width, Math.floor(place / width)];
  for (let row = Math.max(0, y - radius); row <= Math.min(height - 1, y + radius); row++)
    for (let column = Math.max(0, x - radius); column <= Math.min(width - 1, x + radius); column++)
      yield row * width + column;
}

testBoth("the largest around each pixel is that of its square", () => {
  for (const [width, height, radius] of [
    [1, 1, 0],
    [7, 5, 0],
    [7, 5, 1],
    [31, 17, 3],
    [12, 40, 9],
    [5, 6, 20],
  ]) {
    const values = Float64Array.from(some(width * height, 1000, radius), (value) => value - 500);
    const found = largestAround(values, width, height, radius);
    values.forEach((_, place) => {
      const near = [...around(place, width, height, radius)].map((each) => values[each]);
      assert.equal(found[place], Math.max(...near));
    });
  }
});

testBoth("neighbours over corners have one number, and others have another", () => {
  for (let seed = 0; seed < 20; seed++) {
    const [width, height] = [3 + seed, 9];
    const mask = Uint8Array.from(some(width * height, 3, seed), (value) => Number(value === 0));
    const { labels, count } = label(mask, width);
    assert.equal(new Set(labels.filter(Boolean)).size, count);
    // The numbers follow the first pixels; whoever are neighbours have the same; no number has two parts.
    const seen = new Set();
    labels.forEach((part, place) => {
      assert.equal(part > 0, mask[place] === 1);
      if (!part) return;
      for (const near of around(place, width, height, 1)) if (mask[near]) assert.equal(labels[near], part);
      if (!seen.has(part)) assert.equal(part, seen.size + 1);
      seen.add(part);
    });
    for (let part = 1; part <= count; part++) {
      const all = new Set([...labels.keys()].filter((place) => labels[place] === part));
      const reached = new Set([[...all][0]]);
      for (const place of reached)
        for (const near of around(place, width, height, 1)) if (all.has(near)) reached.add(near);
      assert.equal(reached.size, all.size);
    }
  }
});

test("a mask grows by the neighbours beside it, so many times, and not around the edges", () => {
  const [width, height] = [6, 5];
  const mask = new Uint8Array(width * height);
  mask[0] = mask[width * 3 - 1] = 1; // corner, and the end of a row
  const found = dilated(mask, width, 2);
  const wanted = Uint8Array.from(mask, (_, place) => {
    const [x, y] = [place % width, Math.floor(place / width)];
    return Number(x + y <= 2 || Math.abs(x - (width - 1)) + Math.abs(y - 2) <= 2);
  });
  assert.deepEqual(found, wanted);
});

test("WebAssembly gives what JavaScript gives, to the last bit, whatever the size", () => {
  for (let seed = 0; seed < 12; seed++) {
    const [width, height] = [1 + 17 * seed, 130 - 11 * seed];
    const generator = new Generator(seed);
    const pixels = Float32Array.from(generator.rand(width * height), (value) => (value > 0.3 ? value : 0));
    pixels.fill(0, 0, width * (height >> 1)); // rows of nothing
    const mask = Uint8Array.from(pixels, (value) => Number(value > 0.2));
    const picture = { width, height, pixels };
    const colours = Uint8ClampedArray.from(generator.rand(4 * width * height), (value, i) =>
      i % 4 === 3 ? 255 : 256 * value,
    );
    const written = pixels.map((value) => (value > 0.6 ? 1 - value : 0.8 + 0.01 * value)); // paper, ink and specks
    const all = () => [
      resize(picture, 20, 31, HAMMING).pixels,
      resize(picture, width + 5, height, BICUBIC, { top: 0, bottom: height, left: 0, right: width }).pixels,
      blur(picture, 0.5 + seed).pixels,
      distances(mask, width, height),
      largestAround(new Float64Array(pixels), width, height, seed),
      label(mask, width),
      greyLevels(colours, width, height),
      inkOf({ width, height, pixels: written }, 0.3),
    ];
    const wanted = all();
    accelerate(wasm);
    try {
      assert.deepEqual(all(), wanted);
    } finally {
      accelerate(null);
    }
  }
});
