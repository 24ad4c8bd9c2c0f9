"""The page's frame."""

from __future__ import annotations

from helpers import words
from playwright.sync_api import expect


def test_a_view_that_cannot_be_loaded_says_so_and_is_asked_for_once_each_time(visit):
    page = visit()
    asked = []
    page.route("**/views/results/results.*", lambda route: (asked.append(route.request.url), route.abort()))
    page.locator("#tab-results").click()
    problem = page.locator("#view .problem")
    expect(problem).to_contain_text(words()["view_failed"])
    page.wait_for_timeout(300)
    assert len(asked) == 2  # the script and the style sheet
    problem.get_by_role("button", name=words()["try_again"]).click()
    expect(problem).to_contain_text(words()["view_failed"])
    page.wait_for_timeout(300)
    assert len(asked) == 4
    page.unroute("**/views/results/results.*")
    problem.get_by_role("button", name=words()["try_again"]).click()
    page.wait_for_selector(".results tbody tr")
    assert page.locator(".results").evaluate("node => getComputedStyle(node).minHeight") != "0px"


def test_the_engine_is_started_at_once_for_all_but_the_start_of_the_page(blank, site_url):
    page = blank()
    page.route("**/page/state.js", lambda _: None)  # without it nothing of the page runs
    with page.expect_worker(timeout=20_000) as started:
        page.goto(f"{site_url}?tab=latent", wait_until="commit")
    assert started.value.url.endswith("/page/engine/worker.js")
    assert page.locator("#app > *").count() == 0


def test_the_pictures_that_the_page_starts_with_are_there_before_the_engine(blank, site_url):
    page = blank()
    page.add_init_script("""window.Worker = class extends Worker {
      constructor(...options) {
        super(...options);
        const canvas = document.querySelector("[data-part=reconstruction] canvas");
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        window.isPainted = data.some((value, i) => i % 4 !== 3 && value > 40);
      }
    };""")
    page.goto(site_url, wait_until="commit")
    page.wait_for_function("'isPainted' in window", timeout=20_000)
    assert page.evaluate("isPainted")
