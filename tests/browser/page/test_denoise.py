"""The Denoise tab as a visitor uses it, in a real Chromium, on the browser's own engine."""

from __future__ import annotations

import re

import numpy as np
import pytest
from helpers import as_bytes, becomes, changed, gallery_digit, pixels, pixels_of, until, words
from playwright.sync_api import Page, Route, expect

import dae
from dae import data, manifest, metrics
from dae.noise import NOISES
from dae.verdict import verdict


def figure(page: Page, part: str, name: str) -> float:
    row = page.locator(f".denoise figure[data-part={part}] .figures div").filter(has_text=name)
    return float(row.locator("dd").inner_text().split()[0])


def level(page: Page) -> float:
    return page.evaluate("async () => (await import('/page/page.js')).state.peek('level')")


def slide(page: Page, value: float) -> None:
    page.locator("[data-control=level] input[type=range]").evaluate(
        "(box, value) => { box.value = value; box.dispatchEvent(new Event('input', { bubbles: true })); }", value
    )


def test_the_page_shows_what_the_library_computes(visit):
    page = visit("digit=3&index=40&noise=gaussian&level=0.4&seed=5&model=fc-gaussian&passes=3")
    clean = gallery_digit(3, 40)
    noisy = dae.corrupt(clean, "gaussian", 0.4, seed=5)
    network = dae.load("fc-gaussian")
    passes = [network(noisy)]
    for _ in range(2):
        passes.append(network(passes[-1]))
    restored = passes[-1]
    becomes(page, "clean", as_bytes(clean))
    becomes(page, "noisy", as_bytes(noisy))
    becomes(page, "reconstruction", as_bytes(restored), 1)
    for part, image in (("noisy", noisy), ("reconstruction", restored)):
        error = metrics.mse(image, clean)
        assert figure(page, part, "MSE") == pytest.approx(error, abs=6e-5)
        assert figure(page, part, "PSNR") == pytest.approx(metrics.psnr(error), abs=0.06)
        assert figure(page, part, "SSIM") == pytest.approx(metrics.ssim(image, clean), abs=0.006)
    difference = (restored - clean)[0, 0].detach().numpy()
    shown = pixels(page, "error").astype(int)
    too_little, too_much = difference < -0.05, difference > 0.05
    assert (shown[too_little][:, 2] > shown[too_little][:, 0]).all()  # blue
    assert (shown[too_much][:, 0] > shown[too_much][:, 2]).all()  # orange
    steps = page.locator(".path li b").all_inner_texts()
    expected = [metrics.psnr(metrics.mse(image, clean)) for image in (noisy, *passes)]
    assert [float(step.split()[0]) for step in steps] == pytest.approx(expected, abs=0.06)
    last = pixels_of(page.locator(".path li canvas").last)[..., 0]
    assert np.abs(last.astype(int) - as_bytes(restored)).max() <= 1


def test_denoising_again_ends_at_eight_and_is_undone(visit):
    page = visit("passes=7")
    page.locator("#again").click()
    expect(page.locator(".path li")).to_have_count(9)
    expect(page.locator("#again")).to_be_disabled()
    page.locator("#once").click()
    expect(page.locator(".path")).to_have_count(0)
    expect(page.locator("#once")).to_be_disabled()


def test_verdicts_name_the_digit_and_underline_another(visit):
    page = visit("digit=7&index=11&noise=gaussian&level=0.5&seed=7")
    clean = gallery_digit(7, 11)
    noisy = dae.corrupt(clean, "gaussian", 0.5, seed=7)
    for part, image in (("clean", clean), ("noisy", noisy), ("reconstruction", dae.load("conv-gaussian")(noisy))):
        (read,) = verdict(image)
        line = page.locator(f".held figure[data-part={part}] .verdict")
        said = f"{words()['verdict']} {read.digit} {read.confidence:.0%}".replace("%", " %")
        expect(line).to_have_text(said if read.digit is not None else words()["verdict_unsure"])
        assert (line.locator("b.other").count() == 1) == (read.digit not in (7, None))
    expect(page.locator(".notes .wavy")).to_have_text(words()["verdict_other"])


def test_a_verdict_is_not_sure_where_no_digit_is_likely(visit):
    page = visit("digit=7&index=11&noise=masking&level=0.95&seed=7")  # hardly a pixel is left
    unsure = words()["verdict_unsure"]
    expect(page.locator(".held figure[data-part=noisy] .verdict")).to_have_text(unsure)
    expect(page.locator(".held figure[data-part=clean] .verdict")).to_have_text(re.compile(" 7 .* %"))
    assert page.locator(".held figure[data-part=noisy] .verdict .other").count() == 0


def test_picking_a_class_a_digit_a_page_and_another(visit):
    page = visit("digit=7&index=11")
    classes, digits = page.locator(".gallery .classes button"), page.locator(".gallery .digits button")
    expect(digits.nth(1)).to_have_attribute("aria-pressed", "true")
    classes.nth(2).click()
    becomes(page, "clean", as_bytes(gallery_digit(2, 0)))
    digits.nth(4).click()
    becomes(page, "clean", as_bytes(gallery_digit(2, 4)))
    expect(digits.nth(4)).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name=words()["pages_forth"]).click()
    expect(page.locator(".gallery .pages span")).to_have_text("11–20 of 500")
    becomes(page, "clean", as_bytes(gallery_digit(2, 4)))  # turning a page chooses nothing
    digits.nth(9).click()
    becomes(page, "clean", as_bytes(gallery_digit(2, 19)))
    before = pixels(page, "clean")
    page.locator("#another").click()
    other = changed(page, "clean", before)
    twos = data.gallery().images[data.gallery().labels == 2]
    assert any(np.array_equal(other, as_bytes(two[None])) for two in twos)
    expect(page.locator(".gallery .digits [aria-pressed=true]")).to_have_count(1)


def test_the_slider_moves_the_noise_and_the_strip_marks_it(visit):
    page = visit("level=0.1")
    box = page.locator("[data-control=level] input[type=range]").bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.07, box["y"] + box["height"] / 2)
    page.mouse.down()
    seen = set()
    for step in range(2, 20):
        page.mouse.move(box["x"] + box["width"] * step / 20, box["y"] + box["height"] / 2)
        page.wait_for_timeout(50)
        seen.add(figure(page, "noisy", "MSE"))
    page.mouse.up()
    assert len(seen) > 5, "the picture follows the slider while it moves"
    expect(page.locator(".places button").nth(10)).to_have_attribute("aria-current", "true")
    for value in (0.3, 0.9, 0.6):
        slide(page, value)
    clean = gallery_digit(7, 11)
    becomes(page, "noisy", as_bytes(dae.corrupt(clean, "gaussian", 0.6, seed=7)))
    expect(page.locator(".held .pictures")).to_have_attribute("data-level", "0.6")


@pytest.mark.parametrize("noise", ["masking", "salt_and_pepper"])
def test_a_click_on_the_strip_or_the_curve_chooses_exactly_that_level(visit, noise):
    page = visit(f"noise={noise}&level=0.1")
    levels = NOISES[noise].levels(11)
    page.locator(".places button").nth(5).click()
    assert level(page) == levels[5] == 0.475
    expect(page.locator("[data-control=level] input[type=number]")).to_have_value("0.475")
    becomes(page, "noisy", as_bytes(dae.corrupt(gallery_digit(7, 11), noise, 0.475, seed=7)))
    page.locator(".places button").nth(3).press("Enter")
    assert level(page) == levels[3]
    tile, curve = page.locator(".places button").nth(7).bounding_box(), page.locator(".strip svg").bounding_box()
    page.mouse.click(tile["x"] + 0.7 * tile["width"], curve["y"] + curve["height"] / 2)
    assert level(page) == levels[7]
    mark = page.locator(".strip svg .at").bounding_box()
    assert mark["x"] + mark["width"] / 2 == pytest.approx(tile["x"] + tile["width"] / 2, abs=2)


def test_the_strip_shows_every_level_with_its_figures(visit):
    page = visit("noise=masking&seed=3&model=fc-gaussian&digit=4&index=8")
    clean, levels = gallery_digit(4, 8), NOISES["masking"].levels(11)
    noisy = [dae.corrupt(clean, "masking", each, seed=3) for each in levels]
    restored = [dae.load("fc-gaussian")(each) for each in noisy]
    tiles = page.locator(".tiles canvas")
    until(page, lambda: pixels_of(tiles.nth(1))[..., 0].any(), "the strip")
    for row, images in enumerate((noisy, restored)):
        expected = np.concatenate([as_bytes(each) for each in images], axis=1).astype(int)
        assert np.abs(pixels_of(tiles.nth(row))[..., 0] - expected).max() <= row
    psnr = [f"{metrics.psnr(metrics.mse(images[6], clean)):.1f}" for images in (noisy, restored)]
    said = words()["strip_level"].format(level="0.57", noisy=psnr[0], restored=psnr[1])
    expect(page.locator(".places button").nth(6)).to_have_attribute("aria-label", said)


def test_every_noise_can_be_chosen(visit):
    page = visit("noise=block&level=0.3")
    for noise in NOISES:
        page.locator("[data-control=noise] select").select_option(noise)
        expected = dae.corrupt(gallery_digit(7, 11), noise, NOISES[noise].default, seed=7)
        becomes(page, "noisy", as_bytes(expected))
        assert page.locator("[data-control=clip]").count() == (1 if noise == "gaussian" else 0)
        slider = page.locator("[data-control=level] input[type=range]")
        assert float(slider.get_attribute("max")) == NOISES[noise].maximum
        expect(page.locator(".group.noise .about")).to_have_text(words()[f"about_{noise}"])


def test_unclipped_noise_new_noise_and_another_model(visit):
    page = visit("level=0.5")
    clean = gallery_digit(7, 11)
    page.locator("[data-control=clip] input").uncheck()
    becomes(page, "noisy", as_bytes(dae.corrupt(clean, "gaussian", 0.5, seed=7, clip=False)))
    until(page, lambda: figure(page, "noisy", "MSE") > 0.2, "the figures of unclipped noise")
    before = pixels(page, "noisy")
    page.locator("#new-noise").click()
    changed(page, "noisy", before)
    seed = int(page.locator("[data-control=seed] input").input_value())
    noisy = dae.corrupt(clean, "gaussian", 0.5, seed=seed, clip=False)
    becomes(page, "noisy", as_bytes(noisy), 1)  # of any seed: a value halfway between two greys may round either way
    menu = page.locator("[data-control=model] select")
    groups = menu.locator("optgroup").evaluate_all("groups => groups.map((group) => group.label)")
    known = {line["group"] for line in manifest.model_lines()}
    assert groups == [words()[f"group_{group}"] for group in manifest.GROUPS if group in known]
    menu.select_option("plain")
    becomes(page, "reconstruction", as_bytes(dae.load("plain")(noisy)), 1)
    expect(page.locator(".group.model .about")).to_have_text(dae.checkpoints.info("plain").recipe["summary"])


def test_a_network_that_was_not_trained_on_the_noise_is_pointed_out(visit):
    page = visit("noise=gaussian&level=0.5&model=conv-gaussian")
    line, button = page.locator(".suited p"), page.locator(".suited button")
    places = (
        "() => [...document.querySelectorAll('.group, #again')].map((n) => JSON.stringify(n.getBoundingClientRect()))"
    )
    before = page.evaluate(places)
    expect(line).to_have_text(words()["suited"])
    expect(button).to_have_count(0)
    slide(page, 1.2)
    expect(line).to_have_text(words()["unsuited_level"].format(symbol="σ", highest="1"))
    expect(button).to_have_text(words()["use_model"].format(name="universal"))
    assert page.evaluate(places) == before, "nothing moves"
    page.locator("[data-control=clip] input").uncheck()
    slide(page, 0.5)
    expect(line).to_have_text(words()["unsuited_clipped"])
    page.locator("[data-control=noise] select").select_option("masking")
    expect(line).to_have_text(words()["unsuited_noise"])
    page.locator("#language").click()
    expect(line).to_have_text(words("zh")["unsuited_noise"])
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-control=model] select")).to_have_value("universal")
    expect(page.locator("[data-control=model] select")).to_be_focused()
    expect(line).to_have_text(words("zh")["suited"])
    expect(button).to_have_count(0)
    noisy = dae.corrupt(gallery_digit(7, 11), "masking", 0.5, seed=7)
    becomes(page, "reconstruction", as_bytes(dae.load("universal")(noisy)), 1)
    slide(page, 0)
    expect(line).to_have_text(words("zh")["suited_nothing"])


@pytest.mark.parametrize(("tab", "shown"), [("denoise", ".suited"), ("compare", ".compare .card")])
@pytest.mark.parametrize("width", [390, 1366])
def test_no_name_in_a_menu_of_networks_is_cut_off(visit, width, tab, shown):
    page = visit(f"tab={tab}", shown=shown, viewport={"width": width, "height": 900})
    menus = page.locator("select:has(optgroup)")
    assert menus.count() == 1
    room, needed = menus.evaluate(
        """(menu) => {
          const style = getComputedStyle(menu);
          const context = document.createElement("canvas").getContext("2d");
          context.font = style.font;
          const names = [...menu.options].map((option) => context.measureText(option.text).width);
          const padding = parseFloat(style.paddingLeft) + parseFloat(style.paddingRight);
          return [menu.clientWidth - padding - 24, Math.max(...names)];
        }"""  # 24: the arrow
    )
    assert needed <= room


@pytest.mark.parametrize(("typed", "kept"), [("99999999", "999999"), ("-5", "0"), ("", "3")])
def test_a_seed_out_of_range_becomes_the_nearest(visit, typed, kept):
    page = visit("seed=3")
    box = page.locator("[data-control=seed] input")
    for _ in range(2):  # the second time the state is there already
        box.fill(typed)
        box.blur()
        expect(box).to_have_value(kept)
    becomes(page, "noisy", as_bytes(dae.corrupt(gallery_digit(7, 11), "gaussian", 0.5, seed=int(kept))))


def test_a_level_can_be_typed_and_an_emptied_one_comes_back(visit):
    page = visit("level=0.7")
    box = page.locator("[data-control=level] input[type=number]")
    for typed, kept in (("", "0.7"), ("99", "1.5"), ("0.123", "0.123")):
        box.fill(typed)
        box.blur()
        expect(box).to_have_value(kept)
    becomes(page, "noisy", as_bytes(dae.corrupt(gallery_digit(7, 11), "gaussian", 0.123, seed=7)))


def test_noise_is_there_before_the_network_and_a_lost_one_is_told_and_tried_again(blank, site_url):
    page = blank()
    held: list[Route] = []
    page.route("**/checkpoints/*gaussian.safetensors", lambda route: held.append(route))
    page.goto(f"{site_url}?noise=masking&level=0.4")
    until(page, lambda: bool(held), "the question for the network")
    clean = gallery_digit(7, 11)
    becomes(page, "noisy", as_bytes(dae.corrupt(clean, "masking", 0.4, seed=7)))
    expect(page.locator(".lacks")).to_have_text(words()["stage_loading"])
    slide(page, 0.7)
    noisy = dae.corrupt(clean, "masking", 0.7, seed=7)
    becomes(page, "noisy", as_bytes(noisy))
    held.pop().abort()
    expect(page.locator(".lacks p")).to_have_text(words()["stage_unreachable"].format(name="conv-gaussian"))
    page.unroute("**/checkpoints/*gaussian.safetensors")
    page.locator(".lacks button").click()
    becomes(page, "reconstruction", as_bytes(dae.load("conv-gaussian")(noisy)), 1)
    expect(page.locator(".lacks")).to_have_count(0)


def test_an_engine_that_could_not_be_fetched_is_told_and_tried_again(blank, site_url):
    page = blank()
    page.route("**/page/engine/worker.js", lambda route: route.abort())
    page.goto(site_url)
    slide(page, 0.7)
    expect(page.locator(".lacks p")).to_have_text(words()["stage_unreachable"].format(name="conv-gaussian"))
    page.unroute("**/page/engine/worker.js")
    page.locator(".lacks button").click()
    noisy = dae.corrupt(gallery_digit(7, 11), "gaussian", 0.7, seed=7)
    becomes(page, "reconstruction", as_bytes(dae.load("conv-gaussian")(noisy)), 1)


def test_a_broken_network_gets_a_sentence_and_the_page_lives(blank, site_url):
    page = blank()
    page.route("**/checkpoints/plain.safetensors", lambda route: route.fulfill(body=b"no network at all"))
    page.goto(f"{site_url}?model=plain&level=0.2")
    expect(page.locator(".lacks p")).to_have_text(words()["no_model"].format(name="plain"))
    slide(page, 0.9)
    noisy = dae.corrupt(gallery_digit(7, 11), "gaussian", 0.9, seed=7)
    becomes(page, "noisy", as_bytes(noisy))
    page.locator("[data-control=model] select").select_option("conv-gaussian")
    becomes(page, "reconstruction", as_bytes(dae.load("conv-gaussian")(noisy)), 1)


def test_title_and_messages_are_in_the_pages_language(visit):
    page = visit(locale="zh-CN")
    chinese = words("zh")
    assert page.title() == chinese["title"]
    page.locator("#copy-link").click()
    said = page.locator(".toast p")
    expect(said).to_have_text(re.compile(f"{chinese['link_copied']}|{chinese['link_by_hand']}"))
    page.locator("#language").click()
    expect(said).to_have_count(0)  # it was said in the language that is left


def test_the_language_follows_the_browser_and_can_be_switched(visit):
    page = visit(locale="zh-CN")
    expect(page.locator("h1")).to_have_text(words("zh")["title"])
    expect(page.locator(".strip h2")).to_have_text(words("zh")["every_level"])
    first = page.locator(".gallery .classes button").first
    expect(first).to_have_attribute("aria-label", words("zh")["pick_class"].format(digit=0))
    page.locator("#language").click()
    expect(page.locator(".strip h2")).to_have_text(words()["every_level"])
    expect(page.locator(".source label").first).to_have_text(words()["source_pick"])
    expect(first).to_have_attribute("aria-label", words()["pick_class"].format(digit=0))
    assert page.evaluate("[document.documentElement.lang, document.title]") == ["en", words()["title"]]
