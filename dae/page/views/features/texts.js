// How the tab writes numbers.

/** @param {number} part from 0 to 1 */
export const share = (part) =>
  part > 0 && part < 0.001 ? "< 0.1 %" : `${(100 * part).toFixed(part < 0.1 ? 1 : 0)} %`;

/** @param {number} number */
export const plain = (number) => (number === 0 ? "0" : number.toPrecision(3).replace("-", "−"));

/** @param {number} number */
export const signed = (number) =>
  number === 0 ? "0" : `${number < 0 ? "−" : "+"}${Math.abs(number).toPrecision(3)}`;

/** @param {number} number */
export const whole = (number) => number.toLocaleString("en-US");
