"""The Results tab as a visitor uses it, in a real Chromium; its figures are made up."""

import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from made_up_results import RESULTS
from playwright.sync_api import Locator, Page, expect

from dae import checkpoints
from dae.ui import results_tab
from dae.ui.build import build, launch_options

HOSTILE = "<b>bold</b>"  # a network's name in the file


@pytest.fixture(scope="module")
def url(launch, tmp_path_factory):
    shipped = checkpoints.directory()
    folder = tmp_path_factory.mktemp("checkpoints")
    for path in shipped.glob("*.safetensors"):
        (folder / path.name).symlink_to(path)
    (folder / "results.json").write_text(json.dumps(RESULTS))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAE_CHECKPOINTS", str(folder))
        results_tab._contents.cache_clear()
        yield launch(build(), **launch_options())


@pytest.fixture
def visit(open_page, url):
    def visited(query: str = "tab=results", **context) -> Page:
        context.setdefault("locale", "en-US")
        context.setdefault("viewport", {"width": 1366, "height": 1000})
        page = open_page(f"{url}?{query}", **context)
        page.wait_for_selector("#results table", timeout=120_000)
        page.wait_for_selector("#results .chart svg", timeout=60_000)
        return page

    return visited


def part(page: Page, name: str) -> Locator:
    return page.locator(f"#results [data-part={name}]")


def rows(page: Page, name: str = "denoising") -> list[str]:
    """The heads of a table's rows, from top to bottom, without their notes."""
    return part(page, name).locator("tbody th").evaluate_all("heads => heads.map(head => head.firstChild.textContent)")


def column(page: Page, full: str, name: str = "denoising") -> Locator:
    return (
        part(page, name).locator("thead th").filter(has=page.get_by_role("button", name=f"Sort by {full}", exact=True))
    )


def test_the_table_is_sorted_with_mouse_and_keyboard(visit):
    page = visit()
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

    by_name = part(page, "denoising").get_by_role("button", name="Sort by Denoiser")
    by_name.click()
    assert rows(page) == sorted(rows(page), key=lambda name: name.strip("<").lower())


def test_figures_are_those_of_the_file_and_the_best_is_named(visit):
    page = visit()
    table = part(page, "denoising").locator("table")
    order = [
        button.get_attribute("aria-label") for button in table.locator("thead tr").nth(1).get_by_role("button").all()
    ]
    place = order.index("Sort by Gaussian, clipped 0.5")

    def cell(name: str) -> Locator:
        return table.locator("tbody tr").nth(rows(page).index(name)).locator("td").nth(place)

    expect(cell("net")).to_have_text("0.0100")
    expect(cell(HOSTILE)).to_have_text("0.0050 best")
    assert table.locator("b").evaluate_all("marks => marks.every(mark => getComputedStyle(mark).fontWeight >= 700)")
    assert "1,000 digits" in table.locator("tbody tr").nth(rows(page).index("Perfect memoriser")).inner_text()

    page.locator("#results").get_by_text("PSNR, dB", exact=True).first.click()
    expect(cell("net")).to_have_text("20.0")
    expect(cell(HOSTILE)).to_have_text("23.0 best")
    expect(column(page, "Gaussian, clipped 0.5")).to_have_attribute("aria-sort", "descending")  # still the best first
    assert rows(page)[0] == HOSTILE
    clean = order.index("Sort by clean")
    noisy = table.locator("tbody tr").nth(rows(page).index("Noisy input")).locator("td").nth(clean)
    expect(noisy).to_have_text("∞")

    for name in ("curves", "denoising", "codes", "labels"):
        words = part(page, name).locator(".measured").inner_text()
        assert all(what in words for what in ("10,000", "seed 3", "python 3.99", "torch <i>9</i>")), words
    assert rows(page, "codes") == ["net", "Raw pixels"]
    assert part(page, "codes").locator("tbody tr").first.locator("td").all_text_contents()[:3] == [
        "96.0 best",
        "90.0",
        "6.0",
    ]
    assert part(page, "labels").locator("tbody tr").first.locator("td").first.text_content() == "20.0 best"


def test_names_from_the_file_are_only_texts(visit):
    page = visit()
    assert page.locator("#results i, #results th b, #results .lines b").count() == 0
    assert HOSTILE in rows(page)
    assert (
        page.locator("#results .lines button").evaluate_all("all => all.map(each => each.textContent)").count(HOSTILE)
        == 1
    )


def test_curves_follow_noise_metric_and_choice(visit):
    page = visit("tab=results&noise=gaussian&clip=0")
    chart = part(page, "curves").locator(".chart")
    select = part(page, "curves").locator("select")
    expect(select).to_have_value("gaussian|false")  # as the other tabs have it
    lines = chart.locator("g.line")
    expect(lines).to_have_count(4)
    points = lines.locator("polyline").first.get_attribute("points").split()
    levels = [float(point.split(",")[0]) for point in points]
    assert len(points) == 3  # noisy input: its error at level 0 is no number that a logarithm can show
    assert (levels[1] - levels[0]) / (levels[2] - levels[0]) == pytest.approx((0.5 - 0.3) / (1 - 0.3), abs=1e-3)
    expect(chart.locator("g.line[data-name=net] .name")).to_have_text("net")
    assert chart.locator("g.line[data-name=net] polyline").get_attribute("points").count(",") == 4
    strokes = lines.locator("polyline").evaluate_all(
        "all => all.map(each => getComputedStyle(each)).map(style => style.stroke + style.strokeDasharray)"
    )
    assert len(set(strokes)) == 4
    labels = [box["y"] for box in (name.bounding_box() for name in lines.locator(".name").all())]
    assert min(abs(a - b) for i, a in enumerate(labels) for b in labels[:i]) >= 15

    button = part(page, "curves").get_by_role("button", name="net", exact=True)
    expect(button).to_have_attribute("aria-pressed", "true")
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    expect(lines).to_have_count(3)
    button.click()
    expect(lines).to_have_count(4)
    after = lines.locator("polyline").evaluate_all(
        "all => all.map(each => getComputedStyle(each)).map(style => style.stroke + style.strokeDasharray)"
    )
    assert after == strokes  # nobody takes another's colour

    select.select_option("masking|null")
    words = "MSE against the level of the noise, Masking. Lines: Noisy input, net, <b>bold</b>."
    expect(chart.locator("svg")).to_have_attribute("aria-label", f"{words} All values are in the table below.")
    page.locator("#results").get_by_text("SSIM", exact=True).first.click()
    assert "SSIM against" in chart.locator("svg").get_attribute("aria-label")


def test_figures_are_downloaded_for_slides(visit):
    page = visit()
    for kind in ("png", "svg"):
        with page.expect_download(timeout=180_000) as waiting:
            part(page, "curves").locator(f"[data-format={kind}]").click()
        assert waiting.value.suggested_filename == f"mse-gaussian-clipped.{kind}"
        content = Path(waiting.value.path()).read_bytes()
        if kind == "png":
            assert content.startswith(b"\x89PNG\r\n\x1a\n")
        else:
            assert ET.fromstring(content).tag.endswith("svg")
            assert b"<!-- net -->" in content and b"noise seed 3" in content
        expect(part(page, "curves").locator(f"[data-format={kind}]")).to_be_enabled()


def test_it_speaks_chinese_and_stands_without_the_controls(visit):
    page = visit("tab=results&lang=zh")
    expect(part(page, "denoising").locator("h2")).to_have_text("去噪")
    expect(page.locator("#controls")).to_be_hidden()
    assert "加噪输入" in rows(page)
    page.locator("#language").click()
    expect(part(page, "denoising").locator("h2")).to_have_text("Denoising")
    assert "Noisy input" in rows(page)


def test_on_a_phone_the_tables_scroll_inside(visit):
    page = visit(viewport={"width": 390, "height": 800}, has_touch=True)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    box = part(page, "denoising").locator(".scroll")
    assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    first = part(page, "denoising").locator("tbody th").first
    before = first.bounding_box()["x"]
    box.evaluate("box => { box.scrollLeft = 200; }")
    assert first.bounding_box()["x"] == pytest.approx(before, abs=1)
    chart = part(page, "curves").locator(".chart svg").bounding_box()
    names = [name.bounding_box() for name in part(page, "curves").locator("g.line .name").all()]
    assert all(name["x"] + name["width"] <= chart["x"] + chart["width"] + 1 for name in names)
