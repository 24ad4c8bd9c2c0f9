"""The Latent space tab in Chromium: hover, click, drag, the star and the clouds; with a mouse and with a finger."""

import base64
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, Request, Route, expect

import dae
from dae import checkpoints, data, latent
from dae.encoding import codes_of
from dae.models import ModelConfig
from dae.models import build as build_network
from dae.ui import models
from dae.ui.build import build, launch_options
from dae.ui.controls import picked
from dae.ui.text import text

MODEL = "fc-gaussian"
LARGE = "#latent .large"


@pytest.fixture(scope="module")
def url(launch) -> str:
    return launch(build(), **launch_options())


@pytest.fixture(scope="module")
def codes() -> torch.Tensor:
    return codes_of(dae.load(MODEL), data.gallery().images)


@pytest.fixture(scope="module")
def plane(codes) -> latent.Plane:
    """The plane that the page shows first."""
    return latent.pca_plane(codes)


@pytest.fixture
def tab(open_page, url):
    def opened(query: str = "", **context: object) -> Page:
        context = {"locale": "en-US", "viewport": {"width": 1366, "height": 1000}} | context
        page = open_page(f"{url}?tab=latent&model={MODEL}&{query}", **context)
        page.wait_for_selector("#latent .latent[data-points]", timeout=120_000)
        return page

    return opened


def place_of(page: Page, plane: latent.Plane, index: int) -> tuple[float, float]:
    """Where a point lies in the plane's canvas, in CSS pixels, once it is in sight."""
    canvas = page.locator(f"{LARGE} .plane-top")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    left, right, bottom, top = extent_of(plane)
    x, y = plane.xy[index].tolist()
    return (x - left) / (right - left) * box["width"], (top - y) / (top - bottom) * box["height"]


def extent_of(plane: latent.Plane) -> tuple[float, float, float, float]:
    low, high = plane.xy.min(0).values, plane.xy.max(0).values
    half, middle = 0.54 * float((high - low).max()), (low + high) / 2
    return (*(middle[0] + torch.tensor([-half, half])).tolist(), *(middle[1] + torch.tensor([-half, half])).tolist())


def lonely(plane: latent.Plane) -> int:
    """The point that is farthest from its nearest neighbour: no doubt which one is meant."""
    apart = torch.cdist(plane.xy, plane.xy).fill_diagonal_(torch.inf)
    return int(apart.min(1).values.argmax())


def pixels(page: Page, selector: str) -> np.ndarray:
    """The grey values of a canvas."""
    encoded = page.locator(selector).evaluate(
        "c => { const {data} = c.getContext('2d').getImageData(0, 0, c.width, c.height);"
        " let text = ''; for (let i = 0; i < data.length; i += 4) text += String.fromCharCode(data[i]);"
        " return [btoa(text), c.width]; }"
    )
    return np.frombuffer(base64.b64decode(encoded[0]), np.uint8).reshape(-1, encoded[1])


def digit(index: int) -> np.ndarray:
    return (data.gallery().images[index, 0] * 255).round().byte().numpy()


def test_hover_shows_the_digit_and_a_click_its_class_and_neighbours(tab, plane, codes):
    page = tab()
    index = lonely(plane)
    x, y = place_of(page, plane, index)
    canvas = page.locator(f"{LARGE} .plane-top")
    tip = page.locator(f"{LARGE} .plane-tip")
    label = str(int(data.gallery().labels[index]))

    def hovered() -> bool:
        canvas.hover(position={"x": 2, "y": 2})
        canvas.hover(position={"x": x, "y": y})
        return tip.locator("canvas").is_visible()

    for _ in range(100):  # until the sheet of pictures has arrived
        if hovered():
            break
        page.wait_for_timeout(200)
    expect(tip.locator("span")).to_have_text(label)
    assert np.abs(pixels(page, f"{LARGE} .plane-tip canvas").astype(int) - digit(index)).max() <= 1

    canvas.click(position={"x": x, "y": y})
    page.wait_for_selector(f"#latent .latent[data-picked='{index}']")
    expect(page.locator("#latent .which")).to_contain_text(f"{label}, number {index % 500} ")
    assert (pixels(page, "#latent .picked-clean") == digit(index)).all()
    model = dae.load(MODEL)
    restored = (model.decode(codes[index : index + 1])[0, 0].clamp(0, 1) * 255).round()
    assert np.abs(pixels(page, "#latent .picked-restored") - restored.numpy()).max() <= 1
    shown = [int(button.get_attribute("data-index")) for button in page.locator("#latent .neighbours button").all()]
    apart = (codes - codes[index]).norm(dim=1)
    assert shown == apart.argsort()[1:9].tolist()

    # Nine steps lead from the visitor's digit to the one that was clicked.
    page.wait_for_selector("#latent .by-pixel", state="visible")
    line = pixels(page, "#latent .by-pixel")
    assert line.shape == (28, 9 * 28)
    assert (line[:, :28] == digit(7 * 500 + 11)).all() and (line[:, -28:] == digit(index)).all()


def test_a_drag_decodes_live(tab, plane):
    page = tab()
    canvas = page.locator(f"{LARGE} .plane-top")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    root = page.locator("#latent .latent")
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    counts = []
    for step in range(8):
        page.mouse.move(box["x"] + 120 + 30 * step, box["y"] + 120 + 20 * step, steps=3)
        page.wait_for_timeout(150)
        counts.append(int(root.get_attribute("data-decoded") or 0))
    assert len(set(counts)) > 2  # before the marker is let go
    end = box["x"] + 120 + 30 * 7, box["y"] + 120 + 20 * 7
    page.mouse.up()
    left, right, bottom, top = extent_of(plane)
    x = left + (end[0] - box["x"]) / box["width"] * (right - left)
    y = top - (end[1] - box["y"]) / box["height"] * (top - bottom)
    expected = latent.decode_at(dae.load(MODEL), plane, torch.tensor([[x, y]]))[0, 0]
    expected = (expected.clamp(0, 1) * 255).round().numpy()
    for _ in range(50):
        difference = np.abs(pixels(page, "#latent .decoded canvas") - expected).max()
        if difference <= 8:
            break
        page.wait_for_timeout(100)
    assert difference <= 8


def coloured(page: Page) -> int:
    """How many pixels of the large plane have the first class's colour, nearly."""
    return page.locator(f"{LARGE} .plane-points").evaluate(
        "c => { const {data} = c.getContext('2d').getImageData(0, 0, c.width, c.height); let count = 0;"
        " for (let i = 0; i < data.length; i += 4)"
        " if (data[i] > 200 && data[i + 1] < 12 && data[i + 2] < 12 && data[i + 3] > 150) count++; return count; }"
    )


def opaque(page: Page) -> float:
    """The share of the large plane that is painted over."""
    return page.locator(f"{LARGE} .plane-points").evaluate(
        "c => { const {data} = c.getContext('2d').getImageData(0, 0, c.width, c.height); let count = 0;"
        " for (let i = 3; i < data.length; i += 4) if (data[i] === 255) count++; return 4 * count / data.length; }"
    )


def test_hiding_a_class_hides_it_and_the_grid_lies_under_the_points(tab):
    page = tab()
    button = page.locator(f"{LARGE} .plane-legend button").first
    assert coloured(page) > 50
    button.click()
    page.mouse.move(5, 5)
    expect(button).to_have_attribute("aria-pressed", "false")
    for _ in range(30):
        if coloured(page) == 0:
            break
        page.wait_for_timeout(100)
    assert coloured(page) == 0
    assert opaque(page) < 0.5
    page.locator("#latent .grid-switch").check()
    for _ in range(100):
        if opaque(page) > 0.9:
            break
        page.wait_for_timeout(100)
    assert opaque(page) > 0.9


def test_the_star_and_the_clouds_follow_the_digit_and_the_level(tab, plane):
    page = tab()
    root = page.locator("#latent .latent")
    star = json.loads(root.get_attribute("data-star"))
    clean = data.gallery().images[3511:3512]
    np.testing.assert_allclose(star, plane.project(dae.load(MODEL).encode(clean))[0], atol=1e-2)
    expect(page.locator("#latent .one .name")).to_have_text(MODEL)
    expect(page.locator("#latent select.beside")).to_have_value("plain")
    drifts = [float(words) for words in page.locator("#latent .drift b").all_inner_texts()]
    scale = latent.class_scale(codes_of(dae.load(MODEL), data.gallery().images), data.gallery().labels)
    copies = latent.noisy_copies(clean, "gaussian", 0.5, seed=7)
    model = dae.load(MODEL)
    assert drifts[0] == pytest.approx(latent.drift(model.encode(clean), model.encode(copies), scale), abs=0.006)
    assert drifts[0] < drifts[1]  # the plain one is moved further

    slider = page.locator("#level input[type=range]")
    slider.focus()
    for _ in range(20):
        page.keyboard.press("ArrowLeft")
    page.wait_for_function(
        "old => parseFloat(document.querySelector('#latent .drift b').textContent) < old", arg=drifts[0]
    )
    assert json.loads(root.get_attribute("data-star")) == star  # noise does not move the clean code

    page.get_by_role("tab", name=text("tab_denoise", "en")).click()
    page.locator("#picker .classes button").nth(0).click()
    page.get_by_role("tab", name=text("tab_latent", "en")).click()
    page.wait_for_function(
        "old => document.querySelector('#latent .latent').dataset.star !== old", arg=root.get_attribute("data-star")
    )
    moved = json.loads(root.get_attribute("data-star"))
    expected = plane.project(model.encode(data.gallery().images[:1]))[0]
    np.testing.assert_allclose(moved, expected, atol=1e-2)


def test_a_model_without_a_code_is_said_and_the_figure_is_downloaded(tab):
    page = tab()
    page.locator("#model input").click()
    page.get_by_role("option", name="universal").click()
    expect(page.locator("#latent .note")).to_contain_text("universal has no code")
    for kind, start in (("png", b"\x89PNG"), ("svg", b"<?xml")):
        with page.expect_download() as download:
            page.locator(f"#latent .files [data-format={kind}]").click()
        assert Path(download.value.path()).read_bytes().startswith(start)
        assert download.value.suggested_filename.endswith(f"-pca.{kind}")


def test_with_a_finger_on_a_narrow_screen(tab, plane):
    page = tab(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    index = lonely(plane)
    x, y = place_of(page, plane, index)
    page.locator(f"{LARGE} .plane-top").tap(position={"x": x, "y": y})
    page.wait_for_selector(f"#latent .latent[data-picked='{index}']")
    for selector in (".kinds button", ".files button", ".large .plane-legend button", ".neighbours button"):
        assert page.locator(f"#latent {selector}").first.bounding_box()["height"] >= 40


def session_of(page: Page) -> str:
    """The session's name, as a question to Gradio tells it; the tab is left and opened again for that."""
    with page.expect_request(lambda request: request.url.endswith("/component_server/")) as asked:
        page.get_by_role("tab", name=text("tab_denoise", "en")).click()
        page.locator("#picker .classes button").nth(5).click()
        page.get_by_role("tab", name=text("tab_latent", "en")).click()
    return asked.value.post_data_json["session_hash"]


def own_network(owner: str, seed: int, instead: str = "") -> models.Yours:
    network = build_network(ModelConfig(latent_dim=4), seed=seed).eval().requires_grad_(False)
    return models.keep(owner, "four values", network, checkpoints.Info({}, network.config, 0, "a test"), instead)


def test_a_network_that_goes_on_is_drawn_anew(tab):
    page = tab()
    owner = session_of(page)
    own = own_network(owner, 1)

    def points_after(act: Callable[[], None]) -> dict:
        def is_asked(request: Request) -> bool:
            asked = request.post_data_json if request.url.endswith("/component_server/") else {}
            return asked.get("fn_name") == "points" and asked["data"]["model"] == own.key

        with page.expect_response(lambda response: is_asked(response.request)) as answer:
            act()
        return answer.value.json()["points"]

    def come_back() -> None:
        page.get_by_role("tab", name=text("tab_denoise", "en")).click()
        page.wait_for_selector("#stage", state="visible")
        page.get_by_role("tab", name=text("tab_latent", "en")).click()

    try:
        page.evaluate("key => { window.daeMine = () => key; }", own.key)  # as the Train tab says it
        come_back()
        menu = page.locator("#latent select.beside")
        before = points_after(lambda: menu.select_option(own.key))
        own_network(owner, 2, own.key)
        after = points_after(come_back)
        assert before["xy"] != after["xy"]
        expect(menu).to_have_value(own.key)
    finally:
        models.forget(owner)


def test_a_late_answer_and_none_at_all(tab, plane):
    """What comes for a model that is not chosen any more is dropped; a figure that does not come is told of."""
    page = tab()
    late: list[Route] = []

    def hold(route: Route) -> None:
        asked = route.request.post_data_json
        if asked["fn_name"] == "figure":
            route.abort()
        elif asked["fn_name"] == "point" and asked["data"]["model"] == MODEL:
            late.append(route)
        else:
            route.continue_()

    page.route("**/component_server/", hold)
    index = lonely(plane)
    x, y = place_of(page, plane, index)
    page.locator(f"{LARGE} .plane-top").click(position={"x": x, "y": y})
    page.wait_for_selector("#latent .by-pixel", state="visible")
    page.locator("#model input").click()
    page.get_by_role("option", name="plain: ").click()
    page.wait_for_selector(f"#latent .latent[data-picked='{index}']")
    picture = pixels(page, "#latent .picked-restored")
    (route,) = late
    with page.expect_response("**/component_server/"):
        route.continue_()
    page.locator("#latent .files [data-format=png]").click()
    expect(page.locator("#latent .note")).to_have_text(text("latent_no_answer", "en"))
    assert (pixels(page, "#latent .picked-restored") == picture).all()
    expected = dae.load("plain")(data.gallery().images[index : index + 1])[0, 0]
    assert np.abs(picture - (expected.clamp(0, 1) * 255).round().numpy()).max() <= 1


@pytest.mark.parametrize(("locale", "lang"), [("en-US", "en"), ("zh-CN", "zh")])
def test_every_picture_has_words(tab, plane, locale, lang):
    page = tab(locale=locale)
    x, y = place_of(page, plane, lonely(plane))
    page.locator(f"{LARGE} .plane-top").click(position={"x": x, "y": y})
    page.wait_for_selector("#latent .by-pixel", state="visible")
    page.locator("#latent .batch summary").click()
    page.wait_for_selector("#latent .batch-noisy[src]")
    shown = page.locator("#latent :is(canvas, img):not([aria-hidden='true'], [aria-hidden='true'] *, button *):visible")
    words = [each.get_attribute("aria-label") or each.get_attribute("alt") for each in shown.all()]
    assert len(words) == 12 and all(words)
    assert all(each.get_attribute("role") or each.get_attribute("alt") for each in shown.all())
    assert all(each.get_attribute("alt") for each in page.locator("#latent img").all())
    own, noise = picked(7, 11).describe(lang), f"{text('noise_gaussian', lang)}, σ = 0.5"
    assert f"{text('latent_clean', lang)}: {own}" in words and f"{text('latent_batch_noisy', lang)}: {noise}" in words
