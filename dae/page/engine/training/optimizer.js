/** The optimiser and its learning rate, as torch's: AdamW, clipping, schedules. */

const [BETA1, BETA2] = [0.9, 0.999];
const PLATEAU = { factor: 0.1, patience: 10, threshold: 1e-4, least: 1e-8 }; // torch's, the last the least change

/** `torch.optim.AdamW` over a network's parameters. */
export class AdamW {
  step = 0; // made since then

  /** @param {import("./network.js").Network} network @param {number} weightDecay */
  constructor(network, weightDecay) {
    const { kernels, count } = network;
    this.network = network;
    this.weightDecay = weightDecay;
    this.mean = kernels.take(count);
    this.square = kernels.take(count);
    this.forget();
  }

  /** Nothing is known of the gradients before. */
  forget() {
    const { kernels, count } = this.network;
    this.step = 0;
    kernels.floats.fill(0, this.mean, this.square + count + 4);
  }

  /** Euclidean norm of the gradient. */
  get norm() {
    const { kernels, gradients, count } = this.network;
    return Math.sqrt(kernels.squares(gradients, count));
  }

  /** @param {number} rate @param {number} scale of the gradient */
  advance(rate, scale) {
    const { kernels, parameters, gradients, count } = this.network;
    this.step++;
    kernels.adam(parameters, gradients, this.mean, this.square, count, {
      scale,
      keep: 1 - rate * this.weightDecay,
      size: rate / (1 - BETA1 ** this.step),
      root: Math.sqrt(1 - BETA2 ** this.step),
    });
  }
}

/** How `torch.nn.utils.clip_grad_norm_` scales a gradient. @param {number} norm its own @param {number} most */
export const clipped = (norm, most) => Math.min(1, most / (norm + 1e-6));

/** `torch.optim.lr_scheduler.ReduceLROnPlateau`: a tenth of the rate after 10 epochs without a better loss. */
export class Plateau {
  #best = Infinity;
  #bad = 0;

  /** @param {number} rate */
  constructor(rate) {
    this.rate = rate;
  }

  /** @param {number} loss of an epoch */
  advance(loss) {
    if (loss < this.#best * (1 - PLATEAU.threshold)) {
      this.#best = loss;
      this.#bad = 0;
    } else this.#bad++;
    if (this.#bad <= PLATEAU.patience) return;
    this.#bad = 0;
    const next = this.rate * PLATEAU.factor;
    if (this.rate - next > PLATEAU.least) this.rate = next;
  }
}

/**
 * The learning rate of a step.
 * @param {import("./trainer.js").Stage} stage whose schedule is constant or cosine
 * @param {number} step
 * @param {number} done how much of the run is over, 0 to 1
 */
export function rateOf({ learning_rate: top, warmup_steps: warmup, schedule }, step, done) {
  const rate = top * Math.min(1, (step + 1) / (warmup + 1));
  return schedule === "cosine" ? rate * 0.5 * (1 + Math.cos(Math.PI * done)) : rate;
}
