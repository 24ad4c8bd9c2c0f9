import assert from "node:assert/strict";
import { test } from "node:test";
import { Builder } from "../../dae/page/engine/builder.js";
import { EngineError } from "../../dae/page/engine/errors.js";
import { ScriptKernels, WasmKernels } from "../../dae/page/engine/kernels.js";
import { figures } from "../../dae/page/engine/metrics.js";
import { createNetwork } from "../../dae/page/engine/networks.js";
import { corrupt } from "../../dae/page/engine/noise.js";
import { Generator } from "../../dae/page/engine/rng.js";
import { Classifier } from "../../dae/page/engine/verdict.js";
import { array, bytes, difference, fixtures, kernels, needed } from "./fixtures.js";

const CLOSE = 1e-4;

/** @param {Float32Array} images @param {number} i */
const image = (images, i) => images.subarray(i * 784, (i + 1) * 784);

test("noise is the library's", needed, () => {
  for (const { noise, level, seed, clip, clean, noisy } of fixtures.noises) {
    const found = corrupt(array(clean), noise, level, { seed, clip });
    const wanted = array(noisy);
    const name = `${noise} ${level}, seed ${seed}, clip ${clip}`;
    assert.ok(difference(found, wanted) < CLOSE, name);
    const grey = (/** @type {number} */ value) => Math.round(255 * Math.min(1, Math.max(0, value)));
    const other = found.filter((value, i) => grey(value) !== grey(wanted[i])).length;
    assert.ok(other <= found.length / 1000, `${name}: ${other} of ${found.length} pixels differ in 8 bits`);
  }
});

test("a level that makes no sense is refused", () => {
  const clean = new Float32Array(784);
  for (const level of [-0.1, NaN, Infinity, [0.1, 0.2]]) {
    assert.throws(() => corrupt(clean, "gaussian", level, { seed: 0 }), { code: "bad_level" });
  }
  assert.throws(() => corrupt(clean, "masking", 1.01, { seed: 0 }), { code: "bad_level" });
  assert.throws(() => corrupt(clean, "toString", 0.1, { seed: 0 }), { code: "no_such_noise" });
});

test("a seed counts by its low 32 bits", () => {
  const [first, second] = [5, 2 ** 32 + 5].map((seed) => new Generator(seed).rand(8));
  assert.deepEqual(first, second);
  assert.notDeepEqual(first, new Generator(6).rand(8));
});

test("networks encode, decode and restore as the library's", needed, async (context) => {
  const create = await kernels();
  for (const record of fixtures.networks) {
    await context.test(record.name, () => {
      const network = createNetwork(bytes(record.path), create);
      const { latentDim, parameters, seed } = record;
      assert.deepEqual(
        { latentDim: network.latentDim, parameters: network.parameters, seed: network.info.seed },
        { latentDim, parameters, seed },
      );
      const noisy = array(record.noisy);
      const restored = network.restore(noisy);
      assert.ok(difference(restored, array(record.restored)) < CLOSE);
      // One after the other the same, to the last bit, as all at once; nothing on the heap leaks into what comes next.
      for (const i of [3, 0]) assert.deepEqual(network.restore(image(noisy, i)), image(restored, i).slice());
      if (record.code) {
        const code = array(record.code);
        assert.ok(difference(network.encode(noisy), code) < CLOSE);
        assert.ok(difference(network.decode(code), array(record.decoded)) < CLOSE);
        const logits = array(record.logits);
        const size = logits.reduce((most, value) => Math.max(most, Math.abs(value)), 1);
        assert.ok(difference(network.decodeLogits(code), logits) < CLOSE * size);
        assert.ok(difference(network.output(logits), array(record.decoded)) < CLOSE);
        const { pictures, ...filters } = network.encoderFilters();
        const { pictures: wanted, ...others } = record.filters;
        assert.deepEqual(filters, others);
        assert.ok(difference(pictures, array(wanted)) < 1e-6);
        const linear = network.linearDecoder();
        assert.equal(linear === null, record.linear === null);
        if (linear) {
          assert.ok(difference(linear.weight, array(record.linear[0])) < 1e-6);
          assert.ok(difference(linear.bias, array(record.linear[1])) < 1e-6);
        }
      } else {
        assert.throws(() => network.encode(noisy), { code: "no_code" });
        assert.throws(() => network.encoderFilters(), { code: "no_code" });
        assert.throws(() => network.decode(new Float32Array(network.latentDim)), { code: "no_code" });
      }
    });
  }
});

test("a file that is no checkpoint is refused for the library's reason", needed, async (context) => {
  const create = await kernels();
  for (const { name, path, code } of fixtures.damaged) {
    await context.test(name, () => {
      assert.throws(
        () => createNetwork(bytes(path), create),
        (/** @type {EngineError} */ error) => {
          assert.ok(error instanceof EngineError, String(error));
          assert.equal(error.code, code);
          return true;
        },
      );
    });
  }
});

test("figures are the library's", needed, () => {
  for (const { images, clean, mse, psnr, ssim } of fixtures.metrics) {
    for (let i = 0; i < mse.length; i++) {
      const found = figures(image(array(images), i), image(array(clean), i));
      assert.ok(Math.abs(found.mse - mse[i]) < 1e-5);
      assert.ok(psnr[i] === null ? found.psnr === Infinity : Math.abs(found.psnr - psnr[i]) < 1e-4);
      assert.ok(Math.abs(found.ssim - ssim[i]) < 1e-5);
    }
  }
});

test("verdicts are the library's, none on pictures of no digit", needed, () => {
  const classifier = new Classifier(bytes(fixtures.files[0].verdict));
  const all = fixtures.verdicts.flatMap((/** @type {any} */ each) => each.digits);
  assert.ok(all.includes(null) && all.includes(0));
  for (const { images, probabilities, digits, confidences } of fixtures.verdicts) {
    for (let i = 0; i < digits.length; i++) {
      const found = classifier.verdict(image(array(images), i));
      assert.equal(found.digit, digits[i]);
      assert.ok(Math.abs(found.confidence - confidences[i]) < CLOSE);
      assert.ok(difference(found.probabilities, array(probabilities).subarray(10 * i, 10 * i + 10)) < CLOSE);
    }
  }
});

test("a file that is not the classifier is refused", needed, () => {
  const { checkpoints } = fixtures.files[0];
  assert.throws(() => new Classifier(bytes(`${checkpoints}/jz-fc.safetensors`)), {
    code: "weights_do_not_fit",
  });
  assert.throws(() => new Classifier(new ArrayBuffer(3)), { code: "damaged" });
});

test("a convolution by Winograd's products is the same convolution", async () => {
  const each = (await kernels())();
  if (!(each instanceof WasmKernels)) return; // the others make patches of it
  const draws = new Generator(2);
  for (const [height, width, channels, outputs, before, activation] of /** @type {const} */ ([
    [14, 14, 64, 64, "relu", "relu"],
    [7, 7, 8, 16, "identity", "identity"],
    [1, 1, 4, 32, "gelu", "leaky_relu"],
    [6, 13, 12, 20, "leaky_relu", "tanh"],
    [20, 24, 4, 4, "relu", "identity"],
  ])) {
    const weight = draws.randn(outputs * channels * 9).map((value) => value / Math.sqrt(channels * 9));
    const weights = new Map([
      ["it.weight", { data: weight, shape: [outputs, channels, 3, 3] }],
      ["it.bias", { data: draws.randn(outputs + 16).slice(16), shape: [outputs] }],
    ]);
    const builder = new Builder(weights, () => each);
    const size = height * width * outputs;
    const place = builder.layers.store(draws.randn(Math.max(16, height * width * channels)));
    const picture = { place, height, width, channels };
    const other = draws.randn(Math.max(16, size));
    const [quick, plain] = [builder.square("it"), builder.layer("it")].map((layer) => {
      const out = builder.layers.convolve(picture, layer, { padding: 1, before, activation });
      const onto = { ...out, place: builder.layers.store(other) };
      builder.layers.convolve(picture, layer, { padding: 1, before, onto });
      return [out, onto].map((found) => each.floats.slice(found.place, found.place + size));
    });
    assert.ok(difference(quick[0], plain[0]) < 1e-5, `${height} x ${width} x ${channels} > ${outputs}`);
    assert.ok(
      difference(quick[1], plain[1]) < 1e-5,
      `${height} x ${width} x ${channels} > ${outputs}, added`,
    );
    assert.ok(Math.max(...plain[0].map(Math.abs)) > 0.5);
    assert.ok(difference(plain[1], other.slice(0, size)) > 0.5);
  }
});

test("both kinds of kernels compute the same", async () => {
  const create = await kernels(),
    draws = new Generator(1);
  for (const [count, width, outputs, fused] of [
    [1, 9, 5, 0],
    [7, 33, 4, 1],
    [5, 64, 7, 2],
    [2, 3, 1, 1],
    [3, 128, 16, 0],
  ]) {
    const values = [count * width, outputs * width, outputs].map((size) => draws.randn(Math.max(16, size)));
    const [script, other] = [new ScriptKernels(), create()].map((each) => {
      const [rows, weight, bias] = values.map((part) => {
        const place = each.take(part.length);
        each.floats.set(part, place);
        return place;
      });
      const stride = outputs + 3,
        packed = each.take(each.packedSize(width, outputs)),
        out = each.take(count * stride);
      each.pack(weight, packed, width, outputs);
      assert.deepEqual(each.unpack(packed, width, outputs), values[1].slice(0, width * outputs));
      each.floats.fill(-7, out, out + count * stride); // what lies between the rows stays
      each.product(rows, packed, bias, out, count, width, outputs, stride, fused);
      return each.floats.slice(out, out + count * stride);
    });
    assert.ok(difference(other, script) < CLOSE, `${count} x ${width} x ${outputs}`);
  }
  for (const [side, channels, kernel, stride, padding] of [
    [5, 1, 3, 1, 1],
    [4, 3, 2, 2, 0],
    [6, 5, 6, 1, 0],
    [7, 2, 3, 2, 1],
  ]) {
    const picture = draws.randn(Math.max(16, side * side * channels));
    const out = Math.floor((side + 2 * padding - kernel) / stride) + 1;
    const [script, other] = [new ScriptKernels(), create()].map((each) => {
      const place = each.take(picture.length),
        rows = each.take(out * out * kernel * kernel * channels);
      each.floats.set(picture, place);
      each.patches(place, rows, {
        height: side,
        width: side,
        channels,
        kernel,
        stride,
        top: padding,
        left: padding,
        outHeight: out,
        outWidth: out,
      });
      return each.floats.slice(rows, rows + out * out * kernel * kernel * channels);
    });
    assert.deepEqual(other, script);
  }
});
