import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { lackForSampling, lackOf, suitedOf } from "../../dae/page/suited.js";

const manifest = JSON.parse(await readFile(new URL("../../dae/page/manifest.json", import.meta.url), "utf8"));
/** @param {string} key @param {number} level */
const given = (key, level, clip = true) => ({
  noise: manifest.noises.find((/** @type {any} */ noise) => noise.key === key),
  level,
  clip,
});
/** @param {string} name */
const model = (name) => manifest.models.find((/** @type {any} */ each) => each.name === name);

test("a network's training is told from its own recipe", () => {
  assert.equal(lackOf(model("conv-gaussian"), given("gaussian", 1)), null);
  assert.deepEqual(lackOf(model("conv-gaussian"), given("gaussian", 1.005)), { code: "level", highest: 1 });
  assert.deepEqual(lackOf(model("conv-gaussian"), given("gaussian", 0.2, false)), { code: "clipped" });
  assert.deepEqual(lackOf(model("conv-gaussian"), given("masking", 0.2)), { code: "noise" });
  assert.equal(lackOf(model("gfg"), given("gaussian", 1, false)), null);
  assert.deepEqual(lackOf(model("gfg"), given("gaussian", 1)), { code: "unclipped" });
  assert.equal(lackOf(model("apx-masking"), given("masking", 0.5, false)), null); // clip says nothing here
  assert.deepEqual(lackOf(model("plain"), given("block", 0.1)), { code: "plain" });
});

test("a network of one level holds near it, and not elsewhere", () => {
  for (const level of [0.455, 0.5, 0.545])
    assert.equal(lackOf(model("apx-masking"), given("masking", level)), null);
  for (const level of [0.1, 0.4, 0.6])
    assert.deepEqual(lackOf(model("apx-masking"), given("masking", level)), { code: "only", highest: 0.5 });
  assert.equal(lackOf(model("jz-denoise-gaussian"), given("gaussian", 0.315)), null); // of variance 0.1
  const own = { noises: [{ key: "block", low: 0.4, high: 0.4, clip: true }] };
  assert.deepEqual(lackOf(own, given("block", 0.2)), { code: "only", highest: 0.4 });
});

test("without noise, what has seen clean digits lacks nothing", () => {
  for (const name of ["plain", "conv-gaussian", "universal", "jz-topk-5"])
    assert.equal(lackOf(model(name), given("masking", 0)), null, name);
  assert.deepEqual(lackOf(model("apx-masking"), given("masking", 0)), { code: "clean" });
});

test("for every noise at every level there is a network that was trained on it", () => {
  for (const { key, maximum } of manifest.noises)
    for (const clip of [true, false]) {
      const found = suitedOf(manifest.models, given(key, maximum, clip));
      assert.ok(found && found.group === "all" && !lackOf(found, given(key, maximum, clip)), key);
    }
  assert.equal(suitedOf([model("conv-gaussian")], given("gaussian", 0.5)), undefined);
});

test("for sampling a network has to know Gaussian noise of many levels, unclipped", () => {
  const lacks = {
    universal: "",
    "conv-gaussian": "clipped",
    "apx-masking": "noise",
    gfg: "only",
    plain: "plain",
  };
  for (const [name, lack] of Object.entries(lacks)) assert.equal(lackForSampling(model(name)), lack, name);
});
