// The markup of a lesson's texts: *emphasis*, **strong** and line breaks. All else is text as it stands, never HTML.
import { h } from "preact";

/** @param {string} line */
const marked = (line) =>
  line.split(/(\*\*[^*]+\*\*|\*[^*]+\*)/).map((part, i) => {
    if (i % 2 === 0) return part;
    return part.startsWith("**") ? h("strong", null, part.slice(2, -2)) : h("em", null, part.slice(1, -1));
  });

/** A text as nodes, its paragraphs and lines one below the other. @param {string} text */
export const markup = (text) =>
  text.split("\n").flatMap((line, i) => (i ? [h("br", null), ...marked(line)] : marked(line)));
