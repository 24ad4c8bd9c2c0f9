"""The Score tab: a network that learns the score of points of the plane in the browser, held against `dae.score2d`."""

from __future__ import annotations

import contextlib
import io
import re
from functools import partial
from itertools import islice
from pathlib import Path

import pytest
import torch
from helpers import until, violations, words
from PIL import Image
from playwright.sync_api import Page, expect

from dae import score2d
from dae.noise import seeded
from dae.score2d import Training

SHOWN = ".score[data-shown=true]"
OVER = ".score[data-state=over]"
RING = score2d.points("ring", 500)
MEASURED = """async (name) => {
  const { measured } = await import(new URL("page/lesson/measured.js", document.baseURI));
  return measured(name) ?? null;
}"""

# The share of pixels in which the two planes differ plainly.
APART = """() => {
  const [one, other] = [...document.querySelectorAll(".score .top")]
    .map((canvas) => canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data);
  let apart = 0;
  for (let i = 0; i < one.length; i += 4) apart += Number(Math.abs(one[i + 1] - other[i + 1]) > 60);
  return apart / (one.length / 4);
}"""


def number(page: Page, name: str) -> float:
    return float(page.locator(".score").get_attribute(f"data-{name}") or "nan")


def measured(page: Page, name: str) -> object:
    """What a lesson's task is told."""
    return page.evaluate(MEASURED, f"score.{name}")


def learnt(steps: int, training: Training, clean: torch.Tensor = RING) -> score2d.Network:
    """Python's network after some steps."""
    *_, moment = islice(score2d.train(clean, training), steps)
    return moment.denoiser


def distances(places: torch.Tensor, clean: torch.Tensor) -> tuple[float, float]:
    """Mean distance to the nearest clean point, and to the mean of all."""
    return float(torch.cdist(places, clean).amin(1).mean()), float((places - clean.mean(0)).norm(dim=1).mean())


def test_it_learns_by_itself_what_is_exact(visit):
    """Without being asked to, and to less than a tenth of the field's mean length."""
    page = visit("tab=score", SHOWN)
    page.wait_for_selector(OVER, timeout=60_000)
    assert number(page, "step") == 1000
    assert number(page, "error") < 0.1
    assert measured(page, "finished") is True and measured(page, "step") == 1000
    assert measured(page, "error") == pytest.approx(100 * number(page, "error"))
    expect(page.locator(".score [data-figure=error]")).to_have_text(f"{100 * number(page, 'error'):.1f} %")
    expect(page.locator(".score .curve path").first).to_be_attached()


@pytest.mark.parametrize(
    ("query", "training", "sigma"),
    [
        ("score_steps=60", Training(steps=60), 0.2),
        ("score_steps=40&score_sigmas=many&score_sigma=0.4&score_width=32&score_seed=5&score_batch=100", None, 0.4),
    ],
)
def test_the_network_is_pythons_after_its_steps(visit, query, training, sigma):
    training = training or Training(0.05, 1.0, steps=40, width=32, seed=5, batch_size=100)
    clean = score2d.points("ring", 500, training.seed)
    page = visit(f"tab=score&{query}", OVER)
    error = score2d.field_error(learnt(training.steps, training, clean), clean, sigma)
    assert number(page, "error") == pytest.approx(error, rel=5e-3)


def test_step_by_step_where_no_motion_is_wanted(visit):
    page = visit("tab=score", SHOWN, reduced_motion="reduce")
    until(page, lambda: number(page, "error") > 0, "the starting weights' field")
    page.wait_for_timeout(300)
    assert number(page, "step") == 0
    for step in (1, 2, 3):
        page.click("#score-step")
        until(page, lambda step=step: number(page, "step") == step, f"step {step}")
    error = score2d.field_error(learnt(3, Training()), RING, 0.2)
    until(page, lambda: abs(number(page, "error") / error - 1) < 5e-3, "the error after three steps")
    page.click("#score-run")
    until(page, lambda: number(page, "step") > 10, "some steps")
    page.click("#score-run")  # pause
    page.wait_for_selector(".score[data-state=paused]")
    page.wait_for_timeout(200)
    at = number(page, "step")
    page.wait_for_timeout(200)
    assert number(page, "step") == at < 1000
    page.click("#score-restart")
    until(page, lambda: number(page, "step") == 0, "the start")


def test_another_sigma_trains_anew_unless_many_are_learnt(visit):
    page = visit("tab=score&score_steps=30", OVER)
    slider = page.locator("[data-control=score_sigma] input[type=range]")
    one = number(page, "error")
    slider.fill("0.5")
    until(page, lambda: number(page, "error") != one and number(page, "step") == 30, "a training for another sigma")
    error = score2d.field_error(learnt(30, Training(0.5, 0.5, steps=30)), RING, 0.5)
    until(page, lambda: abs(number(page, "error") / error - 1) < 5e-3, "its error")
    page.locator("[data-control=score_sigmas] label").nth(1).click()
    network = learnt(30, Training(0.05, 1.0, steps=30))
    for sigma in (0.5, 0.1):
        slider.fill(str(sigma))
        error = score2d.field_error(network, RING, sigma)
        until(page, lambda error=error: abs(number(page, "error") / error - 1) < 5e-3, f"the error at {sigma}")


def test_the_plain_autoencoder_learns_no_score(visit):
    page = visit("tab=score&score_beside=1&score_steps=300", OVER)
    expect(page.locator(".score .field")).to_have_count(2)
    plain = learnt(300, Training(0, 0, steps=300))
    error = score2d.field_error(lambda noisy, _: plain(noisy, 0.0), RING, 0.2)
    assert number(page, "plain-error") == pytest.approx(error, rel=1e-2)
    assert number(page, "plain-error") > 2 * number(page, "error")
    assert measured(page, "plain.error") == pytest.approx(100 * error, rel=1e-2)
    with torch.no_grad():
        assert float((plain(RING, 0.0) - RING).norm(dim=1).mean()) < 0.1  # as the page says: nearly unchanged
    assert page.evaluate(APART) > 0.01
    page.locator("[data-control=score_beside] input").uncheck()
    expect(page.locator(".score .field")).to_have_count(1)
    page.locator("[data-control=score_beside] input").check()  # it catches up with what has been trained
    until(page, lambda: abs(number(page, "plain-error") / error - 1) < 1e-2, "the plain autoencoder's training")


def sigmas_of(count: int = 10, high: float = 1.0, low: float = 0.05) -> list[float]:
    return [high * (low / high) ** (i / (count - 1)) for i in range(count)]


@pytest.mark.parametrize("way", ["once", "repeat", "langevin", "ladder"])
def test_walkers_end_where_those_of_the_library_do(visit, way):
    page = visit(
        f"tab=score&score_steps=1&score_points=moons&score_field=exact&score_walk={way}&score_walkers=30", OVER
    )
    clean = score2d.points("moons", 500)
    denoiser = partial(score2d.exact_denoiser, clean)
    start = 1.25 * (2 * torch.rand(30, 2, generator=seeded(0)) - 1)
    walk = {
        "once": lambda: score2d.repeat(denoiser, start, 0.2, 1),
        "repeat": lambda: score2d.repeat(denoiser, start, 0.2, 30),
        "langevin": lambda: score2d.langevin(denoiser, start, sigmas_of(), steps=20, rate=0.2, seed=0),
        "ladder": lambda: score2d.ladder(denoiser, start, sigmas_of()),
    }[way]()
    wanted = list(walk)
    assert (measured(page, "nearest"), measured(page, "centre")) == pytest.approx(distances(start, clean), abs=1e-4)
    page.click("#score-walk-step")
    until(page, lambda: measured(page, "walked") == 1, "a step")
    assert (measured(page, "nearest"), measured(page, "centre")) == pytest.approx(distances(wanted[1], clean), abs=2e-3)
    if way != "once":
        page.click("#score-walk")
    until(page, lambda: measured(page, "arrived") is True, "the end of the walk")
    assert measured(page, "walked") == len(wanted) - 1
    nearest, centre = distances(wanted[-1], clean)
    assert (measured(page, "nearest"), measured(page, "centre")) == pytest.approx((nearest, centre), abs=5e-3)
    expect(page.locator(".score .told")).to_contain_text(re.compile(r"^30 walkers after \d+ steps"))
    page.click("#score-walk-back")
    assert measured(page, "walked") == 0


def test_walks_that_fall_need_many_sigmas(visit):
    page = visit("tab=score&score_steps=20&score_walk=ladder&score_walkers=5", OVER)
    expect(page.locator("#score-walk")).to_be_disabled()
    page.click("#score-many")
    expect(page.locator("#score-walk")).to_be_enabled()
    expect(page.locator("[data-control=score_sigmas] input[value=many]")).to_be_checked()
    page.wait_for_selector(OVER)
    page.click("#score-walk")
    until(page, lambda: measured(page, "arrived") is True, "the end of the walk")
    page.click("#score-remove")
    expect(page.locator(".score .told")).to_have_text(words()["score_drop_hint"])
    assert measured(page, "dropped") == 0


def test_little_noise_leads_onto_the_points_and_much_to_their_mean(visit):
    """Side by side, as the exact denoiser of the library has it."""
    page = visit("tab=score&score_steps=1&score_points=spiral", OVER)
    clean, start = score2d.points("spiral", 500), score2d.grid(9, 1.1)
    found = {}
    for name, sigma in (("least", 0.05), ("chosen", 0.2), ("most", 1.5)):
        panel = page.locator(f".score [data-panel={name}][data-nearest]")
        expect(panel).to_have_attribute("data-sigma", str(sigma))
        found[name] = [float(panel.get_attribute(f"data-{each}")) for each in ("nearest", "centre")]
        wanted = distances(score2d.exact_denoiser(clean, start, sigma), clean)
        assert found[name] == pytest.approx(wanted, abs=2e-3)
    assert found["least"][0] < 0.05 < 0.3 < found["least"][1]
    assert found["most"][1] < 0.15


def test_points_are_drawn_by_hand_and_travel_in_the_link(visit):
    page = visit("tab=score&score_points=drawn&score_steps=30", ".score .field")
    expect(page.locator(".score .status")).to_have_text(words()["score_empty"])
    expect(page.locator("#score-run")).to_be_disabled()
    box = page.locator(".score .top").bounding_box()
    at = lambda x, y: (box["x"] + x * box["width"], box["y"] + y * box["height"])  # noqa: E731
    page.mouse.move(*at(0.2, 0.5))
    page.mouse.down()
    page.mouse.move(*at(0.8, 0.5), steps=20)
    page.mouse.up()
    page.wait_for_selector(".score[data-shown=true]")
    page.click("#score-run")
    page.wait_for_selector(OVER)
    count = int(re.search(r"\d+", page.locator(".score .plane-group .bar .quiet").first.inner_text())[0])
    assert 20 < count < 80
    error = number(page, "error")
    until(page, lambda: "score_drawn=" in page.url, "the address")
    text = re.search(r"score_drawn=([\w-]+)", page.url)[1]
    assert len(text) == 3 * count
    again = visit(page.url, OVER)
    assert number(again, "error") == pytest.approx(error, rel=1e-6)
    again.click("#score-clear")
    expect(again.locator(".score .status")).to_have_text(words()["score_empty"])
    again.locator("[data-control=score_points] select").select_option("ring")
    again.wait_for_selector(SHOWN)


def test_a_link_gives_back_what_was_chosen_and_nonsense_is_as_nothing(visit):
    query = "score_points=letters&score_sigma=0.35&score_layers=points,error"
    query += "&score_walk=repeat&score_field=exact&score_walkers=7"
    page = visit(f"tab=score&score_steps=5&{query}", OVER)
    expect(page.locator("[data-control=score_points] select")).to_have_value("letters")
    expect(page.locator("[data-control=score_sigma] .exact")).to_have_value("0.35")
    expect(page.locator(".score .layer input:checked")).to_have_count(2)
    expect(page.locator("[data-control=score_walk] select")).to_have_value("repeat")
    assert measured(page, "dropped") == 7
    for part in query.split("&"):
        assert part.replace(",", "%2C") in page.url or part in page.url
    page = visit(
        "tab=score&score_points=star&score_sigma=banana&score_width=1e9&score_steps=-4&score_drawn=%3Cb%3E&score_walk=fly"
        "&score_layers=all&score_low=9&score_high=-1&score_rate=0&score_batch=x&score_sigmas=many",
        SHOWN,
    )
    expect(page.locator("[data-control=score_points] select")).to_have_value("ring")
    expect(page.locator("[data-control=score_width] input")).to_have_value("256")
    page.wait_for_selector(OVER, timeout=60_000)


def test_a_press_and_the_keyboard_drop_walkers(visit):
    page = visit("tab=score&score_steps=5", OVER)
    plane = page.locator(".score .top")
    plane.click(position={"x": 50, "y": 50})
    assert measured(page, "dropped") == 1
    plane.focus()
    for key in ("ArrowRight", "ArrowUp", "Shift+ArrowUp"):
        page.keyboard.press(key)
    page.keyboard.press("Enter")
    assert measured(page, "dropped") == 2
    said = words()["score_said_walker"].format(x="0.04", y="0.24")
    expect(page.locator(".score .field .unseen")).to_have_text(said)
    page.click("#score-drop")
    assert measured(page, "dropped") == 52


@pytest.mark.parametrize("kind", ["png", "svg"])
def test_the_figure_is_saved_without_the_server(visit, kind):
    page = visit(
        "tab=score&score_steps=20&score_beside=1&score_walkers=10&score_layers=points,density,exact,learnt,error", OVER
    )
    with page.expect_download() as saved:
        page.locator(f".score .files [data-format={kind}]").click()
    content = Path(saved.value.path()).read_bytes()
    assert saved.value.suggested_filename == f"score.{kind}"
    if kind == "png":
        image = Image.open(io.BytesIO(content))
        assert image.size == (1600, 900) and len(image.convert("RGB").getcolors(10**6)) > 300
    else:
        text = content.decode()
        assert text.count("<image") == 4 and text.count("<path") >= 8
        assert "Ring" in text and "undefined" not in text and "NaN" not in text


@pytest.mark.parametrize(
    ("query", "steps"),
    [
        ("score_points=clusters&score_seed=3&score_width=20&score_rate=0.01&score_sigma=0.3", 50),
        ("score_points=drawn&score_drawn=gAAwAAQQQ___fff", 12),
    ],
)
def test_the_script_trains_the_same_network(visit, query, steps):
    page = visit(f"tab=score&{query}&score_steps={steps}", OVER)
    script = page.locator(".score .code textarea").input_value()
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(script, "script", "exec"), {})
    error = float(re.search(rf"step {steps}: .* error of the field ([\d.]+) %", printed.getvalue())[1])
    assert error == pytest.approx(100 * number(page, "error"), rel=5e-3, abs=0.01)


def test_what_a_teacher_hides_is_gone(visit):
    page = visit("tab=score&score_steps=1&hide=score_points,score_network,score_layers,score_beside,score_walk", OVER)
    for gone in ("score_points", "score_sigma", "score_sigmas", "score_layers", "score_beside", "score_walk"):
        expect(page.locator(f"[data-control={gone}]")).to_have_count(0)
    expect(page.locator(".score .field")).to_have_count(1)


@pytest.mark.parametrize(("scheme", "width", "lang"), [("light", 1366, "en"), ("dark", 390, "zh")])
def test_axe_finds_nothing_and_a_phone_does_not_scroll_sideways(visit, scheme, width, lang):
    query = f"tab=score&score_steps=20&score_beside=1&score_walkers=10&score_walk=ladder&lang={lang}"
    page = visit(query, OVER, color_scheme=scheme, viewport={"width": width, "height": 900})
    expect(page.locator("#score-run")).to_have_text(words(lang)["score_again"])
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
