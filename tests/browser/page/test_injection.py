"""Whatever a visitor supplies is shown as text: markup in links, in network files and their names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from urllib.parse import urlencode

import pytest
from helpers import words
from playwright.sync_api import Page, expect

from dae import checkpoints, manifest
from dae.checkpoints import Info
from dae.models import ModelConfig, build

PATIENCE = 60_000  # milliseconds
MARKUP = "\"'><img src=x onerror=hacked=1><script>hacked=2</script></style></textarea><svg onload=hacked=3>"
PAYLOADS = {
    "markup": MARKUP,
    "address": "javascript:hacked=5//\" onfocus=hacked=6 autofocus x='",
    "template": '{{hacked=7}} ${hacked=8} {name} {0} %s $\\frac{$ __i18n__{"key": <b>',
    "invisible": "safe\u202e\u2066gpj.exe\u200b\u200d\ufeff\u0000\u0007\u2028 end",
    "long": "<b>" + "long name " * 3_000,
}
MOST = 80  # characters of what a file says of itself


@pytest.fixture
def visit(open_page, site_url) -> Iterator[Callable[..., Page]]:
    """`visit(query)`: the page, once it shows something. In the end nothing that was supplied has run in it."""
    pages, events = [], []

    def visited(query: str = "", shown: str = ".held .pictures[data-shown]", **context: object) -> Page:
        page = open_page("about:blank", viewport={"width": 1366, "height": 1000}, locale="en-US", **context)
        page.on("dialog", lambda dialog: (events.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: events.append(request.url) if request.url.endswith("/x") else None)
        page.goto(f"{site_url}?{query}", wait_until="domcontentloaded")
        page.set_default_timeout(PATIENCE)
        page.wait_for_selector(shown, state="attached")
        pages.append(page)
        return page

    yield visited
    for page in pages:
        page.wait_for_timeout(200)  # what was to run would have begun
        strangers = "[onerror], [onload], [onfocus], img[src=x], a[href^='javascript:' i]"
        assert page.evaluate("window.hacked") is None
        assert page.locator(strangers).count() == 0
        assert page.locator("script").filter(has_text=re.compile(r"^hacked")).count() == 0
    assert events == []


@pytest.mark.parametrize("name", ["markup", "template"])
def test_a_link_is_no_markup(visit, name):
    fields = (*manifest.state_fields(), "unknown", MARKUP, "view", "__theme", "deep_link", "session_hash")
    page = visit(urlencode(dict.fromkeys(fields, PAYLOADS[name])))
    expect(page.locator("h1")).to_have_text(words()["title"])
    for tab, shown in {"compare": ".compare .card", "results": ".results table", "train": ".train .form"}.items():
        page.locator(f"#tab-{tab}").click()
        page.wait_for_selector(shown)


def network(payload: str) -> bytes:
    """A network whose header says the payload wherever it may say something."""
    config = ModelConfig(latent_dim=4)
    stages = [{"noises": [{"key": payload, "high": 1.0}], "loss": payload}]
    recipe = {"name": payload, "summary": payload, "stages": stages, payload: payload}
    info = Info(recipe, config, 10**15, payload, [{payload: payload}], {payload: payload}, payload)
    return checkpoints.serialized(build(config, seed=0), info)


def as_shown(payload: str) -> str:
    """One line, short, of characters that are seen."""
    line = " ".join(payload[:1000].split())
    return "".join(letter for letter in line if letter.isprintable())[:MOST]


def test_a_network_file_is_no_markup(visit):
    page = visit("tab=train", shown=".train .own")
    rows = page.locator(".train .own tbody tr")
    for count, payload in enumerate(PAYLOADS.values(), 1):
        name = f"{payload[:100]}.safetensors".replace("\0", "")
        file = {"name": name, "mimeType": "application/octet-stream", "buffer": network(payload)}
        page.locator(".train .upload input").set_input_files(file)
        expect(rows).to_have_count(count)
        told = rows.first.locator("th").text_content()
        assert len(as_shown(payload)) > 10 and told.count(as_shown(payload)) == 2 and f"seed {10**15}" in told
    with page.expect_download() as waiting:
        rows.last.get_by_role("button", name=words()["train_download"]).click()
    assert waiting.value.suggested_filename == "your-model-1.safetensors"
    assert waiting.value.path().read_bytes() == network(MARKUP)
    page.locator("#tab-denoise").click()
    page.locator("[data-control=model] select").select_option(label="Your model 1")
    expect(page.locator(".denoise figure[data-part=reconstruction] canvas")).to_have_attribute(
        "aria-label", re.compile("Your model 1")
    )
    expect(page.locator("[data-control=model] ~ .about").first).to_have_text(as_shown(MARKUP))
    page.locator("#tab-compare").click()
    page.locator("[data-control=compare] select").select_option(label="Your model 1")
    expect(page.locator(".compare .card figcaption").filter(has_text="Your model 1")).to_have_count(1)
    page.locator("#tab-latent").click()
    page.wait_for_selector(".latent canvas")
    page.locator("#tab-features").click()
    expect(page.locator(".features .head").first).to_contain_text("Your model 1")
    expect(page.locator(".features .head").first).to_contain_text(as_shown(MARKUP))
