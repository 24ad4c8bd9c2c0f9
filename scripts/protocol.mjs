// The types of what page and server say to each other, from the server's schema:
//     python -m dae.server.protocol | node scripts/protocol.mjs > dae/page/protocol.d.ts
import { readFileSync } from "node:fs";
import { compile } from "json-schema-to-typescript";

const schema = JSON.parse(readFileSync(0, "utf8"));

/** Only objects keep their titles, which become the types' names: else each field would be a type of its own. */
function untitled(node) {
  if (Array.isArray(node)) for (const each of node) untitled(each);
  else if (node && typeof node === "object") {
    if (typeof node.title === "string" && node.type !== "object") delete node.title;
    for (const [name, each] of Object.entries(node)) if (name !== "const" && name !== "enum") untitled(each);
  }
}
untitled(schema);

const banner = "/* Written by scripts/protocol.mjs from dae/server/protocol: change it there. */";
const types = await compile(schema, "Protocol", {
  additionalProperties: false,
  bannerComment: banner,
  ignoreMinAndMaxItems: true,
  style: { printWidth: 110 },
});
process.stdout.write(types);
