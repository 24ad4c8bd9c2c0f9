import assert from "node:assert/strict";
import { test } from "node:test";
import { digitOf } from "../../dae/page/engine/pen.js";
import { distances, label } from "../../dae/page/engine/raster.js";
import { array, difference, fixtures, needed } from "./fixtures.js";

test("a drawing becomes the library's digit", needed, () => {
  for (const [i, { pixels, width, height, digit, code }] of fixtures.drawings.entries()) {
    const drawing = new Uint8ClampedArray(array(pixels));
    if (code) {
      assert.throws(() => digitOf(drawing, width, height), { code });
    } else {
      assert.ok(difference(digitOf(drawing, width, height), array(digit)) < 1e-4, `drawing ${i}`);
      const floats = new Float32Array(drawing).map((value) => value / 255);
      assert.ok(difference(digitOf(floats, width, height), array(digit)) < 1e-4, `drawing ${i} in floats`);
    }
  }
});

test("a drawing without paper, and one of another size than it says, are refused", () => {
  const scribble = new Uint8Array(112 * 112).fill(255);
  scribble.fill(0, 0, 112 * 20);
  for (let i = 0; i < 112 * 112; i += 7) scribble[i] = (i * 31) % 256;
  assert.throws(() => digitOf(scribble, 112, 112), { code: "too_much_ink" });
  assert.throws(() => digitOf(scribble, 112, 100), { code: "bad_question" });
  assert.throws(() => digitOf(new Uint8Array(0), 0, 0), { code: "no_ink" });
});

test("distances are those to the nearest pixel outside", () => {
  const mask = Uint8Array.from({ length: 12 * 9 }, (_, i) => Number((i * i) % 7 > 0 && i % 11 > 0));
  const found = distances(mask, 12, 9);
  for (let i = 0; i < mask.length; i++) {
    let nearest = Infinity;
    for (let j = 0; j < mask.length; j++) {
      if (!mask[j])
        nearest = Math.min(nearest, Math.hypot((i % 12) - (j % 12), Math.floor(i / 12) - Math.floor(j / 12)));
    }
    assert.ok(Math.abs(found[i] - nearest) < 1e-12);
  }
});

test("parts that touch at a corner are one, across the picture's edge they are not", () => {
  const rows = ["1...1", ".1..1", ".....", "1...1"];
  const mask = [...rows.join("")].map((sign) => Number(sign === "1"));
  const { labels, count } = label(mask, 5);
  assert.equal(count, 4);
  assert.equal(labels[0], labels[6]);
  assert.notEqual(labels[9], labels[15]);
});
