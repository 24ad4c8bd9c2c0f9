/** Sparse codes while training, as in `dae/sparsity.py`. Codes are `count` rows of `width` values. */

import { roundToEven } from "../raster.js";

/**
 * Mark the largest of some values.
 * @param {Float32Array} values
 * @param {number} kept how many
 * @param {(i: number) => void} mark
 */
function largest(values, kept, mark) {
  const least = values.slice().sort()[values.length - kept];
  let ties = kept;
  for (const value of values) if (value > least) ties--;
  values.forEach((value, i) => {
    if (value > least || (value === least && ties-- > 0)) mark(i);
  });
}

/** Each digit's k largest values. @param {Float32Array} code @param {number} width @param {number} k @returns {Uint8Array} 1 where a value is kept */
export function topk(code, width, k) {
  const kept = new Uint8Array(code.length);
  if (k >= width) return kept.fill(1);
  for (let n = 0; n < code.length; n += width)
    largest(code.subarray(n, n + width), k, (i) => {
      kept[n + i] = 1;
    });
  return kept;
}

/** Each unit's largest values across the batch, at least one. @param {Float32Array} code @param {number} count @param {number} width @param {number} fraction @returns {Uint8Array} 1 where a value is kept */
export function lifetime(code, count, width, fraction) {
  const kept = new Uint8Array(code.length);
  const column = new Float32Array(count);
  for (let i = 0; i < width; i++) {
    for (let n = 0; n < count; n++) column[n] = code[n * width + i];
    largest(column, Math.max(1, roundToEven(fraction * count)), (n) => {
      kept[n * width + i] = 1;
    });
  }
  return kept;
}

/** The L1 penalty: the mean absolute code value. @param {Float32Array} code @param {number} weight @param {Float32Array | null} gradient of the code, which its own is added to */
export function l1Of(code, weight, gradient) {
  let sum = 0;
  for (const value of code) sum += Math.abs(value);
  if (gradient)
    for (let i = 0; i < code.length; i++) gradient[i] += (weight / code.length) * Math.sign(code[i]);
  return (weight * sum) / code.length;
}

/** The KL penalty: KL(rho || each unit's mean over the batch), averaged over the units. @param {Float32Array} code @param {number} count @param {number} width @param {{ weight: number, rho: number }} strength @param {Float32Array | null} gradient of the code, which its own is added to */
export function klOf(code, count, width, { weight, rho }, gradient) {
  let sum = 0;
  for (let i = 0; i < width; i++) {
    let mean = 0;
    for (let n = 0; n < count; n++) mean += code[n * width + i] / count;
    const held = Math.min(Math.max(mean, 1e-6), 1 - 1e-6);
    sum += rho * Math.log(rho / held) + (1 - rho) * Math.log((1 - rho) / (1 - held));
    if (!gradient || held !== mean) continue;
    const by = (weight / width / count) * ((1 - rho) / (1 - mean) - rho / mean);
    for (let n = 0; n < count; n++) gradient[n * width + i] += by;
  }
  return (weight * sum) / width;
}
