"""The page within its Content-Security-Policy: nothing that it does goes against it, and nothing foreign is let in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from dae.ui.build import build, launch_options
from dae.ui.session import TABS
from playwright.sync_api import Page, expect

from dae.ui import results_tab

PATIENCE = 60_000  # milliseconds
NOTED = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) =>
  violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}`));
"""


@pytest.fixture(scope="module")
def url(launch, tmp_path_factory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAE_DATA", str(tmp_path_factory.mktemp("no-mnist")))
        yield launch(build(), **launch_options())


@pytest.fixture
def page(open_page, url) -> Iterator[Page]:
    """The page, every request of which to its own server is answered well."""
    page, failed = open_page("about:blank", viewport={"width": 1366, "height": 1000}, locale="en-US"), []
    page.on("response", lambda answer: failed.append(answer.url) if answer.status in (403, 404) else None)
    page.add_init_script(NOTED)
    page.goto(url, wait_until="domcontentloaded")
    page.set_default_timeout(PATIENCE)
    page.wait_for_selector("#stage [data-shown]", timeout=PATIENCE, state="attached")
    yield page
    assert failed == []


def test_no_tab_goes_against_the_policy(page):
    tabs = [name for name in TABS if name != "results" or results_tab.available()]
    for number, _ in enumerate(tabs):
        page.locator("#tabs > .tab-wrapper button[role=tab]").nth(number).click()
        page.wait_for_timeout(1500)  # its pictures have come, or are coming
        if tabs[number] == "train":
            page.wait_for_selector("#train [data-ready], #train[data-ready]", timeout=PATIENCE)
    page.locator("#language").click()
    page.locator("#copy-link").click()
    page.wait_for_timeout(500)
    assert page.evaluate("violations") == []


def test_a_drawing_and_an_upload_are_within_the_policy(page):
    page.locator("#source label").nth(2).click()
    files = page.locator("#upload-group input[type=file]")
    files.set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": b"no picture"})
    expect(page.locator("#notice p")).to_be_visible()
    page.locator("#source label").nth(1).click()
    pad = page.locator("#pad canvas").first
    pad.wait_for()
    box = pad.bounding_box()
    page.mouse.move(box["x"] + 60, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 80, box["y"] + 150, steps=5)
    page.mouse.up()
    page.wait_for_timeout(1000)
    assert page.evaluate("violations") == []


def test_foreign_scripts_frames_and_addresses_are_kept_out(page):
    page.evaluate(
        """() => {
          const add = (tag, values) => document.body.append(Object.assign(document.createElement(tag), values));
          add("script", {src: "https://evil.example/x.js"});
          add("iframe", {src: "https://evil.example/"});
          add("img", {src: "https://evil.example/x.png"});
          add("object", {data: "https://evil.example/x"});
          fetch("https://evil.example/").catch(() => 0);
        }"""
    )
    page.wait_for_function("violations.length >= 5")
    kept_out = {each.split()[0] for each in page.evaluate("violations")}
    assert kept_out == {"script-src-elem", "frame-src", "img-src", "object-src", "connect-src"}


def test_another_site_cannot_show_the_page_in_a_frame(page, url):
    """Only the page itself, Hugging Face, and whom the host allows."""
    page.evaluate("(url) => document.body.append(Object.assign(document.createElement('iframe'), {src: url}))", url)
    page.wait_for_timeout(500)
    refused = page.evaluate("violations")
    assert [each.split()[0] for each in refused] == ["frame-src"]  # not even by itself
