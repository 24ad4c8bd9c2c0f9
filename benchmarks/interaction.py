"""From a browser's event to new pixels, without and with a delay between page and server, in one run, in Chromium.

    python benchmarks/interaction.py [--rounds 40] [--delay 200]

Milliseconds from a move of the slider, and of the pen, until the reconstruction's canvas has been painted anew, for
conv-gaussian and universal; and how long after that the strip of all levels is there. The delay is put before every
request. Medians; the two pages are used in turn.
"""

from __future__ import annotations

import argparse
import statistics

from _app_process import running
from _chromium import chromium
from playwright.sync_api import Page, Route, sync_playwright

# Milliseconds until a canvas is painted: its context tells when.
WATCH = """() => {
  window.painted = {};
  const put = CanvasRenderingContext2D.prototype.putImageData;
  CanvasRenderingContext2D.prototype.putImageData = function (...values) {
    put.apply(this, values);
    const part = this.canvas.closest("[data-part]")?.dataset.part ?? "";
    window.painted[part] = performance.now();
  };
}"""
SLIDE = """async ([level, part]) => {
  const slider = document.querySelector(".slider input[type=range]");
  window.painted = {};
  const start = performance.now();
  slider.value = level;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  while (!(window.painted[part] > start)) await new Promise((done) => setTimeout(done, 1));
  return window.painted[part] - start;
}"""


def slide(page: Page, level: float, part: str) -> float:
    return page.evaluate(SLIDE, [level, part])


STROKE = """async ([x, y]) => {
  const sheet = document.querySelector(".pad canvas");
  const box = sheet.getBoundingClientRect();
  const place = { clientX: box.left + x * box.width, clientY: box.top + y * box.height };
  window.painted = {};
  const start = performance.now();
  sheet.dispatchEvent(new PointerEvent("pointermove", { ...place, pointerId: window.pointer, bubbles: true }));
  while (!(window.painted.reconstruction > start)) await new Promise((done) => setTimeout(done, 1));
  return window.painted.reconstruction - start;
}"""


def stroke(page: Page, x: float, y: float) -> float:
    """A move of the pen that is down: milliseconds to the new reconstruction."""
    return page.evaluate(STROKE, [x, y])


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=40)
    parser.add_argument("--delay", type=int, default=200)
    options = parser.parse_args()
    with running() as app, sync_playwright() as playwright:
        app.wait_until_idle()
        browser = chromium(playwright)

        def opened(query: str, delay: int) -> Page:
            page = browser.new_context(viewport={"width": 1366, "height": 1400}).new_page()
            if delay:

                def later(route: Route) -> None:
                    page.wait_for_timeout(delay)
                    route.continue_()

                page.route("**/ask/**", later)
            page.goto(f"{app.url}?{query}")
            page.wait_for_selector(".pictures[data-shown]", timeout=60_000)
            page.wait_for_timeout(1500)
            page.evaluate(WATCH)
            return page

        for model in ("conv-gaussian", "universal"):
            pages = {delay: opened(f"model={model}", delay) for delay in (0, options.delay)}
            times: dict[tuple[str, int], list[float]] = {}
            for i in range(options.rounds):
                for delay, page in pages.items():
                    times.setdefault(("slider", delay), []).append(slide(page, 0.3 + 0.01 * i, "reconstruction"))
                    page.wait_for_timeout(100)
            for (what, delay), taken in times.items():
                print(f"{model} {what}, {delay:3} ms between: {statistics.median(taken):.1f} ms", flush=True)
            for page in pages.values():
                page.context.close()
            pages = {delay: opened(f"model={model}&source=draw", delay) for delay in (0, options.delay)}
            for delay, page in pages.items():
                page.locator(".segments label").nth(1).click()
                box = page.locator(".pad canvas").first.bounding_box()
                assert box is not None
                page.evaluate("addEventListener('pointerdown', (event) => (window.pointer = event.pointerId), true)")
                page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
                page.mouse.down()
                taken = []
                for i in range(options.rounds):
                    taken.append(stroke(page, 0.3 + 0.01 * i, 0.3 + 0.012 * i))
                    page.wait_for_timeout(50)
                page.mouse.up()
                print(f"{model} pen, {delay:3} ms between: {statistics.median(taken):.1f} ms", flush=True)
                page.context.close()
        browser.close()


if __name__ == "__main__":
    main()
