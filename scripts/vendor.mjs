// The page's third-party modules, copied whole and unchanged from the packages of package.json: npm run vendor
import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";

const TARGET = new URL("../dae/page/vendor/", import.meta.url);
const PACKAGES = new URL("../node_modules/", import.meta.url);
const FILES = {
  "preact.js": ["preact", "dist/preact.mjs"],
  "preact-hooks.js": ["preact", "hooks/dist/hooks.mjs"],
  "signals-core.js": ["@preact/signals-core", "dist/signals-core.mjs"],
  "signals.js": ["@preact/signals", "dist/signals.mjs"],
  "htm.js": ["htm", "dist/htm.mjs"],
  "htm-preact.js": ["htm", "preact/index.mjs"],
  "gradio-client.js": ["@gradio/client", "dist/browser.js"],
  "lean-qr.js": ["lean-qr", "index.mjs"],
  "client-zip.js": ["client-zip", "index.js"],
  "jinja.js": ["@huggingface/jinja", "dist/index.js"],
};

await mkdir(TARGET, { recursive: true });
const listed = {};
for (const [file, [name, source]] of Object.entries(FILES)) {
  const about = JSON.parse(await readFile(new URL(`${name}/package.json`, PACKAGES), "utf8"));
  await copyFile(new URL(`${name}/${source}`, PACKAGES), new URL(file, TARGET));
  const bytes = await readFile(new URL(file, TARGET));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  listed[file] = { package: name, version: about.version, source, licence: about.license, bytes: bytes.length, sha256 };
}
await writeFile(new URL("versions.json", TARGET), `${JSON.stringify(listed, null, 2)}\n`);
