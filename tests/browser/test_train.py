"""The Train tab as a visitor uses it, in a real Chromium: a few seconds of training on the embedded digits."""

import re
import time

import pytest
from playwright.sync_api import Locator, Page, expect

import dae
from dae import checkpoints, data
from dae.ui import models, runs
from dae.ui.build import build, launch_options
from dae.ui.text import text

PATIENCE = 120_000  # milliseconds: a busy machine is slow, not wrong


@pytest.fixture(scope="module")
def url(launch, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DAE_DATA", str(tmp_path_factory.mktemp("no-mnist")))
        patch.setattr(runs, "cores", lambda: 1)
        yield launch(build(), **launch_options())


@pytest.fixture
def visit(open_page, url):
    def visited(query: str = "tab=train", **context) -> Page:
        context.setdefault("locale", "en-US")
        context.setdefault("viewport", {"width": 1366, "height": 1000})
        page = open_page(f"{url}?{query}", **context)
        page.set_default_timeout(PATIENCE)
        page.wait_for_selector("#train [data-ready], #train[data-ready]", timeout=PATIENCE, state="attached")
        return page

    return visited


def part(page: Page, name: str) -> Locator:
    return page.locator(f"#train .{name}")


def do(page: Page, name: str) -> None:
    button = page.locator(f"#train [data-do={name}]")
    expect(button).to_be_enabled(timeout=PATIENCE)
    button.click()


def enter(page: Page, name: str, value: str) -> None:
    field = page.locator(f"#train-{name}")
    field.fill(value)
    field.dispatch_event("change")


def state(page: Page) -> str:
    return page.evaluate("document.querySelector('#train [data-state], #train[data-state]').dataset.state")


def wait_for_state(page: Page, *wanted: str) -> None:
    page.wait_for_function(
        "wanted => wanted.includes(document.querySelector('#train [data-state], #train[data-state]').dataset.state)",
        arg=list(wanted),
        timeout=PATIENCE,
    )


def figure(page: Page, name: str) -> float:
    words = page.locator(f"#train [data-figure={name}]").inner_text()
    return float(words.split("/")[0].replace(",", ""))


def small(page: Page, seconds: str = "60") -> None:
    """A network that even a busy machine trains in no time."""
    page.locator("#train-recipe").select_option("apx-gaussian-0.5")
    enter(page, "widths", "")
    enter(page, "latent_dim", "32")
    enter(page, "learning_rate", "0.01")
    enter(page, "batch_size", "32")
    enter(page, "seconds", seconds)


def restored(page: Page) -> str:
    return page.locator("#stage figure[data-part=reconstruction] canvas").evaluate("canvas => canvas.toDataURL()")


def choose_model(page: Page, name: str) -> None:
    page.locator("#model input").click()
    page.get_by_role("option", name=name).click()


def draw_a_seven(page: Page) -> None:
    pad = page.locator("#pad canvas")
    pad.wait_for()
    box = pad.bounding_box()
    x, y, side = box["x"], box["y"], box["width"]
    page.mouse.move(x + 0.25 * side, y + 0.2 * side)
    page.mouse.down()
    page.mouse.move(x + 0.75 * side, y + 0.2 * side, steps=4)
    page.mouse.move(x + 0.4 * side, y + 0.85 * side, steps=6)
    page.mouse.up()


def drawn_and_restored(page: Page, name: str) -> str:
    """The reconstruction of a drawn digit, with the visitor's model."""
    page.get_by_role("tab", name="Denoise").click()
    expect(page.locator("#stage figcaption .word").first).not_to_be_empty(timeout=PATIENCE)
    choose_model(page, name)
    page.locator("#source label").nth(1).click()
    page.wait_for_selector("#pad canvas", timeout=PATIENCE)
    before = restored(page)
    draw_a_seven(page)
    page.wait_for_function(
        "before => document.querySelector('#stage figure[data-part=reconstruction] canvas').toDataURL() !== before",
        arg=before,
        timeout=PATIENCE,
    )
    # Until nothing moves any more.
    last, since = "", time.monotonic()
    while time.monotonic() - since < 3:
        if (now := restored(page)) != last:
            last, since = now, time.monotonic()
        page.wait_for_timeout(100)
    return last


def test_train_stop_continue_use_download_reload_load(visit, tmp_path):
    page = visit("tab=train&seed=3")
    small(page)
    do(page, "train")
    page.wait_for_function(
        "Number(document.querySelector('#train .chart .unseen')?.dataset.points) >= 3", timeout=PATIENCE
    )
    expect(page.locator("#train [data-do=train]")).to_be_disabled()
    page.wait_for_function(
        "Number(document.querySelector('#train [data-figure=unseen]').textContent) < 0.06", timeout=PATIENCE
    )
    do(page, "stop")
    wait_for_state(page, "stopped")
    at = figure(page, "steps")
    heights = [
        float(point.split(",")[1]) for point in page.locator("#train .chart .unseen").get_attribute("points").split()
    ]
    assert heights[-1] > heights[0] + 20, "the curve falls"
    assert part(page, "shown-restored").get_attribute("src").startswith("data:image/png")
    page.wait_for_timeout(1000)
    assert figure(page, "steps") == at  # it has stopped
    expect(part(page, "yours").locator("tbody tr")).to_have_count(1)

    do(page, "continue")
    page.wait_for_function(
        "at => Number.parseInt(document.querySelector('#train [data-figure=steps]').textContent.replace(',', '')) > at",
        arg=at,
        timeout=PATIENCE,
    )
    do(page, "stop")
    wait_for_state(page, "stopped", "done")
    expect(part(page, "yours").locator("tbody tr")).to_have_count(1)

    with page.expect_download(timeout=PATIENCE) as waiting:
        part(page, "get").click()
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    assert path.suffix == ".safetensors" and path.stat().st_size < 1_000_000

    one = drawn_and_restored(page, "Your model 1")
    link = page.evaluate("daeLink()")
    assert "yours-" not in link and "model=" not in link

    owners = {own.owner for own in models._kept.values()}
    page.reload(wait_until="domcontentloaded")
    page.wait_for_selector("#train [data-ready], #train[data-ready]", timeout=PATIENCE, state="attached")
    expect(part(page, "yours").locator("tbody tr")).to_have_count(0)
    for _ in range(100):
        if not any(own.owner in owners for own in models._kept.values()):
            break
        page.wait_for_timeout(100)
    assert not any(own.owner in owners for own in models._kept.values())  # gone with the session
    page.locator("#train-upload input[type=file], input[type=file]").last.set_input_files(path)
    expect(part(page, "yours").locator("tbody tr")).to_have_count(1, timeout=PATIENCE)
    assert drawn_and_restored(page, "Your model 1") == one
    page.get_by_role("tab", name="Features").click()  # and it can be compared with others
    beside = page.locator("#features select option", has_text="Your model 1")
    expect(beside).to_have_count(1, timeout=PATIENCE)


def test_what_cannot_be_entered_and_what_is_explained(visit):
    page = visit()
    message = part(page, "message")
    enter(page, "latent_dim", "99999")
    expect(page.locator("#train-latent_dim")).to_have_value("2048")
    enter(page, "latent_dim", "-5")
    expect(page.locator("#train-latent_dim")).to_have_value("1")
    enter(page, "seconds", "3600")
    expect(page.locator("#train-seconds")).to_have_value("60")
    enter(page, "high", "9")
    expect(page.locator("#train-high")).to_have_value("1.5")
    enter(page, "widths", "300, 99999, x, 20")
    expect(page.locator("#train-widths")).to_have_value("300, 2048, 20")
    page.locator("#train-recipe").select_option("quick")
    expect(message).to_have_text("")
    for name, value, words in (
        ("learning_rate", "1000", "A learning rate of 1000 is out of range"),
        ("batch_size", "100000", "A batch of 100,000 is larger than the 4,500 training digits."),
    ):
        enter(page, name, value)
        expect(message).to_contain_text(words)
        expect(page.locator("#train [data-do=train]")).to_be_disabled()
        page.locator("#train-recipe").select_option("quick")
        expect(message).to_have_text("")
    page.locator("#train-sparsity").select_option("kl")
    expect(message).to_contain_text("must lie between 0 and 1")
    page.locator("#train-code_activation").select_option("sigmoid")
    expect(message).to_have_text("")
    page.locator("#train-output").select_option("identity")
    expect(message).to_contain_text("reads each pixel as a probability")
    page.locator("#train-loss").select_option("mse")
    expect(message).to_have_text("")
    expect(page.locator("#train [data-do=train]")).to_be_enabled()


def test_counts_drawing_and_code_follow_the_settings(visit):
    page = visit()
    enter(page, "widths", "")
    enter(page, "latent_dim", "100")
    expect(part(page, "counts")).to_have_text(
        f"{784 * 100 * 2 + 884:,} parameters. 7.84 pixels for each value of the code."
    )
    assert part(page, "drawing").locator("text").all_text_contents() == ["784", "100", "784"]
    page.locator("#train-tied").check()
    expect(part(page, "counts")).to_contain_text(f"{784 * 100 + 884:,} parameters")
    enter(page, "seed", "77")
    part(page, "code-card").locator("summary").click()
    expect(page.locator("#train pre")).to_contain_text("SEED, STEPS, BATCH, LEARNING_RATE = 77,")


def test_single_steps_show_their_numbers(visit):
    page = visit()
    small(page)
    for step in (1, 2):
        do(page, "step")
        page.wait_for_function(
            "step => document.querySelector('#train [data-figure=steps]').textContent.startsWith(step)",
            arg=str(step),
            timeout=PATIENCE,
        )
        wait_for_state(page, "stopped")
        assert figure(page, "before") > 0 and figure(page, "gradient") > 0 and figure(page, "change") > 0


def test_two_visitors_see_their_own(visit):
    one, other = visit(), visit()
    small(one, "2")
    do(one, "train")
    wait_for_state(one, "done")
    expect(part(one, "yours").locator("tbody tr")).to_have_count(1)
    expect(part(other, "yours").locator("tbody tr")).to_have_count(0)
    key = list(models._kept)[-1]
    other.goto(other.url.split("?")[0] + f"?tab=denoise&model={key}", wait_until="domcontentloaded")
    expect(other.locator("#stage figcaption .word").first).not_to_be_empty(timeout=PATIENCE)
    assert "Your model" not in other.locator("#model input").input_value()


def test_a_file_that_is_no_model_is_refused_with_a_sentence(visit, tmp_path):
    page = visit()
    path = tmp_path / "broken.safetensors"
    path.write_bytes(b"broken")
    page.locator("#train-upload input[type=file], input[type=file]").last.set_input_files(path)
    expect(part(page, "message")).to_contain_text("This file cannot be loaded as a model.", timeout=PATIENCE)


def load_a_network(page: Page, folder, name: str = "one") -> models.Yours:
    """A file instead of a run."""
    path = checkpoints.save(folder / f"{name}.safetensors", dae.load("plain"), checkpoints.info("plain"))
    rows = part(page, "yours").locator("tbody tr")
    before = rows.count()
    page.locator("#train-upload input[type=file], input[type=file]").last.set_input_files(path)
    expect(rows).to_have_count(before + 1, timeout=PATIENCE)
    return list(models._kept.values())[-1]


def test_a_network_that_is_missing_is_told_of_and_replaced(visit, tmp_path):
    page = visit()
    one, two = (load_a_network(page, tmp_path, name) for name in ("one", "two"))
    page.get_by_role("tab", name="Denoise").click()
    expect(page.locator("#stage figcaption .word").first).not_to_be_empty(timeout=PATIENCE)

    def replaced() -> None:
        line = page.locator("#connection p")
        expect(line).to_have_text(text("server_missing", "en"), timeout=PATIENCE)
        expect(page.locator("#model input")).to_have_value(re.compile("^conv-gaussian"))
        page.wait_for_function("new URLSearchParams(daeLesson).get('model') === 'conv-gaussian'")
        page.locator("#connection button").click()
        expect(line).to_be_hidden()

    choose_model(page, "Your model 1")
    page.wait_for_function("key => new URLSearchParams(daeLesson).get('model') === key", arg=one.key)
    models.forget(one.owner, one.key)
    page.evaluate("daeSetLevel(0.77)")
    replaced()
    models.forget(two.owner, two.key)
    choose_model(page, "Your model 2")  # the menu has learnt of the first only
    replaced()
    page.locator("#model input").click()
    page.get_by_role("option", name=re.compile("^plain")).wait_for()
    assert page.get_by_role("option", name="Your model").count() == 0


@pytest.mark.parametrize("press", ["train", "load"])
def test_a_session_that_the_server_has_closed_begins_anew(visit, tmp_path, press):
    page = visit()
    owner = load_a_network(page, tmp_path).owner
    enter(page, "latent_dim", "33")
    runs.leave(owner)  # as after a break of the connection that the page has not noticed
    if press == "train":
        do(page, "train")
    else:
        again = (tmp_path / "one.safetensors").rename(tmp_path / "again.safetensors")
        page.locator("#train-upload input[type=file], input[type=file]").last.set_input_files(again)
    words = f"{text('server_again', 'en')} {text('server_networks', 'en')}"
    expect(page.locator("#connection p")).to_have_text(words, timeout=PATIENCE)
    page.wait_for_selector("#train [data-ready], #train[data-ready]", timeout=PATIENCE, state="attached")
    expect(part(page, "yours").locator("tbody tr")).to_have_count(0)
    expect(page.locator("#train-latent_dim")).to_have_value("33")
    assert owner not in {own.owner for own in models._kept.values()}


def test_closing_the_page_ends_the_run(visit):
    page = visit()
    small(page)
    do(page, "train")
    wait_for_state(page, "running")
    (run,) = [run for run in runs._runs.values() if run.state == "running"]
    page.context.close()
    run.thread.join(30)
    assert not run.thread.is_alive() and run.state != "done"


def test_it_speaks_chinese_and_fits_a_phone(visit):
    page = visit("tab=train&lang=zh", viewport={"width": 390, "height": 800}, has_touch=True)
    expect(page.locator("#train [data-do=train]")).to_have_text("开始训练")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    expect(page.locator("#controls")).to_be_hidden()


def test_a_full_line_is_said_and_can_be_joined_later(visit, monkeypatch):
    page = visit()
    monkeypatch.setattr(runs, "MOST_WAITING", 0)
    do(page, "train")
    expect(part(page, "message")).to_have_text(text("train_busy", "en"), timeout=PATIENCE)
    assert state(page) == "idle"
    monkeypatch.undo()
    do(page, "step")
    wait_for_state(page, "stopped")
    expect(part(page, "message")).to_have_text("")


def test_stop_in_line_for_the_first_run_gives_the_buttons_back(visit):
    first, second = visit(), visit()
    for page in (first, second):
        small(page)
    do(first, "train")
    wait_for_state(first, "running")
    do(second, "train")
    expect(part(second, "status")).to_have_text(text("train_in_line", "en", count=1), timeout=PATIENCE)
    do(second, "stop")
    wait_for_state(second, "idle")
    expect(second.locator("#train [data-do=train]")).to_be_enabled()
    expect(second.locator("#train-latent_dim")).to_be_enabled()
    do(second, "train")  # and it can be joined again
    wait_for_state(second, "waiting")
    do(first, "stop")
    wait_for_state(second, "running")
    do(second, "stop")
    wait_for_state(second, "stopped")


def test_the_end_of_a_run_leaves_language_and_choices_as_they_are_by_then(visit, tmp_path):
    page = visit("tab=train&compare=median")
    for number in range(models.PER_VISITOR):
        load_a_network(page, tmp_path, f"{number}")
    page.get_by_role("tab", name="Denoise").click()
    choose_model(page, "Your model 1")  # which the sixth will push out
    page.get_by_role("tab", name="Train").click()
    small(page)
    do(page, "train")
    wait_for_state(page, "running")
    page.get_by_role("tab", name="Denoise").click()
    page.locator("#language").click()
    expect(page.get_by_role("tab", name="训练")).to_be_visible()
    choose_model(page, "你的模型 2")
    page.get_by_role("tab").nth(1).click()
    cards = page.locator("#compare .cards .card")
    expect(cards).to_have_count(1, timeout=PATIENCE)
    page.locator("#compare-choice input").click()
    page.get_by_role("option", name="你的模型 1", exact=True).click()
    expect(cards).to_have_count(2, timeout=PATIENCE)
    (run,) = [run for run in runs._runs.values() if run.state == "running"]
    run.stopping.set()  # it comes to its end by itself
    wait_for_state(page, "stopped")
    expect(page.locator("#compare-choice .token")).to_have_count(1, timeout=PATIENCE)
    page.locator("#new-noise").click()
    expect(cards).to_have_count(1, timeout=PATIENCE)  # the event was taken
    page.get_by_role("tab").first.click()
    page.locator("#model input").click()
    own = page.get_by_role("option", name=re.compile("^(你的模型|Your model) "))
    expect(own.last).to_have_text(re.compile("你的模型 6:"), timeout=PATIENCE)
    expect(own).to_have_text([re.compile(f"你的模型 {number}:") for number in range(2, 7)])
    expect(page.locator("#model input")).to_have_value(re.compile("^你的模型 2"))


def test_a_run_that_the_server_has_let_go_is_told_of(visit, monkeypatch):
    page = visit()
    small(page)
    do(page, "step")
    wait_for_state(page, "stopped")
    part(page, "code-card").locator("summary").click()
    do(page, "train")
    wait_for_state(page, "running")
    page.wait_for_function(  # the plan is known, and it is not the step before that is shown
        """() => {
          const steps = document.querySelector("#train [data-figure=steps]").textContent;
          return steps.includes("/") && Number.parseInt(steps.replaceAll(",", "")) > 1;
        }""",
        timeout=PATIENCE,
    )
    do(page, "stop")
    wait_for_state(page, "stopped", "done")
    *_, run = [run for run in runs._runs.values() if run.steps == figure(page, "steps")]
    made, planned = f"{run.steps:,}", f"{run.planned:,}"
    # On a busy machine the clock may have been ahead of the steps.
    keys = ("train_code_run",) if run.state == "done" else ("train_code_stopped", "train_code_clock")
    notes = [re.escape(text(key, "en", steps=made, planned=planned)) for key in keys]
    expect(part(page, "script-note")).to_have_text(re.compile(f"^({'|'.join(notes)})$"), timeout=PATIENCE)
    expect(page.locator("#train pre")).to_contain_text(f", LEARNING_RATE = {run.settings.seed}, {run.steps}, ")
    monkeypatch.setattr(runs, "of", lambda owner: None)  # gone after the page has asked for the last time
    do(page, "continue")
    expect(part(page, "message")).to_have_text(text("train_problem_gone", "en"), timeout=PATIENCE)
    for name, is_enabled in (("continue", False), ("restart", False), ("train", True), ("step", True)):
        expect(page.locator(f"#train [data-do={name}]")).to_be_enabled(enabled=is_enabled)
    expect(part(page, "yours").locator("tbody tr")).to_have_count(2)


def test_a_page_that_was_open_before_says_what_its_run_is_trained_on(visit, monkeypatch):
    page = visit()
    small(page)
    seen, _ = data.visitor_split()
    embedded, everything = (
        text(f"train_data_{name}", "en", seen=seen, unseen=500)
        for name, seen in (("embedded", "4,500"), ("everything", "900"))
    )
    do(page, "step")
    wait_for_state(page, "stopped")
    expect(part(page, "data")).to_have_text(embedded)
    monkeypatch.setattr(data, "train", lambda: data.Digits(seen.images[::5], seen.labels[::5], "all of MNIST (900)"))
    monkeypatch.setattr(data, "is_downloaded", lambda: True)  # fetched by another visitor
    do(page, "step")
    page.wait_for_function("document.querySelector('#train [data-figure=steps]').textContent.startsWith('2')")
    wait_for_state(page, "stopped")
    expect(part(page, "data")).to_have_text(embedded)
    do(page, "new_seed")
    expect(part(page, "data")).to_have_text(everything, timeout=PATIENCE)
    expect(part(page, "fetch")).to_be_hidden()
    do(page, "stop")
    wait_for_state(page, "stopped")
