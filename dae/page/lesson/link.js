// A lesson as a file, and as text for an address: what stands there after # no browser sends to a server.
import { pack, unpack } from "../packed.js";
import { LessonError, read } from "./lesson.js";

/** @typedef {import("./lesson.js").Lesson} Lesson */
/** @typedef {import("./lesson.js").Rules} Rules */

const NAME = "lesson";
/** Characters of a lesson in an address, and bytes of its file. */
export const MOST_CHARACTERS = 16_000;
export const MOST_BYTES = 200_000;

/** @param {number} length */
const tooLong = (length) => new LessonError("long_link", { length, most: MOST_CHARACTERS });
const tooLarge = () => new LessonError("large", { most: MOST_BYTES / 1000 });

/** A lesson as its file's text. @param {Lesson} lesson */
export const fileOf = (lesson) => `${JSON.stringify(lesson, null, 1)}\n`;

/**
 * The lesson of a file. Throws a LessonError where it is none.
 * @param {Uint8Array} bytes @param {Rules} rules
 */
export function ofFile(bytes, rules) {
  if (bytes.length > MOST_BYTES) throw tooLarge();
  let data;
  try {
    data = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new LessonError("damaged");
  }
  return read(data, rules);
}

/**
 * The end of an address that holds a lesson. Rejects with a LessonError "long_link" where the lesson is too long for it.
 * @param {Lesson} lesson
 */
export async function hashOf(lesson) {
  const text = await pack(new TextEncoder().encode(JSON.stringify(lesson)), "deflate-raw");
  if (text.length > MOST_CHARACTERS) throw tooLong(text.length);
  return `#${NAME}=${text}`;
}

/**
 * The lesson that the end of an address holds; null where it holds none. Rejects with a LessonError where it should
 * hold one and does not.
 * @param {string} hash @param {Rules} rules
 */
export async function ofHash(hash, rules) {
  if (!hash.startsWith(`#${NAME}=`)) return null;
  const text = hash.slice(NAME.length + 2);
  if (text.length > MOST_CHARACTERS) throw tooLong(text.length);
  let bytes;
  try {
    bytes = await unpack(text, "deflate-raw", MOST_BYTES);
  } catch (error) {
    throw error instanceof RangeError ? tooLarge() : new LessonError("damaged");
  }
  return ofFile(bytes, rules);
}
