"""What an open page does when its server is killed, comes back, or is slow: what the browser computes goes on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from helpers import changed, pixels, words
from playwright.sync_api import Page, expect
from served import Served

from dae import checkpoints

if os.name != "posix":
    pytest.skip("signals", allow_module_level=True)

PATIENCE = 120_000  # milliseconds: a busy machine is slow, not wrong
QUERY = "digit=3&index=40&noise=masking&level=0.25&seed=5&model=plain&compare=plain,median"


@pytest.fixture(scope="module")
def app(tmp_path_factory) -> Iterator[Served]:
    app = Served(tmp_path_factory.mktemp("served"))
    app.start()
    yield app
    app.kill()
    assert "Traceback" not in app.log


@pytest.fixture
def visit(open_page, app) -> Callable[..., Page]:
    """`visit(query, **context)`: a page that shows something. The server runs, whatever the test before has done."""
    if app.process is None:
        app.start()

    def visited(query: str = QUERY, **context: object) -> Page:
        context = {"locale": "en-US", "viewport": {"width": 1366, "height": 1000}} | context
        page = open_page(f"{app.url}/?{query}", **context)
        page.set_default_timeout(PATIENCE)
        page.wait_for_selector(".held .pictures[data-shown]")
        return page

    return visited


def says(page: Page, key: str, lang: str = "en") -> None:
    expect(page.locator(".connection")).to_have_text(words(lang)[key] if key else "", timeout=PATIENCE)


def show(page: Page, tab: str, shown: str) -> None:
    page.locator(f"#tab-{tab}").click()
    page.wait_for_selector(shown)


def move_the_level(page: Page, level: float) -> None:
    before = pixels(page, "noisy"), pixels(page, "reconstruction")
    page.locator("[data-control=level] .exact").fill(str(level))
    page.locator("[data-control=level] .exact").blur()
    for part, picture in zip(("noisy", "reconstruction"), before, strict=True):
        changed(page, part, picture)


def test_killed_and_started_again(visit, app):
    page = visit(f"{QUERY}&train_where=server")
    show(page, "train", ".train[data-ready=true]")
    content = (checkpoints.directory() / "plain.safetensors").read_bytes()
    file = {"name": "a.safetensors", "mimeType": "application/octet-stream", "buffer": content}
    page.locator(".train .upload input").set_input_files(file)
    expect(page.locator(".train .own tbody tr")).to_have_count(1)
    page.locator(".train [data-setting=latent_dim]").fill("33")
    page.locator(".train [data-setting=latent_dim]").blur()
    show(page, "latent", ".latent canvas")
    show(page, "features", ".features[data-ready^=plain]")
    show(page, "compare", ".compare .card[data-denoiser=median]")
    page.locator("[data-control=compare] select").select_option("own-1")
    page.wait_for_selector(".compare .card[data-denoiser=own-1]")
    show(page, "denoise", ".held .pictures[data-shown]")
    says(page, "")

    app.kill()
    move_the_level(page, 0.5)
    says(page, "")  # nobody has asked Python
    show(page, "latent", ".latent canvas")
    show(page, "features", ".features[data-ready^=plain]")
    page.locator("#tab-compare").click()
    says(page, "server_gone")
    expect(page.locator(".compare .missing")).to_contain_text(words()["baseline_median"])
    expect(page.locator(".compare .card[data-denoiser=own-1]")).to_be_visible()
    page.locator("#tab-train").click()
    page.locator(".train [data-do=train]").click()
    page.wait_for_selector(".train[data-state=failed]")
    show(page, "denoise", ".held .pictures[data-shown]")
    move_the_level(page, 0.8)

    app.start()
    says(page, "")  # nobody has done anything
    show(page, "compare", ".compare .card[data-denoiser=median]:not([data-old=true])")
    expect(page.locator(".compare .missing li")).to_have_count(0)
    page.locator("#make-grid").click()
    expect(page.locator(".compare .grid tbody tr")).to_have_count(4)
    with page.expect_download() as download:  # the new server is given the network again
        page.locator(".compare [data-format=svg]").click()
    assert download.value.path().read_bytes().startswith(b"<?xml")
    show(page, "train", ".train[data-ready=true]")
    expect(page.locator(".train .own tbody tr")).to_have_count(1)
    expect(page.locator(".train [data-setting=latent_dim]")).to_have_value("33")


def test_killed_during_a_run(visit, app):
    page = visit("train_where=server&train_widths=none&train_latent_dim=16&train_seconds=60&train_batch_size=32")
    show(page, "train", ".train[data-ready=true]")
    page.locator(".train [data-do=train]").click()
    page.wait_for_selector(".train[data-state=running]")
    app.kill()
    expect(page.locator(".train .problem")).to_have_text(words()["train_unreachable"], timeout=PATIENCE)
    says(page, "server_gone")
    app.start()
    says(page, "")
    page.locator(".train [data-do=step]").click()
    expect(page.locator(".train .problem")).to_have_text(words()["train_problem_gone"], timeout=PATIENCE)
    expect(page.locator(".train [data-do=continue]")).to_be_disabled()
    page.locator(".train [data-do=step]").click()
    page.wait_for_selector(".train[data-state=stopped]")
    expect(page.locator(".train .own tbody tr")).to_have_count(1)


def test_slow_is_not_gone(visit, app):
    page = visit()
    show(page, "compare", ".compare .card[data-denoiser=median]")
    app.pause()
    try:
        page.locator("[data-control=level] input[type=range]").press("ArrowRight")
        says(page, "server_slow")
    finally:
        app.go_on()
    says(page, "")
    page.wait_for_selector(".compare .card[data-denoiser=median]:not([data-old=true])")
