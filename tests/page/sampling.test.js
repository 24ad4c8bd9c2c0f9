// Sampling in the browser against dae/sampling.py, whose walks test_sampling.py has written down.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ascent,
  coarse,
  endOf,
  known,
  ladder,
  SamplingError,
  steps,
} from "../../dae/page/engine/sampling.js";
import { Store } from "../../dae/page/engine/store.js";
import { array, bytes, difference, fixtures, kernels, needed } from "./fixtures.js";

const shipped = new URL("../../checkpoints/", import.meta.url);
const store = new Store(async (path) => bytes(new URL(path.slice("checkpoints/".length), shipped)), kernels);

/** @param {any} schedule */
const scheduleOf = (schedule) =>
  "sigmas" in schedule ? ladder(schedule.sigmas, schedule.first, schedule.last) : ascent(schedule);

/** @param {any} measured */
const measurementOf = (measured) => {
  if (!measured) return null;
  const clean = array(measured.clean);
  return measured.mask ? known(clean, array(measured.mask)) : coarse(clean, measured.side);
};

for (const walk of fixtures.walks ?? []) {
  test(`${walk.name}: the same walk as in Python`, async () => {
    const network = await store.network(walk.model);
    const expected = new Map(walk.steps.map((/** @type {any} */ step) => [step.number, step]));
    let last = 0;
    let end = new Float32Array();
    const found = steps(async (images) => network.restore(images), walk.count, {
      seed: walk.seed,
      schedule: scheduleOf(walk.schedule),
      measurement: measurementOf(walk.measured),
      start: walk.start ? array(walk.start) : undefined,
      sigmaStart: walk.start ? 0 : undefined,
    });
    for await (const step of found) {
      last = step.number;
      end = endOf(step);
      const said = expected.get(step.number);
      if (!said) continue;
      for (const part of /** @type {const} */ (["noisy", "denoised", "direction", "sigma"])) {
        const far = difference(step[part], array(said[part]));
        assert.ok(far < 1e-3, `${part} of step ${step.number} is ${far} away`);
      }
      assert.deepEqual(step.running, said.running);
    }
    assert.equal(last, walk.last);
    assert.ok(expected.has(last));
    assert.ok(difference(end, array(walk.end)) < 1e-3);
  });
}

test("walks were compared", needed, () => assert.ok(fixtures.walks.length >= 6));

const plain = ascent({ beta: 0.5, h0: 0.5, sigma_end: 0.1, most_steps: 7 });

test("a denoiser that leads nowhere is reported", async () => {
  const stays = async (/** @type {Float32Array} */ images) => images.map((value) => value + 1);
  await assert.rejects(
    async () => {
      for await (const _ of steps(stays, 3, { schedule: plain }));
    },
    (error) => error instanceof SamplingError && error.code === "not_arrived" && error.values.left === 3,
  );
  const breaks = async (/** @type {Float32Array} */ images) => images.map(() => Number.NaN);
  await assert.rejects(
    async () => {
      for await (const _ of steps(breaks, 1, { schedule: plain }));
    },
    { code: "not_finite" },
  );
});

test("a sample is its seed's, whatever is drawn with it", async () => {
  const halves = async (/** @type {Float32Array} */ images) => images.map((value) => value / 2);
  const ends = async (/** @type {number} */ count, /** @type {number} */ seed) => {
    let end = new Float32Array();
    const schedule = ascent({ beta: 0.5, h0: 0.1, sigma_end: 0.1, most_steps: 500 });
    for await (const step of steps(halves, count, { seed, schedule })) end = endOf(step);
    return end;
  };
  const [many, one] = [await ends(4, 10), await ends(1, 12)];
  assert.deepEqual(many.slice(2 * 784, 3 * 784), one);
  assert.ok(difference(many.slice(0, 784), one) > 0.01);
});
