// Training step by step against dae.training: test_training.py writes down what torch does, and runs this.
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadKernels } from "../../dae/page/engine/training/kernels.js";
import { firstWeights } from "../../dae/page/engine/training/network.js";
import { Trainer } from "../../dae/page/engine/training/trainer.js";
import { array, bytes, fixtures, needed } from "./fixtures.js";

const { count, steps, seen, runs } = fixtures.training ?? { count: 0, steps: 0, seen: [], runs: [] };
const isScript = process.env.DAE_ENGINE_KERNELS === "javascript";
const make = await loadKernels(async () =>
  isScript ? null : bytes(new URL("../../dae/page/engine/training/kernels.wasm", import.meta.url)),
);
const values = runs.length ? array("values.f32") : new Float32Array(0);
const images = values.subarray(0, count * 784);
const last = isScript ? 10 : steps; // plain JavaScript does the same, slowly

/** How far numbers may be from torch's, in proportion: one rounding of 32 bits is 6e-8, and steps add up. */
const WITHIN = { loss: 2e-5, change: 5e-4 };
/** Of the weights, as the length of the difference to that of the weights. @type {Record<number, number>} */
const WEIGHTS_WITHIN = { 1: 2e-7, 10: 2e-6, 100: 3e-4 };

/** @param {Float32Array} found @param {Float32Array} wanted */
function apart(found, wanted) {
  assert.equal(found.length, wanted.length);
  let [difference, length] = [0, 0];
  for (let i = 0; i < wanted.length; i++) {
    difference += (found[i] - wanted[i]) ** 2;
    length += wanted[i] ** 2;
  }
  return Math.sqrt(difference / length);
}

/** Weights in the order in which torch has them. @param {Map<string, { data: Float32Array }>} weights @param {string[]} names */
const inOrder = (weights, names) =>
  Float32Array.from(names.flatMap((name) => [.../** @type {any} */ (weights.get(name)).data]));

test("each setting trains as in torch", needed, async (context) => {
  assert.ok(runs.length >= 30);
  for (const run of runs) {
    await context.test(run.name, () => {
      const first = inOrder(firstWeights(run.config, run.seed), run.names);
      assert.deepEqual(first, values.slice(...run.first), "the first weights, to the last bit");
      const trainer = new Trainer(make(), run.config, images, run.stage, { seed: run.seed });
      for (let step = 0; step < last; step++) {
        const at = seen.indexOf(step + 1);
        if (at < 0) {
          trainer.step(step / steps);
          continue;
        }
        const found = trainer.measuredStep(step / steps);
        const wanted = run.moments[at];
        const pairs = {
          loss: [found.loss, wanted.loss],
          lossAfter: [found.lossAfter, wanted.loss_after],
          error: [found.error, wanted.error],
          gradient: [found.gradient, wanted.gradient],
          rate: [trainer.rate, wanted.rate],
          change: [found.change, wanted.change],
        };
        for (const [name, [is, was]] of Object.entries(pairs)) {
          const within = name === "change" ? WITHIN.change : WITHIN.loss;
          assert.ok(
            Math.abs(is - was) <= within * Math.abs(was),
            `step ${step + 1}, ${name}: ${is}, not ${was}`,
          );
        }
        const far = apart(inOrder(trainer.network.weights, run.names), values.subarray(...wanted.weights));
        assert.ok(far <= WEIGHTS_WITHIN[step + 1], `step ${step + 1}: the weights are ${far} away`);
      }
    });
  }
});
