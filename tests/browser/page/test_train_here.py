"""The Train tab where it trains in the visitor's own browser, with no Python behind it: held against the library."""

from __future__ import annotations

from dataclasses import replace

import pytest
from helpers import gallery_digit, until, words
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
    page = visit(f"{SMALL}&train_seconds=60&digit=3&index=8&noise=gaussian&level=0.5&seed=4", shown=READY)
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
    name = own.first.locator("th").inner_text()
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
    expect(page.locator(".train .where")).to_have_text(words()["train_where_server_about"])
