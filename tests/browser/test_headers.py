"""The page within its Content-Security-Policy: nothing that it does goes against it, and nothing foreign is let in."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect
from served import running_app
from test_present import TABS

from dae import manifest

PATIENCE = 60_000  # milliseconds
NOTED = """
window.violations = [];
addEventListener("securitypolicyviolation", (event) =>
  violations.push(`${event.effectiveDirective} ${event.blockedURI} ${event.sourceFile}`));
"""


@pytest.fixture(scope="module")
def url(tmp_path_factory) -> Iterator[str]:
    with running_app(tmp_path_factory.mktemp("app")) as served:
        yield f"{served.url}/"


@pytest.fixture
def page(open_page, url) -> Iterator[Page]:
    """The page, every request of which to its own server is answered well."""
    page, failed = open_page("about:blank", viewport={"width": 1366, "height": 1000}, locale="en-US"), []
    page.on("response", lambda answer: failed.append(answer.url) if answer.status in (403, 404, 500) else None)
    page.add_init_script(NOTED)
    page.goto(url, wait_until="domcontentloaded")
    page.set_default_timeout(PATIENCE)
    page.wait_for_selector(".pictures")
    yield page
    assert failed == []


def test_no_tab_goes_against_the_policy(page):
    for tab in manifest.TABS:
        page.locator(f"#tab-{tab}").click()
        page.wait_for_selector(TABS[tab])
        page.wait_for_timeout(200)  # the rest of its pictures has come, or is coming
    page.locator("#language").click()
    page.locator("#copy-link").click()
    page.wait_for_timeout(500)
    assert page.evaluate("violations") == []


def test_the_engine_runs_its_compiled_products_within_the_policy(page):
    """Without permission for WebAssembly it would fall back to plain JavaScript, ten times slower."""
    said = page.request.get(f"{page.url}page/engine/worker.js").headers["content-security-policy"]
    assert "'wasm-unsafe-eval'" in said and "'unsafe-eval'" not in said and "'unsafe-inline'" not in said


def test_a_picture_that_is_none_is_a_sentence_within_the_policy(page):
    page.locator(".segments label").filter(has_text="Upload").click()
    files = page.locator(".source input[type=file]").first
    files.set_input_files({"name": "a.png", "mimeType": "image/png", "buffer": b"no picture"})
    expect(page.locator(".source [role=status], .source [role=alert]").filter(has_text=".").first).to_be_visible()
    assert page.evaluate("violations") == []


def test_foreign_scripts_frames_and_addresses_are_kept_out(page):
    page.evaluate(
        """() => {
          const add = (tag, values) => document.body.append(Object.assign(document.createElement(tag), values));
          add("script", {src: "https://evil.example/x.js"});
          add("script", {textContent: "window.stolen = true"});
          add("iframe", {src: "https://evil.example/"});
          add("img", {src: "https://evil.example/x.png"});
          add("object", {data: "https://evil.example/x"});
          fetch("https://evil.example/").catch(() => 0);
        }"""
    )
    page.wait_for_function("() => violations.length >= 6")
    kept_out = {each.split()[0] for each in page.evaluate("violations")}
    assert kept_out == {"script-src-elem", "frame-src", "img-src", "object-src", "connect-src"}
    assert not page.evaluate("window.stolen")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_another_site_cannot_show_the_page_in_a_frame(open_page, url, host):
    """Its own can; `localhost` is another."""
    around = open_page("about:blank")
    around.route("**/around", lambda route: route.fulfill(body=f"<iframe src='{url}'>", content_type="text/html"))
    around.goto(f"{url.replace('127.0.0.1', host)}around")
    (frame,) = around.main_frame.child_frames
    frame.wait_for_load_state()
    around.wait_for_timeout(1000)
    assert (frame.url == url) == (host == "127.0.0.1"), frame.url
