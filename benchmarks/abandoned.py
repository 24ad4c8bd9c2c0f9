"""What training runs leave behind that visitors stop or abandon by closing the tab.

    python benchmarks/abandoned.py [--runs 20] [--seconds 3] [--seed 0]

The page runs as a program of its own; a headless Chromium opens it, starts a run, and after a random moment presses
Stop or closes the tab. Threads, child processes and memory of the page's process are read from /proc (Linux): after a
first run, which loads what is only loaded once, and after the last.
"""

import argparse
import os
import random
import shutil
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from startup import ROOT, free_port


def standing(process: int) -> tuple[int, int, float]:
    """Threads, child processes, resident memory in MB."""
    threads = len(os.listdir(f"/proc/{process}/task"))
    children = sum(
        len(Path(f"/proc/{process}/task/{task}/children").read_text().split())
        for task in os.listdir(f"/proc/{process}/task")
    )
    (resident,) = (
        line for line in Path(f"/proc/{process}/status").read_text().splitlines() if line.startswith("VmRSS")
    )
    return threads, children, int(resident.split()[1]) / 1024


def busy(process: int, seconds: float = 2.0) -> float:
    """How many cores the process uses just now."""

    def spent() -> float:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    before = spent()
    time.sleep(seconds)
    return (spent() - before) / seconds


def main() -> None:
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=3.0, help="the latest moment to stop or to leave")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    choose = random.Random(arguments.seed)
    port = free_port()
    page_process = subprocess.Popen(
        [sys.executable, "app.py"], cwd=ROOT, env=os.environ | {"PORT": str(port)}, stdout=subprocess.DEVNULL
    )
    url = f"http://127.0.0.1:{port}/?tab=train"
    try:
        for _ in range(600):
            try:
                urllib.request.urlopen(url, timeout=5).close()
                break
            except OSError:
                time.sleep(0.5)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
            )
            print(f"{'run':>4} {'ended by':9}{'threads':>8}{'children':>9}{'MB':>8}")
            first = None
            for number in range(arguments.runs + 1):
                context = browser.new_context(locale="en-US")
                page = context.new_page()
                page.goto(url, wait_until="domcontentloaded")
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
                now = standing(page_process.pid)
                first = first or now
                print(f"{number:4} {how:9}{now[0]:8}{now[1]:9}{now[2]:8.0f}", flush=True)
            browser.close()
        time.sleep(15)  # idle worker threads of the web server end by themselves
        last = standing(page_process.pid)
        print(f"\nafter the first: {first[0]} threads, {first[1]} children, {first[2]:.0f} MB")
        print(f"at the end:      {last[0]} threads, {last[1]} children, {last[2]:.0f} MB")
        print(f"cores in use:    {busy(page_process.pid):.2f}")
    finally:
        page_process.terminate()
        page_process.wait(30)


if __name__ == "__main__":
    main()
