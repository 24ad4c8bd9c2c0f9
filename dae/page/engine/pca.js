/** The first two principal components of many codes. */

import { Generator } from "./rng.js";

const VECTORS = 8; // that are iterated together: the more, the fewer steps
const STEPS = 40;

/** @param {Float64Array} a @param {Float64Array} b */
function dot(a, b) {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}

/** @param {Float64Array} to @param {number} factor @param {Float64Array} from */
function add(to, factor, from) {
  for (let i = 0; i < to.length; i++) to[i] += factor * from[i];
}

/** Make vectors orthonormal, in place (Gram and Schmidt, twice). @param {Float64Array[]} vectors */
function straighten(vectors) {
  vectors.forEach((vector, n) => {
    for (let again = 0; again < 2; again++)
      for (const before of vectors.slice(0, n)) add(vector, -dot(vector, before), before);
    const length = Math.sqrt(dot(vector, vector)) || 1;
    vector.forEach((value, i) => {
      vector[i] = value / length;
    });
  });
}

/**
 * The covariance matrix times vectors, without the matrix.
 * @param {Float32Array[]} parts rows of codes
 * @param {Float64Array} mean
 * @param {Float64Array[]} vectors
 * @param {() => Promise<void>} turn
 */
async function multiply(parts, mean, vectors, turn) {
  const width = mean.length;
  const shifts = vectors.map((vector) => dot(mean, vector));
  const sums = vectors.map(() => new Float64Array(width));
  const totals = new Float64Array(vectors.length);
  let count = 0;
  for (const part of parts) {
    await turn();
    count += part.length / width;
    for (let row = 0; row < part.length; row += width) {
      for (let n = 0; n < vectors.length; n++) {
        const [vector, sum] = [vectors[n], sums[n]];
        let along = -shifts[n];
        for (let i = 0; i < width; i++) along += part[row + i] * vector[i];
        for (let i = 0; i < width; i++) sum[i] += along * part[row + i];
        totals[n] += along;
      }
    }
  }
  sums.forEach((sum, n) => {
    for (let i = 0; i < width; i++) sum[i] = (sum[i] - totals[n] * mean[i]) / (count - 1);
  });
  return sums;
}

/**
 * Eigenvalues and eigenvectors of a small symmetric matrix, the largest first (Jacobi's rotations).
 * @param {number[][]} matrix changed in place
 * @returns {{ value: number, vector: number[] }[]}
 */
function eigen(matrix) {
  const size = matrix.length;
  const vectors = matrix.map((_, i) => matrix.map((_, j) => Number(i === j)));
  for (let sweep = 0; sweep < 30; sweep++) {
    for (let p = 0; p < size; p++) {
      for (let q = p + 1; q < size; q++) {
        if (matrix[p][q] === 0) continue;
        const angle = Math.atan2(2 * matrix[p][q], matrix[q][q] - matrix[p][p]) / 2;
        const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
        for (const rows of [matrix, vectors]) {
          for (const row of rows)
            [row[p], row[q]] = [cos * row[p] - sin * row[q], sin * row[p] + cos * row[q]];
        }
        for (let i = 0; i < size; i++) {
          const [a, b] = [matrix[p][i], matrix[q][i]];
          [matrix[p][i], matrix[q][i]] = [cos * a - sin * b, sin * a + cos * b];
        }
      }
    }
  }
  return matrix
    .map((row, n) => ({ value: row[n], vector: vectors.map((each) => each[n]) }))
    .sort((a, b) => b.value - a.value);
}

/**
 * As `dae.latent.pca_plane`, by iterating a subspace (Golub & Van Loan, Matrix Computations, 8.2).
 * @param {Float32Array[]} parts rows of codes, some in each part
 * @param {number} width of a code, at least 2
 * @param {() => Promise<void>} turn lets others go first
 * @returns {Promise<{ mean: Float32Array, axes: Float32Array[], share: number[] }>} two orthonormal axes, the largest
 *   value of each positive; share of the variance along each
 */
export async function pca(parts, width, turn) {
  const mean = new Float64Array(width);
  const squares = new Float64Array(width);
  let count = 0;
  for (const part of parts) {
    count += part.length / width;
    for (let i = 0; i < part.length; i++) mean[i % width] += part[i];
  }
  for (let i = 0; i < width; i++) mean[i] /= count;
  for (const part of parts)
    for (let i = 0; i < part.length; i++) squares[i % width] += (part[i] - mean[i % width]) ** 2;
  const variance = squares.reduce((sum, value) => sum + value, 0) / (count - 1);

  const size = Math.min(VECTORS, width);
  const draws = new Generator(0).randn(size * width + 16);
  let vectors = Array.from({ length: size }, (_, n) =>
    Float64Array.from(draws.subarray(n * width, (n + 1) * width)),
  );
  straighten(vectors);
  for (let step = 0; step < STEPS; step++) {
    vectors = await multiply(parts, mean, vectors, turn);
    straighten(vectors);
  }
  const images = await multiply(parts, mean, vectors, turn);
  const found = eigen(vectors.map((a) => images.map((b) => dot(a, b)))).slice(0, 2);
  const axes = found.map(({ vector }) => {
    const axis = new Float64Array(width);
    vector.forEach((weight, n) => {
      add(axis, weight, vectors[n]);
    });
    const largest = axis.reduce((best, value) => (Math.abs(value) > Math.abs(best) ? value : best), 0);
    return Float32Array.from(axis, (value) => (largest < 0 ? -value : value));
  });
  return {
    mean: Float32Array.from(mean),
    axes,
    share: found.map(({ value }) => (variance ? value / variance : 0)),
  };
}
