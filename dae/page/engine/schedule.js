/** Which question is worked on next: the most urgent one, in slices, and nothing that has been overtaken. */

/** A question has been overtaken by a newer one of its channel. */
export class Overtaken extends Error {}

/**
 * @typedef {object} Task
 * @property {number} urgency the lowest goes first
 * @property {string | undefined} channel
 * @property {boolean} finish whether work that has begun is finished although a newer question has come
 * @property {boolean} begun
 * @property {boolean} overtaken
 */

export class Schedule {
  /** @type {Set<Task>} in the order in which they were asked */
  #tasks = new Set();
  /** @type {Map<Task, { go: () => void, drop: (reason: Overtaken) => void }>} */
  #waiting = new Map();
  #pumping = false;

  /** @param {(next: () => void) => void} later runs something once messages that have come in were looked at */
  constructor(later) {
    this.later = later;
  }

  /**
   * Work on a question.
   * @template T
   * @param {{ urgency: number, channel?: string, finish?: boolean }} options
   * @param {(turn: () => Promise<void>) => Promise<T>} work awaits `turn` before each slice
   * @returns {Promise<T>}
   * @throws {Overtaken}
   */
  async run({ urgency, channel, finish = false }, work) {
    /** @type {Task} */
    const task = { urgency, channel, finish, begun: false, overtaken: false };
    if (channel !== undefined) this.#overtake(channel);
    this.#tasks.add(task);
    try {
      const result = await work(() => this.#turn(task));
      if (task.overtaken) throw new Overtaken();
      return result;
    } finally {
      this.#tasks.delete(task);
    }
  }

  /** @param {string} channel */
  #overtake(channel) {
    for (const task of this.#tasks) {
      if (task.channel !== channel || (task.finish && task.begun)) continue;
      task.overtaken = true;
      this.#waiting.get(task)?.drop(new Overtaken());
      this.#waiting.delete(task);
    }
  }

  /** @param {Task} task @returns {Promise<void>} */
  #turn(task) {
    if (task.overtaken) return Promise.reject(new Overtaken());
    return new Promise((go, drop) => {
      this.#waiting.set(task, { go, drop });
      this.#pump();
    });
  }

  #pump() {
    if (this.#pumping) return;
    this.#pumping = true;
    this.later(() => {
      this.#pumping = false;
      const [next] = [...this.#tasks]
        .filter((task) => this.#waiting.has(task))
        .sort((a, b) => a.urgency - b.urgency);
      if (!next) return;
      const waiting = this.#waiting.get(next);
      this.#waiting.delete(next);
      next.begun = true;
      waiting?.go();
      if (this.#waiting.size) this.#pump();
    });
  }
}
