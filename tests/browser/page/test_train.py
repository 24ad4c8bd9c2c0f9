"""The Train tab as a visitor uses it who trains on the server, one of its own: seconds on the embedded digits."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

import pytest
from helpers import gallery_digit, until, violations, words
from playwright.sync_api import Locator, Page, expect
from served import Served, running_app

import dae
from dae import manifest, metrics

PATIENCE = 120_000  # milliseconds: a busy machine is slow, not wrong
SMALL = "train_widths=none&train_latent_dim=16&train_batch_size=32&train_learning_rate=0.01&train_seed=3"
UNSEEN = ".train [data-line='digits it never saw'] path"


@pytest.fixture(scope="module")
def app(tmp_path_factory) -> Iterator[Served]:
    with running_app(tmp_path_factory.mktemp("served")) as served:
        yield served
        assert "Traceback" not in served.log


@pytest.fixture
def train(open_page, app) -> Callable[..., Page]:
    def opened(query: str = "", **context: object) -> Page:
        context = {"locale": "en-US", "viewport": {"width": 1366, "height": 1000}} | context
        page = open_page(f"{app.url}/?tab=train&train_where=server&{query}", **context)
        page.set_default_timeout(PATIENCE)
        page.on("dialog", lambda dialog: dialog.accept())  # whether the page shall be left
        page.wait_for_selector(".train[data-ready=true], .train .problem:not(:empty)", timeout=PATIENCE)
        return page

    return opened


RUN = "async () => (await import('/page/views/train/run.js')).runKey.peek()"


def do(page: Page, name: str) -> None:
    page.locator(f".train [data-do={name}]").click()


def becomes(page: Page, *states: str) -> None:
    page.wait_for_selector(",".join(f".train[data-state={state}]" for state in states), timeout=PATIENCE)


def enter(page: Page, name: str, value: str) -> None:
    field = page.locator(f".train [data-setting={name}]")
    field.fill(value)
    field.blur()


def choose(page: Page, name: str, value: str) -> None:
    page.locator(f".train [data-control=train-{name}] select").select_option(value)


def figure(page: Page, name: str) -> float:
    return float(page.locator(f".train [data-figure={name}]").inner_text().split("/")[0].replace(",", ""))


def curve(page: Page) -> dict[int, list[float]]:
    """Step -> the errors on the batches and on unseen digits."""
    points = page.evaluate("async () => (await import('/page/views/train/run.js')).snapshot.peek()?.curve ?? []")
    return {step: errors for step, *errors in points}


def load(page: Page, content: bytes) -> None:
    file = {"name": "a.safetensors", "mimeType": "application/octet-stream", "buffer": content}
    page.locator(".train .upload input").set_input_files(file)


def own(page: Page) -> Locator:
    return page.locator(".train .own tbody tr")


def restored_error(page: Page, name: str) -> str:
    """The MSE that the Denoise tab shows for a network."""
    page.locator("#tab-denoise").click()
    page.locator("[data-control=model] select").first.select_option(label=name)
    page.wait_for_selector(".held .pictures[data-shown]")
    shown = page.locator(".denoise figure[data-part=reconstruction]")
    until(page, lambda: name in (shown.locator("canvas").get_attribute("aria-label") or ""), "the network's picture")
    return shown.locator("dd").first.inner_text()


@pytest.mark.parametrize(
    "query", ["train_sparsity=kl&train_code_activation=sigmoid", "train_sparsity=topk", "train_sparsity=lifetime"]
)
def test_every_setting_has_its_term(train, query):
    page = train(f"{query}&train_loss=mse")
    said = json.loads((manifest.PAGE / "words" / "glossary.en.json").read_text(encoding="utf-8"))
    terms = {term for group in said.values() for term in group["terms"]}
    asked = page.locator(".train .form .term").evaluate_all("all => all.map((one) => one.dataset.term)")
    assert set(asked) <= terms
    assert len(asked) == page.locator(".train .form .control").count() >= 17
    page.locator(".train .form [data-term=learning_rate]").click()
    expect(page.locator(".term-card h2")).to_have_text("Learning rate")
    expect(page.locator(".term-card math")).to_be_visible()


def test_a_run_is_watched_stopped_continued_repeated_and_its_network_used(train, tmp_path):
    page = train(f"{SMALL}&train_seconds=600&digit=3&index=8&noise=gaussian&level=0.5&seed=4")
    do(page, "train")
    until(page, lambda: (page.locator(UNSEEN).get_attribute("d") or "").count("L") >= 2, "the curve")
    expect(page.locator(".train [data-do=train]")).to_be_disabled()
    expect(page.locator(".train [data-setting=latent_dim]")).to_be_disabled()
    do(page, "stop")
    becomes(page, "stopped")
    expect(own(page)).to_have_count(1)
    at, first = figure(page, "steps"), curve(page)
    assert max(first) == at
    for name in ("restored", "features"):
        pixels = page.locator(f".train .shown-{name} canvas").evaluate(
            "(c) => c.getContext('2d').getImageData(0, 0, c.width, c.height).data.some((v, i) => i % 4 < 3 && v)"
        )
        assert pixels, name
    # The legend's lines are dashed as the chart's.
    dash = "all => all.map((one) => getComputedStyle(one).strokeDasharray)"
    chart = page.locator(".train .chart")
    dashes = chart.locator("figcaption line").evaluate_all(dash)
    assert dashes == chart.locator(".line path").evaluate_all(dash) and len(set(dashes)) >= 2

    do(page, "continue")
    becomes(page, "running")
    until(page, lambda: figure(page, "steps") > at, "the run's next steps")
    do(page, "stop")
    becomes(page, "stopped", "done")
    expect(own(page)).to_have_count(1)
    run = page.evaluate(RUN)
    do(page, "restart")
    becomes(page, "running")
    until(page, lambda: len(curve(page)) > 0 and figure(page, "steps") > min(first), "the run from its start")
    do(page, "stop")
    becomes(page, "stopped", "done")
    assert page.evaluate(RUN) != run  # it has begun anew; that a seed gives the same run is the server's to hold

    newest = own(page).first.get_by_role("button", name=words()["train_download"])
    name = own(page).first.locator("b").inner_text()
    with page.expect_download() as waiting:
        newest.click()
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    network = dae.load(path)
    assert network.config.latent_dim == 16 and not network.config.hidden
    clean = gallery_digit(3, 8)
    expected = metrics.mse(network(dae.corrupt(clean, "gaussian", 0.5, seed=4)), clean)
    shown = restored_error(page, name)
    assert float(shown) == pytest.approx(expected, abs=1e-4)
    for tab, menu in (("latent", "model"), ("features", "second"), ("compare", "compare")):
        page.locator(f"#tab-{tab}").click()
        option = page.locator(f"[data-control={menu}] option", has_text=name).first
        expect(option).to_be_attached()
    page.wait_for_function("!location.search.includes('own-')")  # a link does without

    page.locator("#tab-train").click()
    page.reload()
    page.wait_for_selector(".train[data-ready=true]")
    expect(own(page)).to_have_count(2)  # the browser keeps them
    for left in (1, 0):
        own(page).first.get_by_role("button", name=words()["train_remove"]).click()
        expect(own(page)).to_have_count(left)
    load(page, b"broken")
    refused = f"{words()['train_refused']} {words()['network_damaged']}"
    expect(page.locator(".toast p")).to_have_text(refused)
    load(page, path.read_bytes())
    expect(own(page)).to_have_count(1)
    assert restored_error(page, own(page).locator("b").inner_text()) == shown
    page.locator("#tab-train").click()
    own(page).get_by_role("button", name=words()["train_remove"]).click()
    expect(own(page)).to_have_count(0)
    page.locator("#tab-denoise").click()
    expect(page.locator("[data-control=model] option", has_text="Your model")).to_have_count(0)


def test_what_cannot_be_entered_and_what_is_explained(train):
    page = train("train_latent_dim=12&train_widths=300-20&train_seconds=nonsense&train_tied=1")
    for name, value in (("latent_dim", "12"), ("widths", "300, 20"), ("seconds", "15")):
        expect(page.locator(f".train [data-setting={name}]")).to_have_value(value)
    expect(page.locator(".train [data-setting=tied]")).to_be_checked()
    for name, value, becomes_ in (
        ("latent_dim", "99999", "2048"),
        ("latent_dim", "-5", "1"),
        ("seconds", "3600", "60"),
        ("high", "9", "1.5"),
        ("widths", "300, 99999, 20", "300, 2048, 20"),
        ("widths", "<img src=x>", "300, 2048, 20"),
    ):
        enter(page, name, value)
        expect(page.locator(f".train [data-setting={name}]")).to_have_value(becomes_)
    page.locator(".train [data-control=recipe] select").select_option("quick")
    said, button = page.locator(".train .problem"), page.locator(".train [data-do=train]")
    expect(said).to_have_text("")
    for name, value, sentence in (
        ("learning_rate", "1000", "A learning rate of 1000 is out of range"),
        ("batch_size", "100000", "A batch of 100,000 is larger than the 4,500 training digits."),
    ):
        usual = page.locator(f".train [data-setting={name}]").input_value()
        enter(page, name, value)
        expect(said).to_contain_text(sentence)
        expect(button).to_be_disabled()
        expect(page.locator(f".train [data-setting={name}]")).to_have_attribute("aria-invalid", "true")
        enter(page, name, usual)
        expect(said).to_have_text("")
    choose(page, "sparsity", "kl")
    expect(said).to_have_text(words()["train_problem_kl_unbounded"])
    choose(page, "code_activation", "sigmoid")
    expect(said).to_have_text("")
    choose(page, "loss", "bce")
    choose(page, "output", "identity")
    expect(said).to_have_text(words()["train_problem_bce_unbounded"])
    choose(page, "loss", "mse")
    expect(said).to_have_text("")
    expect(button).to_be_enabled()


def test_counts_drawing_and_code_follow_the_settings(train):
    page = train("train_widths=none&train_latent_dim=100")
    counts = page.locator(".train .counts")
    expect(counts).to_have_text(f"{784 * 100 * 2 + 884:,} parameters. 7.84 pixels for each value of the code.")
    assert page.locator(".train .drawing text").all_text_contents() == ["784", "100", "784"]
    page.locator(".train [data-setting=tied]").check()
    expect(counts).to_contain_text(f"{784 * 100 + 884:,} parameters")
    enter(page, "seed", "77")
    page.locator(".train .code summary").click()
    until(page, lambda: "LEARNING_RATE = 77," in page.locator(".train .code textarea").input_value(), "the script")
    page.wait_for_function("new URLSearchParams(location.search).get('train_seed') === '77'")


def test_single_steps_show_their_numbers_the_same_for_the_same_seed(train):
    found = []
    for _ in range(2):
        page = train(SMALL)
        for step in (1, 2):
            do(page, "step")
            expect(page.locator("[data-figure=steps]")).to_have_text(re.compile(rf"^{step} /"))
            becomes(page, "stopped")
            expect(page.locator(".train [data-figure=before]")).to_be_visible()
            found.append([figure(page, name) for name in ("before", "after", "gradient", "change")])
    assert all(number > 0 for numbers in found for number in numbers)
    assert found[0] == found[2] != found[1]
    assert found[1][0] == found[3][0]  # the second step takes its learning rate from the clock


def test_a_run_that_its_time_has_ended_says_the_steps_that_it_made(train):
    page = train(f"{SMALL}&train_seconds=1")
    do(page, "train")
    becomes(page, "done")
    expect(page.locator(".train [data-figure=steps]")).to_have_text(re.compile(r"^[\d,]+$"))
    assert figure(page, "steps") == max(curve(page))


def test_two_visitors_wait_in_line_and_see_their_own(train):
    first, second = (train(f"{SMALL}&train_seconds=600") for _ in range(2))
    do(first, "train")
    becomes(first, "running")
    do(second, "train")
    expect(second.locator(".train .status")).to_have_text(words()["train_in_line"].format(count=1))
    do(second, "stop")
    becomes(second, "idle")
    expect(second.locator(".train [data-do=train]")).to_be_enabled()
    do(second, "train")
    becomes(second, "waiting")
    do(first, "stop")
    becomes(first, "stopped")
    until(second, lambda: bool(curve(second)), "its first step")
    do(second, "stop")
    becomes(second, "stopped")
    expect(own(first)).to_have_count(1)
    expect(own(second)).to_have_count(1)


def test_of_a_run_whose_news_a_proxy_holds_back_the_page_says_so(train):
    page = train(SMALL)
    page.route("**/queue/data*", lambda route: None)  # nothing comes, and nothing breaks off
    page.clock.install()
    do(page, "train")
    becomes(page, "waiting")
    said = page.get_by_text(words()["train_silent"])
    expect(said).to_have_count(0)
    page.clock.fast_forward(16_000)
    expect(said).to_be_visible()


def test_a_run_goes_on_in_another_language_and_ends_with_its_page(train):
    first, second = (train(f"{SMALL}&train_seconds=600") for _ in range(2))
    do(first, "train")
    until(first, lambda: bool(curve(first)), "its first step")
    at = figure(first, "steps")
    first.locator("#language").click()
    expect(first.locator(".train [data-do=stop]")).to_have_text(words("zh")["train_do_stop"])
    until(first, lambda: figure(first, "steps") > at, "the run's next steps")
    do(second, "train")
    becomes(second, "waiting")
    first.close()
    until(second, lambda: bool(curve(second)), "the first step once the other's page is closed")
    do(second, "stop")
    becomes(second, "stopped")


def test_it_speaks_chinese_fits_a_phone_and_axe_finds_nothing(train):
    page = train(f"{SMALL}&lang=zh", viewport={"width": 390, "height": 800}, has_touch=True, color_scheme="dark")
    expect(page.locator(".train [data-do=train]")).to_have_text("开始训练")
    do(page, "step")
    becomes(page, "stopped")
    expect(own(page)).to_have_count(1)
    for width, scheme in ((390, "dark"), (1366, "light")):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert violations(page) == []
        if width == 390:
            page.locator("#language").click()
            expect(page.locator(".train [data-do=train]")).to_have_text(words()["train_do_train"])
            expect(own(page).locator("b")).to_have_text("Your model 1")
