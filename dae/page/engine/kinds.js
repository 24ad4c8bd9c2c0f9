/** All kinds of questions that the engine answers, and how urgent each is. */

import * as answers from "./answers.js";
import { EngineError } from "./errors.js";

/**
 * The kinds of a module that the first questions do not need: they do not wait for it, it is loaded behind them.
 * @template {Record<string, (question: any, context: any) => any>} K
 * @param {() => Promise<{ KINDS: K }>} load
 * @param {{ [name in keyof K]: true }} names
 * @returns {K}
 */
function later(load, names) {
  load().catch(() => {}); // whoever asks tries again
  /** @param {Error} error */
  const unreachable = ({ message }) => {
    throw new EngineError("unreachable", { path: message });
  };
  /** @param {string} kind @returns {(question: any, context: any) => Promise<any>} */
  const kindOf = (kind) => async (question, context) =>
    (await load().catch(unreachable)).KINDS[kind](question, context);
  return /** @type {K} */ (Object.fromEntries(Object.keys(names).map((kind) => [kind, kindOf(kind)])));
}

export const KINDS = {
  ...answers.KINDS,
  ...later(() => import("./latent.js"), {
    plane: true,
    encodeClass: true,
    decodePlaces: true,
    decodeGrid: true,
    cloud: true,
    neighbours: true,
    between: true,
    samples: true,
    manifold: true,
    batch: true,
  }),
  ...later(() => import("./features.js"), {
    firing: true,
    similar: true,
    dictionary: true,
    features: true,
    underNoise: true,
    exciting: true,
  }),
};

/**
 * How urgent a kind is: among questions that wait for their turn, the lowest number goes first, and of equal ones the
 * one that was asked first. What is not named here has 2.
 * @type {Partial<Record<keyof typeof KINDS, number>>}
 */
export const URGENCY = {
  pen: 0,
  stage: 0,
  decodePlaces: 0,
  corrupt: 1,
  restore: 1,
  decode: 1,
  info: 1,
  addModel: 1,
  removeModel: 1,
  plane: 1,
  features: 1,
  exciting: 1,
  dictionary: 1,
  encodeClass: 3,
  batch: 3,
  underNoise: 3,
};
