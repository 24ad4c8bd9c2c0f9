"""What training runs leave behind that visitors stop or abandon by closing the tab.

    python benchmarks/abandoned.py [--runs 20] [--seconds 3] [--seed 0]

The page runs as a program of its own; a headless Chromium opens it, starts a run, and after a random moment presses
Stop or closes the tab. Threads, child processes and memory of the page's process are read from /proc (Linux): after a
first run, which loads what is only loaded once, and after the last.
"""

import argparse
import random
import shutil
import time

from _app_process import App, running


def busy(app: App, seconds: float = 2.0) -> float:
    """How many cores the app uses just now."""
    before = app.cpu_seconds
    time.sleep(seconds)
    return (app.cpu_seconds - before) / seconds


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=3.0, help="the latest moment to stop or to leave")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    choose = random.Random(arguments.seed)
    with running() as app:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            print(f"{'run':>4} {'ended by':9}{'threads':>8}{'children':>9}{'MB':>8}")
            first = None
            for number in range(arguments.runs + 1):
                context = browser.new_context(locale="en-US")
                page = context.new_page()
                page.goto(f"{app.url}?tab=train", wait_until="domcontentloaded")
                page.wait_for_selector("#train [data-do=train]:not(:disabled)", timeout=300_000)
                page.click("#train [data-do=train]")
                page.wait_for_timeout(choose.uniform(0, arguments.seconds) * 1000)
                how = choose.choice(("Stop", "leaving"))
                stop = page.locator("#train [data-do=stop]")
                if how == "Stop" and stop.is_enabled():
                    stop.click()
                    page.wait_for_timeout(300)
                context.close()
                time.sleep(1.5)
                now = app.threads, app.children, app.megabytes
                first = first or now
                print(f"{number:4} {how:9}{now[0]:8}{now[1]:9}{now[2]:8.0f}", flush=True)
            browser.close()
        time.sleep(15)  # idle worker threads of the web server end by themselves
        print(f"\nafter the first: {first[0]} threads, {first[1]} children, {first[2]:.0f} MB")
        print(f"at the end:      {app.threads} threads, {app.children} children, {app.megabytes:.0f} MB")
        print(f"cores in use:    {busy(app):.2f}")


if __name__ == "__main__":
    main()
