/** An order of pictures in which like stands beside like, as `dae.features.similarity_order` looks for one. */

/**
 * @param {Float32Array} pictures one row each
 * @param {number} count
 * @param {() => Promise<void>} turn is awaited between slices of the work
 * @returns {Promise<Float32Array>} cosine distances, count x count
 */
async function distancesOf(pictures, count, turn) {
  const width = pictures.length / count;
  const distances = new Float32Array(count * count);
  const lengths = Float64Array.from({ length: count }, (_, i) => {
    let sum = 0;
    for (let k = i * width; k < (i + 1) * width; k++) sum += pictures[k] ** 2;
    return Math.sqrt(sum);
  });
  let since = 0;
  for (let i = 0; i < count; i++) {
    since += i * width;
    if (since > 2e6) {
      await turn();
      since = 0;
    }
    for (let j = 0; j < i; j++) {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += pictures[i * width + k] * pictures[j * width + k];
      const distance = Math.max(0, 1 - sum / (lengths[i] * lengths[j]));
      distances[i * count + j] = distance;
      distances[j * count + i] = distance;
    }
  }
  return distances;
}

/**
 * Average-linkage clustering, by chains of nearest neighbours (F. Murtagh, The Computer Journal 26(4), 1983). Of the
 * four ways to join two rows of leaves, the one whose ends are closest is taken.
 *
 * @param {Float32Array} pictures one row each; pictures of nothing but zeros come last
 * @param {number} count
 * @param {() => Promise<void>} [turn] is awaited between slices of the work
 * @returns {Promise<{ order: number[], heights: number[] }>} the order, and the distance at each merge, rising
 */
export async function similarityOrder(pictures, count, turn = async () => {}) {
  const width = pictures.length / count;
  const isEmpty = (/** @type {number} */ i) =>
    pictures.subarray(i * width, (i + 1) * width).every((v) => v === 0);
  const all = [...Array(count).keys()];
  const empty = all.filter(isEmpty);
  const full = all.filter((i) => !empty.includes(i));
  if (full.length < 3) return { order: [...full, ...empty], heights: [] };

  const leaves = new Float32Array(full.length * width);
  full.forEach((i, place) => {
    leaves.set(pictures.subarray(i * width, (i + 1) * width), place * width);
  });
  const n = full.length;
  const between = await distancesOf(leaves, n, turn); // of leaves
  const distances = between.slice(); // of clusters, each at the place of one of its leaves
  /** @type {number[][]} */
  const rows = Array.from({ length: n }, (_, i) => [i]);
  const left = new Set(rows.keys());
  const heights = [];
  /** @type {number[]} */
  const chain = [];
  while (left.size > 1) {
    if (left.size % 64 === 0) await turn();
    if (!chain.length) chain.push(/** @type {number} */ (left.values().next().value));
    const top = chain[chain.length - 1];
    const before = chain[chain.length - 2];
    let nearest = before ?? -1; // of equally near ones the one before, so that the chain ends
    for (const other of left) {
      if (other === top) continue;
      if (nearest < 0 || distances[top * n + other] < distances[top * n + nearest]) nearest = other;
    }
    if (nearest !== before) {
      chain.push(nearest);
      continue;
    }
    chain.length -= 2;
    heights.push(distances[top * n + nearest]);
    const [a, b] = [rows[top].length, rows[nearest].length];
    rows[nearest] = join(rows[nearest], rows[top], (i, j) => between[i * n + j]);
    left.delete(top);
    for (const other of left) {
      const mean = (a * distances[top * n + other] + b * distances[nearest * n + other]) / (a + b);
      distances[nearest * n + other] = mean;
      distances[other * n + nearest] = mean;
    }
  }
  const [last] = left;
  return { order: [...rows[last].map((i) => full[i]), ...empty], heights: heights.sort((x, y) => x - y) };
}

/**
 * Two rows of leaves as one, each turned so that the ends that meet are closest.
 * @param {number[]} first
 * @param {number[]} second
 * @param {(i: number, j: number) => number} distance
 */
function join(first, second, distance) {
  const [back, forth] = [first.slice().reverse(), second.slice().reverse()];
  const ways = [
    [first, second],
    [back, second],
    [first, forth],
    [back, forth],
  ];
  const gap = (/** @type {number[][]} */ [a, b]) => distance(a[a.length - 1], b[0]);
  return ways.reduce((best, way) => (gap(way) < gap(best) ? way : best)).flat();
}
