"""The tasks of the lesson on training: done by real runs in the browser, one after the other."""

from __future__ import annotations

from helpers import until
from playwright.sync_api import Page, expect

PATIENCE = 120_000  # milliseconds: a busy machine is slow, not wrong
DONE = ".player .task[data-done=true]"


def go_to(page: Page, step: int) -> None:
    at = "async () => (await import('/page/page.js')).state.peek('step')"
    while page.evaluate(at) < step:
        page.locator(".player .onward").click()


def run(page: Page) -> None:
    page.wait_for_selector(".train[data-ready=true]", timeout=PATIENCE)
    page.locator(".train [data-do=train]").click()
    page.wait_for_selector(".train[data-state=done]", timeout=PATIENCE)


def test_the_tasks_are_done_by_real_runs(visit):
    page = visit("lesson=train&step=2", shown=".train[data-ready=true]")
    page.on("dialog", lambda dialog: dialog.accept())
    run(page)
    expect(page.locator(DONE)).to_have_count(1)

    go_to(page, 4)
    page.wait_for_timeout(1000)
    assert page.locator(DONE).count() == 0, "the run before was of other settings"
    run(page)
    page.wait_for_timeout(1000)
    assert page.locator(DONE).count() == 0, "it learns at this rate"
    page.locator(".train [data-setting=learning_rate]").fill("0.1")
    page.locator(".train [data-setting=learning_rate]").blur()
    run(page)
    expect(page.locator(DONE)).to_have_count(1)

    go_to(page, 6)
    page.wait_for_selector(".compare .cards figure", timeout=PATIENCE)
    assert page.locator(DONE).count() == 0
    menu = page.locator("[data-control=compare] select")
    menu.select_option(menu.locator("option[value^=own-]").first.get_attribute("value"))
    until(page, lambda: page.locator(DONE).count() == 1, "the task of comparing")
