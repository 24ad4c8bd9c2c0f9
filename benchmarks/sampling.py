"""Digits out of noise in the browser: seconds until all have arrived, and how quick the page stays, in Chromium.

    python benchmarks/sampling.py [--samples 20] [--betas 0.05 0.5] [--rounds 3]

For each beta: the steps, the seconds from "Restart" to the last sample, how many pictures a second the page shows
meanwhile, and how long a question waits such as a move of the Denoise tab's slider asks, and a turn of the page's own.
Medians of the rounds.
"""

from __future__ import annotations

import argparse
import statistics

from _app_process import running
from _chromium import chromium
from playwright.sync_api import sync_playwright

WATCH = """async () => {
  const { engine } = await import("./page/page.js");
  const { clean } = await import("./page/digit.js");
  const section = document.querySelector(".growing");
  const start = performance.now();
  const found = { frames: 0, answer: [], turn: [] };
  document.getElementById("growing-restart").click();
  let goes = true;
  const frame = () => { found.frames++; if (goes) requestAnimationFrame(frame); };
  requestAnimationFrame(frame);
  const turns = (async () => {
    for (let before = performance.now(); goes;) {
      await new Promise((done) => setTimeout(done, 0));
      const now = performance.now();
      found.turn.push(now - before);
      before = now;
    }
  })();
  while (section.dataset.status === "done") await new Promise(requestAnimationFrame);
  const question = { model: "conv-gaussian", digit: clean.peek(), noise: "gaussian", level: 0.5, clip: true, seed: 7 };
  while (section.dataset.status !== "done") {
    const asked = performance.now();
    await engine.ask("stage", question, { channel: "stage" });
    found.answer.push(performance.now() - asked);
    await new Promise((done) => setTimeout(done, 100));
  }
  const seconds = (performance.now() - start) / 1000;
  goes = false;
  await turns;
  const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];
  return {
    seconds,
    steps: Number(section.dataset.steps),
    frames: found.frames / seconds,
    answer: median(found.answer),
    slowest: Math.max(...found.answer),
    turn: Math.max(...found.turn),
  };
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--samples", type=int, default=20)
    parser.add_argument("--betas", type=float, nargs="+", default=[0.05, 0.5])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with running() as app, sync_playwright() as playwright:
        browser = chromium(playwright)
        for beta in options.betas:
            page = browser.new_context(viewport={"width": 1366, "height": 1000}).new_page()
            query = f"tab=sample&hide=sample_question&sample_count={options.samples}&sample_beta={beta}"
            page.goto(f"{app.url}?{query}")
            page.wait_for_selector(".growing[data-read=true]", timeout=120_000)  # the network is there
            rounds = [page.evaluate(WATCH) for _ in range(options.rounds)]
            middle = {name: statistics.median(each[name] for each in rounds) for name in rounds[0]}
            print(
                f"beta {beta}: {options.samples} samples, {middle['steps']:.0f} steps in {middle['seconds']:.1f} s; "
                f"{middle['frames']:.0f} pictures a second, an answer in {middle['answer']:.0f} ms "
                f"(at most {middle['slowest']:.0f}), the page's longest turn {middle['turn']:.0f} ms",
                flush=True,
            )
            page.context.close()
        browser.close()


if __name__ == "__main__":
    main()
