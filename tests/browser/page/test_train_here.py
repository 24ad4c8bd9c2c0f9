"""The Train tab where it trains in the visitor's own browser, with no Python behind it: held against the library."""

from __future__ import annotations

from dataclasses import replace

import pytest
from helpers import gallery_digit, until, violations, words
from playwright.sync_api import Page, expect

import dae
from dae import data, metrics, trial

PATIENCE = 120_000  # milliseconds: a busy machine is slow, not wrong
SMALL = "tab=train&train_widths=none&train_latent_dim=16&train_batch_size=32&train_learning_rate=0.01&train_seed=3"
READY = ".train[data-ready=true]"


def do(page: Page, name: str) -> None:
    page.locator(f".train [data-do={name}]").click()


def becomes(page: Page, *states: str) -> None:
    page.wait_for_selector(",".join(f".train[data-state={state}]" for state in states), timeout=PATIENCE)


def figure(page: Page, name: str) -> float:
    return float(page.locator(f".train [data-figure={name}]").inner_text().split("/")[0].replace(",", ""))


def test_a_network_learns_is_kept_downloaded_and_removed(visit, tmp_path):
    page = visit(f"{SMALL}&train_seconds=600&digit=3&index=8&noise=gaussian&level=0.5&seed=4", shown=READY)
    page.set_default_timeout(PATIENCE)
    page.on("dialog", lambda dialog: dialog.accept())
    expect(page.locator("[data-control=train_where] select")).to_have_value("browser")

    # One step, with the numbers of the library's.
    do(page, "step")
    becomes(page, "stopped")
    settings = replace(
        trial.recipes_to_start_from()["quick"],
        **{"latent_dim": 16, "batch_size": 32, "learning_rate": 0.01, "seed": 3, "precision": "float32"},
    )
    split = data.visitor_split()
    numbers, moment = trial.one_step(settings, split, steps=1000)
    for name, value in (("before", numbers.loss), ("after", numbers.loss_after), ("gradient", numbers.gradient)):
        assert figure(page, name) == pytest.approx(value, rel=2e-3)
    assert figure(page, "unseen") == pytest.approx(moment.unseen, abs=1e-4)

    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    do(page, "train")
    becomes(page, "running")
    until(page, lambda: figure(page, "steps") > 20, "some steps")
    page.locator("[data-control=train-waits] input").check()
    hide = """(hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }"""
    page.evaluate(hide, True)
    page.wait_for_timeout(1500)  # what was begun comes to its end
    at = figure(page, "steps")
    page.wait_for_timeout(1500)
    assert figure(page, "steps") == at
    page.evaluate(hide, False)
    until(page, lambda: figure(page, "steps") > at, "steps once it is seen again")
    do(page, "stop")
    becomes(page, "stopped")
    assert asked == []  # neither Python nor anybody else
    at = figure(page, "steps")
    do(page, "continue")
    until(page, lambda: figure(page, "steps") > at, "the run's next steps")
    do(page, "stop")
    becomes(page, "stopped", "done")
    own = page.locator(".train .own tbody tr")
    expect(own).to_have_count(2)  # of the step alone, and of the run: what goes on takes its own place
    unseen = figure(page, "unseen")
    page.locator(".train .code summary").click()
    steps = int(figure(page, "steps"))
    until(page, lambda: f"STEPS, BATCH, LEARNING_RATE = 3, {steps}," in page.locator("textarea").input_value(), "code")

    with page.expect_download() as waiting:
        own.first.get_by_role("button", name=words()["train_download"]).click()
    path = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(path)
    network = dae.load(path)
    assert trial.examine(network, trial.exam(settings.noises, split[1])) == pytest.approx(unseen, abs=6e-5)

    page.reload()
    page.wait_for_selector(READY)
    expect(own).to_have_count(2)
    name = own.first.locator("b").inner_text()
    page.locator("#tab-denoise").click()
    page.locator("[data-control=model] select").first.select_option(label=name)
    shown = page.locator(".denoise figure[data-part=reconstruction]")
    until(page, lambda: name in (shown.locator("canvas").get_attribute("aria-label") or ""), "the network's picture")
    page.wait_for_selector(".held .pictures[data-shown]")
    until(page, lambda: shown.locator("dd").first.inner_text() != "", "its error")
    clean = gallery_digit(3, 8)
    expected = metrics.mse(network(dae.corrupt(clean, "gaussian", 0.5, seed=4)), clean)
    assert float(shown.locator("dd").first.inner_text()) == pytest.approx(expected, abs=1e-4)

    page.locator("#tab-train").click()
    for left in (1, 0):
        own.first.get_by_role("button", name=words()["train_remove"]).click()
        expect(own).to_have_count(left)
    page.reload()
    page.wait_for_selector(READY)
    expect(own).to_have_count(0)

    # What makes no sense is said without a server, and what the browser does not train is left to one.
    rate = page.locator(".train [data-setting=learning_rate]")
    rate.fill("1000")
    rate.blur()
    expect(page.locator(".train .problem")).to_contain_text("A learning rate of 1000 is out of range")
    expect(page.locator(".train [data-do=train]")).to_be_disabled()
    page.locator(".train [data-control=train-architecture] select").select_option("conv")
    expect(page.locator("[data-control=train_where]")).to_have_count(0)
    expect(page.locator(".train .where").last).to_have_text(words()["train_where_server_about"])


def test_two_runs_side_by_side(visit):
    page = visit(
        f"{SMALL}&train_seconds=600&train_compare=latent_dim&train_with=4&lang=zh",
        shown=READY,
        **{"viewport": {"width": 390, "height": 800}, "has_touch": True},
    )
    page.set_default_timeout(PATIENCE)
    page.on("dialog", lambda dialog: dialog.accept())
    said = words("zh")
    names = [said["labelled"].format(name=said["train_latent_dim"], value=size) for size in (16, 4)]
    expect(page.locator("[data-control=train_compare] select")).to_have_value("latent_dim")
    expect(page.locator(".train [data-setting=with]")).to_have_value("4")
    assert page.locator(".train .drawing").count() == 2

    def steps() -> list[int]:
        """The last step of each one's curve."""
        both = "({ curve, second }) => [curve, second.curve].map((each) => each.at(-1)?.[0] ?? 0)"
        return page.evaluate(f"async () => ({both})((await import('/page/views/train/run.js')).snapshot.peek())")

    def errors() -> list[float]:
        rows = page.locator(".train .beside tbody tr[data-run]")
        assert rows.evaluate_all("all => all.map((row) => row.dataset.run)") == names
        return [float(each) for each in rows.locator("[data-figure=unseen]").all_inner_texts()]

    page.locator(".train [data-do=train]").press("Enter")
    expect(page.locator(".train .beside tbody tr[data-run]")).to_have_count(2)
    until(page, lambda: min(steps()) > 20, "some steps")
    do(page, "stop")
    becomes(page, "stopped")
    first, second = steps()
    assert first == second == figure(page, "steps")
    lines = page.locator(".train .chart .line[data-look=strong] path")
    dashes = lines.evaluate_all("all => all.map((line) => getComputedStyle(line).strokeDasharray)")
    assert len(dashes) == len(set(dashes)) == 2, "told apart without their colours"
    nothing = float(page.locator(".train .beside [data-figure=nothing]").inner_text())
    assert 0 < min(errors()) < nothing == pytest.approx(0.115, abs=5e-4)
    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    own = page.locator(".train .own tbody tr")
    expect(own).to_have_count(2)
    for name in own.locator("b").all_inner_texts():
        expect(page.locator(".train .beside tbody th").filter(has_text=name)).to_have_count(1)
    for button in own.locator("button").all():
        box = button.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= 390

    page.locator(".train .code summary").click()
    script = page.locator(".train .code textarea")
    until(page, lambda: "nn.Linear(784, 16)" in script.input_value(), "the first one's code")
    page.locator("[data-control=train-script] select").select_option(label=names[1])
    until(page, lambda: "nn.Linear(784, 4)" in script.input_value(), "the second one's code")

    do(page, "continue")
    until(page, lambda: min(steps()) > first, "the next steps of both")
    do(page, "stop")
    becomes(page, "stopped", "done")
    expect(own).to_have_count(2)
    here = "async () => (await import('/page/views/train/run.js')).snapshot.peek().here"
    before = page.evaluate(here)
    do(page, "restart")
    until(page, lambda: page.evaluate(here) != before and min(steps()) > 0, "both from their start")
    do(page, "stop")
    becomes(page, "stopped", "done")
    expect(own).to_have_count(4)
    oldest = said["your_model"].format(number=1)
    expect(page.locator(".train .room")).to_have_text(said["train_room"].format(names=oldest))

    # With and without noise, as a link says it; both are judged on the noisy digits.
    page.locator("[data-control=train_compare] select").select_option("noise")
    expect(page.locator("[data-control=train-with] select")).to_have_value("none")
    page.wait_for_function("location.search.includes('train_compare=noise')")
    assert "train_with" not in page.url  # the usual one
    do(page, "step")
    becomes(page, "stopped")
    expect(page.locator(".train .own tbody tr td").nth(1)).to_have_text(f"{nothing:.4f}")
    expect(page.locator(".train [data-figure=before]")).to_have_count(2)
    page.locator("[data-control=train-with] select").select_option("gaussian")
    expect(page.locator(".train .problem")).to_have_text(said["train_problem_same"])
    expect(page.locator(".train [data-do=train]")).to_be_disabled()

    # One run again; and two, for which the two oldest make room.
    page.locator("[data-control=train_compare] select").select_option("")
    do(page, "step")
    expect(page.locator(".train .beside")).to_have_count(0)
    becomes(page, "stopped")
    expect(own).to_have_count(5)
    leaving = own.locator("b").all_inner_texts()[-2:]
    page.locator("[data-control=train_compare] select").select_option("learning_rate")
    do(page, "step")
    expect(page.locator(".train .beside tbody tr[data-run]")).to_have_count(2)
    becomes(page, "stopped")
    for name in leaving:
        expect(page.locator(".toast p")).to_contain_text(name)
    expect(own).to_have_count(5)


def test_what_is_entered_and_a_loss_that_is_no_number(visit):
    page = visit(SMALL, shown=READY)
    page.set_default_timeout(PATIENCE)
    said = words()

    def enters(name: str, value: str, holds: str, sentence: str) -> None:
        field = page.locator(f".train [data-setting={name}]")
        field.fill(value)
        field.blur()
        expect(field).to_have_value(holds)
        expect(page.locator(f".train .control:has([data-setting={name}]) .note")).to_have_text(sentence)

    limits = said["train_problem_widths"].format(fewest=0, most=4, largest=2048)
    enters("widths", "３００，40、20", "300, 40, 20", "")
    enters("widths", "300, 9999", "300, 2048", limits)
    enters("widths", "wide", "300, 2048", said["train_problem_unread"].format(text="wide"))
    enters("widths", "无", "", "")
    size = {"field": said["train_latent_dim"], "low": 1, "high": 2048}
    enters("latent_dim", "99999", "2048", said["train_problem_range"].format(**size))
    enters("latent_dim", "512", "512", "")
    enters("high", "9", "1.5", said["train_problem_levels"].format(limit=1.5))
    page.locator(".train [data-control=train-architecture] select").select_option("conv")
    expect(page.locator(".train [data-setting=latent_dim]")).to_have_value("64")
    page.locator("[data-control=train_compare] select").select_option("noise")
    expect(page.locator(".train .problem")).to_have_text(said["train_problem_two_here"])
    expect(page.locator(".train [data-do=train]")).to_be_disabled()

    # A rate that no form takes, so that the loss is no number.
    page = visit(SMALL.replace("rate=0.01", "rate=1e38"), shown=READY.replace("true", "false"))
    page.set_default_timeout(PATIENCE)
    page.evaluate("async () => { (await import('/page/views/train/run.js')).go('new'); }")
    becomes(page, "failed")
    expect(page.locator(".train .problem")).to_have_text(said["train_problem_diverged"])
    assert 0 < figure(page, "unseen") < 1
    expect(page.locator(".train .own tbody tr")).to_have_count(1)
    expect(page.locator(".train [data-do=continue]")).to_be_enabled()
