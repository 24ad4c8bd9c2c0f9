/**
 * Checkpoints as `dae/checkpoints.py` writes them: safetensors files with a description in their header.
 *
 * A file is: 8 bytes with the header's length, the header in JSON (name -> dtype, shape, place; `__metadata__`), and
 * the tensors end to end (https://huggingface.co/docs/safetensors).
 */

import { isRecord, parameterShapes, parseConfig } from "./config.js";
import { EngineError } from "./errors.js";

const FORMAT = "dae-playground-1";
const KEY = "dae";
const SCALE = ".scale"; // beside a weight stored in 8 bits: its scale per row
const MAX_BYTES = 32 * 1024 * 1024;

/** @typedef {{ data: Float32Array, shape: number[] }} Tensor */

/**
 * @typedef {object} Info what a checkpoint says of itself, as in its header
 * @property {Record<string, any>} recipe
 * @property {import("./config.js").ModelConfig} model
 * @property {number} seed
 * @property {string} data the digits it was trained on
 * @property {Record<string, any>[]} figures
 * @property {Record<string, string>} versions
 * @property {string} command
 * @property {number} seconds of training
 * @property {number} steps of the optimiser
 */

/** @typedef {{ dtype: string, shape: number[], data_offsets: [number, number] }} Entry */

/** @type {Record<string, number>} */
const BYTES = {
  F64: 8,
  F32: 4,
  I32: 4,
  F16: 2,
  BF16: 2,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
  I64: 8,
  U64: 8,
  U32: 4,
  U16: 2,
};

/**
 * A safetensors file's metadata and tensors, of which float32, float16, int8, uint8 and uint16 are read.
 * @param {ArrayBuffer} buffer
 * @returns {{ metadata: Record<string, string>, tensors: Map<string, { dtype: string, tensor: Tensor }> }}
 * @throws {EngineError} `damaged`
 */
export function readSafetensors(buffer) {
  const { start, header } = readHeader(buffer);
  const { __metadata__: metadata = {}, ...entries } = header;
  /** @type {Map<string, { dtype: string, tensor: Tensor }>} */
  const tensors = new Map();
  for (const [name, entry] of Object.entries(/** @type {Record<string, Entry>} */ (entries))) {
    const [from, to] = entry.data_offsets;
    const data = decode(entry.dtype, buffer, start + from, to - from);
    tensors.set(name, { dtype: entry.dtype, tensor: { data, shape: entry.shape } });
  }
  return { metadata, tensors };
}

/**
 * @param {ArrayBuffer} buffer
 * @returns {{ start: number, header: Record<string, any> }} `start` is where the tensors begin
 */
function readHeader(buffer) {
  const damaged = new EngineError("damaged");
  if (buffer.byteLength < 8) throw damaged;
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  const start = 8 + length;
  if (start > buffer.byteLength) throw damaged;
  let header;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(buffer, 8, length)));
  } catch {
    throw damaged;
  }
  if (!isRecord(header) || !("__metadata__" in header ? isRecord(header.__metadata__) : true)) throw damaged;
  const entries = Object.entries(header)
    .filter(([name]) => name !== "__metadata__")
    .map(([, entry]) => entry);
  if (!entries.every(isEntry)) throw damaged;
  // The tensors fill the rest of the file, without a gap.
  let end = 0;
  for (const {
    dtype,
    shape,
    data_offsets: [from, to],
  } of entries.sort((a, b) => a.data_offsets[1] - b.data_offsets[1])) {
    const size = shape.reduce(
      (/** @type {number} */ product, /** @type {number} */ side) => product * side,
      BYTES[dtype],
    );
    if (from !== end || to - from !== size) throw damaged;
    end = to;
  }
  if (start + end !== buffer.byteLength) throw damaged;
  return { start, header };
}

/** @param {unknown} entry @returns {entry is Entry} */
function isEntry(entry) {
  /** @param {unknown} value */
  const isSize = (value) => Number.isSafeInteger(value) && Number(value) >= 0;
  return (
    isRecord(entry) &&
    Object.hasOwn(BYTES, entry.dtype) &&
    Array.isArray(entry.shape) &&
    entry.shape.every(isSize) &&
    Array.isArray(entry.data_offsets) &&
    entry.data_offsets.length === 2 &&
    entry.data_offsets.every(isSize)
  );
}

/**
 * @param {string} dtype
 * @param {ArrayBuffer} buffer
 * @param {number} start
 * @param {number} bytes
 * @returns {Float32Array} empty for a type that no file of ours has
 */
function decode(dtype, buffer, start, bytes) {
  const part = buffer.slice(start, start + bytes); // a header of any length leaves the tensors unaligned
  if (dtype === "F32") return new Float32Array(part);
  if (dtype === "I8") return new Float32Array(new Int8Array(part));
  if (dtype === "U8") return new Float32Array(new Uint8Array(part));
  if (dtype === "U16") return new Float32Array(new Uint16Array(part));
  return dtype === "F16" ? new Float32Array(new Uint16Array(part)).map(fromHalf) : new Float32Array(0);
}

/** What the last bit of a number of 16 bits is worth, by its exponent. */
const LAST_BIT = Float64Array.from({ length: 32 }, (_, exponent) => 2 ** (Math.max(1, exponent) - 25));

/**
 * A number of 16 bits (IEEE 754 binary16).
 * @param {number} bits
 */
function fromHalf(bits) {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return NaN; // or infinite: no weight is
  const size = (exponent ? 1024 + fraction : fraction) * LAST_BIT[exponent];
  return bits & 0x8000 ? -size : size;
}

/**
 * @param {Record<string, string>} metadata
 * @returns {Info}
 */
function parseInfo(metadata) {
  if (typeof metadata[KEY] !== "string") throw new EngineError("foreign");
  let fields;
  try {
    // Python writes figures that are no numbers as NaN and Infinity, which JSON does not have.
    const text = metadata[KEY].replace(
      /("(?:[^"\\]|\\.)*")|-?Infinity|NaN/g,
      (_, string) => string ?? "null",
    );
    fields = JSON.parse(text);
  } catch {
    throw new EngineError("bad_description");
  }
  if (!isRecord(fields) || !("format" in fields)) throw new EngineError("bad_description");
  if (fields.format !== FORMAT) throw new EngineError("other_format");
  const { format: _format, precision: _precision, ...rest } = fields;
  /** @type {Info} */
  const defaults = {
    recipe: {},
    model: rest.model,
    seed: NaN,
    data: "",
    figures: [],
    versions: {},
    command: "",
    seconds: 0,
    steps: 0,
  };
  const info = { ...defaults, ...rest };
  const fits =
    Object.keys(rest).every((name) => Object.hasOwn(defaults, name)) &&
    ["recipe", "model", "seed", "data"].every((name) => Object.hasOwn(rest, name)) &&
    isRecord(info.recipe) &&
    Number.isInteger(info.seed) &&
    typeof info.data === "string" &&
    Array.isArray(info.figures) &&
    info.figures.every(isRecord) &&
    isRecord(info.versions) &&
    typeof info.command === "string" &&
    typeof info.seconds === "number" &&
    Number.isInteger(info.steps) &&
    [info.seconds, info.steps].every((number) => number >= 0 && number < 2 ** 53);
  if (!fits) throw new EngineError("bad_description");
  return { ...info, model: parseConfig(rest.model) };
}

/**
 * A checkpoint: what it says of itself and its weights in float32.
 *
 * @param {ArrayBuffer} buffer the whole file
 * @returns {{ info: Info, weights: Map<string, Tensor> }}
 * @throws {EngineError} `too_large`, `damaged`, `foreign`, `other_format`, `bad_description`, `no_network`,
 *   `weights_do_not_fit`, `not_finite`
 */
export function readCheckpoint(buffer) {
  if (buffer.byteLength > MAX_BYTES) throw new EngineError("too_large", { limit: MAX_BYTES / 2 ** 20 });
  const { metadata, tensors } = readSafetensors(buffer);
  const info = parseInfo(metadata);
  const shapes = parameterShapes(info.model);
  const weights = weightsOf(tensors);
  const fits =
    weights.size === shapes.size &&
    [...shapes].every(([name, shape]) => {
      const found = weights.get(name);
      return found && String(found.shape) === String(shape) && found.data.length === product(shape);
    });
  if (!fits) throw new EngineError("weights_do_not_fit");
  for (const { data } of weights.values()) if (!allFinite(data)) throw new EngineError("not_finite");
  return { info, weights };
}

/**
 * A checkpoint's weights in float32, those in 8 bits scaled.
 * @param {Map<string, { dtype: string, tensor: Tensor }>} tensors changed in place
 * @returns {Map<string, Tensor>}
 * @throws {EngineError} `damaged`
 */
export function weightsOf(tensors) {
  /** @type {Map<string, Tensor>} */
  const weights = new Map();
  for (const [name, { dtype, tensor }] of tensors) {
    if (name.endsWith(SCALE)) continue;
    if (dtype === "I8") scaleRows(tensor, tensors.get(name + SCALE)?.tensor);
    weights.set(name, tensor);
  }
  return weights;
}

/** Whether all values are finite numbers. @param {Float32Array} data */
export function allFinite(data) {
  let sum = 0; // stays 0 unless there is a value that is not 0 less itself
  for (let i = 0; i < data.length; i++) sum += data[i] - data[i];
  return sum === 0;
}

/** @param {number[]} shape */
const product = (shape) => shape.reduce((size, side) => size * side, 1);

/**
 * @param {Tensor} tensor in 8 bits, changed in place
 * @param {Tensor | undefined} scale one per row
 */
function scaleRows({ data, shape }, scale) {
  if (!scale || scale.data.length !== shape[0]) throw new EngineError("damaged");
  const width = data.length / shape[0];
  scale.data.forEach((factor, row) => {
    for (let i = row * width; i < (row + 1) * width; i++) data[i] *= factor;
  });
}
