"""The Chromium of this machine, for the benchmarks beside this file."""

from __future__ import annotations

import shutil

from playwright.sync_api import Browser, Playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def chromium(playwright: Playwright) -> Browser:
    """Started without what makes requests of its own."""
    return playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
