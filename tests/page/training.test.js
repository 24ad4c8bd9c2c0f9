// Training step by step against dae.training: test_training.py writes down what torch does, and runs this.
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { readCheckpoint } from "../../dae/page/engine/checkpoint.js";
import { digitsOf } from "../../dae/page/engine/training/exam.js";
import { loadKernels, WasmKernels } from "../../dae/page/engine/training/kernels.js";
import { firstWeights } from "../../dae/page/engine/training/network.js";
import { Run } from "../../dae/page/engine/training/run.js";
import {
  barsOf,
  compressionOf,
  configOf,
  parametersOf,
  problemOf,
  stageOf,
  titleOf,
  workOf,
} from "../../dae/page/engine/training/settings.js";
import { Trainer } from "../../dae/page/engine/training/trainer.js";
import { Template } from "../../dae/page/vendor/jinja.js";
import { scriptOf } from "../../dae/page/views/train/script.js";
import { apart, array, bytes, fixtures, needed, tested, testedIn } from "./fixtures.js";

const { count, steps, seen, runs } = fixtures.training ?? { count: 0, steps: 0, seen: [], runs: [] };
const isScript = tested === "javascript";
const make = await loadKernels(testedIn(new URL("../../dae/page/engine/training/", import.meta.url)));
assert.equal(make() instanceof WasmKernels, !isScript, "these kernels are not to be had");
const values = runs.length ? array("values.f32") : new Float32Array(0);
const images = values.subarray(0, count * 784);
const last = isScript ? 10 : steps; // plain JavaScript does the same, slowly

/** How far numbers may be from torch's, in proportion: one rounding of 32 bits is 6e-8, and steps add up. */
const WITHIN = { loss: 2e-5, change: 5e-4 };
/** Of the weights, as the length of the difference to that of the weights. @type {Record<number, number>} */
const WEIGHTS_WITHIN = { 1: 2e-7, 10: 2e-6, 100: 3e-4 };

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

const parts = JSON.parse(
  readFileSync(new URL("../../dae/page/views/train/script.json", import.meta.url), "utf8"),
);

test("settings lead to the same network, or to the same problem", needed, () => {
  const { rules, asked } = fixtures;
  for (const { name, settings, problem, recipe, script, one, ...wanted } of asked) {
    const found = problemOf(settings, rules, 4500);
    assert.deepEqual(found && { values: {}, ...found }, problem ?? null, name);
    if (problem) continue;
    assert.deepEqual(configOf(settings), recipe.model, name);
    assert.deepEqual(stageOf(settings, rules), recipe.stages[0], name);
    assert.equal(titleOf(settings), recipe.summary);
    const config = configOf(settings);
    const follows = {
      parameters: parametersOf(config),
      work: workOf(config),
      compression: compressionOf(settings),
      layers: barsOf(settings),
    };
    assert.deepEqual(follows, wanted, name);
    const written = (/** @type {any[]} */ schedules) => scriptOf(parts, Template, settings, schedules, 500);
    assert.equal(written(fixtures.schedules), script, name);
    assert.equal(written(fixtures.schedules.slice(0, 1)), one, name);
  }
});

const folder = process.env.DAE_ENGINE_FIXTURES ?? "";
const context = /** @type {any} */ ({
  file: async (/** @type {string} */ path) => bytes(`${folder}/${path.replace("gallery/", "")}`),
});

/** A run of a small network. @param {object} others @param {object} [options] */
async function small(others, options) {
  const { rules, asked } = fixtures;
  const settings = { ...asked[0].settings, latent_dim: 24, widths: [40], batch_size: 50, ...others };
  return new Run(make, await digitsOf(context), settings, rules, { planned: 30, ...options });
}

/** @param {ArrayBuffer} file */
const infoOf = (file) => readCheckpoint(file).info;

test("a run ends after its steps, goes on, and is written as a checkpoint", needed, async () => {
  const run = await small({ seconds: 60 });
  const before = run.moment();
  assert.equal(before.step, 0);
  run.prepare();
  const [moment] = Run.advance([run], 60_000);
  assert.deepEqual([moment.state, moment.step, moment.fraction], ["done", 30, 1]);
  assert.deepEqual(moment.schedules, [{ made: 30, planned: 30, length: 30 }]);
  // As the page gets it, which takes the pictures' memory along.
  structuredClone(moment, { transfer: [moment.restored.buffer, moment.features.buffer] });
  const stopped = run.stop();
  assert.ok(stopped.restored.length === 8 * 784 && stopped.features.length === 24 * 784);
  const [[step, seen, unseen]] = moment.curve;
  assert.ok(step === 30 && seen > 0 && unseen === moment.unseen && unseen < Number(before.unseen));
  writeFileSync(`${folder}/whole.safetensors`, new Uint8Array(run.file()));
  run.prepare();
  assert.equal(Run.single([run])[0].step, 31);
  assert.deepEqual(run.schedules, [
    { made: 30, planned: 30, length: 30 },
    { made: 1, planned: 30, length: 30 },
  ]);
  const other = await small({ seconds: 60, tied: true, sparsity: "topk", k: 5 });
  other.prepare();
  Run.advance([other], 60_000);
  writeFileSync(`${folder}/sparse.safetensors`, new Uint8Array(other.file()));
});

test("a run whose loss is no number has its last good weights again", needed, async () => {
  const run = await small({ seconds: 60 });
  run.prepare();
  Run.single([run]);
  const good = run.trainer.network.values;
  run.trainer.stage.learning_rate = 1e38;
  run.prepare();
  const [moment] = Run.advance([run], 60_000);
  assert.deepEqual([moment.state, moment.problem], ["failed", { code: "diverged" }]);
  assert.deepEqual(run.trainer.network.values, good);
});

test("two runs in turns are what each would be alone, and judged alike", needed, async () => {
  const differ = [{ noise: "gaussian" }, { noise: "none" }];
  const seconds = 60;
  const alone = await Promise.all(differ.map((each) => small({ seconds, ...each })));
  const [{ settings: judged }] = alone;
  const pair = await Promise.all(
    differ.map((each) => small({ seconds, ...each }, { judged, remark: "in turns" })),
  );
  for (const run of [...alone, ...pair]) run.prepare();
  for (const run of alone) Run.advance([run], 60_000);
  while (pair[0].state === "running") {
    const moments = Run.advance(pair, 1);
    assert.equal(moments[0].step, moments[1].step);
  }
  pair.forEach((run, i) => {
    assert.deepEqual([run.state, run.steps], ["done", 30]);
    assert.deepEqual(run.trainer.network.values, alone[i].trainer.network.values);
    const { recipe, figures } = infoOf(run.file());
    assert.deepEqual([figures[0].noise, figures[0].nothing], ["gaussian", alone[0].exam.nothing]);
    assert.equal(recipe.summary, `${alone[i].title}, in turns`);
  });
  assert.equal(alone[1].exam.nothing, 0, "clean digits are no task");

  // One that fails ends both after as many steps, and both can go on from the last good weights.
  const good = pair[1].trainer.network.values;
  pair[1].trainer.stage.learning_rate = 1e38;
  for (const run of pair) run.prepare();
  const [first, second] = Run.advance(pair, 60_000);
  assert.deepEqual([first.state, second.state, second.problem?.code], ["stopped", "failed", "diverged"]);
  assert.equal(first.step, second.step);
  assert.deepEqual(pair[1].trainer.network.values, good);
  pair[1].trainer.stage.learning_rate = 1e-3;
  for (const run of pair) run.prepare();
  assert.deepEqual(
    Run.single(pair).map(({ problem }) => problem),
    [null, null],
  );
});
