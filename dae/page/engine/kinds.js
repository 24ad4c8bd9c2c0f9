/** All kinds of questions that the engine answers, and how urgent each is. */

import * as answers from "./answers.js";
import { EngineError } from "./errors.js";

/**
 * The kinds of a module that the first questions do not need: they do not wait for it, it is loaded behind them.
 * @template {Record<string, (question: any, context: any) => any>} K
 * @param {() => Promise<{ KINDS: K }>} load
 * @param {{ [kind in keyof K]: number }} urgency of each
 * @returns {K}
 */
function later(load, urgency) {
  load().catch(() => {}); // whoever asks tries again
  /** @param {Error} error */
  const unreachable = ({ message }) => {
    throw new EngineError("unreachable", { path: message });
  };
  /** @param {string} kind @returns {(question: any, context: any) => Promise<any>} */
  const kindOf = (kind) => async (question, context) =>
    (await load().catch(unreachable)).KINDS[kind](question, context);
  return /** @type {K} */ (Object.fromEntries(Object.keys(urgency).map((kind) => [kind, kindOf(kind)])));
}

const ANSWERS = {
  ...{ pen: 0, stage: 0 },
  ...{ corrupt: 1, restore: 1, decode: 1, info: 1, addModel: 1, removeModel: 1 },
  ...{ strip: 2, encode: 2, verdict: 2, metrics: 2, photo: 2 },
};
const LATENT = {
  ...{ decodePlaces: 0 },
  ...{ plane: 1 },
  ...{ decodeGrid: 2, cloud: 2, neighbours: 2, between: 2, samples: 2, manifold: 2 },
  ...{ encodeClass: 3, batch: 3 },
};
const FEATURES = {
  ...{ features: 1, exciting: 1, dictionary: 1 },
  ...{ firing: 2, similar: 2 },
  ...{ underNoise: 3 },
};

export const KINDS = {
  ...answers.KINDS,
  ...later(() => import("./latent.js"), LATENT),
  ...later(() => import("./features.js"), FEATURES),
};

/**
 * How urgent a kind is: among questions that wait for their turn, the lowest number goes first, and of equal ones the
 * one that was asked first.
 * @type {Record<keyof typeof KINDS, number>}
 */
export const URGENCY = { ...ANSWERS, ...LATENT, ...FEATURES };
