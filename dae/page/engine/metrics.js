/** How far a picture is from the clean one: the figures of `dae/metrics.py`, one picture of 784 pixels at a time. */

import { SIDE } from "./noise.js";

const WINDOW = 7;
const INNER = SIDE - WINDOW + 1; // windows that lie inside the picture, along each side
const C1 = 0.01 ** 2;
const C2 = 0.03 ** 2;

/**
 * @typedef {object} Figures
 * @property {number} mse mean squared error, in [0, 1] units
 * @property {number} psnr in dB; infinite for an MSE of 0
 * @property {number} ssim at most 1
 */

/**
 * The mean squared error of a picture, or of several end to end.
 * @param {Float32Array} image
 * @param {Float32Array} clean
 */
export function mse(image, clean) {
  let sum = 0;
  for (let i = 0; i < clean.length; i++) sum += (image[i] - clean[i]) ** 2;
  return sum / clean.length;
}

/**
 * Peak signal-to-noise ratio of a mean squared error, in dB.
 * @param {number} error
 */
export const psnr = (error) => (error <= 0 ? Infinity : -10 * Math.log10(error));

const rows = new Float64Array(SIDE * INNER);

/**
 * The means over each window of 7x7 pixels inside the picture.
 * @param {(pixel: number) => number} value of each pixel
 * @param {Float64Array} means takes 22 x 22 of them
 */
function windowMeans(value, means) {
  for (let y = 0; y < SIDE; y++) {
    for (let x = 0; x < INNER; x++) {
      let sum = 0;
      for (let i = 0; i < WINDOW; i++) sum += value(y * SIDE + x + i);
      rows[y * INNER + x] = sum;
    }
  }
  for (let y = 0; y < INNER; y++) {
    for (let x = 0; x < INNER; x++) {
      let sum = 0;
      for (let i = 0; i < WINDOW; i++) sum += rows[(y + i) * INNER + x];
      means[y * INNER + x] = sum / WINDOW ** 2;
    }
  }
}

const [meanX, meanY, meanXX, meanYY, meanXY] = Array.from(
  { length: 5 },
  () => new Float64Array(INNER * INNER),
);

/**
 * Structural similarity (Wang et al. 2004; uniform 7x7 window, sample covariance, data range 1).
 * @param {Float32Array} image
 * @param {Float32Array} clean
 */
export function ssim(image, clean) {
  windowMeans((i) => image[i], meanX);
  windowMeans((i) => clean[i], meanY);
  windowMeans((i) => image[i] * image[i], meanXX);
  windowMeans((i) => clean[i] * clean[i], meanYY);
  windowMeans((i) => image[i] * clean[i], meanXY);
  const toSample = WINDOW ** 2 / (WINDOW ** 2 - 1);
  let sum = 0;
  for (let i = 0; i < meanX.length; i++) {
    const x = meanX[i],
      y = meanY[i];
    const varianceX = toSample * (meanXX[i] - x * x),
      varianceY = toSample * (meanYY[i] - y * y);
    const covariance = toSample * (meanXY[i] - x * y);
    sum += ((2 * x * y + C1) * (2 * covariance + C2)) / ((x * x + y * y + C1) * (varianceX + varianceY + C2));
  }
  return sum / meanX.length;
}

/**
 * @param {Float32Array} image
 * @param {Float32Array} clean
 * @returns {Figures}
 */
export function figures(image, clean) {
  const error = mse(image, clean);
  return { mse: error, psnr: psnr(error), ssim: ssim(image, clean) };
}
