// What this browser keeps, as JSON. Without storage (a private window, or it is switched off or full) nothing is kept.

/** What was kept under a key; null where nothing was, or nothing of ours. @param {string} key @param {"localStorage" | "sessionStorage"} [where] */
export function load(key, where = "localStorage") {
  try {
    return JSON.parse(window[where].getItem(key) ?? "null");
  } catch {
    return null;
  }
}

/** Keep a value; null: forget it. Whether that could be done. @param {string} key @param {unknown} value @param {"localStorage" | "sessionStorage"} [where] */
export function keep(key, value, where = "localStorage") {
  try {
    if (value === null) window[where].removeItem(key);
    else window[where].setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false; // it is there until the page is left
  }
}
