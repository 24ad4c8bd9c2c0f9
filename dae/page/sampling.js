// What a sampling is made with, as the page's state says it.
import { ascent, ladder } from "./engine/sampling.js";
import { manifest } from "./page.js";

/** The ascent with a beta; the rest of it as in Python. @param {number} beta */
export const ascentOf = (beta) => ascent({ ...manifest.sampling.ascent, beta });

/**
 * The schedule of a state's fields.
 * @param {Record<string, any>} fields `sample_schedule`, and `sample_beta` or `sample_sigmas`
 */
export function scheduleOf({ sample_schedule, sample_beta, sample_sigmas }) {
  const { first, last } = manifest.sampling.ladder;
  return sample_schedule === "ladder" ? ladder(sample_sigmas, first, last) : ascentOf(sample_beta);
}
