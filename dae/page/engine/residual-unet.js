/** The residual U-Net of `dae/models/unet.py`: encoder and decoder joined by skip connections. */

/**
 * @typedef {import("./layers.js").Layer} Layer
 * @typedef {import("./layers.js").Picture} Picture
 * @typedef {import("./config.js").Activation} Activation
 *
 * @typedef {{ first: Layer, second: Layer, skip: Layer | null }} Block
 *   x + conv(activation(conv(activation(x)))), with a 1x1 convolution for x where the channels change
 */

export class ResidualUNet {
  /**
   * @param {import("./builder.js").Builder} builder
   * @param {Activation} activation
   * @param {(name: string) => Layer} convolution makes the 3x3 convolutions of the blocks
   */
  constructor(builder, activation, convolution) {
    const has = (/** @type {string} */ name) => builder.weights.has(`${name}.weight`);
    /** @param {string} name @returns {Block} */
    const block = (name) => ({
      first: convolution(`${name}.layers.1`),
      second: convolution(`${name}.layers.3`),
      skip: has(`${name}.skip`) ? builder.layer(`${name}.skip`) : null,
    });
    this.layers = builder.layers;
    this.activation = activation;
    this.stem = builder.layer("stem");
    this.down = [];
    this.up = [];
    for (let i = 0; has(`shrink.${i}`); i++) {
      this.down.push({ block: block(`down.${i}`), shrink: builder.layer(`shrink.${i}`) });
      this.up.push({ grow: builder.quarters(`grow.${i}`), block: block(`up.${i}`) });
    }
    this.middle = [block("middle.0"), block("middle.1")];
    this.head = builder.layer("head");
  }

  /** @param {Picture} picture @returns {Picture} */
  #activated(picture) {
    const count = picture.height * picture.width * picture.channels;
    const place = this.layers.copy(picture.place, count);
    this.layers.activate(this.activation, place, count);
    return { ...picture, place };
  }

  /** @param {Picture} hidden @param {Block} block @returns {Picture} */
  #residual(hidden, { first, second, skip }) {
    const { layers, activation } = this;
    const inner = layers.convolve(this.#activated(hidden), first, { padding: 1, activation });
    const out = layers.convolve(inner, second, { padding: 1 });
    const { place } = skip ? layers.convolve(hidden, skip) : hidden;
    layers.add(out.place, place, out.height * out.width * out.channels);
    return out;
  }

  /**
   * @param {Picture} picture of one channel, whose sides can be halved once more than there are skips
   * @param {(hidden: Picture) => Picture} [between] what happens between the two blocks at the bottom
   * @returns {Picture} what the output activation gets
   */
  logits(picture, between = (hidden) => hidden) {
    const { layers } = this;
    let hidden = layers.convolve(layers.pack(picture), this.stem, { padding: 1 });
    const skips = [];
    for (const { block, shrink } of this.down) {
      hidden = this.#residual(hidden, block);
      skips.push(hidden);
      hidden = layers.convolve(hidden, shrink, { stride: 2 });
    }
    hidden = this.#residual(between(this.#residual(hidden, this.middle[0])), this.middle[1]);
    for (const { grow, block } of this.up) {
      const skip = /** @type {Picture} */ (skips.pop());
      const joined = layers.expand(hidden, grow, "identity", 2 * skip.channels);
      layers.join(joined, skip);
      hidden = this.#residual(joined, block);
    }
    return layers.unpack(layers.convolve(this.#activated(hidden), this.head, { padding: 1 }));
  }
}
