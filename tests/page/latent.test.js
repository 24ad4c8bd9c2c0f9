// What the engine makes of codes, against what dae.latent makes of them: test_latent.py writes that down.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { KINDS, quantile } from "../../dae/page/engine/latent.js";
import { Store } from "../../dae/page/engine/store.js";
import { bytes, fixtures, kernels, needed } from "./fixtures.js";

const folder = process.env.DAE_ENGINE_FIXTURES ?? "";
const written = fixtures.latent ?? { models: {} };

/** What a kind can use, over files of this machine. */
function contextOf() {
  const store = new Store(async (path) => {
    const place = path.startsWith("checkpoints/")
      ? join(written.checkpoints, "..", path)
      : join(folder, path);
    return existsSync(place) ? bytes(place) : null;
  }, kernels);
  return /** @type {any} */ ({
    turn: async () => {},
    network: (/** @type {string} */ name) => store.network(name),
    file: (/** @type {string} */ path) => store.file(path),
  });
}

/** @param {ArrayLike<number>} found @param {ArrayLike<number>} wanted @param {number} within @param {string} what */
function near(found, wanted, within, what) {
  assert.equal(found.length, wanted.length, what);
  for (let i = 0; i < wanted.length; i++) {
    assert.ok(Math.abs(found[i] - wanted[i]) <= within, `${what} ${i}: ${found[i]} is not ${wanted[i]}`);
  }
}

/** @param {Float32Array} images @param {number[]} places */
const picked = (images, places) => places.flatMap((i) => [...images.subarray(784 * i, 784 * (i + 1))]);

for (const [model, wanted] of Object.entries(written.models)) {
  test(`${model}: planes, noise, neighbours, lines and batches are those of dae.latent`, async () => {
    const context = contextOf();
    const space = { model, perClass: 500 };
    const digit = imageAt(3511);
    assert.equal((await KINDS.plane(space, context)).plane, null, "nothing is stored of it, or encoded");
    for (let n = 0; n < 10; n++) {
      assert.equal((await KINDS.encodeClass({ model, digit: n }, context)).done, (n + 1) / 10);
    }
    const { plane } = await KINDS.plane(space, context);
    assert.ok(plane);
    const reach = Math.max(...wanted.plane.xy.map(Math.abs));
    assert.equal(plane.kind, wanted.plane.kind);
    near(plane.mean, wanted.plane.mean, 1e-4 * reach, "mean");
    near([...plane.axes[0], ...plane.axes[1]], wanted.plane.axes, 2e-4, "axes");
    near(plane.share, wanted.plane.share, 1e-4, "share");
    near(plane.xy, wanted.plane.xy, 1e-3 * reach, "places");
    near([plane.scale], [wanted.plane.scale], 1e-4 * wanted.plane.scale, "scale");
    assert.ok(!plane.drift.length && !plane.tsne);

    const cloud = await KINDS.cloud({ ...space, ...written.noise, digit }, context);
    near(cloud.place, wanted.place, 1e-3 * reach, "place");
    near(cloud.places, wanted.places, 1e-3 * reach, "places of noisy copies");
    near([cloud.drift], [wanted.drift], 1e-3 * wanted.drift, "drift");
    const { images } = await KINDS.decodePlaces({ ...space, places: written.places.flat() }, context);
    near(images, wanted.decoded, 2e-3, "decoded");
    const grid = await KINDS.decodeGrid({ ...space, extent: written.extent }, context);
    assert.equal(grid.images.length, 784 * grid.side ** 2);
    near(picked(grid.images, [0, 19, 380]), wanted.grid, 2e-3, "grid");

    const found = await KINDS.neighbours({ model, digit, count: 8, leaveOut: 3511 }, context);
    near(found.distances, wanted.distances, 1e-3 * wanted.distances[7], "distances");
    assert.deepEqual(found.indices, wanted.neighbours);
    const itself = await KINDS.neighbours({ model, digit, count: 1 }, context);
    assert.deepEqual(itself.indices, [3511]);

    const end = imageAt(42);
    const between = await KINDS.between({ model, start: digit, end }, context);
    near(between.code, wanted.between, 1e-4, "through the code");
    near(between.pixel, wanted.pixels, 1e-6, "through the pixels");

    const batch = await KINDS.batch({ ...space, ...written.noise, count: 512, units: 16 }, context);
    const { scale } = wanted.batch;
    near([batch.scale], [scale], 1e-4 * scale, "scale of the batch");
    near(
      batch.clean,
      wanted.batch.clean.map((/** @type {number} */ each) => each / scale),
      1e-3,
      "clean batch",
    );
    near(
      batch.noisy,
      wanted.batch.noisy.map((/** @type {number} */ each) => each / scale),
      1e-2,
      "noisy batch",
    );
    assert.deepEqual(batch.classes, wanted.batch.classes);
    assert.equal(batch.shown * 512, batch.clean.length);

    if (wanted.samples) {
      const drawn = await KINDS.samples({ model, count: 3, seed: 4 }, context);
      near(drawn.images, wanted.samples, 1e-3, "samples");
      const manifold = await KINDS.manifold(space, context);
      near(picked(manifold.images, [0, 21, 399]), wanted.manifold, 2e-3, "manifold");
    }
  });

  test(`${model}: its stored plane is read, for a smaller gallery too, and only for its own file`, async () => {
    const context = contextOf();
    const file = Buffer.from(await context.file(`checkpoints/planes/${model}.safetensors`)).toString(
      "latin1",
    );
    const digest = /checkpoint\\?":\s*\\?"(\w{16})/.exec(file)?.[1];
    assert.ok(digest);
    const { plane, width } = await KINDS.plane({ model, perClass: 500, digest }, context);
    assert.ok(plane);
    const reach = Math.max(...wanted.plane.xy.map(Math.abs));
    near(plane.xy, wanted.plane.xy, 1e-4 * reach, "places");
    near([...plane.axes[0], ...plane.axes[1]], wanted.plane.axes, 1e-5, "axes");
    assert.deepEqual([plane.drift.length, plane.tsne?.length ?? null], [3, width > 2 ? 10000 : null]);
    const small = (await KINDS.plane({ model, perClass: 100, digest }, contextOf())).plane;
    assert.equal(small?.xy.length, 2000);
    assert.deepEqual([...(small?.xy.subarray(200, 202) ?? [])], [...plane.xy.subarray(1000, 1002)]);
    const other = await KINDS.plane({ model, perClass: 500, digest: "0123456789abcdef" }, contextOf());
    assert.equal(other.plane, null);
  });
}

/** @param {number} index */
function imageAt(index) {
  const grey = new Uint8Array(bytes(join(folder, "gallery", `${Math.floor(index / 500)}.bin`)));
  return Float32Array.from(
    grey.subarray(784 * (index % 500), 784 * ((index % 500) + 1)),
    (value) => value / 255,
  );
}

test("what was written down was there", needed, () => assert.ok(Object.keys(written.models).length));

test("quantiles of the normal distribution, from a table", () => {
  for (const [share, wanted] of [
    [0.5, 0],
    [0.841344746068543, 1],
    [0.975, 1.959963984540054],
    [0.001, -3.090232306167814],
    [0.999999, 4.753424308822899],
  ]) {
    assert.ok(Math.abs(quantile(share) - wanted) < 1e-9, `${share}`);
  }
});
