// The page's words: words/en.json and words/zh.json, one loaded at a time.
import { signal } from "@preact/signals-core";

/** @type {import("@preact/signals-core").Signal<Record<string, string>>} */
const words = signal({});
/** The language that is spoken now: "en" or "zh". */
export const language = signal("");

/**
 * The text of a key, with `{places}` filled in.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function t(key, values = {}) {
  const text = words.value[key];
  if (text === undefined) return words.value === undefined || !language.value ? "" : key;
  return text.replace(/\{(\w+)\}/g, (place, name) => (name in values ? String(values[name]) : place));
}

/** A name and what it is of, as the language puts them. @param {string} name @param {string | number} value */
export const labelled = (name, value) => t("labelled", { name, value });

/** Whether there is a text of this key. @param {string} key */
export const has = (key) => key in words.value;

/** The language that the browser prefers, of those that the page speaks. */
export const browserLanguage = () => /** @type {string} */ (document.documentElement.dataset.preferred);

/** Speak a language. @param {string} lang */
export async function speak(lang) {
  const answer = await fetch(new URL(`./words/${lang}.json`, import.meta.url));
  if (!answer.ok) throw new Error(`the words of ${lang} are missing`);
  words.value = await answer.json();
  language.value = lang;
}
