// What the library has made, for the engine's tests: written by test_engine.py and test_latent.py, which run them.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { loadKernels, WasmKernels } from "../../dae/page/engine/kernels.js";

const folder = process.env.DAE_ENGINE_FIXTURES;

/** Options of a test that needs the library's results. */
export const needed = folder ? {} : { skip: "a test in Python runs it" };

/** @type {Record<string, any>} */
export const fixtures = folder ? JSON.parse(readFileSync(`${folder}/index.json`, "utf8")) : {};

/** @param {string | URL} path @returns {ArrayBuffer} */
export function bytes(path) {
  const file = readFileSync(path);
  return /** @type {ArrayBuffer} */ (file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength));
}

/** @param {string} name */
export const array = (name) => new Float32Array(bytes(`${folder}/${name}`));

/** The module whose kernels are tested, or "javascript" for none. */
export const tested = process.env.DAE_ENGINE_KERNELS ?? "kernels.wasm";

/** Reads it instead of any other. @param {URL} folder */
export const testedIn = (folder) => async () =>
  tested === "javascript" ? null : bytes(new URL(tested, folder));

/** The kernels that are tested. */
export async function kernels() {
  const create = await loadKernels(testedIn(new URL("../../dae/page/engine/", import.meta.url)));
  assert.equal(create() instanceof WasmKernels, tested !== "javascript", "these kernels are not to be had");
  return create;
}

/**
 * The largest difference between two arrays of the same length.
 * @param {ArrayLike<number>} found
 * @param {ArrayLike<number>} wanted
 */
export function difference(found, wanted) {
  if (found.length !== wanted.length) return NaN;
  let largest = 0;
  for (let i = 0; i < wanted.length; i++) {
    const far = Math.abs(found[i] - wanted[i]);
    if (!(far <= largest)) largest = far;
  }
  return largest;
}

/**
 * How far apart two lists of weights are, in proportion to their length.
 * @param {ArrayLike<number>} found
 * @param {ArrayLike<number>} wanted
 */
export function apart(found, wanted) {
  assert.equal(found.length, wanted.length);
  let [difference, length] = [0, 0];
  for (let i = 0; i < wanted.length; i++) {
    difference += (found[i] - wanted[i]) ** 2;
    length += wanted[i] ** 2;
  }
  return Math.sqrt(difference / length);
}
