/**
 * The draws of torch's CPU generator, from a seed: the same picture in the browser as in Python.
 *
 * The generator is the Mersenne Twister MT19937 (M. Matsumoto, T. Nishimura, ACM TOMACS 8(1), 1998).
 */

const WORDS = 624;
const SHIFT = 397;
const BLOCK = 16; // values that torch.randn draws together

/** The first bit of a word and the others of the next, turned on. @param {number} word @param {number} next */
function mixed(word, next) {
  const both = (word & 0x80000000) | (next & 0x7fffffff);
  return (both >>> 1) ^ (both & 1 ? 0x9908b0df : 0);
}

/** A word of the state as a draw, signed. @param {number} word */
function tempered(word) {
  word ^= word >>> 11;
  word ^= (word << 7) & 0x9d2c5680;
  word ^= (word << 15) & 0xefc60000;
  return word ^ (word >>> 18);
}

/** What `torch.Generator().manual_seed(seed)` gives on the CPU. */
export class Generator {
  #kept = NaN; // the second of two normal draws, until it is asked for

  /** @param {number} seed any whole number; its low 32 bits count */
  constructor(seed) {
    this.state = new Uint32Array(WORDS);
    /** The word of the state that comes next. @type {number} */
    this.next = WORDS;
    this.state[0] = seed >>> 0;
    for (let i = 1; i < WORDS; i++) {
      const before = this.state[i - 1] ^ (this.state[i - 1] >>> 30);
      this.state[i] = Math.imul(1812433253, before) + i;
    }
  }

  /** Another generator that goes on as this one does. */
  copy() {
    const other = new Generator(0);
    other.state.set(this.state);
    other.next = this.next;
    other.#kept = this.#kept;
    return other;
  }

  /** Others have drawn from its state. @param {number} next the word that comes next */
  skipTo(next) {
    this.next = next;
  }

  /** One draw of 32 bits. */
  bits() {
    if (this.next === WORDS) this.#turn();
    return tempered(this.state[this.next++]) >>> 0;
  }

  #turn() {
    const { state } = this;
    const last = WORDS - 1;
    for (let i = 0; i < WORDS - SHIFT; i++) state[i] = state[i + SHIFT] ^ mixed(state[i], state[i + 1]);
    for (let i = WORDS - SHIFT; i < last; i++)
      state[i] = state[i + SHIFT - WORDS] ^ mixed(state[i], state[i + 1]);
    state[last] = state[SHIFT - 1] ^ mixed(state[last], state[0]);
    this.next = 0;
  }

  /**
   * `torch.rand(count)`: uniform on [0, 1), equal to the last bit.
   * @param {number} count
   */
  rand(count) {
    const values = new Float32Array(count);
    const { state } = this;
    for (let i = 0; i < count; i++) {
      if (this.next === WORDS) this.#turn();
      values[i] = (tempered(state[this.next++]) & 0xffffff) / 0x1000000;
    }
    return values;
  }

  /**
   * `torch.randperm(count)`: the numbers below count in another order.
   * @param {number} count
   */
  randperm(count) {
    const order = Uint32Array.from({ length: count }, (_, i) => i);
    for (let i = 0; i < count - 1; i++) {
      const other = i + (this.bits() % (count - i));
      [order[i], order[other]] = [order[other], order[i]];
    }
    return order;
  }

  /** A uniform draw of 53 bits. */
  #double() {
    const high = this.bits() & 0x1fffff; // what is above 53 bits goes
    return (high * 0x100000000 + this.bits()) / 2 ** 53;
  }

  /** A normal draw, as torch makes fewer than a block of them: in double precision, two at once, the second kept. */
  #normal() {
    const kept = this.#kept;
    this.#kept = NaN;
    if (!Number.isNaN(kept)) return kept;
    const angle = 2 * Math.PI * this.#double();
    const radius = Math.sqrt(-2 * Math.log1p(-this.#double()));
    this.#kept = radius * Math.sin(angle);
    return radius * Math.cos(angle);
  }

  /**
   * `torch.randn(count)`: standard normal by Box and Muller's method, within about 1e-6 of torch, whose vector code
   * rounds differently.
   * @param {number} count
   */
  randn(count) {
    if (count < BLOCK) return Float32Array.from({ length: count }, () => this.#normal());
    const values = this.rand(count);
    for (let i = 0; i + BLOCK <= count; i += BLOCK) toNormal(values, i);
    if (count % BLOCK) {
      values.set(this.rand(BLOCK), count - BLOCK);
      toNormal(values, count - BLOCK);
    }
    return values;
  }
}

/**
 * A block of uniform values to normal ones, in place: radii from its first half, angles from its second.
 * @param {Float32Array} values
 * @param {number} first
 */
function toNormal(values, first) {
  for (let j = first; j < first + BLOCK / 2; j++) {
    const radius = Math.sqrt(-2 * Math.log(1 - values[j]));
    const angle = 2 * Math.PI * values[j + BLOCK / 2];
    values[j] = radius * Math.cos(angle);
    values[j + BLOCK / 2] = radius * Math.sin(angle);
  }
}
