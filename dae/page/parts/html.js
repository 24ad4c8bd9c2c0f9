// Templates and hooks of the page, in one import.

export { useComputed, useSignal, useSignalEffect } from "@preact/signals";
export { html } from "htm/preact";
export { useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";

/** Put a style sheet that lies beside a module into the page, once. @param {string} module import.meta.url @param {string} file */
export function style(module, file) {
  const href = new URL(file, module).href;
  if ([...document.styleSheets].some((sheet) => sheet.href === href)) return;
  if (document.querySelector(`link[href="${href}"]`)) return;
  document.head.append(Object.assign(document.createElement("link"), { rel: "stylesheet", href }));
}
