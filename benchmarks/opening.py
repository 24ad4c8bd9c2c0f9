"""What opening the page costs a browser, beside the same of another checkout, in one run, in real Chromium.

    python benchmarks/opening.py [--root OTHER_CHECKOUT] [--rounds 5]

For each, at 390, 820 and 1366 pixels: the page's requests and kilobytes (before the first network's weights and in all,
its workers' not counted) and the cumulative layout shift; then, at no throttle and at a phone's (a processor 4 times
slower, 1.6 Mbit/s, 150 ms), milliseconds until the reconstruction of the first digit is on the screen, by the page's
clock. The two take turns, each visit with an empty cache.
"""

from __future__ import annotations

import argparse
import contextlib
import statistics
from collections.abc import Iterator
from pathlib import Path

from _app_process import ROOT, running
from _chromium import chromium
from _slow_line import slow_line
from playwright.sync_api import Browser, CDPSession, Page, sync_playwright

# When the reconstruction has been painted: a canvas of this page or of the first edition holds something.
PAINTED = """() => [...document.querySelectorAll("[data-part=reconstruction] canvas")].some((canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.some((value, i) => i % 4 !== 3 && value > 40);
}) && performance.now()"""
SHIFTS = """window.shift = 0;
new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
  if (!entry.hadRecentInput) window.shift += entry.value;
})).observe({ type: "layout-shift", buffered: true });"""

WIDTHS = (390, 820, 1366)


@contextlib.contextmanager
def visitor(browser: Browser, width: int, slow: bool) -> Iterator[tuple[Page, CDPSession]]:
    """One with an empty cache."""
    context = browser.new_context(viewport={"width": width, "height": 844}, service_workers="block")
    page = context.new_page()
    client = context.new_cdp_session(page)
    if slow:
        client.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    yield page, client
    context.close()


def first_picture(browser: Browser, url: str, width: int, slow: bool) -> float:
    """Milliseconds; nobody listens to what the page asks for, which would take time itself."""
    with visitor(browser, width, slow) as (page, _):
        page.goto(url, wait_until="commit", timeout=120_000)
        return page.wait_for_function(PAINTED, timeout=120_000, polling="raf").json_value()


def traffic(browser: Browser, url: str, width: int) -> dict[str, float]:
    """What another first visit asks for, and how far its page moves."""
    with visitor(browser, width, False) as (page, client):
        page.add_init_script(SHIFTS)
        sizes: list[tuple[str, int]] = []
        names: dict[str, str] = {}
        client.on(
            "Network.requestWillBeSent", lambda event: names.setdefault(event["requestId"], event["request"]["url"])
        )
        client.on(
            "Network.loadingFinished",
            lambda event: sizes.append((names.get(event["requestId"], ""), int(event["encodedDataLength"]))),
        )
        client.send("Network.enable")
        page.goto(url, wait_until="commit", timeout=120_000)
        page.wait_for_function(PAINTED, timeout=120_000, polling="raf")
        page.wait_for_timeout(1500)
        before = next(
            (i for i, (name, _) in enumerate(sizes) if "/checkpoints/" in name and "verdict" not in name), None
        )
        return {
            "requests": len(sizes),
            "kB before weights": sum(size for _, size in sizes[:before]) / 1000,
            "kB in all": sum(size for _, size in sizes) / 1000,
            "layout shift": page.evaluate("window.shift"),
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--root", type=Path, help="another checkout to compare with")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    roots = {"this": ROOT} | ({"other": options.root.resolve()} if options.root else {})
    with sync_playwright() as playwright, contextlib.ExitStack() as running_now:
        browser = chromium(playwright)
        urls: dict[str, tuple[str, str]] = {}
        for name, root in roots.items():
            app = running_now.enter_context(running(root=root))
            urls[name] = app.url, running_now.enter_context(slow_line(app.url)).url
            first_picture(browser, app.url, WIDTHS[0], False)  # what the server makes once
            app.wait_until_idle()
        for width in WIDTHS:
            for name, (url, _) in urls.items():
                figures = traffic(browser, url, width)
                words = ", ".join(f"{key} {value:.4g}" for key, value in figures.items())
                print(f"{width:4} {name:5}: {words}", flush=True)
        for slow in (False, True):
            for width in WIDTHS:
                taken: dict[str, list[float]] = {name: [] for name in roots}
                for _ in range(options.rounds):
                    for name, each in urls.items():
                        taken[name].append(first_picture(browser, each[slow], width, slow))
                medians = [f"{name} {statistics.median(times):.0f} ms" for name, times in taken.items()]
                print(f"{width:4} {'phone' if slow else 'fast '}: first picture {', '.join(medians)}", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
