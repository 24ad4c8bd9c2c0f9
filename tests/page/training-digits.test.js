import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { test } from "node:test";
import { digitsKey } from "../../dae/page/training-digits.js";

const read = async (/** @type {string} */ path) =>
  readFile(new URL(`../../${path}`, import.meta.url), "utf8");

test("the digits of every shipped network have words in both languages", async () => {
  const { models } = JSON.parse(await read("dae/page/manifest.json"));
  const words = await Promise.all(
    ["en", "zh"].map(async (lang) => JSON.parse(await read(`dae/page/words/${lang}.json`))),
  );
  for (const { name, data } of models) {
    const found = digitsKey(data);
    assert.ok(found?.count === "55,000" && words.every((each) => found.key in each), name);
  }
});

test("a visitor's set is known, and what a file makes up is left as it is", () => {
  assert.deepEqual(digitsKey("MNIST gallery, the first 450 of each class (4,500)"), {
    key: "digits_gallery",
    count: "4,500",
  });
  assert.deepEqual(digitsKey("MNIST gallery, the first 90 of each class (900)"), {
    key: "digits_gallery",
    count: "900",
  });
  for (const data of ["", "?", "MNIST train without the gallery (<b>)"]) assert.equal(digitsKey(data), null);
});
