// Teachers' own lessons: they come in the page's address, from a file or from the bench, and stay open over a reload.
import { begin } from "../address.js";
import { manifest } from "../page.js";
import * as storage from "../storage.js";
import { read } from "./lesson.js";
import { hashOf, MOST_BYTES, ofFile, ofHash } from "./link.js";

/** @typedef {import("./lesson.js").Lesson} Lesson */

const KEY = "denoising-lesson"; // of this browser tab: a lesson that is too long for the address
const OWN = "lesson-"; // how their ids begin, so that none takes the place of one of ours

/** @param {string} id */
export const isTheirs = (id) => id.startsWith(OWN);

/** A lesson under an id that is none of ours. @param {Lesson} lesson @returns {Lesson} */
const theirs = (lesson) =>
  isTheirs(lesson.id) ? lesson : { ...lesson, id: `${OWN}${lesson.id}`.slice(0, 60) };

/** The lesson that the address holds, or null. Rejects with a LessonError where it is damaged. */
export async function ofAddress() {
  const found = await ofHash(location.hash, manifest);
  return found && theirs(found);
}

/** A lesson that was opened in this browser tab, or null. @param {string} id */
export function kept(id) {
  try {
    const found = theirs(read(storage.load(KEY, "sessionStorage"), manifest));
    return found.id === id ? found : null;
  } catch {
    return null;
  }
}

/** Put a lesson where a reload finds it. @param {Lesson} lesson @returns {Promise<Lesson>} as it is known from now on */
export async function keep(lesson) {
  const found = theirs(lesson);
  const hash = await hashOf(found).catch(() => "");
  storage.keep(KEY, hash ? null : found, "sessionStorage");
  begin(hash);
  return found;
}

/** The lesson of a file. Rejects with a LessonError where it is none. @param {File} file */
export const ofUpload = async (file) =>
  // A byte more than is read tells that it is too large, without reading on.
  theirs(ofFile(new Uint8Array(await file.slice(0, MOST_BYTES + 1).arrayBuffer()), manifest));

/** A link that opens a lesson at its start. Rejects with a LessonError where it is too long. @param {Lesson} lesson */
export const linkTo = async (lesson) =>
  `${location.origin}${location.pathname}${await hashOf(theirs(lesson))}`;
