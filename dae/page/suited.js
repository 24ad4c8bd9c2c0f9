// Whether a network was trained on the noise that it is given, and which one was.

/** @typedef {import("./types.d.ts").ModelLine} ModelLine */
/** @typedef {{ noise: import("./types.d.ts").Noise, level: number, clip: boolean }} Given */
/**
 * @typedef {object} Lack
 * @property {"plain" | "clean" | "noise" | "clipped" | "unclipped" | "only" | "level"} code it has seen: no noise, nothing
 *   but noise, other noises, this one clipped alone, unclipped alone, at one other level, up to a lower level
 * @property {number} [highest] the level of the last two
 */

const NEAR = 0.1; // a network of one level holds within this share of it

/**
 * What a network's training lacks for this noise; null where it lacks nothing.
 * @param {Pick<ModelLine, "noises">} model @param {Given} given
 * @returns {Lack | null}
 */
export function lackOf({ noises }, { noise, level, clip }) {
  if (level === 0) return noises.length && !noises.some((seen) => seen?.low === 0) ? { code: "clean" } : null;
  if (!noises.length) return { code: "plain" };
  const alike = noises.filter((seen) => seen?.key === noise.key);
  if (!alike.length) return { code: "noise" };
  const same = alike.filter((seen) => !noise.canClip || seen.clip === clip);
  if (!same.length) return { code: clip ? "unclipped" : "clipped" };
  const isOne = same.every((seen) => (seen.low ?? seen.high) === seen.high);
  const highest = Math.max(...same.map((seen) => seen.high));
  if (isOne) return Math.abs(level - highest) <= NEAR * highest ? null : { code: "only", highest };
  return level <= highest ? null : { code: "level", highest };
}

/**
 * The first network for all noises whose training lacks nothing for this one.
 * @param {ModelLine[]} models @param {Given} given
 */
export const suitedOf = (models, given) =>
  models.find((model) => model.group === "all" && !lackOf(model, given));

/**
 * What a network's training lacks for sampling, where nothing tells it sigma and nothing is clipped: Gaussian noise of
 * many levels, unclipped. "" where it lacks nothing.
 * @param {Pick<ModelLine, "noises">} model
 * @returns {"" | "plain" | "noise" | "clipped" | "only"}
 */
export function lackForSampling({ noises }) {
  if (!noises.length) return "plain";
  const gaussian = noises.filter((seen) => seen?.key === "gaussian");
  if (!gaussian.length) return "noise";
  const unclipped = gaussian.filter((seen) => !seen.clip);
  if (!unclipped.length) return "clipped";
  return unclipped.some((seen) => (seen.low ?? seen.high) < seen.high) ? "" : "only";
}
