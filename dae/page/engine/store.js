/** The networks and files that the engine has at hand: fetched once each, kept within bounds. */

import { EngineError } from "./errors.js";
import { createNetwork } from "./networks.js";
import { Classifier } from "./verdict.js";

/** @typedef {import("./network.js").Network} Network */

const KEPT = 8; // networks in memory, up to some 12 MB each
const OWN = 16; // files of the visitor's own networks, of a few MB each
const NAME = /^\w[\w.-]*$/; // of a shipped network; a name never becomes another path

export class Store {
  /** @type {Map<string, Promise<Network>>} the one that was asked for last is last */
  #networks = new Map();
  /** @type {Map<string, ArrayBuffer>} */
  #own = new Map();
  /** @type {Map<string, Promise<ArrayBuffer>>} on their way */
  #files = new Map();
  /** @type {Promise<Classifier> | null} */
  #classifier = null;
  /** @type {Promise<import("./photo/network.js").PhotoNetwork> | null} */
  #photoNetwork = null;

  /**
   * @param {(path: string) => Promise<ArrayBuffer | null>} load reads a file, by its path from the page's base; null
   *   where there is none
   * @param {() => Promise<() => import("./kernels.js").Kernels>} loadKernels
   */
  constructor(load, loadKernels) {
    this.load = load;
    this.loadKernels = loadKernels;
  }

  /**
   * A file, fetched once however many ask for it at the same time.
   * @param {string} path from the page's base
   * @returns {Promise<ArrayBuffer>}
   * @throws {EngineError} `unreachable`
   */
  file(path) {
    let file = this.#files.get(path);
    if (!file) {
      file = this.#fetch(path).finally(() => this.#files.delete(path));
      this.#files.set(path, file);
    }
    return file;
  }

  /** @param {string} path */
  async #fetch(path) {
    const file = await this.load(path);
    if (!file) throw new EngineError("unreachable", { path });
    return file;
  }

  /**
   * @param {string} name a shipped network, or one of the visitor's own
   * @returns {Promise<Network>}
   * @throws {EngineError} `no_such_network`, `unreachable`, and those of `readCheckpoint`
   */
  network(name) {
    const known = this.#networks.get(name) ?? this.#create(name);
    this.#networks.delete(name);
    this.#networks.set(name, known);
    // A failure is not kept: the next question tries again.
    known.catch(() => {
      if (this.#networks.get(name) === known) this.#networks.delete(name);
    });
    if (this.#networks.size > KEPT) this.#networks.delete([...this.#networks.keys()][0]);
    return known;
  }

  /** @param {string} name @returns {Promise<Network>} */
  async #create(name) {
    const own = this.#own.get(name);
    if (!own && !NAME.test(name)) throw new EngineError("no_such_network", { name });
    const [createKernels, file] = await Promise.all([
      this.loadKernels(),
      own ?? this.load(`checkpoints/${name}.safetensors`),
    ]);
    if (!file) throw new EngineError("no_such_network", { name });
    return createNetwork(file, createKernels);
  }

  /**
   * @returns {Promise<Classifier>}
   * @throws {EngineError} `unreachable`, and those of `Classifier`
   */
  classifier() {
    this.#classifier ??= this.file("checkpoints/verdict.safetensors").then((file) => new Classifier(file));
    this.#classifier.catch(() => (this.#classifier = null));
    return this.#classifier;
  }

  /**
   * @returns {Promise<import("./photo/network.js").PhotoNetwork>} that finds the ink of photos
   * @throws {EngineError} `unreachable`, `damaged`, `weights_do_not_fit`
   */
  photoNetwork() {
    this.#photoNetwork ??= Promise.all([
      import("./photo/network.js"),
      this.file("checkpoints/ink.safetensors"),
      this.loadKernels(),
    ]).then(([{ PhotoNetwork }, file, createKernels]) => new PhotoNetwork(file, createKernels));
    this.#photoNetwork.catch(() => (this.#photoNetwork = null));
    return this.#photoNetwork;
  }

  /**
   * Add a network of the visitor's own, in the place of one of the same name.
   * @param {string} name
   * @param {ArrayBuffer} bytes the whole checkpoint
   * @returns {Promise<Network>}
   * @throws {EngineError} `too_many_networks`, and those of `readCheckpoint`
   */
  async addModel(name, bytes) {
    if (!this.#own.has(name) && this.#own.size >= OWN)
      throw new EngineError("too_many_networks", { limit: OWN });
    const network = createNetwork(bytes, await this.loadKernels());
    this.#own.set(name, bytes);
    this.#networks.delete(name);
    this.#networks.set(name, Promise.resolve(network));
    return network;
  }

  /** @param {string} name of one of the visitor's own networks */
  removeModel(name) {
    if (this.#own.delete(name)) this.#networks.delete(name);
  }
}
