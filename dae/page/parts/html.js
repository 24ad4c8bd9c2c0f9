// Templates and hooks of the page, in one import.

import { signal } from "@preact/signals-core";

export { useComputed, useSignal, useSignalEffect } from "@preact/signals";
export { html } from "htm/preact";
export { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

/** @type {Map<string, Promise<unknown>>} */
const sheets = new Map();

/**
 * Put a style sheet that lies beside a module into the page, unless the page has brought it. Resolves when it is there,
 * so that nothing is laid out without it; where it cannot be had, at once, and the next call asks for it again.
 * @param {string} module import.meta.url @param {string} file
 */
export function style(module, file) {
  const href = new URL(file, module).href;
  let sheet = sheets.get(href);
  if (!sheet) {
    const isThere = [...document.styleSheets].some((each) => each.href === href);
    sheet = new Promise((resolve) => {
      if (isThere) return resolve(null);
      const link = Object.assign(document.createElement("link"), {
        rel: "stylesheet",
        href,
        onload: resolve,
      });
      link.onerror = (error) => {
        sheets.delete(href);
        link.remove();
        resolve(error);
      };
      document.head.append(link);
    });
    sheets.set(href, sheet);
  }
  return sheet;
}

/** Pixels of lengths that grow with the page's text. @param {number} length in rem */
export const rem = (length) =>
  length * Number.parseFloat(getComputedStyle(document.documentElement).fontSize);

/** Whether what has the focus takes letters as text. @param {EventTarget | null} target */
export const takesText = (target) =>
  target instanceof Element &&
  target.matches("input:not([type=range], [type=radio], [type=checkbox]), textarea");

/**
 * Whether a media query holds, as a signal.
 * @param {string} query
 */
export function media(query) {
  const list = matchMedia(query);
  const holds = signal(list.matches);
  list.addEventListener("change", () => {
    holds.value = list.matches;
  });
  return holds;
}
