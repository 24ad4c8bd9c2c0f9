"""What is chosen in a tab goes into the link, and the link gives it back; what a tab has no use for is not offered."""

from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from dae.ui.build import build, launch_options

PATIENCE = 60_000


def change_compare(page: Page) -> None:
    for _ in range(5):
        page.locator("#compare-choice .token .token-remove").last.click()
    expect(page.locator("#compare .cards li")).to_have_count(2, timeout=PATIENCE)


def change_latent(page: Page) -> None:
    page.locator("#latent .kinds [data-kind=pca]").click()
    page.locator("#latent .beside").select_option("jz-topk-5")
    page.locator("#latent .grid-switch").check()


def change_features(page: Page) -> None:
    page.locator("#features select[name=second]").select_option("jz-topk-5")
    for name, value in (("by", "similarity"), ("scale", "common"), ("from", "clean")):
        page.locator(f"#features select[name={name}]").select_option(value)
    expect(page.locator("#features .board.two")).to_be_visible(timeout=PATIENCE)


def change_train(page: Page) -> None:
    page.locator("#train-recipe").select_option("jz-topk-5")
    page.locator("#train-noise").select_option("masking")
    page.locator("#train-start").select_option("")
    for name, value in (("low", "0.25"), ("high", "0.75"), ("widths", "256, 64"), ("k", "3"), ("seed", "12")):
        page.locator(f"#train-{name}").fill(value)
        page.locator(f"#train-{name}").dispatch_event("change")
    page.locator("#train-tied").click()


def change_results(page: Page) -> None:
    page.locator("#results .metric input[value=ssim]").check()
    page.locator("#results .noise select").select_option(index=1)
    for name in ("plain", "tv"):
        page.locator(f"#results .lines button[data-name={name}]").click()


def look_compare(page: Page) -> object:
    expect(page.locator("#compare .cards li")).to_have_count(2, timeout=PATIENCE)
    return sorted(page.locator("#compare .cards li").evaluate_all("cards => cards.map((card) => card.dataset.key)"))


def look_latent(page: Page) -> object:
    page.locator("#latent .kinds [data-kind=pca][aria-pressed=true]").wait_for(timeout=PATIENCE)
    expect(page.locator("#latent .beside")).to_have_value("jz-topk-5", timeout=PATIENCE)
    return page.locator("#latent .grid-switch").is_checked()


def look_features(page: Page) -> object:
    expect(page.locator("#features .board.two")).to_be_visible(timeout=PATIENCE)
    return page.locator("#features .tools select").evaluate_all("menus => menus.map((menu) => [menu.name, menu.value])")


def look_train(page: Page) -> object:
    page.wait_for_selector("#train [data-ready]", timeout=PATIENCE)
    return page.locator("#train .form").evaluate(
        """form => [...form.querySelectorAll("input, select")]
          .map((box) => [box.id, box.type === "checkbox" ? box.checked : box.value])"""
    )


def look_results(page: Page) -> object:
    expect(page.locator("#results .chart svg")).to_be_visible(timeout=PATIENCE)
    pressed = page.locator("#results .lines button[aria-pressed=true]")
    return (
        page.locator("#results .metric input:checked").input_value(),
        page.locator("#results .noise select").input_value(),
        sorted(pressed.evaluate_all("buttons => buttons.map((button) => button.dataset.name)")),
    )


TABS = {
    "compare": (look_compare, change_compare, {"compare"}),
    "latent": (look_latent, change_latent, {"plane", "beside", "grid"}),
    "features": (look_features, change_features, {"second", "by", "scale", "from"}),
    "train": (
        look_train,
        change_train,
        {"recipe", *(f"train_{name}" for name in ("noise", "low", "high", "widths", "k", "seed", "tied"))},
    ),
    "results": (look_results, change_results, {"metric", "curves"}),
}


@pytest.fixture(scope="module")
def url(launch) -> str:
    return launch(build(), **launch_options())


@pytest.fixture
def visit(open_page, url) -> Callable[[str], Page]:
    """`visit(query)`: the page that a link with this query opens."""

    def visited(link: str) -> Page:
        address = f"{url}?{link.partition('?')[2] or link}"
        page = open_page(address, locale="en-US", viewport={"width": 1366, "height": 1000})
        page.set_default_timeout(PATIENCE)
        page.wait_for_function("window.daeLesson")
        return page

    return visited


def link_of(page: Page) -> dict[str, list[str]]:
    """The query of the link that the page gives."""
    page.locator("#copy-link").click()
    return parse_qs(urlsplit(page.locator("#toast input").input_value()).query)


@pytest.mark.parametrize("tab", TABS)
def test_the_link_of_a_tab_gives_back_what_was_chosen_there(tab, visit):
    look, change, words = TABS[tab]
    page = visit(f"tab={tab}&model=fc-gaussian&lang=en")
    if tab in ("train", "results"):
        look(page)
    change(page)
    chosen, query = look(page), link_of(page)
    assert words <= query.keys() and query["tab"] == [tab] and query["model"] == ["fc-gaussian"]
    again = visit(page.locator("#toast input").input_value())
    assert look(again) == chosen
    assert link_of(again) == query


# tab -> nonsense, after what makes sense
NONSENSE = {
    "compare": "compare=,,yours-abc,<b>,../../etc/passwd",
    "latent": "plane=<b>&beside=../plain&grid=maybe",
    "features": "second=yours-abc&by=<b>&scale=&from=nowhere",
    "train": "recipe=__proto__&train_activation=x&train_code_activation=&train_output=<b>&train_sparsity=__proto__"
    "&train_loss=none&train_latent_dim=y&train_seed=nan&train_high=&train_clip=maybe&train_start=__proto__",
    # Its noise and widths are not the first that can be chosen.
    "train&recipe=apx-masking": "train_noise=x&train_widths=x&train_tied=yes",
    "results": "metric=constructor&curves=__proto__,<b>",
}
SHOWN = {
    "compare": "#compare .cards li:nth-child(7)",
    "latent": "#latent .kinds [aria-pressed=true]",
    "features": "#features [data-shown]",
    "train": "#train [data-ready]",
    "results": "#results .chart svg",
}


@pytest.mark.parametrize("tab", NONSENSE)
def test_nonsense_in_a_link_leaves_what_a_visit_starts_with(tab, visit):
    seen = []
    for query in (f"tab={tab}&{NONSENSE[tab]}", f"tab={tab}"):
        page = visit(query)
        page.wait_for_selector(SHOWN[tab.partition("&")[0]])
        seen.append(link_of(page))
    assert seen[0] == seen[1]


def test_settings_out_of_range_in_a_link_become_the_nearest(visit):
    page = visit("tab=train&train_widths=0-99999-64&train_latent_dim=-3&train_low=9&train_seconds=1e9")
    page.wait_for_selector(SHOWN["train"])
    found = {name: page.locator(f"#train-{name}").input_value() for name in ("widths", "latent_dim", "low", "high")}
    assert found == {"widths": "1, 2048, 64", "latent_dim": "1", "low": "1.5", "high": "1.5"}


def test_controls_that_a_tab_does_not_follow_are_not_offered_there(visit):
    page = visit("tab=denoise")
    seen = {}
    for tab in ("Denoise", "Compare", "Latent space", "Features"):
        page.get_by_role("tab", name=tab).click()
        page.wait_for_timeout(200)
        seen[tab] = page.locator("#model").is_visible(), page.locator("#again").is_visible()
    hidden, menu = (False, False), (True, False)
    assert seen == {"Denoise": (True, True), "Compare": hidden, "Latent space": menu, "Features": menu}
