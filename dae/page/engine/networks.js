/** The architectures of `dae/models`, built from a checkpoint. */

import { Builder } from "./builder.js";
import { readCheckpoint } from "./checkpoint.js";
import { convSide, pooledSides, UNET_WHOLE, unetSide, validSide } from "./config.js";
import { Network } from "./network.js";
import { PIXELS, SIDE } from "./noise.js";
import { ResidualUNet } from "./residual-unet.js";

/**
 * @typedef {import("./checkpoint.js").Info} Info
 * @typedef {import("./layers.js").Layer} Layer
 * @typedef {import("./layers.js").Picture} Picture
 */

/**
 * A network from a checkpoint's file.
 *
 * @param {ArrayBuffer} buffer the whole file
 * @param {() => import("./kernels.js").Kernels} createKernels
 * @returns {Network}
 * @throws {import("./errors.js").EngineError} see `readCheckpoint`
 */
export function createNetwork(buffer, createKernels) {
  const { info, weights } = readCheckpoint(buffer);
  const network = new ARCHITECTURES[info.model.architecture](info, new Builder(weights, createKernels));
  for (const { data } of weights.values()) network.parameters += data.length;
  network.bytes = buffer.byteLength;
  return network;
}

/** Fully connected: 784 - hidden - latent_dim - hidden mirrored - 784. */
class MLP extends Network {
  /** @param {Info} info @param {Builder} builder */
  constructor(info, builder) {
    super(info, builder.layers);
    const { hidden, tied } = info.model,
      deepest = hidden.length;
    const places = [...hidden.keys(), deepest];
    this.encoder = places.map((i) => builder.layer(`encoder.${i}`));
    // A variational layer gives means, then variances; while not training, the mean is the code.
    this.encoder[deepest].outputs = this.latentDim;
    this.decoder = places.map((i) =>
      tied ? builder.tied(`encoder.${deepest - i}`, `decoder_biases.${i}`) : builder.layer(`decoder.${i}`),
    );
    this.first = this.encoder[0];
    this.only = deepest === 0 ? this.decoder[0] : null;
  }

  /** @param {Layer[]} layers @param {number} rows @param {number} count */
  #through(layers, rows, count) {
    layers.forEach((layer, i) => {
      rows = this.layers.linear(
        rows,
        count,
        layer,
        i < layers.length - 1 ? this.config.activation : "identity",
      );
    });
    return rows;
  }

  /** @param {number} images @param {number} count */
  encodeRaw(images, count) {
    return this.#through(this.encoder, images, count);
  }

  /** @param {number} codes @param {number} count */
  decodeRaw(codes, count) {
    return this.#through(this.decoder, codes, count);
  }
}

/** A network of convolutions, which works on one picture after the other. */
class Pictures extends Network {
  /** @param {Picture} _image @returns {number} place of its code before the activation */
  encodeOne(_image) {
    return super.encodeRaw(0, 1);
  }

  /** @param {number} _code its place @returns {number} place of its picture before the output activation */
  decodeOne(_code) {
    return super.decodeRaw(0, 1);
  }

  /**
   * One result after the other, in rows end to end.
   * @param {number} count
   * @param {number} width of one result
   * @param {(i: number) => number} work gives the place of a result
   */
  each(count, width, work) {
    const { kernels } = this.layers,
      rows = kernels.take(count * width);
    for (let i = 0; i < count; i++) {
      const mark = kernels.mark,
        place = work(i);
      kernels.floats.copyWithin(rows + i * width, place, place + width);
      kernels.release(mark);
    }
    return rows;
  }

  /** @param {number} images @param {number} i @returns {Picture} */
  static image(images, i) {
    return { place: images + i * PIXELS, height: SIDE, width: SIDE, channels: 1 };
  }

  /** @param {number} images @param {number} count */
  encodeRaw(images, count) {
    return this.each(count, this.latentDim, (i) => this.encodeOne(Pictures.image(images, i)));
  }

  /** @param {number} codes @param {number} count */
  decodeRaw(codes, count) {
    return this.each(count, PIXELS, (i) => this.decodeOne(codes + i * this.latentDim));
  }
}

/** Stride-2 convolutions down to 7x7, a linear code, and transposed convolutions back. */
class Conv extends Pictures {
  /** @param {Info} info @param {Builder} builder */
  constructor(info, builder) {
    super(info, builder.layers);
    const { channels } = info.model,
      deepest = channels.length - 1;
    this.side = convSide(channels);
    this.channels = channels[deepest];
    this.encoder = channels.map((_, i) => builder.layer(`encoder.${i}`));
    this.first = this.encoder[0];
    this.toCode = builder.fromPicture("to_code", this.side);
    this.fromCode = builder.toPicture("from_code", this.side);
    // The two stages of the encoder with stride 2 are the first ones, so the last ones here, before the last layer.
    this.decoder = channels.map((_, i) =>
      i < deepest && deepest - i <= 2 ? builder.quarters(`decoder.${i}`) : builder.layer(`decoder.${i}`),
    );
  }

  /** @param {Picture} image */
  encodeOne(image) {
    const { activation } = this.config;
    const { place } = this.encoder.reduce(
      (hidden, layer, i) =>
        this.layers.convolve(hidden, layer, { stride: i === 1 || i === 2 ? 2 : 1, padding: 1, activation }),
      image,
    );
    return this.layers.linear(place, 1, this.toCode);
  }

  /** @param {number} code */
  decodeOne(code) {
    const { activation } = this.config,
      last = this.decoder.length - 1;
    /** @type {Picture} */
    const start = {
      place: this.layers.linear(code, 1, this.fromCode, activation),
      height: this.side,
      width: this.side,
      channels: this.channels,
    };
    return this.decoder.reduce((hidden, layer, i) => {
      if (Array.isArray(layer)) return this.layers.expand(hidden, layer, activation);
      return this.layers.convolve(hidden, layer, {
        padding: 1,
        activation: i < last ? activation : "identity",
      });
    }, start).place;
  }
}

/** Stride-2 3x3 convolutions, global average pooling to the code, bilinear upsampling back. */
class PooledConv extends Pictures {
  /** @param {Info} info @param {Builder} builder */
  constructor(info, builder) {
    super(info, builder.layers);
    const { channels } = info.model;
    this.sides = pooledSides(channels);
    this.encoder = channels.map((_, i) => builder.layer(`encoder.${i}`));
    this.first = this.encoder[0];
    this.decoder = channels.map((_, i) => builder.layer(`decoder.${i}`));
    this.toCode = builder.layer("to_code");
    this.fromCode = builder.toPicture("from_code", this.sides[channels.length]);
    this.channels = channels[channels.length - 1];
  }

  /** @param {Picture} image */
  encodeOne(image) {
    const { activation } = this.config;
    const last = this.encoder.reduce(
      (hidden, layer) => this.layers.convolve(hidden, layer, { stride: 2, padding: 1, activation }),
      image,
    );
    return this.layers.linear(this.layers.mean(last), 1, this.toCode);
  }

  /** @param {number} code */
  decodeOne(code) {
    const { activation } = this.config,
      last = this.decoder.length - 1;
    const place = this.layers.linear(code, 1, this.fromCode, activation),
      side = this.sides[last + 1];
    /** @type {Picture} */
    const start = { place, height: side, width: side, channels: this.channels };
    return this.decoder.reduce(
      (hidden, layer, i) =>
        this.layers.convolve(this.layers.resize(hidden, this.sides[last - i]), layer, {
          padding: 1,
          activation: i < last ? activation : "identity",
        }),
      start,
    ).place;
  }
}

/** Unpadded 6x6 convolutions, 2x2 max pooling, and one linear layer back from the code. */
class ValidConv extends Pictures {
  /** @param {Info} info @param {Builder} builder */
  constructor(info, builder) {
    super(info, builder.layers);
    const { channels } = info.model;
    this.side = validSide(channels);
    this.encoder = channels.map((_, i) => builder.layer(`encoder.${i}`));
    this.first = this.encoder[0];
    this.decoder = builder.layer("decoder");
    this.only = this.decoder;
  }

  /** @param {Picture} image */
  encodeOne(image) {
    const last = this.encoder.length - 1;
    const convolved = this.encoder.reduce(
      (hidden, layer, i) =>
        this.layers.convolve(hidden, layer, { activation: i < last ? this.config.activation : "identity" }),
      image,
    );
    return this.layers.channelsFirst(this.layers.halve(convolved));
  }

  /** @param {number} codes @param {number} count */
  decodeRaw(codes, count) {
    return this.layers.linear(codes, count, this.decoder);
  }
}

const TOGETHER = 4; // pictures: weights are read once for all of them, and what is made of them fits into a cache

/** The U-Net of digits: a fully connected layer between its lowest blocks sees the whole digit. It has no code. */
class UNet extends Network {
  /** @param {Info} info @param {Builder} builder */
  constructor(info, builder) {
    super(info, builder.layers);
    const side = unetSide(info.model.channels);
    this.unet = new ResidualUNet(builder, info.model.activation);
    this.whole = [
      builder.layer("whole.0"),
      builder.fromPicture("whole.2", side),
      builder.toPicture("whole.4", side),
      builder.layer("whole.6"),
    ];
  }

  /** @param {Picture} hidden changed in place @returns {Picture} */
  #addWhole(hidden) {
    const [reduce, first, second, extend] = this.whole,
      { count = 1 } = hidden;
    const reduced = this.layers.convolve(hidden, reduce);
    const inner = this.layers.linear(reduced.place, count, first, this.config.activation);
    const place = this.layers.linear(inner, count, second);
    return this.layers.convolve({ ...hidden, place, channels: UNET_WHOLE }, extend, { onto: hidden });
  }

  /** @param {number} images @param {number} count */
  restoreRaw(images, count) {
    const { kernels } = this.layers,
      rows = kernels.take(count * PIXELS),
      between = (/** @type {Picture} */ hidden) => this.#addWhole(hidden);
    for (let i = 0; i < count; i += TOGETHER) {
      const mark = kernels.mark,
        some = Math.min(TOGETHER, count - i);
      const pictures = {
        place: images + i * PIXELS,
        height: some * SIDE,
        width: SIDE,
        channels: 1,
        count: some,
      };
      const { place } = this.unet.logits(pictures, between);
      kernels.floats.copyWithin(rows + i * PIXELS, place, place + some * PIXELS);
      kernels.release(mark);
    }
    return rows;
  }
}

/** @type {Record<import("./config.js").ModelConfig["architecture"], new (info: Info, builder: Builder) => Network>} */
const ARCHITECTURES = { mlp: MLP, conv: Conv, pooled_conv: PooledConv, valid_conv: ValidConv, unet: UNet };
