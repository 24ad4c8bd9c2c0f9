"""The Score tab while its network learns, in Chromium: how soon the field is found, and how quick the page stays.

    python benchmarks/score.py [--rounds 5] [--beside]

Seconds from Restart until the field's error on the ring is below 10 % of its mean length, frames per second meanwhile
(of the page, and of the networks' pictures), the longest frame, and milliseconds from a typed digit and from a move of
the pointer over the plane until the next frame is painted. The page is served as it is to a visitor.
"""

from __future__ import annotations

import argparse
import statistics

from _app_process import running
from _chromium import chromium
from playwright.sync_api import sync_playwright

TARGET = 0.1  # of the exact field's mean length
# Until the error has fallen so far: each frame's time, the steps seen, and when.
WATCH = """async (target) => {
  const score = document.querySelector(".score");
  const frames = [], steps = new Set();
  document.querySelector("#score-restart").click();
  if (score.dataset.state !== "running") document.querySelector("#score-run").click();
  const start = performance.now();
  let found = null;
  for (;;) {
    frames.push(await new Promise(requestAnimationFrame));
    steps.add(score.dataset.step);
    const error = Number(score.dataset.error ?? NaN);
    if (found === null && Number(score.dataset.step) > 100 && error < target) found = performance.now() - start;
    if (score.dataset.state === "over" || performance.now() - start > 30000) break;
  }
  const apart = frames.slice(1).map((each, i) => each - frames[i]).sort((a, b) => a - b);
  const took = frames.at(-1) - frames[0];
  return { found, took, fps: 1000 * apart.length / took, pictures: 1000 * steps.size / took, longest: apart.at(-1) };
}"""
# From an event to the frame after it: the time until the browser has painted what it changed.
LATENCY = """async (rounds) => {
  document.querySelector("#score-restart").click();
  const box = document.querySelector("[data-control=score_seed] input");
  const plane = document.querySelector(".score .top");
  const { left, top, width } = plane.getBoundingClientRect();
  const painted = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const typed = [], dragged = [];
  for (let i = 0; i < rounds; i++) {
    let start = performance.now();
    box.value = String(i);
    box.dispatchEvent(new InputEvent("input", { bubbles: true }));
    await painted();
    typed.push(performance.now() - start);
    start = performance.now();
    const at = { clientX: left + (width * i) / rounds, clientY: top + 9, bubbles: true };
    plane.dispatchEvent(new PointerEvent("pointermove", at));
    await painted();
    dragged.push(performance.now() - start);
  }
  const middle = (list) => list.sort((a, b) => a - b)[list.length >> 1];
  return { typed: middle(typed), dragged: middle(dragged) };
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--beside", action="store_true", help="with the plain autoencoder beside")
    options = parser.parse_args()
    with running() as app, sync_playwright() as playwright:
        browser = chromium(playwright)
        for width, height in ((1366, 768), (1920, 1080)):
            page = browser.new_context(viewport={"width": width, "height": height}).new_page()
            page.goto(f"{app.url}?tab=score&score_beside={int(options.beside)}")
            page.wait_for_selector(".score[data-state=over]", timeout=60_000)
            rounds = [page.evaluate(WATCH, TARGET) for _ in range(options.rounds)]
            middle = {name: statistics.median(each[name] or float("inf") for each in rounds) for name in rounds[0]}
            latency = page.evaluate(LATENCY, 40)
            print(
                f"{width} x {height}: below {TARGET:.0%} after {middle['found'] / 1000:.2f} s, all steps "
                f"{middle['took'] / 1000:.2f} s; {middle['fps']:.0f} frames/s, {middle['pictures']:.0f} pictures/s, "
                f"longest frame {middle['longest']:.0f} ms; typing {latency['typed']:.0f} ms, "
                f"moving {latency['dragged']:.0f} ms to the next frame",
                flush=True,
            )
            page.context.close()
        browser.close()


if __name__ == "__main__":
    main()
