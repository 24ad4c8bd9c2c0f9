"""The Features tab: dictionaries to page through, features to click, digits to build up, two models side by side."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from playwright.sync_api import Page, Request, Route, expect

import dae
from dae import checkpoints, data, encoding, features, metrics, models
from dae.models import ModelConfig
from dae.ui import features_tab as tab
from dae.ui import models as visitors
from dae.ui import tiles
from dae.ui.build import build, launch_options
from dae.ui.text import text

PLACE = {"digit": 3, "index": 8}
CLEAN_AT = 3 * data.GALLERY_PER_CLASS + 8


def principal(width: int) -> models.Autoencoder:
    """Principal components as a network of one tied layer: each feature takes its own part off the error."""
    images = data.gallery().images[::5].flatten(1)
    mean = images.mean(0)
    components = torch.linalg.svd(images - mean, full_matrices=False)[2][:width]
    model = models.build(ModelConfig(latent_dim=width, output="identity", tied=True))
    with torch.no_grad():
        model.encoder[0].weight.copy_(components)
        model.encoder[0].bias.copy_(-components @ mean)
        model.decoder_biases[0].copy_(mean)
    return model


@pytest.fixture(scope="module")
def url(launch, tmp_path_factory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("checkpoints")
    for name in ("plain", "universal"):
        shutil.copy(checkpoints.find(name), folder)
    wide = ModelConfig(latent_dim=2000, code_activation="relu", output="identity", tied=True)
    leaky = ModelConfig(latent_dim=40, output="leaky_relu", tied=True)
    made = {"principal": principal(40), "wide": models.build(wide, seed=1), "leaky": models.build(leaky, seed=1)}
    for name, model in made.items():
        info = checkpoints.Info({"name": name, "summary": f"{name} for a test"}, model.config, 0, "a test")
        checkpoints.save(folder / f"{name}.safetensors", model, info)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAE_CHECKPOINTS", str(folder))
        yield launch(build(), **launch_options())


@pytest.fixture
def visit(open_page, url):
    def visited(model: str, query: str = "", **context) -> Page:
        context = {"locale": "en-US", "viewport": {"width": 1366, "height": 1000}, **context}
        place = "&".join(f"{key}={value}" for key, value in PLACE.items())
        page = open_page(f"{url}?tab=features&{place}&model={model}&{query}", **context)
        page.wait_for_selector("#features [data-shown]", timeout=180_000)
        if model != "universal":
            page.wait_for_selector("#features [data-side='0'] .sheet[data-drawn]:not([data-drawn='0'])", timeout=60_000)
        return page

    return visited


def sheet(page: Page, side: int = 0):
    return page.locator(f"#features .dictionary[data-side='{side}'] .sheet")


def first(page: Page, side: int = 0) -> list[int]:
    """The first features of the page of the dictionary that is shown."""
    return [int(index) for index in sheet(page, side).get_attribute("data-first").split(",")]


def cell(page: Page, place: int, side: int = 0) -> dict[str, float]:
    """The middle of a tile on its sheet, in CSS pixels."""
    step, columns = (float(sheet(page, side).get_attribute(f"data-{name}")) for name in ("cell", "columns"))
    row, column = divmod(place, int(columns))
    return {"x": column * step + 15, "y": row * step + 15}


def study(name: str) -> tuple[models.Autoencoder, torch.Tensor, features.Dictionary, features.Statistics]:
    model, gallery = dae.load(name), data.gallery()
    codes = encoding.codes_of(model, gallery.images)
    return model, codes, features.dictionary(model, codes), features.statistics(codes, gallery.labels)


def choose(page: Page, name: str, value: str) -> None:
    page.locator(f"#features select[name={name}]").select_option(value)


def painted(page: Page, selector: str) -> np.ndarray:
    """RGB of a small canvas."""
    canvas = page.locator(selector)
    width = int(canvas.get_attribute("width"))
    got = canvas.evaluate("(c) => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]")
    return np.array(got, np.uint8).reshape(-1, width, 4)[..., :3]


def test_the_dictionary_shows_and_is_sorted(visit):
    page = visit("principal", "noise=gaussian&level=0")
    _, _, words, stats = study("principal")
    for by in ("rate", "energy", "similarity", "number"):
        choose(page, "by", by)
        expected = features.order(by, words, stats)[:12].tolist()
        expect(sheet(page)).to_have_attribute("data-first", ",".join(map(str, expected)))
    choose(page, "by", "energy")
    expect(sheet(page)).to_have_attribute(
        "data-first", ",".join(map(str, features.order("energy", words, stats)[:12].tolist()))
    )
    expect(sheet(page)).to_have_attribute("data-drawn", "40")
    place, step = 3, float(sheet(page).get_attribute("data-cell"))
    columns = int(sheet(page).get_attribute("data-columns"))
    picture = words.pictures[first(page)[place]]
    expected = tiles.signed(picture / picture.abs().max()).astype(int)
    spots = [(row, column) for row in range(3, 28, 6) for column in range(3, 28, 6)]
    size = step - 4
    got = sheet(page).evaluate(
        "(c, spots) => { const r = c.width / c.clientWidth; "
        "const at = ([x, y]) => c.getContext('2d').getImageData(Math.floor(x * r), Math.floor(y * r), 1, 1); "
        "return spots.map((spot) => [...at(spot).data]); }",
        [
            [place % columns * step + (column + 0.5) / 28 * size, place // columns * step + (row + 0.5) / 28 * size]
            for row, column in spots
        ],
    )
    close = [np.abs(np.array(rgba[:3]) - expected[spot]).max() <= 12 for rgba, spot in zip(got, spots, strict=True)]
    assert sum(close) >= len(spots) - 2, "the tile is the library's picture"


def test_a_click_shows_what_a_feature_does(visit):
    page = visit("principal")
    _, codes, _, stats = study("principal")
    index = first(page)[4]
    sheet(page).click(position=cell(page, 4))
    details = page.locator("#features .details")
    expect(details).to_have_attribute("data-feature", str(index))
    expect(details.locator("h4")).to_have_text(f"Feature {index} of principal")
    places = features.most_exciting(codes[:, index]).tolist()
    shown = [int(figure.get_attribute("data-label")) for figure in details.locator("[data-nine=most] figure").all()]
    assert shown == data.gallery().labels[places].tolist()
    digit = painted(page, "#features [data-nine=most] figure:nth-child(2) canvas")
    assert np.array_equal(digit[..., 0], tiles.grey(data.gallery().images[places[1:2]])[0])
    expect(details.locator("[data-nine=some] figure")).to_have_count(9)
    expect(details.locator("dd").first).to_have_text(f"{100 * float(stats.rate[index]):.0f} %")
    before = details.locator("[data-nine=some]").inner_text()
    details.get_by_role("button").click()
    expect(details.locator("[data-nine=some]")).not_to_have_text(before)
    # The keys do the same
    sheet(page).focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#features .dictionary[data-side='0'] .at")).to_contain_text(f"Feature {first(page)[5]}:")
    page.keyboard.press("Enter")
    expect(details).to_have_attribute("data-feature", str(first(page)[5]))


def build_up(page: Page, side: int = 0) -> dict[str, float]:
    box = page.locator(f"#features .build[data-side='{side}']")
    return {name: float(box.get_attribute(f"data-{name}")) for name in ("count", "error", "end", "all")}


@pytest.mark.parametrize(("model", "exact"), [("principal", True), ("plain", False)])
def test_the_digit_is_built_up_to_its_reconstruction(visit, model, exact):
    page = visit(model, "noise=gaussian&level=0.3&seed=2")
    network = dae.load(model)
    clean = data.gallery().images[CLEAN_AT][None]
    noisy = dae.corrupt(clean, "gaussian", 0.3, seed=2)
    expect(page.locator("#features .build[data-side='0'] p")).to_contain_text("Exact" if exact else "Approximate")
    for given, source in ((noisy, "noisy"), (clean, "clean")):
        choose(page, "from", source)
        expect(page.locator("#features .build[data-side='0'] h4")).to_contain_text(f"Build the {source} digit")
        end = metrics.mse(network(given), clean)
        page.wait_for_function(
            "(end) => Math.abs(document.querySelector(\"#features .build[data-side='0']\").dataset.end - end) < 1e-5",
            arg=end,
        )
        slider = page.locator("#features .build[data-side='0'] input")
        slider.focus()
        page.keyboard.press("Home")
        start = build_up(page)
        assert start["count"] == 0
        path = [start["error"]]
        for _ in range(8):
            page.keyboard.press("ArrowRight")
            path.append(build_up(page)["error"])
        assert build_up(page)["count"] == 8
        if exact and source == "clean":
            assert path == sorted(path, reverse=True), "each component takes its own part off the error"
        page.keyboard.press("End")
        last = build_up(page)
        assert last["count"] == last["all"] and last["error"] == last["end"] < path[0]
        stage = "#features .build[data-side='0'] [data-stage={}] canvas"
        sums = painted(page, stage.format("sum"))[..., 0].astype(int)
        assert np.abs(sums - tiles.grey(network(given))[0]).max() <= 1
        assert np.array_equal(painted(page, stage.format("clean"))[..., 0], tiles.grey(clean)[0])


def test_the_build_up_says_what_comes_after_its_sums(visit):
    """A leaky ReLU after a linear decoder: the features add up before it."""
    page = visit("leaky")
    words = text("features_build_exact_before", "en", output="leaky ReLU")
    expect(page.locator("#features .build[data-side='0'] p")).to_have_text(words)


def test_noise_marks_the_features_that_it_switches(visit):
    page = visit("plain", "noise=gaussian&level=0&seed=5")
    expect(sheet(page)).to_have_attribute("data-on", "")
    slider = page.locator("#level input[type=range]")
    slider.focus()
    page.keyboard.press("End")
    model, codes, _, stats = study("plain")
    clean = data.gallery().images[CLEAN_AT][None]
    noisy = dae.corrupt(clean, "gaussian", 1.5, seed=5)
    effect = features.noise_effect(model.encode(clean), model.encode(noisy), stats.threshold)
    on, off = (",".join(map(str, part.nonzero()[:, 0].tolist())) for part in (effect.on, effect.off))
    assert on and off
    expect(sheet(page)).to_have_attribute("data-on", on)
    expect(sheet(page)).to_have_attribute("data-off", off)
    facts = page.locator("#features .head[data-side='0'] dl")
    expect(facts).to_contain_text(f"{on.count(',') + 1} on, {off.count(',') + 1} off")
    sample = encoding.codes_of(model, dae.corrupt(data.gallery().images[::10], "gaussian", 1.5, seed=5))
    active = features.statistics(sample, data.gallery().labels[::10], stats.threshold).nonzero
    expect(facts.locator("div").nth(1).locator("dd")).to_have_text(f"{active:.1f} of 128")
    # Sorted by what noise does, the one that it moves most is first
    drift = features.noise_effect(codes[::10], sample, stats.threshold).drift
    choose(page, "by", "noise")
    expect(sheet(page)).to_have_attribute(
        "data-first", ",".join(map(str, drift.argsort(descending=True)[:12].tolist()))
    )
    # Another digit
    page.locator("#picker .classes button").nth(6).click()
    expect(page.locator("#features [data-shown*='digit=6']")).to_have_count(1)


def test_two_models_stand_side_by_side(visit):
    page = visit("principal")
    expect(page.locator("#features .dictionary:visible")).to_have_count(1)
    choose(page, "second", "plain")
    expect(page.locator("#features .dictionary:visible")).to_have_count(2)
    page.wait_for_selector("#features [data-ready='principal,plain']")
    boxes = [sheet(page, side).bounding_box() for side in (0, 1)]
    assert boxes[0]["y"] == pytest.approx(boxes[1]["y"], abs=30) and boxes[0]["x"] + boxes[0]["width"] < boxes[1]["x"]
    for side, name in enumerate(("principal", "plain")):
        _, _, _, stats = study(name)
        head = page.locator(f"#features .head[data-side='{side}']")
        expect(head.locator("h3")).to_have_text(name)
        expect(head.locator("dd").first).to_have_text(f"{stats.nonzero:.1f} of {len(stats.rate)}")
        expect(head.locator(".plot .bar").first).to_be_attached()
    sheet(page, 1).click(position=cell(page, 2, side=1))
    expect(page.locator("#features .details")).to_have_attribute("data-model", "plain")
    choose(page, "second", "")
    expect(page.locator("#features .dictionary:visible")).to_have_count(1)
    expect(page.locator("#features .details")).to_be_hidden()


def test_two_thousand_features_are_turned_page_by_page(visit):
    page = visit("wide", "noise=gaussian&level=0")
    choose(page, "by", "number")
    expect(sheet(page)).to_have_attribute("data-first", ",".join(map(str, range(12))))
    per_page = int(sheet(page).get_attribute("data-tiles"))
    assert per_page <= 200
    page.get_by_role("button", name=text("features_page_forth", "en")).first.click()
    assert first(page)[0] == per_page
    expect(sheet(page)).to_have_attribute("data-drawn", str(per_page))
    sheet(page).focus()
    page.keyboard.press("End")
    expect(page.locator("#features .dictionary[data-side='0'] .at")).to_contain_text("Feature 1999:")
    sent = page.evaluate("JSON.stringify(window.gradio_config ?? '').length")
    assert sent < 2_000_000, "no pictures among the page's properties"


def asked_of(request: Request) -> dict:
    """What the tab's script asks a server function, if it is such a question."""
    return request.post_data_json if request.url.endswith("/component_server/") else {"fn_name": ""}


def test_a_network_that_goes_on_is_studied_anew(visit):
    page = visit("principal")
    with page.expect_request(lambda request: asked_of(request)["fn_name"] == "ordered") as asked:
        choose(page, "by", "number")
    owner = asked.value.post_data_json["session_hash"]

    def keep(seed: int, instead: str = "") -> str:
        network = models.build(ModelConfig(latent_dim=6, tied=True), seed=seed).eval().requires_grad_(False)
        info = checkpoints.Info({}, network.config, 0, "a test")
        return visitors.keep(owner, "six values", network, info, instead).key

    def come_back() -> None:
        page.get_by_role("tab", name=text("tab_denoise", "en")).click()
        page.wait_for_selector("#stage", state="visible")
        page.get_by_role("tab", name=text("tab_features", "en")).click()

    def are_all_asked(request: Request) -> bool:
        asked = asked_of(request)
        if asked["fn_name"] != "pictures" or asked["data"]["kind"] != "words":
            return False
        return asked["data"]["model"] == key and asked["data"]["indices"] == [*range(6)]

    key = keep(1)
    try:
        page.evaluate("key => { window.daeMine = () => key; }", key)  # as the Train tab says it
        come_back()
        for act in (lambda: choose(page, "second", key), lambda: (keep(2, key), come_back())):
            with page.expect_response(lambda response: are_all_asked(response.request)) as answer:
                act()
            expect(sheet(page, 1)).to_have_attribute("data-drawn", "6")
            expected = tab.pictures({"model": key, "kind": "words", "indices": [*range(6)]})
            assert answer.value.json() == expected
    finally:
        visitors.forget(owner)


def test_an_order_that_is_chosen_meanwhile_and_no_answer_at_all(visit):
    page = visit("principal", "noise=gaussian&level=0")
    held: list[Route] = []

    def hold(route: Route) -> None:
        name = asked_of(route.request)["fn_name"]
        if name == "study":
            held.append(route)
        elif name == "feature":
            route.abort()
        else:
            route.continue_()

    page.route("**/component_server/", hold)
    with page.expect_response(lambda response: asked_of(response.request)["fn_name"] == "ordered"):
        choose(page, "second", "plain")
    choose(page, "by", "number")
    expect(sheet(page)).to_have_attribute("data-first", ",".join(map(str, range(12))))
    held[0].continue_()
    expect(sheet(page, 1)).to_have_attribute("data-first", ",".join(map(str, range(12))))

    sheet(page).click(position=cell(page, 4))
    expect(page.locator("#features .status")).to_have_text(text("features_no_answer", "en"))
    expect(page.locator("#features .details")).to_be_hidden()


def test_a_network_without_a_code_says_so(visit):
    page = visit("universal")
    expect(page.locator("#features .problem:visible")).to_contain_text("no code")
    expect(page.locator("#features .dictionary:visible")).to_have_count(0)


@pytest.mark.parametrize("format", ["png", "svg"])
def test_the_dictionary_is_downloaded(visit, format):
    page = visit("principal")
    with page.expect_download(timeout=120_000) as download:
        page.locator(f"#features .dictionary[data-side='0'] button[data-format={format}]").click()
    assert download.value.suggested_filename == f"dictionary-principal.{format}"
    assert Path(download.value.path()).read_bytes().startswith(b"\x89PNG" if format == "png" else b"<?xml")


def test_the_language_is_switched(visit):
    page = visit("principal")
    page.locator("#language").click()
    expect(page.locator("#features .dictionary[data-side='0'] h4")).to_have_text(text("features_dictionary", "zh"))
    expect(page.locator("#features .build[data-side='0'] h4")).to_have_text(text("features_build_noisy", "zh"))


def test_it_is_used_with_a_finger_on_a_narrow_screen(visit):
    page = visit("principal", viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    assert float(sheet(page).get_attribute("data-cell")) >= 40, "a tile is as wide as a finger"
    index = first(page)[6]
    sheet(page).tap(position=cell(page, 6))
    details = page.locator("#features .details")
    expect(details).to_have_attribute("data-feature", str(index))
    expect(details).to_be_in_viewport()
    slider = page.locator("#features .build[data-side='0'] input")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] - 6, box["y"] + box["height"] / 2)
    page.wait_for_function("document.querySelector(\"#features .build[data-side='0']\").dataset.count > 30")
    choose(page, "second", "plain")
    expect(page.locator("#features .dictionary:visible")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
