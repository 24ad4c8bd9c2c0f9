/** All kinds of questions that the engine answers, and how urgent each is (see answers.js). */

import * as answers from "./answers.js";
import * as features from "./features.js";
import * as latent from "./latent.js";

export const KINDS = { ...answers.KINDS, ...latent.KINDS, ...features.KINDS };

/** @type {Record<string, number>} */
export const URGENCY = { ...answers.URGENCY, ...latent.URGENCY, ...features.URGENCY };
