"""The Results tab as a visitor uses it; its figures are made up, and its names hostile."""

from __future__ import annotations

import itertools
import json
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from helpers import violations, words
from made_up_results import RESULTS
from playwright.sync_api import Locator, Page, expect

HOSTILE = "<b>bold</b>"  # a network's name in the file


@pytest.fixture
def results(open_page, site_url) -> Callable[..., Page]:
    def opened(query: str = "", **context: object) -> Page:
        # A service worker would fetch the real file.
        context = {"locale": "en-US", "viewport": {"width": 1366, "height": 1000}, "service_workers": "block"} | context
        page = open_page("about:blank", **context)
        page.route("**/checkpoints/results.json", lambda route: route.fulfill(body=json.dumps(RESULTS)))
        page.goto(f"{site_url}?tab=results&{query}")
        page.wait_for_selector(".results .chart circle", timeout=60_000)
        return page

    return opened


def part(page: Page, name: str) -> Locator:
    return page.locator(f".results [data-part={name}]")


def rows(page: Page, name: str = "denoising") -> list[str]:
    """The heads of a table's rows, from top to bottom, without their notes."""
    return part(page, name).locator("tbody th").evaluate_all("heads => heads.map(head => head.firstChild.textContent)")


def column(page: Page, full: str) -> Locator:
    button = page.get_by_role("button", name=f"Sort by {full}", exact=True)
    return part(page, "denoising").locator("thead th").filter(has=button)


def looks(page: Page) -> list[str]:
    """Colour and dash of the lines."""
    return page.locator(".results .line path:not(.lead)").evaluate_all(
        "all => all.map(each => getComputedStyle(each)).map(style => style.stroke + style.strokeDasharray)"
    )


def test_the_table_is_sorted_with_mouse_and_keyboard(results):
    page = results()
    half = column(page, "Gaussian, clipped 0.5")
    expect(half).to_have_attribute("aria-sort", "ascending")  # the smallest error first
    assert rows(page) == [HOSTILE, "net", "Perfect memoriser", "Noisy input"]
    half.get_by_role("button").click()
    expect(half).to_have_attribute("aria-sort", "descending")
    assert rows(page) == ["Noisy input", "Perfect memoriser", "net", HOSTILE]

    masking = column(page, "Masking 0.5")
    masking.get_by_role("button").focus()
    page.keyboard.press("Enter")
    expect(masking).to_have_attribute("aria-sort", "ascending")
    expect(half).to_have_attribute("aria-sort", "none")
    assert rows(page) == ["net", HOSTILE, "Noisy input", "Perfect memoriser"]  # what was not measured is last
    page.keyboard.press("Enter")
    expect(masking).to_have_attribute("aria-sort", "descending")
    assert rows(page) == ["Noisy input", HOSTILE, "net", "Perfect memoriser"]

    part(page, "denoising").get_by_role("button", name="Sort by Denoiser").click()
    assert rows(page) == sorted(rows(page), key=lambda name: name.strip("<").lower())


def test_figures_are_those_of_the_file_and_the_best_is_named(results):
    page = results()
    table = part(page, "denoising").locator("table")
    heads = table.locator("thead tr").nth(1).get_by_role("button").all()
    order = [button.get_attribute("aria-label") for button in heads]
    place = order.index("Sort by Gaussian, clipped 0.5")

    def cell(name: str, at: int = place) -> Locator:
        return table.locator("tbody tr").nth(rows(page).index(name)).locator("td").nth(at)

    expect(cell("net")).to_have_text("0.0100")
    expect(cell(HOSTILE)).to_have_text("0.0050 best")
    assert table.locator("b").evaluate_all("marks => marks.every(mark => getComputedStyle(mark).fontWeight >= 700)")
    assert "1,000 digits" in table.locator("tbody tr").nth(rows(page).index("Perfect memoriser")).inner_text()
    assert "10,000" not in table.inner_text()  # what is usual is not said

    page.locator("[data-control=metric] input[value=psnr]").check()
    expect(cell("net")).to_have_text("20.0")
    expect(cell(HOSTILE)).to_have_text("23.0 best")
    expect(column(page, "Gaussian, clipped 0.5")).to_have_attribute("aria-sort", "descending")  # still the best first
    assert rows(page)[0] == HOSTILE
    expect(cell("Noisy input", order.index("Sort by clean 0"))).to_have_text("∞")

    for name in ("curves", "denoising", "generalisation", "codes", "labels", "verdict"):
        said = part(page, name).locator(".measured").inner_text()
        assert all(what in said for what in ("10,000", "seed 3", "python 3.99", "torch <i>9</i>")), said
    assert rows(page, "codes") == ["net", "Raw pixels"]
    cells = part(page, "codes").locator("tbody tr").first.locator("td").all_text_contents()
    assert cells[:3] == ["96.0 best", "90.0", "6.0"]
    labels = part(page, "labels").locator("tbody tr")
    assert rows(page, "labels")[0].startswith("Somebody's")  # the smallest error first, but it does not compete
    cells = {row.locator("th").inner_text(): row.locator("td").all_text_contents() for row in labels.all()}
    assert cells["net"] == ["20.0 best ± 1.2", "4.0"]  # with all labels: its linear probe
    assert cells["Fine-tuned, no pre-training"] == ["25.0 ± 1.0", "2.0 best ± 0.1"]
    assert cells["Somebody's (<i>They</i> 2099)\nas published"] == ["1.0", "–"]
    assert cells["Another's (They 2099)\nas published"] == ["–", "0.5"]
    seen = part(page, "generalisation").locator("tbody tr").first
    assert seen.locator("td").all_text_contents() == [f"{n:.4f} best" for n in (0.002, 0.004, 0.006)] * 2
    read = part(page, "verdict").locator("tbody tr")
    assert read.nth(0).locator("td").all_text_contents() == ["0", "–", "–"] * 3
    assert read.nth(1).locator("td").all_text_contents()[:3] == ["10000", "98.0", "98.5"]
    assert "of the clean digits it gets 98.5 % right" in part(page, "verdict").inner_text()
    for name in ("samples", "answers"):  # not of 10,000 digits
        expect(part(page, name).locator(".measured")).to_have_text("Seeds from 1; python 3.99, torch <i>9</i>.")
    samples = part(page, "samples").locator("tbody tr").first
    assert samples.locator("td").all_text_contents() == ["95.1", "5.0", "15.0", "0.1250", "0.46", "0.0222"]
    assert rows(page, "samples") == ["Out of noise", "Test digits", "Training digits"]  # by name
    assert "1.2 % of the samples are nearer" in part(page, "samples").inner_text()
    assert part(page, "answers").locator("td").all_text_contents() == ["0.0346", "0.0670", "0.0500"]
    # Names are texts.
    assert page.locator(".results i, .results th b, .results .lines b").count() == 0
    assert page.locator(".results .lines button").all_text_contents().count(HOSTILE) == 1


def test_curves_follow_noise_metric_and_choice(results):
    page = results("noise=gaussian&clip=0")
    chart, lines = part(page, "curves").locator(".chart"), page.locator(".results .line")
    select = part(page, "curves").locator("select")
    expect(select).to_have_value("gaussian|false")  # as the other tabs have it
    assert select.locator("option").all_text_contents() == ["Gaussian, clipped", "Gaussian, not clipped", "Masking"]
    expect(lines).to_have_count(4)
    noisy = chart.locator("[data-line='Noisy input'] circle")
    expect(noisy).to_have_count(3)  # its error at level 0 is no number that a logarithm can show
    levels = noisy.evaluate_all("dots => dots.map((dot) => Number(dot.getAttribute('cx')))")
    assert (levels[1] - levels[0]) / (levels[2] - levels[0]) == pytest.approx((0.5 - 0.3) / (1 - 0.3), abs=1e-3)
    expect(chart.locator("[data-line=net] circle")).to_have_count(4)
    title = chart.locator("[data-line=net] title").nth(2)
    assert title.text_content() == "net, level 0.5: MSE 0.0100, on 10,000 digits"
    strokes = looks(page)
    assert len(set(strokes)) == 4
    names = chart.locator(".name")
    assert set(names.all_text_contents()) == {"Noisy input", "net", HOSTILE, "Perfect memoriser"}
    heights = sorted(names.evaluate_all("all => all.map((name) => name.getBoundingClientRect().y)"))
    assert min(below - above for above, below in itertools.pairwise(heights)) >= 15

    button = part(page, "curves").get_by_role("button", name="net", exact=True)
    expect(button).to_have_attribute("aria-pressed", "true")
    button.hover()
    expect(chart.locator(".line[data-faint=true]")).to_have_count(3)
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(lines).to_have_count(3)
    button.click()
    expect(lines).to_have_count(4)
    assert looks(page) == strokes  # nobody takes another's colour

    select.select_option("masking|null")
    label = "MSE against the level of the noise, Masking. Lines: Noisy input, net, <b>bold</b>."
    expect(chart.locator("svg")).to_have_attribute("aria-label", f"{label} All values are in the table below.")
    page.locator("[data-control=metric] input[value=ssim]").check()
    assert "SSIM against" in chart.locator("svg").get_attribute("aria-label")
    for pressed in part(page, "curves").locator("[aria-pressed=true]").all_text_contents():
        part(page, "curves").get_by_role("button", name=pressed.strip(), exact=True).click()
    expect(part(page, "curves").locator(".none")).to_have_text(words()["results_curves_none"])
    page.wait_for_function("new URLSearchParams(location.search).get('curves') === 'nothing'")
    page.reload()
    expect(part(page, "curves").locator(".none")).to_be_visible()


@pytest.mark.parametrize("width", [1366, 390])
def test_figures_are_downloaded_for_slides(results, width):
    page = results(viewport={"width": width, "height": 900})
    for kind in ("png", "svg"):
        with page.expect_download() as waiting:
            part(page, "curves").locator(f"[data-format={kind}]").click()
        assert waiting.value.suggested_filename == f"mse-gaussian-clipped.{kind}"
        content = Path(waiting.value.path()).read_bytes()
        if kind == "png":
            assert content.startswith(b"\x89PNG\r\n\x1a\n")
            continue
        root = ET.fromstring(content)
        assert root.tag.endswith("svg") and "b" not in {element.tag.rpartition("}")[2] for element in root.iter()}
        said = [element.text for element in root.iter() if element.text]
        assert {"MSE, Gaussian, clipped", "net", HOSTILE, "Perfect memoriser", "level σ"} <= set(said)
        assert "noise seed 3" in " ".join(said)


def test_a_file_that_is_missing_is_said(open_page, site_url):
    page = open_page("about:blank", locale="en-US", service_workers="block")
    page.route("**/checkpoints/results.json", lambda route: route.fulfill(body="[1,"))
    page.goto(f"{site_url}?tab=results")
    expect(page.locator(".results .problem")).to_have_text(words()["results_none"])


def test_on_a_phone_the_tables_scroll_inside(results):
    page = results("lang=zh", viewport={"width": 390, "height": 800}, has_touch=True)
    assert "加噪输入" in rows(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = part(page, "denoising").locator(".scroll")
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    first = part(page, "denoising").locator("tbody th").first
    before = first.bounding_box()["x"]
    box.evaluate("box => { box.scrollLeft = 200; }")
    assert first.bounding_box()["x"] == pytest.approx(before, abs=1)
    chart = part(page, "curves").locator(".chart svg").bounding_box()
    names = [name.bounding_box() for name in page.locator(".results .line .name").all()]
    assert all(name["x"] + name["width"] <= chart["x"] + chart["width"] + 1 for name in names)
    page.locator("#language").click()
    expect(part(page, "denoising").locator("h2")).to_have_text("Denoising")


@pytest.mark.parametrize(("scheme", "lang"), [("light", "zh"), ("dark", "en")])
def test_axe_finds_nothing(results, scheme, lang):
    page = results(f"lang={lang}", color_scheme=scheme)
    for width in (1366, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert violations(page) == []
