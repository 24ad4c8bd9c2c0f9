"""The Features tab: dictionaries to page through, features to click, digits to build up, two models side by side."""

from __future__ import annotations

import base64
import functools
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers import gallery_digit, pixels_of, until, violations, words
from playwright.sync_api import Locator, Page, Route, expect

import dae
from dae import checkpoints, data, encoding, features, metrics, models
from dae.models import ModelConfig

PLACE = "digit=3&index=8"
READY = ".features[data-ready]:not([data-ready='']):not([data-ready^=','])"
NAMES = ("model", "second")  # the sides, as the state's fields call them


@pytest.fixture
def open_tab(visit) -> Callable[..., Page]:
    def opened(query: str, shown: str = READY, **context: object) -> Page:
        return visit(f"tab=features&{PLACE}&{query}", shown=shown, **context)

    return opened


@functools.cache
def study(name: str) -> tuple[models.Autoencoder, torch.Tensor, features.Dictionary, features.Statistics]:
    model, gallery = dae.load(name), data.gallery()
    codes = encoding.codes_of(model, gallery.images)
    return model, codes, features.dictionary(model, codes), features.statistics(codes, gallery.labels)


@functools.cache
def principal(width: int = 40, seed: int = 0) -> tuple[models.Autoencoder, str]:
    """Principal components of some digits as a network of one tied layer, each of which takes its own part off the
    error; and its file, in base64."""
    images = data.gallery().images[seed::5].flatten(1)
    mean = images.mean(0)
    components = torch.linalg.svd(images - mean, full_matrices=False)[2][:width]
    model = models.build(ModelConfig(latent_dim=width, output="identity", tied=True))
    with torch.no_grad():
        model.encoder[0].weight.copy_(components)
        model.encoder[0].bias.copy_(-components @ mean)
        model.decoder_biases[0].copy_(mean)
    info = checkpoints.Info({"name": "principal", "summary": "principal components"}, model.config, 0, "a test")
    return model.eval().requires_grad_(False), base64.b64encode(checkpoints.serialized(model, info)).decode()


def adopt(page: Page, content: str, field: str = "model") -> str:
    """A network of the visitor's own, as the Train tab takes it in, chosen: its name."""
    return page.evaluate(
        """async ([content, field]) => {
          const from = (path) => import(new URL(path, document.baseURI));
          const { adopt } = await from("page/networks.js");
          const { decode } = await from("page/base64.js");
          const { state } = await from("page/page.js");
          const { name } = await adopt(decode(content).buffer, { key: "a-test" });
          state.set({ [field]: name });
          return name;
        }""",
        [content, field],
    )


def ready(page: Page, *names: str) -> None:
    page.wait_for_selector(f".features[data-ready='{','.join(names)}']", timeout=60_000)


def sheet(page: Page, side: int = 0) -> Locator:
    return page.locator(f".features .dictionary[data-side={NAMES[side]}] canvas")


def first(page: Page, side: int = 0) -> list[int]:
    """The first features of the page of the dictionary that is shown."""
    return [int(index) for index in sheet(page, side).get_attribute("data-first").split(",")]


def cell(page: Page, place: int, side: int = 0) -> dict[str, float]:
    """A spot of a tile on its sheet, in CSS pixels."""
    step, columns = (float(sheet(page, side).get_attribute(f"data-{name}")) for name in ("cell", "columns"))
    row, column = divmod(place, int(columns))
    return {"x": column * step + 15, "y": row * step + 15}


def choose(page: Page, name: str, value: str) -> None:
    control = page.locator(f".features [data-control={name}]")
    if control.locator("select").count():
        control.locator("select").select_option(value)
    else:
        control.locator(f"input[value={value}]").check(force=True)


def falls(page: Page, values: torch.Tensor, tolerance: float) -> None:
    """The sheet begins with the features of the largest values, in falling order but for their rounding."""
    ten = values.topk(12).values

    def is_so() -> bool:
        shown = values[first(page)]
        return bool((shown - ten).abs().max() <= tolerance * values.abs().max())

    until(page, is_so, "the order")


def colours(picture: torch.Tensor) -> np.ndarray:
    """A signed picture as it is painted: blue below 0, orange above, strong as the root of its share of the peak."""
    share = (picture / picture.abs().max()).numpy()
    shades = np.where((share < 0)[..., None], (78, 154, 255), (255, 149, 42))
    return np.sqrt(np.abs(share))[..., None] * shades


def test_the_dictionary_shows_and_is_sorted(open_tab):
    page = open_tab("model=jz-topk-5&noise=gaussian&level=0")
    _, _, words_, stats = study("jz-topk-5")
    for by in ("rate", "energy"):
        choose(page, "by", by)
        falls(page, getattr(stats, by), 2e-3)  # energies are stored in 16 bits
    choose(page, "by", "similarity")
    expected = features.similarity_order(words_.pictures)[:12].tolist()
    expect(sheet(page)).to_have_attribute("data-first", ",".join(map(str, expected)))
    choose(page, "by", "number")
    expect(sheet(page)).to_have_attribute("data-first", ",".join(map(str, range(12))))
    expect(sheet(page)).to_have_attribute("data-tiles", "64")
    step, columns = (float(sheet(page).get_attribute(f"data-{name}")) for name in ("cell", "columns"))
    place, size = 3, step - 4
    expected = colours(words_.pictures[place])
    got = pixels_of(sheet(page))
    ratio = got.shape[1] / sheet(page).bounding_box()["width"]
    wrong = 0
    for row in range(3, 28, 6):
        for column in range(3, 28, 6):
            x = place % columns * step + (column + 0.5) / 28 * size
            y = place // columns * step + (row + 0.5) / 28 * size
            wrong += np.abs(got[int(y * ratio), int(x * ratio), :3] - expected[row, column]).max() > 12
    assert wrong <= 2, "the tile is the library's picture"


def test_a_click_shows_what_a_feature_does(open_tab):
    page = open_tab("model=plain")
    _, codes, _, stats = study("plain")
    index = first(page)[4]
    sheet(page).click(position=cell(page, 4))
    detail = page.locator(".features .detail")
    expect(detail).to_have_attribute("data-feature", str(index))
    expect(detail.locator("h2")).to_have_text(f"Feature {index} of plain")
    places = features.most_exciting(codes[:, index]).tolist()
    expect(detail.locator("[data-nine=most] figure")).to_have_count(9)
    shown = [int(figure.get_attribute("data-label")) for figure in detail.locator("[data-nine=most] figure").all()]
    assert shown == data.gallery().labels[places].tolist()
    digit = pixels_of(detail.locator("[data-nine=most] figure:nth-child(2) canvas"))
    assert np.array_equal(digit[..., 0], (data.gallery().images[places[1], 0] * 255).round().byte().numpy())
    expect(detail.locator("[data-nine=some] figure")).to_have_count(9)
    expect(detail.locator("dd").first).to_have_text(f"{100 * float(stats.rate[index]):.0f} %")
    shares = stats.class_share[index].tolist()
    bars = [float(bar.evaluate("bar => bar.clientHeight")) for bar in detail.locator(".classes i").all()]
    assert bars == pytest.approx([48 * share / max(shares) for share in shares], abs=1.5)
    before = detail.locator("[data-nine=some]").inner_text()
    detail.get_by_role("button").click()
    expect(detail.locator("[data-nine=some]")).not_to_have_text(before)
    # The keys do the same
    sheet(page).press("ArrowRight")
    expect(page.locator(".features .dictionary .at")).to_contain_text(f"Feature {first(page)[5]}:")
    sheet(page).press("Enter")
    expect(detail).to_have_attribute("data-feature", str(first(page)[5]))


def build_up(page: Page, side: int = 0) -> dict[str, float]:
    box = page.locator(f".features .build[data-side={NAMES[side]}]")
    return {name: float(box.get_attribute(f"data-{name}")) for name in ("count", "error", "end", "all")}


@pytest.mark.parametrize(
    ("model", "said"),
    [("wta-2000", "Exact:"), ("jz-topk-16", "Exact before the output function (leaky ReLU)"), ("plain", "Approximate")],
)
def test_the_digit_is_built_up_to_its_reconstruction(open_tab, model, said):
    page = open_tab(f"model={model}&noise=gaussian&level=0.3&seed=2")
    network, clean = dae.load(model), gallery_digit(3, 8)
    noisy = dae.corrupt(clean, "gaussian", 0.3, seed=2)
    expect(page.locator(".features .build")).to_contain_text(said)
    for given, source in ((clean, "clean"), (noisy, "noisy")):
        choose(page, "from", source)
        expect(page.locator(".features .build h2")).to_contain_text(f"from the {source} digit")
        end = metrics.mse(network(given), clean)
        until(page, lambda end=end: abs(build_up(page)["end"] - end) < 1e-5, f"the end from the {source} digit")
        slider = page.locator(".features .build input")
        slider.focus()
        page.keyboard.press("Home")
        start = build_up(page)
        assert start["count"] == 0
        for _ in range(8):
            page.keyboard.press("ArrowRight")
        assert build_up(page)["count"] == 8
        page.keyboard.press("End")
        last = build_up(page)
        assert last["count"] == last["all"] and last["error"] == last["end"] < start["error"]
        sums = pixels_of(page.locator(".features [data-stage=sum] canvas"))[..., 0].astype(int)
        shown = (network(given)[0, 0].clamp(0, 1) * 255).round().numpy()
        assert np.abs(sums - shown).max() <= 1
        target = pixels_of(page.locator(".features [data-stage=clean] canvas"))[..., 0]
        assert np.array_equal(target, (clean[0, 0] * 255).round().byte().numpy())


def test_noise_marks_the_features_that_it_switches(open_tab):
    page = open_tab("model=plain&noise=gaussian&level=0&seed=5")
    expect(sheet(page)).to_have_attribute("data-on", "")
    slider = page.locator("[data-control=level] input[type=range]")
    slider.focus()
    page.keyboard.press("End")
    model, codes, _, stats = study("plain")
    clean = gallery_digit(3, 8)
    effect = features.noise_effect(
        model.encode(clean), model.encode(dae.corrupt(clean, "gaussian", 1.5, seed=5)), stats.threshold
    )
    on, off = (",".join(map(str, part.nonzero()[:, 0].tolist())) for part in (effect.on, effect.off))
    assert on and off
    expect(sheet(page)).to_have_attribute("data-on", on)
    expect(sheet(page)).to_have_attribute("data-off", off)
    facts = page.locator(".features .head dl")
    expect(facts).to_contain_text(f"{on.count(',') + 1} on, {off.count(',') + 1} off")
    sample = encoding.codes_of(model, dae.corrupt(data.gallery().images[::10], "gaussian", 1.5, seed=5))
    active = features.statistics(sample, data.gallery().labels[::10], stats.threshold).nonzero
    expect(facts.locator("div").nth(1).locator("dd")).to_have_text(f"{active:.1f} of 128")
    # Sorted by what noise does, the one that it moves most is first
    choose(page, "by", "noise")
    falls(page, features.noise_effect(codes[::10], sample, stats.threshold).drift, 1e-4)
    # Another digit
    before = build_up(page)["end"]
    page.locator(".gallery .classes button").nth(6).click()
    until(page, lambda: build_up(page)["end"] != before, "another digit")


def test_two_models_stand_side_by_side(open_tab):
    page = open_tab("model=jz-topk-5", viewport={"width": 1600, "height": 1000})
    dictionaries = page.locator(".features .dictionary")
    expect(dictionaries).to_have_count(1)
    choose(page, "second", "plain")
    ready(page, "jz-topk-5", "plain")
    expect(dictionaries).to_have_count(2)
    boxes = [sheet(page, side).bounding_box() for side in (0, 1)]
    assert boxes[0]["y"] == pytest.approx(boxes[1]["y"], abs=30) and boxes[0]["x"] + boxes[0]["width"] < boxes[1]["x"]
    for side, name in enumerate(("jz-topk-5", "plain")):
        _, _, _, stats = study(name)
        head = page.locator(f".features .head[data-side={NAMES[side]}]")
        expect(head.locator("h2")).to_have_text(name)
        expect(head.locator("dd").first).to_have_text(f"{stats.nonzero:.1f} of {len(stats.rate)}")
        expect(head.locator(".chart [data-look=bars]")).to_be_attached()
    sheet(page, 1).click(position=cell(page, 2, side=1))
    detail = page.locator(".features .detail")
    expect(detail).to_have_attribute("data-model", "plain")
    sheet(page, 0).click(position=cell(page, 2))
    expect(detail).to_have_attribute("data-model", "jz-topk-5")
    page.reload()
    ready(page, "jz-topk-5", "plain")
    choose(page, "second", "")
    expect(dictionaries).to_have_count(1)
    assert "second" not in page.evaluate("new URLSearchParams(location.search).get('second') ?? ''")


def test_two_thousand_features_are_turned_page_by_page(open_tab):
    page = open_tab("model=wta-2000&by=number")
    expect(sheet(page)).to_have_attribute("data-first", ",".join(map(str, range(12))))
    per_page = int(sheet(page).get_attribute("data-tiles"))
    assert per_page <= 200
    page.get_by_role("button", name=words()["sheet_forth"]).first.click()
    until(page, lambda: first(page)[0] == per_page, "the next page")
    sheet(page).focus()
    page.keyboard.press("End")
    expect(page.locator(".features .dictionary .at")).to_contain_text("Feature 1999:")
    page.keyboard.press("Home")
    until(page, lambda: first(page)[0] == 0, "the first page")


def test_another_noise_leaves_the_page_of_the_sheet(open_tab):
    page = open_tab("model=wta-2000&noise=gaussian&level=0.5&seed=7")
    page.get_by_role("button", name=words()["sheet_forth"]).first.click()
    expect(sheet(page)).to_have_attribute("data-page", "1")
    model, _, _, stats = study("wta-2000")
    digits = data.gallery()[::10]

    def active(seed: int) -> str:
        codes = encoding.codes_of(model, dae.corrupt(digits.images, "gaussian", 0.5, seed=seed))
        return f"{features.statistics(codes, digits.labels, stats.threshold).nonzero:.1f} of 2000"

    noise = page.locator(".features .head dl div").nth(1).locator("dd")
    expect(noise).to_have_text(active(7))
    seed = next(seed for seed in range(100) if active(seed) != active(7))  # or one would not see it come
    page.locator("[data-control=seed] input").fill(str(seed))
    page.keyboard.press("Enter")
    expect(noise).to_have_text(active(seed))
    expect(sheet(page)).to_have_attribute("data-page", "1")


def test_a_filter_leads_to_its_feature(open_tab):
    page = open_tab("model=jz-topk-5")
    filters = page.locator(".features .filters canvas")
    expect(filters).to_have_attribute("data-first", sheet(page).get_attribute("data-first"))
    filters.click(position={"x": 15, "y": 15})
    expect(page.locator(".features .detail")).to_have_attribute("data-feature", str(first(page)[0]))
    for model, kernels in (("wta-2000", 0), ("jz-conv", 8)):
        choose_model(page, model)
        ready(page, model)
        if kernels:
            expect(filters).to_have_attribute("data-tiles", str(kernels))
        else:
            expect(filters).to_have_count(0)


def choose_model(page: Page, name: str) -> None:
    page.locator("[data-control=model] select").first.select_option(name)


def test_a_network_of_ones_own_is_measured_in_the_browser(open_tab):
    page = open_tab("model=plain&noise=gaussian&level=0")
    for seed in (0, 1):  # the second takes the place of the first, as one that is trained further does
        network, content = principal(seed=seed)
        name = adopt(page, content)
        codes = encoding.codes_of(network, data.gallery().images)
        stats = features.statistics(codes, data.gallery().labels)
        head = page.locator(".features .head")
        expect(head.locator("dd").first).to_have_text(f"{stats.nonzero:.1f} of 40", timeout=60_000)
        ready(page, name)
        choose(page, "by", "energy")
        falls(page, stats.energy, 1e-4)
        choose(page, "by", "similarity")
        until(page, lambda: len(set(first(page))) == 12, "the order")
        choose(page, "by", "number")
        expect(sheet(page)).to_have_attribute("data-first", ",".join(map(str, range(12))))
        sheet(page).click(position=cell(page, 4))
        detail = page.locator(".features .detail")
        places = features.most_exciting(codes[:, 4]).tolist()
        expect(detail.locator("[data-nine=most] figure")).to_have_count(9)
        shown = [int(figure.get_attribute("data-label")) for figure in detail.locator("[data-nine=most] figure").all()]
        assert shown == data.gallery().labels[places].tolist()
    # Each component takes its own part off the error
    choose(page, "from", "clean")
    slider = page.locator(".features .build input")
    slider.focus()
    page.keyboard.press("Home")
    path = [build_up(page)["error"]]
    for _ in range(8):
        page.keyboard.press("ArrowRight")
        path.append(build_up(page)["error"])
    assert path == sorted(path, reverse=True)


def test_a_network_without_a_code_says_so(open_tab):
    page = open_tab("model=universal", shown=".features .problem")
    expect(page.locator(".features .problem")).to_contain_text("no code")
    expect(page.locator(".features .dictionary")).to_have_count(0)
    expect(page.locator(".features [data-control=second] option", has_text="universal")).to_be_disabled()
    choose_model(page, "plain")
    ready(page, "plain")
    expect(page.locator(".features .problem")).to_have_count(0)


def test_a_file_that_cannot_be_fetched_is_tried_again(visit):
    page = visit(f"tab=about&{PLACE}&model=plain", shown="[data-tab=about]")
    blocked = True

    def block(route: Route) -> None:
        route.abort() if blocked else route.continue_()

    page.context.route("**/checkpoints/plain.safetensors", block)
    page.locator("#tab-features").click()
    expect(page.locator(".features .problem")).to_have_text(words()["features_unreachable"] + " Try again")
    blocked = False
    page.locator(".features .problem button").click()
    ready(page, "plain")


@pytest.mark.parametrize("format", ["png", "svg"])
def test_the_dictionary_is_downloaded(open_tab, format):
    page = open_tab("model=jz-topk-5&scale=common")
    with page.expect_download(timeout=60_000) as download:
        page.locator(f".features .dictionary button[data-format={format}]").click()
    assert download.value.suggested_filename == f"dictionary-jz-topk-5.{format}"
    content = Path(download.value.path()).read_bytes()
    if format == "png":
        from PIL import Image

        with Image.open(download.value.path()) as image:
            assert image.width > 1000
            colours_ = np.asarray(image.convert("RGB")).reshape(-1, 3).astype(int)
        assert ((colours_[:, 0] > 200) & (colours_[:, 2] < 100)).any(), "orange"
        assert ((colours_[:, 2] > 200) & (colours_[:, 0] < 120)).any(), "blue"
    else:
        text = content.decode()
        for said in ("Decoder dictionary of jz-topk-5", "MNIST gallery", "Sorted by: How often they fire", "one scale"):
            assert said in text
        assert "data:image/png;base64," in text


def test_the_language_is_switched(open_tab):
    page = open_tab("model=jz-topk-5")
    page.locator("#language").click()
    expect(page.locator(".features .dictionary h2")).to_have_text(words("zh")["features_dictionary"])
    expect(page.locator(".features .build h2")).to_have_text("由加噪数字的特征逐个叠加出重建")


def test_it_is_used_with_a_finger_on_a_narrow_screen(open_tab):
    page = open_tab("model=plain", viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    level = page.locator("[data-control=level] input[type=range]")
    level.scroll_into_view_if_needed()
    for picture in page.locator(".features-held canvas").all():
        expect(picture).to_be_in_viewport()
    before = pixels_of(page.locator(".features-held canvas").last)
    level.focus()
    page.keyboard.press("End")
    until(page, lambda: (pixels_of(page.locator(".features-held canvas").last) != before).any(), "a picture in sight")
    assert float(sheet(page).get_attribute("data-cell")) >= 40, "a tile is as wide as a finger"
    index = first(page)[6]
    sheet(page).tap(position=cell(page, 6))
    detail = page.locator(".features .detail")
    expect(detail).to_have_attribute("data-feature", str(index))
    expect(detail).to_be_in_viewport()
    slider = page.locator(".features .build input")
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    page.touchscreen.tap(box["x"] + box["width"] - 6, box["y"] + box["height"] / 2)
    until(page, lambda: build_up(page)["count"] > 30, "the slider's move")
    choose(page, "second", "jz-topk-5")
    ready(page, "plain", "jz-topk-5")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


@pytest.mark.parametrize(("width", "lang"), [(390, "zh"), (1366, "en")])
def test_axe_finds_nothing(open_tab, width, lang):
    page = open_tab(
        f"model=wta-2000&second=plain&lang={lang}",
        shown=".features[data-ready='wta-2000,plain']",
        viewport={"width": width, "height": 900},
    )
    sheet(page).click(position=cell(page, 1))
    expect(page.locator(".features [data-nine=some] figure")).to_have_count(9)
    assert violations(page) == []
