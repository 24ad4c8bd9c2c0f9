"""The page without networks, on a full disk, and while a network is being loaded, in a real Chromium."""

import io
import os
import re
import shutil
import threading
from pathlib import Path

import gradio.route_utils
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from dae import checkpoints
from dae.ui import runs
from dae.ui.build import build, launch_options
from dae.ui.text import text

PATIENCE = 60_000  # milliseconds
SHIPPED = checkpoints.directory()
NAMES = ("plain", "conv-gaussian", "fc-gaussian", "apx")


@pytest.fixture(params=[NAMES])
def folder(request, tmp_path, monkeypatch) -> Path:
    """The page's checkpoints."""
    for name in request.param:
        shutil.copy(SHIPPED / f"{name}.safetensors", tmp_path)
    monkeypatch.setenv("DAE_CHECKPOINTS", str(tmp_path))
    monkeypatch.setenv("DAE_DATA", f"{os.devnull}/x")
    monkeypatch.setattr(runs, "cores", lambda: 1)
    return tmp_path


@pytest.fixture
def visit(open_page, launch, folder):
    url = launch(build(), **launch_options())

    def visited(query: str = "") -> Page:
        page = open_page(f"{url}?{query}", locale="en-US", viewport={"width": 1366, "height": 1000})
        page.set_default_timeout(PATIENCE)
        return page

    return visited


def show(page: Page, tab: str) -> None:
    page.get_by_role("tab", name=text(f"tab_{tab}", "en"), exact=True).click()


def picture(page: Page, part: str) -> Locator:
    return page.locator(f"#stage figure[data-part={part}] canvas")


def painted(page: Page, part: str) -> str:
    return picture(page, part).evaluate("canvas => canvas.daePixels ?? ''")


def changed(page: Page, part: str, before: str) -> None:
    page.wait_for_function(
        "([part, before]) => ![before, undefined].includes("
        "document.querySelector(`#stage figure[data-part=${part}] canvas`)?.daePixels)",
        arg=[part, before],
    )


@pytest.mark.parametrize("folder", [()], indirect=True)
def test_without_networks_digits_are_spoilt_and_a_network_is_trained(visit):
    page = visit("level=0.3")
    changed(page, "noisy", "")
    expect(page.locator("#stage .lacks")).to_have_text(text("stage_no_models", "en"))
    expect(page.locator("#notice p")).to_contain_text("There is no trained model")
    for part, is_there in (("clean", True), ("noisy", True), ("reconstruction", False), ("error", False)):
        expect(picture(page, part)).to_be_visible(visible=is_there)
    before = painted(page, "noisy")
    page.evaluate("daeSetLevel(0.9)")
    changed(page, "noisy", before)
    before = painted(page, "clean")
    page.locator("#another").click()
    changed(page, "clean", before)
    show(page, "latent")
    expect(page.locator("#latent .note")).to_have_text(text("latent_none", "en"))
    show(page, "features")
    expect(page.locator("#features .problem").first).to_be_visible()
    show(page, "compare")
    expect(page.locator("#compare .given canvas, #compare .given img").first).to_be_visible()

    show(page, "train")
    page.wait_for_selector("#train[data-ready], #train [data-ready]", state="attached")
    for name, value in (("widths", ""), ("latent_dim", "16"), ("seconds", "1")):
        page.locator(f"#train-{name}").fill(value)
        page.locator(f"#train-{name}").dispatch_event("change")
    page.locator("#train [data-do=train]").click()
    expect(page.locator("#train .yours tbody tr")).to_have_count(1, timeout=PATIENCE)
    with page.expect_download() as waiting:
        page.locator("#train .yours .get").click()
    assert waiting.value.suggested_filename == "your-model-1.safetensors"
    show(page, "denoise")
    page.locator("#model input").click()
    page.get_by_role("option", name=re.compile("^Your model 1")).click()
    expect(picture(page, "reconstruction")).to_be_visible()
    expect(page.locator("#stage .lacks")).to_be_hidden()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
def test_a_full_disk_is_said_and_what_is_shown_stays(visit, monkeypatch):
    class Full(io.FileIO):
        def __init__(self, **options):
            super().__init__("/dev/full", "w")

    monkeypatch.setattr(gradio.route_utils, "NamedTemporaryFile", Full)
    page = visit("level=0.3")
    changed(page, "noisy", "")
    before = painted(page, "clean")
    stream = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (200, 200), np.uint8)).save(stream, "PNG")
    page.locator("#source label").nth(2).click()
    for selector, name in (("#upload-group", "photo.png"), ("#train-file", "model.safetensors")):
        if selector == "#train-file":
            show(page, "train")
        files = page.locator(f"{selector} input[type=file]")
        files.set_input_files({"name": name, "mimeType": "application/octet-stream", "buffer": stream.getvalue()})
        expect(page.locator(".toast-body").last).to_contain_text(text("no_room", "en"))
        page.locator(".toast-close").last.click()
        expect(page.locator(".toast-body")).to_have_count(0)
    assert painted(page, "clean") == before


@pytest.fixture
def slow(folder, monkeypatch):
    """All shipped networks but `plain` take until `set` is called to be loaded."""
    load, go_on = checkpoints.load, threading.Event()

    def slowly(path, *args):
        if Path(path).stem != "plain":
            go_on.wait(120)
        return load(path, *args)

    monkeypatch.setattr(checkpoints, "load", slowly)
    yield go_on
    go_on.set()


def test_the_page_is_there_while_a_network_is_loaded_and_its_picture_comes(visit, slow):
    pages = [visit("model=conv-gaussian&level=0.3") for _ in range(3)]  # more than are answered at once
    for page in pages:
        changed(page, "noisy", "")
        expect(page.locator("#title h1")).to_be_visible()
        expect(page.locator("#picker .digits button").first).to_be_visible()
        expect(page.locator("#stage .lacks")).to_be_visible()
        expect(page.locator("#stage .lacks")).to_have_text(text("stage_loading", "en"))
        expect(picture(page, "clean")).to_be_visible()
        expect(picture(page, "reconstruction")).to_be_hidden()
    before = painted(pages[0], "noisy")
    pages[0].evaluate("daeSetLevel(0.9)")
    changed(pages[0], "noisy", before)

    other = visit("model=plain")  # is not held up
    other.wait_for_selector("#stage [data-shown]")
    expect(picture(other, "reconstruction")).to_be_visible()
    restored = painted(other, "reconstruction")
    other.locator("#model input").click()
    other.get_by_role("option", name=re.compile("^fc-gaussian:")).click()
    expect(other.locator("#stage .lacks")).to_have_text(text("stage_loading", "en"))
    expect(picture(other, "reconstruction")).to_be_hidden()
    for tab, said in (
        ("latent", "#latent .note"),
        ("features", "#features .problem"),
        ("compare", "#compare .missing"),
    ):
        show(other, tab)
        expect(other.locator(said).first).to_contain_text(re.compile("is being loaded"))

    slow.set()  # from here on nobody does anything
    for page in pages:
        expect(picture(page, "reconstruction")).to_be_visible()
        expect(page.locator("#stage .lacks")).to_be_hidden()
        page.wait_for_selector("#stage [data-shown]")
    expect(pages[0].locator("#stage [data-level]")).to_have_attribute("data-level", "0.9")
    expect(other.locator("#compare .cards h4").filter(has_text="fc-gaussian")).to_have_count(1)
    expect(other.locator("#compare .missing p")).to_have_count(0)
    show(other, "latent")
    other.wait_for_selector("#latent [data-points]")
    show(other, "denoise")
    changed(other, "reconstruction", restored)
    expect(picture(other, "reconstruction")).to_be_visible()


def test_a_network_that_is_loaded_at_once_says_nothing_of_it(visit, slow):
    slow.set()
    page = visit("model=plain")
    page.wait_for_selector("#stage [data-shown]")
    page.evaluate(
        """() => {
          window.seen = [];
          const isSeen = (node) => getComputedStyle(node).visibility === "visible";
          const look = () => {
            const figure = document.querySelector("#stage [data-part=reconstruction]");
            const node = figure.querySelector(".lacks");
            if (!isSeen(figure.querySelector("canvas"))) window.seen.push("no picture");
            if (node.textContent && isSeen(node)) window.seen.push(node.textContent);
            requestAnimationFrame(look);
          };
          look();
        }"""
    )
    before = painted(page, "reconstruction")
    for name in ("apx", "conv-gaussian"):
        page.locator("#model input").click()
        page.get_by_role("option", name=re.compile(f"^{name}:")).click()
        changed(page, "reconstruction", before)
        before = painted(page, "reconstruction")
    assert page.evaluate("window.seen") == []
