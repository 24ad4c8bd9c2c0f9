// Points of the plane, their score and the network that finds it, against dae.score2d: test_score2d.py writes that down.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Generator } from "../../dae/page/engine/rng.js";
import {
  compare,
  densityPicture,
  exact,
  exactDenoiser,
  field,
  grid,
  yardstick,
} from "../../dae/page/engine/score2d/exact.js";
import { points, REACH, read, written } from "../../dae/page/engine/score2d/points.js";
import { Trainer } from "../../dae/page/engine/score2d/training.js";
import { falling, ladder, langevin, repeat } from "../../dae/page/engine/score2d/walks.js";
import { apart, fixtures, kernels, needed } from "./fixtures.js";

const said = fixtures.score2d ?? { exact: {}, trained: {}, walks: {}, draws: {} };
const COUNT = 500;

/** @param {ArrayLike<number>} found @param {ArrayLike<number>} wanted @param {number} within @param {string} what */
function near(found, wanted, within, what) {
  assert.equal(found.length, wanted.length, what);
  for (let i = 0; i < wanted.length; i++)
    assert.ok(Math.abs(found[i] - wanted[i]) <= within, `${what} ${i}: ${found[i]} is not ${wanted[i]}`);
}

test("few normal draws are torch's as well", needed, () => {
  for (const [count, wanted] of Object.entries(said.draws))
    near(new Generator(5).randn(2 * Number(count)), wanted, 2e-6, `randn(2, ${count})`);
});

test("the grid is Python's", needed, () => near(grid(4, 1.25), said.grid, 1e-6, "grid"));

for (const [name, wanted] of Object.entries(said.exact)) {
  test(`${name}: points, density, best denoiser and the fields' error are those of dae.score2d`, () => {
    const clean = points(name, COUNT, 1);
    near(clean, wanted.points, 2e-6, "points");
    const places = grid(9, 1.5);
    for (const [text, { density, denoised, still, other }] of Object.entries(wanted.sigmas)) {
      const sigma = Number(text);
      const found = exact(clean, places, sigma);
      near(found.logDensity, density, 2e-3 * Math.max(1, ...density.map(Math.abs)), `log density, ${text}`);
      near(found.denoised, denoised, 1e-3, `denoised, ${text}`);
      const measure = yardstick(clean, sigma);
      const errorOf = (/** @type {import("../../dae/page/engine/score2d/exact.js").Denoiser} */ denoiser) =>
        compare(measure, field(measure.places, denoiser(measure.places, sigma), sigma)).error;
      near([errorOf((noisy) => noisy)], [still], 1e-4, `error of no field, ${text}`);
      const moved = exactDenoiser(clean.map((each) => each + 0.05));
      near([errorOf(moved)], [other], 2e-3 * other, `error, ${text}`);
      assert.ok(errorOf(exactDenoiser(clean)) < 1e-6);
    }
  });
}

for (const [what, wanted] of Object.entries(said.trained)) {
  test(`${what}: the network after 100 steps is torch's`, async () => {
    const { set, training, first, weights, losses, error, denoised } = wanted;
    const clean = points(set, COUNT, training.seed);
    const trainer = new Trainer((await kernels())(), clean, training);
    const found = [trainer.advance()];
    assert.ok(
      apart(trainer.network.values, first) < 1e-5,
      `${apart(trainer.network.values, first)} after a step`,
    );
    while (found.length < losses.length) found.push(trainer.advance());
    assert.equal(trainer.step, losses.length);
    const distance = apart(trainer.network.values, weights);
    assert.ok(distance < 1e-3, `weights: ${distance}`);
    for (const [i, loss] of losses.entries())
      near([found[i]], [loss], 2e-3 * loss + 1e-6, `loss of step ${i + 1}`);
    near(trainer.network.denoise(grid(5, 1.25), 0.3), denoised, 2e-3, "denoised");
    const measure = yardstick(clean, 0.3);
    const estimate = trainer.network.denoise(measure.places, 0.3);
    near([compare(measure, field(measure.places, estimate, 0.3)).error], [error], 2e-3 * error, "error");
  });
}

for (const [count, wanted] of Object.entries(said.walks)) {
  test(`${count} walkers go where those of dae.score2d go`, () => {
    const denoiser = exactDenoiser(points("spiral", COUNT, 2));
    const start = Float32Array.from(wanted.start);
    const taken = {
      repeat: repeat(denoiser, start, 0.2, 6),
      langevin: langevin(denoiser, start, said.sigmas, { steps: 5, rate: 0.2, seed: 11 }),
      ladder: ladder(denoiser, start, said.sigmas),
    };
    for (const [name, walk] of Object.entries(taken)) {
      const rows = [...walk];
      assert.equal(rows.length, wanted[name].length, name);
      for (const [i, row] of rows.entries()) near(row, wanted[name][i], 2e-3, `${name}, step ${i}`);
    }
  });
}

test("the density's picture is its exponential, with the first row at the top", () => {
  const clean = points("moons", 40, 0);
  const [side, reach, sigma] = [16, 1.4, 0.3];
  const picture = densityPicture(clean, sigma, side, reach);
  const pixel = (2 * reach) / side;
  const places = Float32Array.from({ length: 2 * side * side }, (_, i) => {
    const [row, column] = [Math.floor((i >> 1) / side), (i >> 1) % side];
    return i % 2 ? reach - (row + 0.5) * pixel : (column + 0.5) * pixel - reach;
  });
  const density = exact(clean, places, sigma).logDensity.map(Math.exp);
  near(
    picture,
    density.map((each) => each / Math.max(...density)),
    1e-5,
    "density",
  );
});

test("sigmas fall in equal ratios", () => near(falling(1, 0.125, 4), [1, 0.5, 0.25, 0.125], 1e-12, "sigmas"));

test("points drawn by hand come back from a link's text", () => {
  const drawn = [0, 0, 1.279, -1.279, -0.5, 0.25, 5, -5];
  let text = "";
  for (let i = 0; i < drawn.length; i += 2) text += written(drawn[i], drawn[i + 1]);
  assert.match(text, /^[\w-]{12}$/);
  const cell = (2 * REACH) / 512;
  near(read(text).subarray(0, 6), drawn.slice(0, 6), cell / 2 + 1e-4, "points");
  near(read(text).subarray(6), [REACH, -REACH], cell, "what lies outside comes to the edge");
  assert.equal(read(`${text}AB`).length, 8, "what is left over is no point");
  assert.equal(read("").length, 0);
});

test("a plane without its yardstick: any text makes finite points", () => {
  for (const value of read("-_-_AZaz09___")) assert.ok(Math.abs(value) <= REACH);
});
