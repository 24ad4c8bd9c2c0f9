"""Whatever controls a link hides, no hole is left where they were."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
from helpers import until, violations, words
from playwright.sync_api import Page, expect

from dae.manifest import HIDEABLE

ELSEWHERE = [
    name for name in HIDEABLE if name in ("compare", "beside", "second") or name.startswith(("sample_", "score_"))
]
HERE = [name for name in HIDEABLE if name not in ELSEWHERE]  # what the Denoise tab has
PAIRS = [*((each,) for each in HERE), *itertools.combinations(HERE, 2)]
LARGER = [
    ("noise", "level", "seed"),  # with a noise that is never clipped: nothing of its group is left
    ("noise", "level", "clip", "seed"),
    ("digit", "noise", "level", "clip", "seed", "model", "passes"),
    ("strip", "figures", "verdict", "error", "slide"),
    tuple(HIDEABLE),
]
# Fields of the state, read from the address as at "Back".
SET = """async (query) => {
  history.replaceState(null, "", `?${query}`);
  dispatchEvent(new PopStateEvent("popstate"));
  for (let frame = 0; frame < 3; frame++) await new Promise(requestAnimationFrame);
}"""
# What is left of the view: boxes with nothing in them, headings of nothing, and how far neighbours stand apart.
MEASURE = """() => {
  const seen = (node) => node.checkVisibility() && node.getBoundingClientRect().height > 0;
  const holds = "canvas, svg, input, select, button, textarea";
  const called = (node) => [node.tagName.toLowerCase(), ...node.classList].join(".");
  const blocks = ".group, fieldset, .controls, .held, .stage, section, figure, p, ul, dl, nav";
  const empty = [...document.querySelectorAll(`#app :is(${blocks})`)]
    .filter((node) => seen(node) && !node.matches(".connection, [role=status], [aria-live]"))
    .filter((node) => !node.innerText.trim() && !node.querySelector(holds)).map(called);
  const bare = [...document.querySelectorAll("#view :is(h2, h3)")].filter(seen).filter((heading) => {
    const section = heading.closest("section, .group");
    return section && section.innerText.trim() === heading.innerText.trim() && !section.querySelector(holds);
  }).map(called);
  const gaps = {};
  const note = (name, gap) => { gaps[name] = Math.max(gaps[name] ?? 0, gap); };
  const frames = "#app, .desk, main, .bench, .controls, .stage, .held, .group, .pictures, .pictures figure";
  const flows = (node) => seen(node) && !["absolute", "fixed"].includes(getComputedStyle(node).position);
  for (const box of document.querySelectorAll(frames)) {
    const children = [...box.children].filter(flows);
    if (!children.length) continue;
    const boxes = children.map((node) => node.getBoundingClientRect()).sort((a, b) => a.top - b.top || a.left - b.left);
    const outer = box.getBoundingClientRect();
    let bottom = boxes[0].top;
    for (const { top, bottom: lower } of boxes) {
      note(`${called(box)} between`, top - bottom);
      bottom = Math.max(bottom, lower);
    }
    if (!box.matches(".bench, figure")) note(`${called(box)} below`, outer.bottom - bottom);
    note(`${called(box)} right`, outer.right - Math.max(...boxes.map(({ right }) => right)));
    note(`${called(box)} left`, Math.min(...boxes.map(({ left }) => left)) - outer.left);
  }
  return { empty, bare, gaps, wide: document.documentElement.scrollWidth };
}"""


def holes(page: Page, query: str, hide: tuple[str, ...], usual: dict[str, float]) -> list[str]:
    """What is wrong with the page once these are hidden."""
    page.evaluate(SET, f"{query}&hide={','.join(hide)}")
    found = page.evaluate(MEASURE)
    wrong = [f"{kind}: {each}" for kind in ("empty", "bare") for each in found[kind]]
    wrong += [
        f"{name}: {gap:.0f}, usually {usual.get(name, 0):.0f}"
        for name, gap in found["gaps"].items()
        if gap > max(16, usual.get(name, 32)) + 2  # 16: between any two blocks
    ]
    if found["wide"] > page.viewport_size["width"]:
        wrong.append(f"{found['wide']} px wide")
    return [f"without {', '.join(hide)}: {each}" for each in wrong]


@pytest.mark.parametrize(("width", "noise"), [(390, "block"), (1366, "gaussian")])
def test_every_two_controls_can_be_hidden_without_a_hole(visit: Callable[..., Page], width: int, noise: str):
    query = f"lang=en&passes=2&noise={noise}"
    page = visit(query, viewport={"width": width, "height": 900})
    page.locator(".offer .dismiss").click()  # a lesson is offered only where nothing is hidden
    page.wait_for_timeout(500)
    page.evaluate(SET, query)
    usual = page.evaluate(MEASURE)
    assert usual["empty"] == usual["bare"] == []
    assert len(usual["gaps"]) > 20
    assert [each for hide in PAIRS + LARGER for each in holes(page, query, hide, usual["gaps"])] == []


@pytest.mark.parametrize(
    ("tab", "shown"),
    [
        ("compare", ".compare .card .picture"),
        ("latent", ".latent .seen .picture"),
        ("features", ".features .dictionary canvas[data-tiles]"),
        ("sample", ".sample .growing[data-step]"),
        ("score", ".score[data-shown=true]"),
    ],
)
def test_the_other_tabs_have_no_hole_either(visit: Callable[..., Page], tab: str, shown: str):
    query = f"lang=en&tab={tab}"
    page = visit(query, shown)
    if tab != "score":
        until(page, lambda: page.locator(".controls .picture").count() > 5, "the gallery")
    page.wait_for_timeout(1000)
    usual = page.evaluate(MEASURE)
    assert usual["empty"] == usual["bare"] == []
    hidden = [*((each,) for each in HIDEABLE), *LARGER]
    assert [each for hide in hidden for each in holes(page, query, hide, usual["gaps"])] == []
    if tab == "score":  # a whole column of controls
        page.evaluate(SET, f"{query}&hide=score_network,score_layers,score_beside")
        left = "(selector) => document.querySelector(selector).getBoundingClientRect().left"
        assert page.evaluate(left, ".score .show") == page.evaluate(left, ".score")


def test_what_is_hidden_is_gone(visit: Callable[..., Page]):
    """Each name takes away what it says, and no more than that."""
    places = {
        "digit": "[data-control=source], .gallery",
        "draw": "[data-control=source] input[value=draw]",
        "upload": "[data-control=source] input[value=upload]",
        **{name: f".controls [data-control={name}]" for name in ("noise", "level", "clip", "seed", "model")},
        "passes": ".passes",
        "strip": ".strip",
        "figures": ".figures",
        "verdict": ".verdict, .notes .wavy",
        "error": "figure[data-part=error]",
        "slide": ".slides",
        "tabs": "#app > nav",
        "link": "#copy-link",
        "language": "#language",
    }
    page = visit("lang=en")
    for hide in places:
        page.evaluate(SET, f"lang=en&hide={hide}")
        for name, place in places.items():
            is_gone = name == hide or (hide == "digit" and name in ("draw", "upload"))
            assert (page.locator(place).count() == 0) == is_gone, f"{name} without {hide}"
    assert set(places) == set(HERE)
    controls = ("sample_model", "sample_schedule", "sample_count")
    others = {
        **{name: (tab, f"[data-control={name}]") for tab, name in (("compare", "compare"), ("latent", "beside"))},
        "second": ("features", "[data-control=second]"),
        **{name: ("sample", f"[data-control={name}]") for name in controls},
        **{f"sample_{part}": ("sample", f".sample .{part}") for part in ("growing", "question")},
    }
    assert set(others) == {name for name in ELSEWHERE if not name.startswith("score_")}
    for name, (tab, place) in others.items():
        page.evaluate(SET, f"lang=en&tab={tab}")
        expect(page.locator(place)).to_be_visible(timeout=60_000)
        page.evaluate(SET, f"lang=en&tab={tab}&hide={name}")
        expect(page.locator(place)).to_have_count(0)
    page.evaluate(SET, "lang=en&tab=features")
    expect(page.get_by_role("tabpanel")).to_have_accessible_name(words()["tab_features"])


def test_axe_finds_nothing_where_much_is_hidden(visit: Callable[..., Page]):
    page = visit("hide=" + ",".join(HIDEABLE), ".denoise .pictures[data-shown]")
    assert violations(page) == []
