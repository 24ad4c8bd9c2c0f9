"""The Latent space tab in Chromium: hover, click, drag, the star and the clouds, own networks; mouse and finger."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import as_bytes, gallery_digit, pixels_of, until, violations, words
from playwright.sync_api import Page, Route, expect

import dae
from dae import checkpoints, data, latent
from dae.evaluation import codes_of
from dae.models import ModelConfig, build

MODEL = "fc-gaussian"
SHOWN = ".latent .codes-map[data-points]"
LARGE = ".latent .large"
ADOPT = """async ([file, key]) => {
  const { adopt } = await import("./page/networks.js");
  const bytes = Uint8Array.from(atob(file), (letter) => letter.charCodeAt(0));
  return (await adopt(bytes.buffer, { key })).name;
}"""


@pytest.fixture(scope="module")
def codes() -> torch.Tensor:
    return codes_of(dae.load(MODEL), data.gallery().images)


@pytest.fixture(scope="module")
def plane(codes) -> latent.Plane:
    """The plane that the page shows first."""
    return latent.pca_plane(codes)


@pytest.fixture
def tab(visit):
    def opened(query: str = "", model: str = MODEL, **context: object) -> Page:
        return visit(f"tab=latent&model={model}&{query}", SHOWN, **context)

    return opened


def extent_of(xy: torch.Tensor) -> torch.Tensor:
    """Left, right, bottom and top of a square around places."""
    low, high = xy.min(0).values, xy.max(0).values
    half = 0.54 * float((high - low).max())
    return ((low + high) / 2).repeat_interleave(2) + torch.tensor([-half, half, -half, half])


def place_of(page: Page, xy: torch.Tensor, index: int) -> dict[str, float]:
    """Where a point lies in the large plane's canvas, in CSS pixels, once it is in sight."""
    canvas = page.locator(f"{LARGE} .top")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    left, right, bottom, top = extent_of(xy).tolist()
    x, y = xy[index].tolist()
    return {"x": (x - left) / (right - left) * box["width"], "y": (top - y) / (top - bottom) * box["height"]}


def lonely(xy: torch.Tensor) -> int:
    """The point that is farthest from its nearest neighbour: no doubt which one is meant."""
    return int(torch.cdist(xy, xy).fill_diagonal_(torch.inf).min(1).values.argmax())


def digit(index: int) -> np.ndarray:
    return as_bytes(data.gallery().images[index : index + 1])


def grey(page: Page, selector: str) -> np.ndarray:
    """The grey values of a canvas."""
    return pixels_of(page.locator(selector))[..., 0].astype(int)


def shows(page: Page, selector: str, wanted: np.ndarray, within: int = 1) -> None:
    """A canvas comes to show a picture."""
    until(page, lambda: np.abs(grey(page, selector) - wanted).max() <= within, f"the picture in {selector}")


def neighbours_shown(page: Page) -> list[int]:
    return [int(button.get_attribute("data-index")) for button in page.locator(".latent .near button").all()]


def drift_shown(page: Page, side: int) -> float:
    text = page.locator(".latent .drift b").nth(side).inner_text()
    return float(text) if text else float("nan")


def test_hover_shows_the_digit_and_a_click_its_class_and_neighbours(tab, plane, codes):
    page = tab()
    index = lonely(plane.xy)
    place = place_of(page, plane.xy, index)
    canvas, tip = page.locator(f"{LARGE} .top"), page.locator(f"{LARGE} .tip")
    label = str(int(data.gallery().labels[index]))
    canvas.hover(position=place)
    expect(tip.locator("span")).to_have_text(label)
    shows(page, f"{LARGE} .tip canvas", digit(index))

    canvas.click(position=place)
    expect(page.locator(".latent .which")).to_have_text(f"{label}, number {index % 500 + 1} of the gallery")
    shows(page, ".latent .seen figure:nth-child(2) canvas", digit(index), 0)
    model = dae.load(MODEL)
    shows(page, ".latent .seen figure:nth-child(3) canvas", as_bytes(model.decode(codes[index : index + 1])))
    expect(page.locator(".latent .near button")).to_have_count(8)
    apart = (codes - codes[index]).norm(dim=1)
    assert neighbours_shown(page) == apart.argsort()[1:9].tolist()
    expect(page.locator(".latent .near [role=status]")).to_have_text("")

    # Nine steps lead from the visitor's digit to the one that was clicked, through the code and through the pixels.
    page.wait_for_selector(".latent .between[data-there=true]")
    line = grey(page, ".latent .by-pixel canvas")
    assert line.shape == (28, 9 * 28)
    assert (line[:, :28] == digit(7 * 500 + 11)).all() and (line[:, -28:] == digit(index)).all()
    clean = gallery_digit(7, 11)
    middle = model.decode(latent.interpolate(model.encode(clean), codes[index : index + 1])[4:5])
    assert np.abs(grey(page, ".latent .by-code canvas")[:, 4 * 28 : 5 * 28] - as_bytes(middle)).max() <= 1

    # A neighbour can be picked as well.
    second = neighbours_shown(page)[1]
    page.locator(f".latent .near button[data-index='{second}']").click()
    shows(page, ".latent .seen figure:nth-child(2) canvas", digit(second), 0)


def test_a_drag_decodes_live(tab, plane):
    page = tab()
    canvas = page.locator(f"{LARGE} .top")
    canvas.scroll_into_view_if_needed()
    box = canvas.bounding_box()
    decoded = ".latent .decoded canvas"
    page.mouse.move(box["x"] + 100, box["y"] + 100)
    page.mouse.down()
    pictures = set()
    for step in range(6):
        page.mouse.move(box["x"] + 120 + 30 * step, box["y"] + 120 + 20 * step, steps=3)
        page.wait_for_timeout(100)
        pictures.add(grey(page, decoded).tobytes())
    assert len(pictures) > 2  # before the marker is let go
    page.mouse.up()
    left, right, bottom, top = extent_of(plane.xy).tolist()
    x = left + 270 / box["width"] * (right - left)
    y = top - 220 / box["height"] * (top - bottom)
    shows(page, decoded, as_bytes(latent.decode_at(dae.load(MODEL), plane, torch.tensor([[x, y]]))), 8)


def share_of(page: Page, condition: str) -> float:
    """For which share of the large plane's pixels something is true of `r`, `g`, `b`, `a`."""
    return page.locator(f"{LARGE} .points").evaluate(
        "c => { const {data} = c.getContext('2d').getImageData(0, 0, c.width, c.height); let count = 0;"
        " for (let i = 0; i < data.length; i += 4) { const [r, g, b, a] = data.subarray(i, i + 4);"
        f" if ({condition}) count++; }} return 4 * count / data.length; }}"
    )


def coloured(page: Page) -> float:
    """How much of the large plane has the first class's colour, nearly."""
    return share_of(page, "Math.abs(r - 86) < 12 && Math.abs(g - 168) < 12 && Math.abs(b - 232) < 12 && a > 150")


def opaque(page: Page) -> float:
    """How much of the large plane is painted over."""
    return share_of(page, "a === 255")


def test_hiding_a_class_hides_it_and_the_grid_lies_under_the_points(tab, plane):
    page = tab()
    button = page.locator(f"{LARGE} .legend button").first
    assert coloured(page) > 1e-4
    button.click()
    page.mouse.move(5, 5)
    expect(button).to_have_attribute("aria-pressed", "false")
    until(page, lambda: coloured(page) == 0, "hiding")
    assert opaque(page) < 0.5
    page.locator(".latent [data-control=grid] input").check()
    until(page, lambda: opaque(page) > 0.9, "the grid")
    until(page, lambda: "grid=1" in page.url, "the link")
    # A picture of the grid is that of its place.
    places = latent.grid_places(tuple(extent_of(plane.xy).tolist()))
    for row, column in ((2, 2), (17, 3)):
        expected = latent.decode_at(dae.load(MODEL), plane, places[None, 20 * row + column])
        brightness = page.locator(f"{LARGE} .points").evaluate(
            "(c, [x, y]) => { const side = c.width / 20; const {data} = c.getContext('2d')"
            ".getImageData(Math.round(x * side), Math.round(y * side), Math.round(side), Math.round(side));"
            " let sum = 0; for (let i = 0; i < data.length; i += 4) sum += data[i]; return 4 * sum / data.length; }",
            [column, row],
        )
        assert brightness == pytest.approx(255 * float(expected.clamp(0, 1).mean()), abs=12)


def test_the_star_and_the_clouds_follow_the_digit_and_the_level(tab, plane, codes):
    page = tab()
    model, clean = dae.load(MODEL), gallery_digit(7, 11)

    def star() -> list[float] | None:
        return json.loads(page.locator(".latent .codes-map").get_attribute("data-star") or "null")

    until(page, lambda: star() is not None)
    first = star()
    np.testing.assert_allclose(first, plane.project(model.encode(clean))[0], atol=1e-2)
    expect(page.locator(".latent .one .name")).to_have_text(MODEL)
    expect(page.locator(".latent [data-control=beside] select")).to_have_value("plain")
    until(page, lambda: drift_shown(page, 0) > 0 and drift_shown(page, 1) > 0)
    before = drift_shown(page, 0)
    copies = latent.noisy_copies(clean, "gaussian", 0.5, seed=7)
    scale = latent.class_scale(codes, data.gallery().labels)
    assert before == pytest.approx(latent.drift(model.encode(clean), model.encode(copies), scale), abs=0.006)
    assert before < drift_shown(page, 1)  # the plain one is moved further
    shows(page, ".latent .given figure:nth-child(2) canvas", as_bytes(copies))
    stored = latent.load_planes(MODEL).drift
    expect(page.locator(".latent .all").first).to_contain_text(f"{stored[1]['drift']:.2f}")

    slider = page.locator("[data-control=level] input[type=range]")
    slider.focus()
    for _ in range(20):
        page.keyboard.press("ArrowLeft")
    until(page, lambda: drift_shown(page, 0) < before, "less drift")
    assert star() == first  # noise does not move the clean code

    page.locator(".gallery .classes button").nth(0).click()
    until(page, lambda: star() != first, "another star")
    np.testing.assert_allclose(star(), plane.project(model.encode(gallery_digit(0, 0)))[0], atol=1e-2)


def test_tsne_shows_the_nearest_digit_and_the_star_at_its_own(tab):
    page = tab("plane=tsne&beside=yt-vae")
    xy = latent.load_planes(MODEL).tsne.xy
    index = lonely(xy)
    page.locator(f"{LARGE} .top").click(position=place_of(page, xy, index))
    shows(page, ".latent .decoded canvas", digit(index), 0)
    assert words()["latent_decoded_tsne"] == page.locator(".latent .decoded figcaption").inner_text()
    star = json.loads(page.locator(".latent .codes-map").get_attribute("data-star"))
    np.testing.assert_allclose(star, xy[3511], atol=1e-3)
    expect(page.locator(".latent [data-control=grid] input")).to_be_disabled()
    expect(page.locator(".latent [data-control=beside] select")).to_have_value("yt-vae")
    page.locator(".latent [data-control=plane] input[value=pca]").check()
    page.wait_for_selector(f".latent [data-points='{MODEL} pca']")
    until(page, lambda: "plane=pca" in page.url, "the link")


def test_a_drawn_digit_stands_at_the_gallery_digit_with_the_nearest_code(tab, codes):
    page = tab("plane=tsne")
    clean = gallery_digit(3, 20)
    page.evaluate(
        "async (pixels) => (await import('./page/digit.js')).take(Float32Array.from(pixels), 'draw')",
        (0.9 * clean.flatten()).tolist(),
    )
    near = int(latent.neighbours(codes, dae.load(MODEL).encode(0.9 * clean)[0], 1)[0])
    expected = latent.load_planes(MODEL).tsne.xy[near].tolist()

    def star() -> list[float]:
        return json.loads(page.locator(".latent .codes-map").get_attribute("data-star") or "[0, 0]")

    until(page, lambda: star() == pytest.approx(expected, abs=1e-3), "the star")


def test_a_model_without_a_code_is_said(tab):
    page = tab(model="universal")
    expect(page.locator(".latent .note")).to_contain_text("universal has no code")
    assert page.locator(".latent .one .name").inner_text() == "conv-gaussian"


def test_figures_are_asked_for_and_saved(tab):
    page = tab()
    asked: list[dict] = []

    def draw(route: Route) -> None:
        asked.append(route.request.post_data_json)
        content = base64.b64encode(b"<?xml a figure").decode()
        route.fulfill(json={"name": "codes-x.svg", "type": "image/svg+xml", "content": content, "missing": []})

    page.route("**/ask/codes-figure", draw)
    with page.expect_download() as download:
        page.locator(".latent .files [data-format=svg]").click()
    assert Path(download.value.path()).read_bytes() == b"<?xml a figure"
    (question,) = asked
    assert (question["model"], question["plane"], question["format"]) == (MODEL, "pca", "svg")
    assert base64.b64decode(question["digit"]) == digit(3511).tobytes()
    assert MODEL in question["title"] and "16 %" in question["caption"]
    page.unroute("**/ask/codes-figure")
    page.locator(".latent .files [data-format=png]").click()
    said = words()["ask_failed"].replace("{what}", words()["python_figure"])
    expect(page.locator(".latent .files [role=status]")).to_have_text(said)


def test_stored_planes_that_are_gone_are_worked_out(open_page, site_url, plane):
    page = open_page("about:blank", viewport={"width": 1366, "height": 1000})
    page.context.route("**/checkpoints/planes/*", lambda route: route.fulfill(status=404, body=""))
    page.goto(f"{site_url}?tab=latent&model={MODEL}&beside={MODEL}")
    progress = words()["latent_encoding"].partition("{")[0]
    expect(page.locator(".latent .missing")).to_contain_text(progress)
    page.wait_for_selector(f".latent [data-points='{MODEL} pca']", timeout=120_000)
    page.wait_for_selector(".latent [data-star]")
    star = json.loads(page.locator(".latent .codes-map").get_attribute("data-star"))
    np.testing.assert_allclose(star, plane.xy[3511], atol=2e-2)
    page.locator(".latent [data-control=plane] input[value=tsne]").check()
    expect(page.locator(".latent .missing")).to_contain_text(words()["latent_tsne_missing"])


@pytest.mark.parametrize("lost", ["page/engine/worker.js", "page/engine/latent.js", "checkpoints/**"])
def test_what_cannot_be_fetched_is_said_and_asked_for_again_when_told_to(blank, site_url, lost):
    page = blank()
    asked: list[Route] = []
    page.context.route(f"**/{lost}", lambda route: (asked.append(route), route.abort()))
    page.goto(f"{site_url}?tab=latent&model={MODEL}&beside=plain")
    for name, place in ((MODEL, ".missing"), ("plain", ".clouds .one[data-model=plain] .all")):
        said = words()["stage_unreachable"].format(name=name)
        expect(page.locator(f".latent {place}")).to_have_text(f"{said} {words()['try_again']}")
    page.wait_for_timeout(1000)
    assert 0 < len(asked) < 20
    page.context.unroute(f"**/{lost}")
    page.locator(".latent .missing button").click()
    page.wait_for_selector(f".latent [data-points='{MODEL} pca'][data-star]", timeout=60_000)
    expect(page.locator(".latent .all button, .latent .missing button")).to_have_count(0)
    page.wait_for_function("document.querySelectorAll('.latent .clouds .drift b:not(:empty)').length === 2")


def own_file(seed: int, folder: Path) -> str:
    network = build(ModelConfig(hidden=(20,), latent_dim=4), seed=seed)
    info = checkpoints.Info({"name": "four values"}, network.config, seed, "a test")
    checkpoints.save(folder / "own.safetensors", network, info)
    return base64.b64encode((folder / "own.safetensors").read_bytes()).decode()


def test_a_network_of_ones_own_is_worked_out_here_and_drawn_anew_when_it_goes_on(tab, tmp_path):
    page = tab()
    name = page.evaluate(ADOPT, [own_file(1, tmp_path), "yours-key"])
    page.locator("[data-control=model] select").select_option(name)
    page.wait_for_selector(f".latent [data-points='{name} pca']", timeout=120_000)
    network = checkpoints.load(tmp_path / "own.safetensors")
    plane = latent.pca_plane(codes_of(network, data.gallery().images))

    def star() -> list[float]:
        return json.loads(page.locator(".latent .codes-map").get_attribute("data-star") or "[0, 0]")

    until(page, lambda: star() == pytest.approx(plane.xy[3511].tolist(), abs=1e-2), "the star")
    page.evaluate(ADOPT, [own_file(2, tmp_path), "yours-key"])
    network = checkpoints.load(tmp_path / "own.safetensors")
    other = latent.pca_plane(codes_of(network, data.gallery().images))
    until(
        page, lambda: star() == pytest.approx(other.xy[3511].tolist(), abs=1e-2), "the star of the network that went on"
    )
    expect(page.locator("[data-control=model] select")).to_have_value(name)
    assert name not in page.url


def test_tsne_of_a_network_of_ones_own_is_python_s(tab, tmp_path):
    page = tab()
    name = page.evaluate(ADOPT, [own_file(1, tmp_path), ""])
    page.locator("[data-control=model] select").select_option(name)
    page.wait_for_selector(f".latent [data-points='{name} pca']", timeout=120_000)
    page.locator(".latent [data-control=plane] input[value=tsne]").check()
    start = page.locator(".latent .start-tsne")
    start.click()  # without Python
    said = words()["ask_failed"].replace("{what}", words()["python_tsne"])
    expect(page.locator(".latent .missing")).to_contain_text(said)

    xy = torch.rand(5000, 2, generator=torch.Generator().manual_seed(0))
    done = {"state": "done", "percent": 100, "xy": base64.b64encode(xy.numpy().astype("<f4").tobytes()).decode()}
    steps = [{"state": "running", "percent": 40, "xy": None}, done]
    asked: list[str] = []

    def embed(route: Route) -> None:
        asked.append(route.request.post_data_json["model"])
        route.fulfill(json=steps.pop(0))

    kept: list[dict] = []

    def keep(route: Route) -> None:
        kept.append(route.request.post_data_json)
        route.fulfill(json={"key": "yours-kept"})

    page.route("**/ask/tsne", embed)
    page.route("**/ask/keep", keep)
    start.click()
    expect(page.locator(".latent .missing")).to_contain_text("40 %")
    page.wait_for_selector(f".latent [data-points='{name} tsne']")
    assert asked == ["yours-kept"] * 2
    assert base64.b64decode(kept[0]["file"]) == (tmp_path / "own.safetensors").read_bytes()
    star = json.loads(page.locator(".latent .codes-map").get_attribute("data-star"))
    np.testing.assert_allclose(star, xy[3511], atol=1e-5)


def test_what_comes_for_another_network_is_not_shown(tab, plane):
    """The neighbours of a network that takes long, left for another one meanwhile."""
    page = tab(model="conv-gaussian")
    conv = latent.load_planes("conv-gaussian").linear.xy
    index = lonely(conv)
    page.locator(f"{LARGE} .top").click(position=place_of(page, conv, index))
    expect(page.locator(".latent .near [role=status]")).to_contain_text("%")
    page.locator("[data-control=model] select").select_option("plain")
    model = dae.load("plain")
    codes = codes_of(model, data.gallery().images)
    expect(page.locator(".latent .near button")).to_have_count(8, timeout=60_000)
    assert neighbours_shown(page) == latent.neighbours(codes, codes[index], 8, leave_out=index)[0].tolist()
    shows(page, ".latent .seen figure:nth-child(3) canvas", as_bytes(model.decode(codes[index : index + 1])))


def test_digits_out_of_nothing(tab):
    page = tab(model="yt-vae")
    model = dae.load("yt-vae")

    def wanted(seed: int) -> np.ndarray:
        return as_bytes(latent.samples(model, 40, seed)[11:12])  # in the second row, the second

    def drawn() -> np.ndarray:
        return grey(page, ".latent .samples canvas")[28:56, 28:56]

    page.locator(".latent .samples").scroll_into_view_if_needed()
    until(page, lambda: np.abs(drawn() - wanted(1)).max() <= 1, "the samples")
    page.locator(".latent .samples button").click()
    until(page, lambda: np.abs(drawn() - wanted(2)).max() <= 1, "other samples")
    assert grey(page, ".latent .manifold canvas").shape == (560, 560)


def test_a_batch_of_codes_is_a_picture_of_them(tab, codes):
    page = tab("noise=block&level=0.5")
    page.locator(".latent .batch summary").click()
    about = page.locator(".latent .batch [role=status]")
    expect(about).to_contain_text("full at", timeout=60_000)
    chosen = torch.linspace(0, 4999, 512).round().long()
    scale = float(codes[chosen].abs().flatten().quantile(0.995))
    expect(about).to_contain_text(f"full at {scale:.3g}")
    clean, noisy = (pixels_of(page.locator(".latent canvas.codes").nth(n)) for n in (0, 1))
    assert clean.shape == noisy.shape == (128, 512, 4) and (clean != noisy).any()
    blue, orange = ((clean[..., :3] == colour).all(-1) for colour in ((78, 154, 255), (255, 149, 42)))
    assert blue[:, 0].sum() == (codes[0] <= -scale).sum() and orange[:, -1].sum() == (codes[-1] >= scale).sum()
    page.locator("[data-control=level] input[type=number]").fill("0")
    page.keyboard.press("Enter")
    until(page, lambda: (pixels_of(page.locator(".latent canvas.codes").nth(1)) == clean).all(), "no noise")


def test_on_a_phone_plane_and_picture_are_on_the_screen_together(tab, plane):
    page = tab(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    index = lonely(plane.xy)
    page.locator(".latent .seen").scroll_into_view_if_needed()
    page.evaluate("document.querySelector('.latent .seen').scrollIntoView({ block: 'start' })")
    decoded, surface = (
        page.locator(f".latent {each}").bounding_box() for each in (".decoded canvas", ".large .surface")
    )
    assert decoded["y"] >= 0 and surface["y"] + surface["height"] <= 740
    page.locator(f"{LARGE} .top").tap(position=place_of(page, plane.xy, index))
    shows(page, ".latent .seen figure:nth-child(2) canvas", digit(index), 0)
    expect(page.locator(".latent .near button")).to_have_count(8, timeout=60_000)
    for selector in (".files button", ".large .legend button", ".near button", ".bar .segments label"):
        assert page.locator(f".latent {selector}").first.bounding_box()["height"] >= 40


@pytest.mark.parametrize("width", [390, 1366])
def test_nothing_moves_while_the_tab_loads(open_page, site_url, width):
    page = open_page("about:blank", viewport={"width": width, "height": 844})
    page.add_init_script(
        "window.shift = 0; new PerformanceObserver((list) => { for (const entry of list.getEntries())"
        " window.shift += entry.value; }).observe({ type: 'layout-shift', buffered: true });"
    )
    page.goto(f"{site_url}?tab=latent&model={MODEL}")
    page.wait_for_selector(".latent [data-star]")
    until(page, lambda: drift_shown(page, 1) > 0)
    page.wait_for_timeout(500)
    assert page.evaluate("window.shift") < 0.01


@pytest.mark.parametrize(("lang", "width"), [("en", 1366), ("zh", 390)])
def test_axe_finds_nothing_and_every_picture_has_words(tab, plane, lang, width):
    page = tab(f"lang={lang}", viewport={"width": width, "height": 844})
    page.locator(f"{LARGE} .top").click(position=place_of(page, plane.xy, lonely(plane.xy)))
    page.wait_for_selector(".latent .between[data-there=true]")
    expect(page.locator(".latent .near button")).to_have_count(8, timeout=60_000)
    page.locator(".latent .batch summary").click()
    page.wait_for_timeout(300)
    assert violations(page) == []
    shown = page.locator(".latent .stage canvas:not([aria-hidden='true'], [aria-hidden='true'] *, button *):visible")
    said = [each.get_attribute("aria-label") for each in shown.all()]
    assert len(said) == 12 and all(said)
    assert all(each.get_attribute("role") in ("img", "application") for each in shown.all())


def test_drift_is_never_called_robustness_alone():
    """Where a text says what makes a code robust, it says that the classes must be told apart too."""
    asides: dict[str, tuple[str, str]] = {"en": ("robust", "tells the classes apart"), "zh": ("鲁棒", "区分各个类别")}
    for lang, (claim, condition) in asides.items():
        texts = [text for key, text in words(lang).items() if key.startswith("latent_") and claim in text]
        assert texts and all(condition in text for text in texts)
