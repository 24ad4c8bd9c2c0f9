// The gallery's digits that are nearest to a picture.
import { digitAt, galleryOf } from "../../digit.js";

const PIXELS = 784;
const CLASSES = 10;

/**
 * @typedef {object} Neighbour
 * @property {number} digit its class
 * @property {number} index its place in the class, from 0
 * @property {number} mse the mean squared difference of the two pictures
 */

/**
 * The mean squared difference of two pictures.
 * @param {ArrayLike<number>} image in [0, 1] @param {Uint8Array} digits grey values @param {number} index
 */
function apart(image, digits, index) {
  let sum = 0;
  for (let i = 0, place = index * PIXELS; i < PIXELS; i++, place++)
    sum += (image[i] - digits[place] / 255) ** 2;
  return sum / PIXELS;
}

/**
 * The digits of the gallery that are nearest to a picture, the nearest first.
 * @param {ArrayLike<number>} image in [0, 1] @param {number} count
 * @param {Neighbour} [without] a digit that is left out: the picture itself
 * @returns {Promise<Neighbour[]>} rejects where the gallery cannot be fetched
 */
export async function nearest(image, count, without) {
  /** @type {Neighbour[]} */
  const all = [];
  for (let digit = 0; digit < CLASSES; digit++) {
    const digits = await galleryOf(digit);
    for (let index = 0; index < digits.length / PIXELS; index++) {
      if (without && without.digit === digit && without.index === index) continue;
      all.push({ digit, index, mse: apart(image, digits, index) });
    }
  }
  return all.sort((a, b) => a.mse - b.mse).slice(0, count);
}

/** The picture of a neighbour. @param {Neighbour} neighbour */
export const pictureOf = async ({ digit, index }) => digitAt(await galleryOf(digit), index);
