// The glossary: words/glossary.<language>.json with the formulas of glossary.math.json, loaded when it is first asked for.
import { signal } from "@preact/signals-core";

/** @typedef {{ key: string, name: string, text: string, math?: string }} Entry math: MathML */
/** @typedef {{ key: string, title: string, terms: Entry[] }} Group */

/** @type {Map<string, Promise<any>>} */
const files = new Map();

/** @param {string} name */
function file(name) {
  let found = files.get(name);
  if (!found) {
    found = fetch(new URL(`./words/glossary.${name}.json`, import.meta.url)).then((answer) => {
      if (!answer.ok) throw new Error(`the glossary's ${name} is missing`);
      return answer.json();
    });
    found.catch(() => files.delete(name)); // it is asked for again
    files.set(name, found);
  }
  return found;
}

/**
 * The whole glossary in a language. Rejects where it cannot be fetched.
 * @param {string} language
 * @returns {Promise<Group[]>}
 */
export async function glossary(language) {
  const [groups, maths] = await Promise.all([file(language), file("math")]);
  return Object.entries(groups).map(([key, { title, terms }]) => ({
    key,
    title,
    terms: Object.entries(terms).map(([term, words]) => ({ key: term, ...words, math: maths[term] })),
  }));
}

/** The term that is to be shown among all the others, in About. */
export const wanted = signal(location.hash.startsWith("#term-") ? location.hash.slice(6) : "");
