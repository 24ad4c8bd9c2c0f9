// The digits that a network was trained on, as its file says it, and as the page does.

/** What the library calls its sets of digits (dae.data), and the key of each set's words. @type {[RegExp, string][]} */
const SETS = [
  [/^MNIST train without the gallery \(([\d,]+)\)$/, "digits_train"],
  [/^MNIST gallery, the first \d+ of each class \(([\d,]+)\)$/, "digits_gallery"],
];

/**
 * The words' key and count of a set of digits; null where a file has words of its own.
 * @param {string} data
 */
export function digitsKey(data) {
  for (const [pattern, key] of SETS) {
    const found = pattern.exec(data);
    if (found) return { key, count: found[1] };
  }
  return null;
}
