// What the engine makes of features, against what torch and scipy make of them: test_features.py writes that down.
import assert from "node:assert/strict";
import { test } from "node:test";
import { KINDS } from "../../dae/page/engine/features.js";
import { readFiring } from "../../dae/page/engine/firing.js";
import { similarityOrder } from "../../dae/page/engine/similarity.js";
import { Store } from "../../dae/page/engine/store.js";
import { bytes, fixtures, kernels, needed } from "./fixtures.js";

const said = /** @type {any} */ (fixtures.features ?? { networks: {} });
const shipped = new URL("../../checkpoints/", import.meta.url);
const read = (/** @type {string} */ path) =>
  path.startsWith("checkpoints/")
    ? bytes(new URL(path.slice("checkpoints/".length), shipped))
    : bytes(`${process.env.DAE_ENGINE_FIXTURES}/${path}`);
const store = new Store(async (path) => read(path), kernels);
const digit = () =>
  Float32Array.from(new Uint8Array(read("gallery/0.bin")).subarray(0, 784), (value) => value / 255);

let turns = 0;
/** @type {any} as the worker gives it */
const context = {
  turn: async () => {
    turns++;
  },
  network: (/** @type {string} */ name) => store.network(name),
  file: (/** @type {string} */ path) => store.file(path),
};

/** @param {ArrayLike<number>} got @param {number[]} expected @param {number} [within] of the largest @param {string} [what] */
function isClose(got, expected, within = 1e-4, what = "") {
  assert.equal(got.length, expected.length, what);
  const scale = Math.max(1e-6, ...expected.map(Math.abs));
  expected.forEach((value, i) => {
    assert.ok(Math.abs(got[i] - value) <= within * scale, `${what} ${i}: ${got[i]} for ${value}`);
  });
}
/** @param {Float32Array} rows @param {number[]} which @param {number} width @param {number} [step] */
const some = (rows, which, width, step = 1) =>
  which.flatMap((i) => [...rows.subarray(i * width, (i + 1) * width)].filter((_, k) => k % step === 0));

for (const [name, expected] of Object.entries(said.networks)) {
  const which = expected.dictionary.some;

  test(`${name}: its dictionary and filters are torch's`, async () => {
    const found = await KINDS.dictionary({ model: name }, context);
    assert.equal(found.steps === null, expected.dictionary.linear);
    isClose([found.peak], [expected.dictionary.peak]);
    isClose(some(found.pictures, which, 784, 37), expected.dictionary.pictures.flat(), 2e-3, "pictures");
    const { filters } = found;
    assert.deepEqual(
      [filters.count, filters.side, filters.isConvolution, filters.onePerFeature],
      [expected.filters.count, expected.filters.side, expected.filters.convolution, expected.filters.own],
    );
    if (filters.tied) assert.equal(filters.pictures.length, 0);
    else isClose(some(filters.pictures, [filters.count - 1], filters.side ** 2, 37), expected.filters.last);
  });

  test(`${name}: its features fire as torch says`, async () => {
    turns = 0;
    const half = await KINDS.firing({ model: name, classes: 5 }, context);
    const whole = await KINDS.firing({ model: name }, context);
    assert.ok(turns > 0 || half.done > 5, "others get a turn");
    const found = /** @type {any} */ (whole.firing);
    const { firing } = expected;
    isClose([found.threshold], [firing.threshold], 1e-5);
    assert.equal(found.most, firing.most);
    isClose([found.nonzero], [firing.nonzero], 1e-3);
    isClose(found.active, firing.active, 1e-3, "active");
    isClose(found.rate, firing.rate, 0.03, "rate"); // a value on the very threshold may fall to either side
    for (const field of ["mean", "std", "energy"])
      isClose(some(found[field], which, 1), firing[field], 1e-3, field);
    isClose(some(found.classShare, which, 10), firing.classShare, 0.1, "classes");
    isClose(some(found.edges, which, 2), firing.edges, 1e-3, "edges");
    for (const [n, index] of which.entries()) {
      const { most, some: others } = await KINDS.exciting({ model: name, index, seed: 3 }, context);
      if (found.rate[index] === 0) {
        assert.equal(most.values.length + others.values.length, 0);
        continue;
      }
      isClose(most.values.map(Math.abs), firing.values.slice(9 * n, 9 * n + 9), 1e-3, "most exciting");
      assert.equal(others.values.length, Math.min(9, Math.round(40 * found.rate[index])));
      assert.ok(others.values.every((value) => Math.abs(value) > found.threshold));
    }
  });

  for (const noise of expected.noises) {
    const question = { model: name, noise: noise.noise, level: noise.level, seed: noise.seed, clip: true };

    test(`${name}: ${noise.noise} does to its features what torch says`, async () => {
      const found = await KINDS.underNoise(question, context);
      assert.equal(found.digits, 40);
      isClose([found.nonzero], [noise.nonzero], 5e-3);
      isClose(found.active, noise.active, 0.2, "active");
      isClose(some(found.drift, which, 1), noise.drift, 2e-3, "drift");
      const sum = (/** @type {Float32Array} */ shares) => shares.reduce((a, b) => a + b, 0);
      isClose([sum(found.on), sum(found.off)], [noise.on, noise.off], 0.02, "switched");
      for (const from of ["noisy", "clean"]) {
        const one = await KINDS.features({ ...question, digit: digit(), from }, context);
        const built = noise.build[from];
        assert.deepEqual(one.on, noise.switchedOn);
        assert.deepEqual(one.off, noise.switchedOff);
        assert.equal(one.build.isExact, built.exact);
        assert.deepEqual(one.build.order.slice(0, 3), built.order);
        assert.deepEqual(one.build.counts, built.counts);
        isClose(one.build.errors, built.errors, 2e-3, `errors from ${from}`);
        const network = await context.network(name);
        const restored = network.decode(one[from]);
        isClose(one.build.pictures.subarray(784 * (built.counts.length - 1)), [...restored], 1e-4, "the end");
      }
    });
  }
}

test("what is stored of a network is taken where it is that file's", needed, async () => {
  const file = read("checkpoints/features/jz-topk-5.safetensors");
  const checkpoint = said.digests["jz-topk-5"];
  const stored = /** @type {any} */ (readFiring(file, checkpoint.slice(0, 16)));
  assert.equal(stored.digits, 5000);
  assert.equal(stored.rate.length, 64);
  // Of top-5 codes five values fire, unless some of them are tiny.
  isClose(
    [stored.rate.reduce((/** @type {number} */ a, /** @type {number} */ b) => a + b)],
    [stored.nonzero],
    1e-4,
  );
  assert.ok(stored.nonzero > 4.5 && stored.nonzero <= 5);
  assert.deepEqual(
    [...stored.similar].sort((a, b) => a - b),
    [...Array(64).keys()],
  );
  const { firing } = await KINDS.firing({ model: "jz-topk-5", digest: checkpoint.slice(0, 16) }, context);
  assert.equal(firing?.digits, 5000, "which is what a shipped network's answer is");
  assert.equal(readFiring(file, "0".repeat(16)), null, "that of another file is not taken");
  assert.equal(readFiring(file, ""), null);
  assert.equal(readFiring(file.slice(0, 100), checkpoint), null);
});

test("like stands beside like, joined where scipy joins", needed, async () => {
  const { pictures } = await KINDS.dictionary({ model: "jz-topk-5" }, context);
  const { count, heights } = said.similarity;
  const found = await similarityOrder(pictures.slice(0, 784 * count), count);
  isClose(found.heights, heights, 1e-4);
  assert.deepEqual(
    [...found.order].sort((a, b) => a - b),
    [...Array(count).keys()],
  );
  const rows = new Float32Array(784 * 4).fill(0);
  rows.set([1, 0.1], 0); // the first and the third are alike, the second is empty
  rows.set([0, 1], 784 * 3);
  rows.set([1, 0], 784 * 2);
  const { order } = await similarityOrder(rows, 4);
  assert.equal(order[3], 1);
  assert.equal(Math.abs(order.indexOf(0) - order.indexOf(2)), 1);
});

test("a network without a code has no features", needed, async () => {
  await assert.rejects(KINDS.dictionary({ model: "universal" }, context), { code: "no_code" });
});
