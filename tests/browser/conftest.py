"""A real Chromium and a Gradio app in this process, for the tests of the page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"

if TYPE_CHECKING:
    import gradio as gr
    from playwright.sync_api import Browser, Page

FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # These tests use this machine only: what is asked of other hosts fails at once and not after a while.
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1 , EXCLUDE localhost",
)
# The same engine without the windows around a page, which cost as much as the page; or else the whole browser.
PROGRAMS = ("chromium-headless-shell", "chromium")


def unavailable(reason: str) -> None:
    """Without a browser these tests are skipped, except where they are the point."""
    (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(reason)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    try:
        from playwright.sync_api import expect, sync_playwright
    except ImportError:
        unavailable("playwright is not installed")
    expect.set_options(timeout=20_000)  # a busy machine is slow, not wrong
    executable = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if executable is None:
        unavailable("no chromium on the path")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """`open_page(url, **context)`: a page in a fresh browser context, e.g. `color_scheme="dark"` or `has_touch=True`.

    An error that the page's scripts did not catch fails the test.
    """
    contexts, errors = [], []

    def opened(url: str, **options: object) -> Page:
        options.setdefault("viewport", {"width": 900, "height": 800})
        context = chromium.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: errors.append(message.text) if "js_on_load" in message.text else None)
        page.goto(url, wait_until="domcontentloaded")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture(scope="module")
def launch() -> Iterator[Callable[..., str]]:
    """`launch(demo, **launch_settings)`: the app's address; it is closed after the module's last test."""
    running: list[gr.Blocks] = []

    def launched(demo: gr.Blocks, **settings: object) -> str:
        _, url, _ = demo.launch(
            server_name="127.0.0.1",
            prevent_thread_lock=True,
            quiet=True,
            _frontend=False,  # Gradio gives its own page three seconds to answer, which a busy machine may not keep
            **{"show_error": True, "ssr_mode": False, **settings},
        )
        running.append(demo)
        return url

    yield launched
    for demo in running:
        demo.close(verbose=False)
