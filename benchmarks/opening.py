"""What opening the page costs a browser, beside the same of another checkout, in one run, in real Chromium.

    python benchmarks/opening.py [--root OTHER_CHECKOUT] [--rounds 3]

For each, at no throttle and at a phone's (a processor 4 times slower, 1.6 Mbit/s, 150 ms): milliseconds until the
reconstruction of the first digit is on the screen, the page's requests and kilobytes (before the first network's
weights and in all, its workers' not counted), and the cumulative layout shift at 390, 820 and 1366 pixels. The two take
turns.
"""

from __future__ import annotations

import argparse
import statistics
from pathlib import Path

from _app_process import ROOT, running
from _chromium import chromium
from _slow_line import slow_line
from playwright.sync_api import Browser, sync_playwright

# The reconstruction has been painted: a canvas of this page or of the first edition that holds something.
PAINTED = """() => [...document.querySelectorAll("[data-part=reconstruction] canvas")].some((canvas) => {
  const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  return data.some((value, i) => i % 4 !== 3 && value > 40);
})"""
SHIFTS = """window.shift = 0;
new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
  if (!entry.hadRecentInput) window.shift += entry.value;
})).observe({ type: "layout-shift", buffered: true });"""


def visit(browser: Browser, url: str, width: int, slow: bool) -> dict[str, float]:
    """One first visit: an empty cache."""
    context = browser.new_context(viewport={"width": width, "height": 844}, service_workers="block")
    page = context.new_page()
    page.add_init_script(SHIFTS)
    sizes: list[tuple[str, int]] = []
    client = context.new_cdp_session(page)
    client.send("Network.enable")
    names: dict[str, str] = {}
    client.on("Network.requestWillBeSent", lambda event: names.setdefault(event["requestId"], event["request"]["url"]))
    client.on(
        "Network.loadingFinished",
        lambda event: sizes.append((names.get(event["requestId"], ""), int(event["encodedDataLength"]))),
    )
    if slow:
        client.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.goto(url, wait_until="commit", timeout=120_000)
    page.wait_for_function(PAINTED, timeout=120_000, polling="raf")
    milliseconds = page.evaluate("performance.now()")
    page.wait_for_timeout(1500)
    before = next((i for i, (name, _) in enumerate(sizes) if "/checkpoints/" in name and "verdict" not in name), None)
    found = {
        "first picture, ms": milliseconds,
        "requests": len(sizes),
        "kB before weights": sum(size for _, size in sizes[:before]) / 1000,
        "kB in all": sum(size for _, size in sizes) / 1000,
        "layout shift": page.evaluate("window.shift"),
    }
    context.close()
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--root", type=Path, help="another checkout to compare with")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    roots = {"this": ROOT} | ({"other": options.root.resolve()} if options.root else {})
    with sync_playwright() as playwright:
        browser = chromium(playwright)
        for slow in (False, True):
            for width in (390, 820, 1366):
                taken: dict[str, list[dict[str, float]]] = {name: [] for name in roots}
                for _ in range(options.rounds):
                    for name, root in roots.items():
                        with running(root=root) as app, slow_line(app.url) as line:
                            visit(browser, app.url, width, False)  # what the server makes once
                            app.wait_until_idle()
                            taken[name].append(visit(browser, line.url if slow else app.url, width, slow))
                for name, visits in taken.items():
                    figures = {key: statistics.median(each[key] for each in visits) for key in visits[0]}
                    words = ", ".join(f"{key} {value:.4g}" for key, value in figures.items())
                    print(f"{'phone' if slow else 'fast '} {width:4} {name:5}: {words}", flush=True)
        browser.close()


if __name__ == "__main__":
    main()
