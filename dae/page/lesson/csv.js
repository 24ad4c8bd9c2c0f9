// Tables as CSV (RFC 4180) that a spreadsheet opens without running anything.

/**
 * A cell. What a spreadsheet would take for a formula has an apostrophe before it (OWASP, CSV injection).
 * @param {string | number} value
 */
export function cell(value) {
  const text = typeof value === "string" && /^\s*[=+\-@＝＋－＠]/.test(value) ? `'${value}` : String(value);
  return /[",\r\n']/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** @param {(string | number)[][]} rows */
export const csv = (rows) => rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
