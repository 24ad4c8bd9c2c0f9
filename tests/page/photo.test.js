import assert from "node:assert/strict";
import { test } from "node:test";
import { createNetwork } from "../../dae/page/engine/networks.js";
import { greyLevels } from "../../dae/page/engine/photo/grey.js";
import { PhotoNetwork } from "../../dae/page/engine/photo/network.js";
import { otsu, resized } from "../../dae/page/engine/photo/plain.js";
import { read } from "../../dae/page/engine/photo/read.js";
import { accelerate } from "../../dae/page/engine/raster.js";
import { loadRaster } from "../../dae/page/engine/raster-wasm.js";
import { Classifier } from "../../dae/page/engine/verdict.js";
import { array, bytes, difference, fixtures, kernels, needed, tested } from "./fixtures.js";

const network = async () => new PhotoNetwork(bytes(fixtures.files[0].ink), await kernels());

test("the network sees in a photo what the library's sees", needed, async () => {
  const found = await network();
  for (const { photo, ink, width, height } of fixtures.inks) {
    const seen = found.ink({ width, height, pixels: array(photo) });
    assert.ok(difference(seen.pixels, array(ink)) < 1e-4, `${width} x ${height}`);
  }
});

test("pictures are read as the library reads them", needed, async () => {
  const folder = new URL("../../dae/page/engine/", import.meta.url);
  accelerate(tested === "javascript" ? null : await loadRaster(async (name) => bytes(new URL(name, folder))));
  const found = await network();
  const classifier = new Classifier(bytes(fixtures.files[0].verdict));
  const confidence = (/** @type {Float32Array} */ digit) => classifier.verdict(digit).confidence;
  for (const { name, rgba, width, height, code, ...wanted } of fixtures.readings) {
    const pixels = new Uint8ClampedArray(array(rgba));
    const look = (/** @type {import("../../dae/page/engine/raster.js").Grey} */ shown) => found.ink(shown);
    if (code) {
      assert.throws(() => read(pixels, width, height, look, confidence), { code }, name);
      continue;
    }
    const reading = read(pixels, width, height, look, confidence);
    const { top, bottom, left, right } = reading.region;
    assert.deepEqual([top, bottom, left, right], wanted.region, name);
    assert.equal(reading.isSure, wanted.sure, name);
    assert.equal(reading.digits.length, wanted.digits.length, name);
    assert.ok(difference(reading.ink.pixels, array(wanted.ink)) < 0.01, `${name}: its ink`);
    const grey = greyLevels(pixels, width, height);
    assert.ok(difference(otsu(grey), array(wanted.otsu)) < 0.01, `${name}: Otsu and crop`);
    assert.ok(difference(resized(grey), array(wanted.resized)) < 0.01, `${name}: scaled down`);
    for (const [i, box] of reading.boxes.entries()) {
      const sides = [box.top, box.bottom, box.left, box.right];
      const off = sides.map((side, at) => Math.abs(side - wanted.boxes[i][at]));
      assert.ok(Math.max(...off) <= 1, `${name}: the box of digit ${i}`);
    }
    for (const [i, digit] of reading.digits.entries()) {
      assert.ok(difference(digit, array(wanted.digits[i])) < 0.05, `${name}: digit ${i}`);
    }
  }
});

test("the photos' network is no network of digits, nor a digits' network one of photos", needed, async () => {
  const createKernels = await kernels();
  assert.throws(() => createNetwork(bytes(fixtures.files[0].ink), createKernels), {
    code: "bad_description",
  });
  assert.throws(() => new PhotoNetwork(bytes(fixtures.files[0].other), createKernels), {
    code: "weights_do_not_fit",
  });
});
