/** Checkpoints as `dae.checkpoints.save` writes them: safetensors files with a description in their header. */

/** @typedef {import("../checkpoint.js").Tensor} Tensor */

const FORMAT = "dae-playground-1";

/**
 * A network's file, in float32.
 * @param {Map<string, Tensor>} weights
 * @param {Omit<import("../checkpoint.js").Info, "command">} info
 * @returns {ArrayBuffer}
 */
export function writeCheckpoint(weights, info) {
  const said = { ...info, command: "", format: FORMAT, precision: "float32" };
  /** @type {Record<string, any>} */
  const header = { __metadata__: { dae: JSON.stringify(said) } };
  let size = 0;
  for (const [name, { data, shape }] of weights) {
    header[name] = { dtype: "F32", shape, data_offsets: [size, size + data.byteLength] };
    size += data.byteLength;
  }
  const text = JSON.stringify(header);
  const head = new TextEncoder().encode(text);
  const length = Math.ceil(head.length / 8) * 8; // padded with spaces, so that the tensors are aligned
  const file = new Uint8Array(8 + length + size).fill(32);
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true);
  file.set(head, 8);
  let place = 8 + length;
  for (const { data } of weights.values()) {
    file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), place);
    place += data.byteLength;
  }
  return file.buffer;
}
