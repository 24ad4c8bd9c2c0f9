"""Training in the browser beside torch: steps per second, what is learnt in 15 seconds, how quick the page stays.

    python benchmarks/browser_training.py [--seconds 15] [--rounds 3]

The Train tab's first recipe, `quick`, in one worker of Chromium and in torch with one thread, in turns on the same
machine: the median of the steps of each turn. Then a run on the page as a visitor starts it: the mean squared error at
Gaussian 0.5 on the 500 digits that it never saw. Meanwhile the level is moved on the Denoise tab: milliseconds from the
event until the next frame is painted. The page is served as it is to a visitor.
"""

from __future__ import annotations

import argparse
import statistics
import time
from dataclasses import replace

import torch
from _app_process import running
from _chromium import chromium
from playwright.sync_api import Page, sync_playwright

from dae import data, trial
from dae.training import Trainer

STEPS = 60
PATIENCE = 180_000
# Steps in a worker of the page's own kind: the median, in milliseconds.
IN_WORKER = """async ({ steps }) => {
  const code = `
    import { loadKernels } from "${location.origin}/page/engine/training/kernels.js";
    import { Trainer } from "${location.origin}/page/engine/training/trainer.js";
    import { configOf, stageOf } from "${location.origin}/page/engine/training/settings.js";
    self.onmessage = async ({ data: { rules, images } }) => {
      const load = async (name) =>
        (await fetch("${location.origin}/page/engine/training/" + name)).arrayBuffer();
      const settings = rules.recipes.quick;
      const make = await loadKernels(load);
      const trainer = new Trainer(make(), configOf(settings), images, stageOf(settings, rules), { seed: 0 });
      const times = [];
      for (let i = 0; i < ${steps}; i++) {
        const start = performance.now();
        trainer.step(0);
        times.push(performance.now() - start);
      }
      self.postMessage(times.slice(10).sort((a, b) => a - b)[(times.length - 10) >> 1]);
    };`;
  const { manifest } = await import("/page/page.js");
  const images = new Float32Array(4500 * 784);
  for (let digit = 0; digit < 10; digit++) {
    const grey = new Uint8Array(await (await fetch(`/gallery/${digit}.bin`)).arrayBuffer());
    images.set(Float32Array.from(grey.subarray(0, 450 * 784), (value) => value / 255), digit * 450 * 784);
  }
  const worker = new Worker(URL.createObjectURL(new Blob([code], { type: "text/javascript" })), { type: "module" });
  const found = await new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => reject(new Error(message));
    worker.postMessage({ rules: manifest.train, images });
  });
  worker.terminate();
  return found;
}"""
# From a move of the level to the frame after it.
LATENCY = """async (rounds) => {
  const slider = document.querySelector(".denoise [data-control=level] input[type=range]");
  const times = [];
  for (let i = 0; i < rounds; i++) {
    await new Promise((done) => setTimeout(done, 40));
    slider.value = String(0.2 + (0.6 * i) / rounds);
    const start = performance.now();
    slider.dispatchEvent(new InputEvent("input", { bubbles: true }));
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    times.push(performance.now() - start);
  }
  return times;
}"""


def torch_step() -> float:
    """Milliseconds of a step with one thread: the median."""
    torch.set_num_threads(1)
    settings = replace(trial.recipes_to_start_from()["quick"], precision="float32")
    trainer = Trainer(trial.network(settings), data.visitor_split()[0].images, settings.stage, seed=0)
    trainer.model.train()
    times = []
    for _ in range(STEPS):
        start = time.perf_counter()
        trainer.step(0.0)
        times.append(time.perf_counter() - start)
    return 1000 * statistics.median(times[10:])


def learns(page: Page, url: str, seconds: float) -> None:
    page.goto(f"{url}?tab=train&train_where=browser&train_seconds={seconds:g}")
    page.wait_for_selector(".train[data-ready=true]", timeout=PATIENCE)
    page.locator("[data-do=train]").click()
    page.wait_for_timeout(3000)
    page.locator("#tab-denoise").click()
    page.wait_for_selector(".held .pictures[data-shown]")
    times = sorted(page.evaluate(LATENCY, 60))
    page.locator("#tab-train").click()
    page.wait_for_selector(".train[data-state=done]", timeout=PATIENCE)
    figures = {name: page.locator(f"[data-figure={name}]").inner_text() for name in ("steps", "unseen")}
    print(f"in {seconds:g} s: MSE {figures['unseen']} on 500 unseen digits at Gaussian 0.5, {figures['steps']} steps")
    median, late = times[len(times) // 2], times[int(0.95 * len(times))]
    print(f"a move of the level meanwhile: {median:.1f} ms to the next frame (median), {late:.1f} ms (95 %)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=15, help="of the run on the page")
    parser.add_argument("--rounds", type=int, default=3, help="of steps, in turns")
    arguments = parser.parse_args()
    with running() as app, sync_playwright() as playwright:
        browser = chromium(playwright)
        page = browser.new_page(locale="en-US", service_workers="block", bypass_csp=True)
        page.goto(app.url)
        page.wait_for_selector(".held .pictures[data-shown]")
        ratios = []
        for _ in range(arguments.rounds):
            ours, theirs = page.evaluate(IN_WORKER, {"steps": STEPS}), torch_step()
            ratios.append(theirs / ours)
            print(f"a step: {ours:.1f} ms in the browser, {theirs:.1f} ms in torch with one thread")
        print(f"steps per second, browser to torch: {statistics.median(ratios):.2f} (median of {len(ratios)})")
        learns(page, app.url, arguments.seconds)
        browser.close()


if __name__ == "__main__":
    main()
