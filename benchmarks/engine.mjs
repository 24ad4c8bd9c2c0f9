// The engine's half of engine.py: for each line of JSON a line with the milliseconds of each digit.

import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { loadKernels } from "../dae/page/engine/kernels.js";
import { createNetwork } from "../dae/page/engine/networks.js";

const bytes = (path) => new Uint8Array(readFileSync(path)).buffer;
const module = (name) => bytes(new URL(`../dae/page/engine/${name}`, import.meta.url));
const kernels = {
  relaxed: await loadKernels(async () => module("relaxed.wasm")),
  plain: await loadKernels(async () => module("kernels.wasm")),
  javascript: await loadKernels(async () => null),
};
const networks = new Map();

for await (const line of createInterface({ input: process.stdin })) {
  const { path, kind, noisy, seconds } = JSON.parse(line);
  const key = `${kind} ${path}`;
  if (!networks.has(key)) networks.set(key, createNetwork(bytes(path), kernels[kind]));
  const network = networks.get(key);
  const image = new Float32Array(noisy);
  const times = [];
  for (const end = performance.now() + 1000 * seconds; performance.now() < end;) {
    const start = performance.now();
    network.restore(image);
    times.push(performance.now() - start);
  }
  console.log(JSON.stringify(times));
}
