/** What is exact for a set of points: the blurred density, the best denoiser, its field, as `dae.score2d` computes them. */

/** @typedef {Float32Array<ArrayBuffer>} Points x and y in turn */
/** @typedef {(noisy: Points, sigma: number) => Points} Denoiser noisy points to clean estimates */

/**
 * `dae.score2d.grid(side, reach)`: points over a square, row by row from the bottom.
 * @param {number} side @param {number} reach
 */
export function grid(side, reach) {
  const places = new Float32Array(2 * side * side);
  const at = (/** @type {number} */ i) => (2 * reach * i) / (side - 1) - reach;
  for (let i = 0; i < side * side; i++) places.set([at(i % side), at(Math.floor(i / side))], 2 * i);
  return places;
}

/**
 * `dae.score2d.log_density(clean, noisy, sigma)`, and beside it `dae.score2d.exact_denoiser(clean, noisy, sigma)`.
 * @param {Points} clean @param {Points} noisy @param {number} sigma above 0
 */
export function exact(clean, noisy, sigma) {
  const count = clean.length / 2;
  const [logDensity, denoised] = [new Float32Array(noisy.length / 2), new Float32Array(noisy.length)];
  const squares = new Float64Array(count);
  const scale = -1 / (2 * sigma ** 2);
  for (let m = 0; m < logDensity.length; m++) {
    let least = Infinity;
    for (let n = 0; n < count; n++) {
      const [dx, dy] = [noisy[2 * m] - clean[2 * n], noisy[2 * m + 1] - clean[2 * n + 1]];
      squares[n] = dx * dx + dy * dy;
      if (squares[n] < least) least = squares[n];
    }
    let [sum, x, y] = [0, 0, 0]; // in proportion to the nearest point's weight, which is 1: it is never 0 in all
    for (let n = 0; n < count; n++) {
      const weight = Math.exp((squares[n] - least) * scale);
      sum += weight;
      x += weight * clean[2 * n];
      y += weight * clean[2 * n + 1];
    }
    logDensity[m] = Math.log(sum) + least * scale - Math.log(count * 2 * Math.PI * sigma ** 2);
    denoised[2 * m] = x / sum;
    denoised[2 * m + 1] = y / sum;
  }
  return { logDensity, denoised };
}

/** The best denoiser of a set of points. @param {Points} clean @returns {Denoiser} */
export const exactDenoiser = (clean) => (noisy, sigma) => exact(clean, noisy, sigma).denoised;

/** `dae.score2d.field`: (r(x) - x) / sigma^2. @param {Points} noisy @param {Points} denoised @param {number} sigma @returns {Points} */
export const field = (noisy, denoised, sigma) => denoised.map((each, i) => (each - noisy[i]) / sigma ** 2);

/**
 * The blurred density over a square as a picture, row by row from the top, the largest value 1.
 * @param {Points} clean @param {number} sigma @param {number} side pixels @param {number} reach of the square
 */
export function densityPicture(clean, sigma, side, reach) {
  const count = clean.length / 2;
  const pixel = (2 * reach) / side;
  // A Gaussian of the plane is a product of two of a line.
  const along = [new Float32Array(side * count), new Float32Array(side * count)];
  for (let i = 0; i < side; i++) {
    const at = (i + 0.5) * pixel - reach;
    for (let n = 0; n < count; n++) {
      along[0][i * count + n] = Math.exp(-((at - clean[2 * n]) ** 2) / (2 * sigma ** 2));
      along[1][i * count + n] = Math.exp(-((-at - clean[2 * n + 1]) ** 2) / (2 * sigma ** 2));
    }
  }
  const picture = new Float32Array(side * side);
  let most = 0;
  for (let row = 0; row < side; row++) {
    for (let column = 0; column < side; column++) {
      let sum = 0;
      for (let n = 0; n < count; n++) sum += along[1][row * count + n] * along[0][column * count + n];
      picture[row * side + column] = sum;
      if (sum > most) most = sum;
    }
  }
  return picture.map((each) => each / (most || 1));
}

export const SIDE = 41; // of the grid that a field's error is taken over

/** What fields are compared with: places, how much each counts, and the exact field there. @typedef {{ places: Points, weights: Float32Array, exact: Points, length: number, reach: number }} Yardstick */

/**
 * @param {Points} clean @param {number} sigma
 * @returns {Yardstick} length: the weighted mean of the exact field's length
 */
export function yardstick(clean, sigma) {
  const reach = 1.25 + 2 * sigma;
  const places = grid(SIDE, reach);
  const { logDensity, denoised } = exact(clean, places, sigma);
  const most = logDensity.reduce((a, b) => Math.max(a, b));
  const weights = logDensity.map((each) => Math.exp(each - most));
  const sum = weights.reduce((a, b) => a + b, 0);
  for (let i = 0; i < weights.length; i++) weights[i] /= sum;
  const found = field(places, denoised, sigma);
  let length = 0;
  for (let i = 0; i < weights.length; i++) length += weights[i] * Math.hypot(found[2 * i], found[2 * i + 1]);
  return { places, weights, exact: found, length, reach };
}

/**
 * `dae.score2d.field_error`, and how far the two fields are apart at each place, over the same mean length.
 * @param {Yardstick} wanted @param {Points} found the field at its places
 */
export function compare({ weights, exact, length }, found) {
  const apart = new Float32Array(weights.length);
  let error = 0;
  for (let i = 0; i < weights.length; i++) {
    apart[i] = Math.hypot(found[2 * i] - exact[2 * i], found[2 * i + 1] - exact[2 * i + 1]) / length;
    error += weights[i] * apart[i];
  }
  return { error, apart };
}
