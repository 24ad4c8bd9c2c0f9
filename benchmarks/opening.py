"""What a browser that opens the page costs the server: a first visit, and a second one with the browser's cache.

    python benchmarks/opening.py [--visits 10] [--root CHECKOUT]

A headless Chromium opens the page and an empty Gradio app in turn, each visit with an empty cache, and then loads it
again. Prints the medians of the milliseconds of CPU that the server spent on it (Linux, from /proc; less what it spends
while nobody comes, as Gradio never rests) and of those until the page was shown, of the requests and the kilobytes.
`--root` names another checkout of this project, to compare with.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from _app_process import PAGE, ROOT, App, running
from playwright.sync_api import Page, sync_playwright
from startup import BARE

REST = 2.0  # seconds after a page is shown, for what it still asks for
SHOWN = {"page": "#stage [data-shown]", "empty": "text=bare"}


def spent(app: App, work: Callable[[], None], idle: float) -> tuple[float, float]:
    """Milliseconds of CPU for some work beyond what is spent anyway, and milliseconds that it took, rest included."""
    before, start = app.cpu_seconds, time.perf_counter()
    work()
    took = time.perf_counter() - start
    return 1e3 * (app.cpu_seconds - before - idle * took), 1e3 * took


def show(page: Page, name: str, go: Callable[[], object]) -> None:
    go()
    page.wait_for_selector(SHOWN[name])
    page.wait_for_timeout(1e3 * REST)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--visits", type=int, default=10)
    parser.add_argument("--root", type=Path, default=ROOT)
    options = parser.parse_args()
    with (
        running(PAGE, options.root) as page_app,
        running((sys.executable, "-c", BARE)) as empty_app,
        sync_playwright() as playwright,
    ):
        time.sleep(10)  # for what the page loads in the background
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        apps = {"page": page_app, "empty": empty_app}
        figures: dict[tuple[str, str], list[tuple[float, ...]]] = {}
        for turn in range(options.visits + 1):
            for name, app in apps.items():
                context = browser.new_context(locale="en-US")
                page, answers = context.new_page(), []
                page.on("requestfinished", lambda request, answers=answers: answers.append(request))
                for visit, go in (("first", lambda: page.goto(app.url)), ("again", page.reload)):  # noqa: B023
                    answers.clear()
                    # Measured before each visit, as it changes with the machine's speed.
                    idle = spent(app, lambda: time.sleep(REST), 0.0)[0] / (1e3 * REST)
                    cpu, took = spent(app, lambda: show(page, name, go), idle)  # noqa: B023
                    sizes = [request.sizes() for request in answers]
                    received = sum(size["responseBodySize"] + size["responseHeadersSize"] for size in sizes)
                    if turn:  # what is only made once is made
                        figures.setdefault((name, visit), []).append(
                            (cpu, took - 1e3 * REST, len(answers), received / 1024)
                        )
                context.close()
        browser.close()
    print("app    visit   CPU ms  shown ms  requests    kB")
    for (name, visit), lines in sorted(figures.items(), reverse=True):
        cpu, shown, requests, size = (statistics.median(column) for column in zip(*lines, strict=True))
        print(f"{name:7}{visit:6}{cpu:8.0f}{shown:10.0f}{requests:10.0f}{size:6.0f}")


if __name__ == "__main__":
    main()
