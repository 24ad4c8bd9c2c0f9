/** What a checkpoint says of its network, checked as `dae.models.ModelConfig` and `dae.sparsity.Sparsity` check it. */

import { EngineError } from "./errors.js";
import { PIXELS, SIDE } from "./noise.js";

/**
 * @typedef {"identity" | "relu" | "leaky_relu" | "sigmoid" | "tanh" | "gelu"} Activation
 * @typedef {{ kind: string, k: number, fraction: number, weight: number, rho: number }} Sparsity
 *
 * @typedef {object} ModelConfig what is needed to build a network, before its weights; names as in Python
 * @property {"mlp" | "conv" | "pooled_conv" | "valid_conv" | "unet"} architecture
 * @property {number[]} hidden
 * @property {number[]} channels
 * @property {number} latent_dim
 * @property {Activation} activation
 * @property {Activation} code_activation
 * @property {"sigmoid" | "identity" | "leaky_relu"} output
 * @property {boolean} tied
 * @property {boolean} variational
 * @property {Sparsity} sparsity
 * @property {"default" | "xavier"} initial
 */

const ACTIVATIONS = ["identity", "relu", "leaky_relu", "sigmoid", "tanh", "gelu"];
const OUTPUTS = ["sigmoid", "identity", "leaky_relu"];
const INITIALS = ["default", "xavier"];
const SPARSITIES = ["none", "topk", "lifetime", "l1", "kl"];
/** The least and the most channel widths of each architecture. @type {Record<string, [number, number]>} */
const STAGES = { mlp: [0, 8], conv: [2, 8], pooled_conv: [1, 8], valid_conv: [1, 5], unet: [1, 2] };

/** @type {Sparsity} */
const NO_SPARSITY = { kind: "none", k: 16, fraction: 0.05, weight: 0.01, rho: 0.05 };
/** @type {ModelConfig} */
const DEFAULTS = {
  architecture: "mlp",
  hidden: [],
  channels: [],
  latent_dim: 64,
  activation: "relu",
  code_activation: "identity",
  output: "sigmoid",
  tied: false,
  variational: false,
  sparsity: NO_SPARSITY,
  initial: "default",
};

/** @param {unknown} value @returns {value is Record<string, any>} */
export const isRecord = (value) => typeof value === "object" && value !== null && !Array.isArray(value);

/** @param {unknown} value */
const isNumber = (value) => typeof value === "number";

/** @param {unknown} width */
const isWidth = (width) => Number.isInteger(width) && Number(width) >= 1 && Number(width) <= 4096;

/**
 * Fields over their defaults.
 * @template {object} T
 * @param {T} defaults
 * @param {unknown} fields
 * @returns {T}
 */
function filled(defaults, fields) {
  if (!isRecord(fields) || !Object.keys(fields).every((name) => Object.hasOwn(defaults, name))) {
    throw new EngineError("bad_description");
  }
  return { ...defaults, ...fields };
}

/** @param {unknown} fields @returns {Sparsity} */
function parseSparsity(fields) {
  const sparsity = filled(NO_SPARSITY, fields);
  const { kind, k, fraction, weight, rho } = sparsity;
  const fits =
    SPARSITIES.includes(kind) &&
    Number.isInteger(k) &&
    k >= 1 &&
    [fraction, weight, rho].every(isNumber) &&
    fraction > 0 &&
    fraction <= 1 &&
    weight >= 0 &&
    weight < Infinity &&
    rho > 0 &&
    rho < 1;
  if (!fits) throw new EngineError("bad_description");
  return sparsity;
}

/**
 * A network's config from its JSON form.
 * @param {unknown} fields
 * @returns {ModelConfig}
 * @throws {EngineError} `bad_description`
 */
export function parseConfig(fields) {
  const config = filled(DEFAULTS, fields);
  config.sparsity = parseSparsity(config.sparsity);
  const { architecture, hidden, channels, tied, variational, sparsity } = config;
  if (!Object.hasOwn(STAGES, architecture) || !Array.isArray(hidden) || !Array.isArray(channels)) {
    throw new EngineError("bad_description");
  }
  const [fewest, most] = STAGES[architecture];
  const isPlain = !tied && config.code_activation === "identity";
  const fits =
    ACTIVATIONS.includes(config.activation) &&
    ACTIVATIONS.includes(config.code_activation) &&
    OUTPUTS.includes(config.output) &&
    INITIALS.includes(config.initial) &&
    [...hidden, ...channels, config.latent_dim].every(isWidth) &&
    hidden.length <= 8 &&
    channels.length >= fewest &&
    channels.length <= most &&
    (architecture === "mlp" || (!tied && !variational)) &&
    (!variational || (isPlain && sparsity.kind === "none")) &&
    (sparsity.kind !== "kl" || config.code_activation === "sigmoid") &&
    (architecture !== "unet" || sparsity.kind === "none");
  if (!fits) throw new EngineError("bad_description");
  return config;
}

/** @param {number[]} channels of the conv network; the side of its smallest pictures */
export const convSide = (channels) => SIDE / 2 ** Math.min(2, channels.length - 1);

/** @param {number[]} channels of the pooled network; the sides of its pictures, from 28 down */
export function pooledSides(channels) {
  const sides = [SIDE];
  for (let i = 0; i < channels.length; i++) sides.push((sides[i] + 1) >> 1);
  return sides;
}

/** @param {number[]} channels of the unpadded network; the side of its pictures after max pooling */
export const validSide = (channels) => (SIDE - 5 * channels.length) >> 1;

/** @param {number[]} channels of the U-Net; the side of its smallest pictures */
export const unetSide = (channels) => 14 / 2 ** (channels.length - 1);

/** Channels between the U-Net's convolutions and its fully connected layer. */
export const UNET_WHOLE = 32;

/**
 * The shape of each of a network's parameters, as torch's `state_dict` names them.
 * @param {ModelConfig} config
 * @returns {Map<string, number[]>}
 * @throws {EngineError} `no_network`
 */
export function parameterShapes(config) {
  /** @type {Map<string, number[]>} */
  const shapes = new Map();
  /** @param {string} name @param {number} biases @param {number[]} weight */
  const layer = (name, biases, ...weight) => {
    shapes.set(`${name}.weight`, weight);
    shapes.set(`${name}.bias`, [biases]);
  };
  const { channels, latent_dim: latent } = config;
  const last = channels[channels.length - 1];
  if (config.architecture === "mlp") {
    const widths = [PIXELS, ...config.hidden, latent],
      deepest = widths.length - 2;
    for (let i = 0; i <= deepest; i++) {
      const out = widths[i + 1] * (config.variational && i === deepest ? 2 : 1);
      layer(`encoder.${i}`, out, out, widths[i]);
      if (config.tied) shapes.set(`decoder_biases.${deepest - i}`, [widths[i]]);
      else layer(`decoder.${deepest - i}`, widths[i], widths[i], widths[i + 1]);
    }
  } else if (config.architecture === "conv") {
    const pairs = channels.length - 1,
      inner = last * convSide(channels) ** 2;
    layer("encoder.0", channels[0], channels[0], 1, 3, 3);
    layer(`decoder.${pairs}`, 1, 1, channels[0], 3, 3);
    for (let i = 0; i < pairs; i++) {
      const [before, after] = channels.slice(i);
      layer(`encoder.${i + 1}`, after, after, before, 3, 3);
      if (i < 2) layer(`decoder.${pairs - 1 - i}`, before, after, before, 4, 4);
      else layer(`decoder.${pairs - 1 - i}`, before, before, after, 3, 3);
    }
    layer("to_code", latent, latent, inner);
    layer("from_code", inner, inner, latent);
  } else if (config.architecture === "pooled_conv") {
    const inner = last * pooledSides(channels)[channels.length] ** 2;
    channels.forEach((after, i) => {
      const before = i ? channels[i - 1] : 1;
      layer(`encoder.${i}`, after, after, before, 3, 3);
      layer(`decoder.${channels.length - 1 - i}`, before, before, after, 3, 3);
    });
    layer("to_code", latent, latent, last);
    layer("from_code", inner, inner, latent);
  } else if (config.architecture === "valid_conv") {
    if (latent !== last * validSide(channels) ** 2) throw new EngineError("no_network");
    channels.forEach((after, i) => {
      layer(`encoder.${i}`, after, after, i ? channels[i - 1] : 1, 6, 6);
    });
    layer("decoder", PIXELS, PIXELS, latent);
  } else {
    unetShapes(config, layer);
  }
  return shapes;
}

/**
 * @param {ModelConfig} config
 * @param {(name: string, biases: number, ...weight: number[]) => void} layer
 */
function unetShapes({ channels, latent_dim: latent }, layer) {
  /** @param {string} name @param {number} inputs @param {number} outputs */
  const block = (name, inputs, outputs) => {
    layer(`${name}.layers.1`, outputs, outputs, inputs, 3, 3);
    layer(`${name}.layers.3`, outputs, outputs, outputs, 3, 3);
    if (inputs !== outputs) layer(`${name}.skip`, outputs, outputs, inputs, 1, 1);
  };
  const pairs = channels.length - 1,
    last = channels[pairs];
  const whole = UNET_WHOLE * unetSide(channels) ** 2;
  layer("stem", channels[0], channels[0], 4, 3, 3);
  for (let i = 0; i < pairs; i++) {
    const [before, after] = channels.slice(i);
    block(`down.${i}`, before, before);
    layer(`shrink.${i}`, after, after, before, 2, 2);
    layer(`grow.${pairs - 1 - i}`, before, after, before, 2, 2);
    block(`up.${pairs - 1 - i}`, 2 * before, before);
  }
  block("middle.0", last, last);
  block("middle.1", last, last);
  layer("whole.0", UNET_WHOLE, UNET_WHOLE, last, 1, 1);
  layer("whole.2", latent, latent, whole);
  layer("whole.4", whole, whole, latent);
  layer("whole.6", last, last, UNET_WHOLE, 1, 1);
  layer("head", 4, 4, channels[0], 3, 3);
}
