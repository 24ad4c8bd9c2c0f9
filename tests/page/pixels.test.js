import assert from "node:assert/strict";
import { test } from "node:test";
import { deflateSync } from "node:zlib";
import { decodeDigit, encodeDigit } from "../../dae/page/pixels.js";

const digit = Float32Array.from({ length: 784 }, (_, i) => ((i * 37) % 256) / 255);
const text = (/** @type {Uint8Array} */ bytes) => deflateSync(bytes, { level: 9 }).toString("base64url");

test("a digit goes through a link unchanged", async () => {
  const link = await encodeDigit(digit);
  assert.match(link, /^[\w-]+$/);
  assert.deepEqual(await decodeDigit(link), digit);
});

test("links of any zlib are read", async () => {
  const grey = Uint8Array.from(digit, (value) => Math.round(255 * value));
  assert.deepEqual(await decodeDigit(text(grey)), digit);
});

test("nonsense, too little and far too much are no digit", async () => {
  for (const bad of [
    "",
    "!!",
    "abc",
    text(new Uint8Array(783)),
    text(new Uint8Array(785)),
    text(new Uint8Array(1e6)),
  ]) {
    assert.equal(await decodeDigit(bad), null);
  }
});
