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
   */
  constructor(builder, activation) {
    const has = (/** @type {string} */ name) => builder.weights.has(`${name}.weight`);
    /** @param {string} name @returns {Block} */
    const block = (name) => ({
      first: builder.square(`${name}.layers.1`),
      second: builder.square(`${name}.layers.3`),
      skip: has(`${name}.skip`) ? builder.layer(`${name}.skip`) : null,
    });
    this.layers = builder.layers;
    this.activation = activation;
    this.stem = builder.square("stem");
    this.down = [];
    this.up = [];
    for (let i = 0; has(`shrink.${i}`); i++) {
      this.down.push({ block: block(`down.${i}`), shrink: builder.layer(`shrink.${i}`) });
      this.up.push({ grow: builder.quarters(`grow.${i}`), block: block(`up.${i}`) });
    }
    this.middle = [block("middle.0"), block("middle.1")];
    this.head = builder.square("head");
  }

  /** @param {Picture} hidden changed in place, unless its channels change @param {Block} block @returns {Picture} */
  #residual(hidden, { first, second, skip }) {
    const { layers, activation } = this;
    const inner = layers.convolve(hidden, first, { padding: 1, before: activation, activation });
    const onto = skip ? layers.convolve(hidden, skip) : hidden;
    return layers.convolve(inner, second, { padding: 1, onto });
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
    return layers.unpack(layers.convolve(hidden, this.head, { padding: 1, before: this.activation }));
  }
}
