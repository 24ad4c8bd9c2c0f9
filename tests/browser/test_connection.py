"""What an open page does when its server is killed, comes back, or is slow."""

import os
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from dae.ui.text import text
from playwright.sync_api import Page, expect
from served import Served

import dae
from dae import checkpoints

if os.name != "posix":
    pytest.skip("signals", allow_module_level=True)

PATIENCE = 120_000  # milliseconds: a busy machine is slow, not wrong
LESSON = "digit=3&index=40&noise=masking&level=0.25&seed=5&model=plain&lang=en"


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    app = Served(tmp_path_factory.mktemp("served"))
    app.start()
    yield app
    app.kill()
    assert "Traceback" not in app.log


@pytest.fixture
def visit(open_page, app):
    """`visit(query, **context)`: a page whose socket is open. The server runs, whatever the test before has done."""
    if app.process is None:
        app.start()

    def visited(query: str = LESSON, **context) -> Page:
        context.setdefault("locale", "en-US")
        context.setdefault("viewport", {"width": 1366, "height": 1000})
        page = open_page(f"{app.url}/?{query}", **context)
        page.set_default_timeout(PATIENCE)
        ready(page)
        return page

    return visited


def ready(page: Page, has_socket: bool = True) -> None:
    """Wait until a page has begun: the stage and the slider show its lesson."""
    page.wait_for_function(
        """hasSocket => document.querySelector("#level input[type=range]")?.value
          === new URLSearchParams(window.daeLesson).get("level")
          && (!hasSocket || window.daeSocket?.readyState === WebSocket.OPEN)""",
        arg=has_socket,
        timeout=PATIENCE,
    )


def says(page: Page, *keys: str, lang: str = "en") -> None:
    """Wait until the line says just that."""
    words = text("server_between", lang).join(text(f"server_{key}", lang) for key in keys)
    line = page.locator("#connection p")
    expect(line).to_have_text(words, timeout=PATIENCE)
    expect(line).to_be_visible()


def is_silent(page: Page) -> None:
    expect(page.locator("#connection p")).to_be_hidden(timeout=PATIENCE)


def level_shown(page: Page, level: float) -> None:
    page.wait_for_function(
        "level => Number(document.querySelector('#stage [data-level]')?.dataset.level) === level",
        arg=level,
        timeout=PATIENCE,
    )


def load_a_network(page: Page, path) -> None:
    """On the Train tab: a file, which is quicker than a run."""
    page.wait_for_selector("#train [data-ready], #train[data-ready]", state="attached")
    page.locator("#train-upload input[type=file], input[type=file]").last.set_input_files(path)
    expect(page.locator("#train .yours tbody tr")).to_have_count(1, timeout=PATIENCE)


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    path = tmp_path_factory.mktemp("network") / "mine.safetensors"
    checkpoints.save(path, dae.load("plain"), checkpoints.info("plain"))
    return path


def test_killed_and_started_again(visit, app, network):
    """Four visitors at once: at the slider, on a phone in Chinese, with a network of their own, and where something
    on the way lets no socket through."""
    slider = visit()
    phone = visit(
        "lang=zh&source=draw&tab=denoise", viewport={"width": 390, "height": 800}, has_touch=True, color_scheme="dark"
    )
    owner = visit(LESSON + "&tab=train")
    load_a_network(owner, network)
    deaf = visit()
    deaf.add_init_script("window.WebSocket = class { static OPEN = 1; static CONNECTING = 0; readyState = 3; };")
    deaf.reload(wait_until="domcontentloaded")
    ready(deaf, has_socket=False)
    deaf.evaluate("daeSetLevel(0.45)")
    level_shown(deaf, 0.45)  # by requests
    owner.locator("#train-latent_dim").fill("33")
    owner.locator("#train-latent_dim").dispatch_event("change")

    app.kill()
    says(slider, "gone")
    says(phone, "gone", lang="zh")
    says(owner, "gone")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    deaf.evaluate("daeSetLevel(0.35)")
    says(deaf, "gone")
    owner.locator("#train [data-do=train]").click()  # Gradio notices now, too, and says so in its own words
    expect(owner.locator(".toast-wrap")).to_be_hidden()
    slider.evaluate("daeSetLevel(0.6)")
    slider.get_by_role("tab", name="Compare").click()
    slider.get_by_role("tab", name="Denoise").click()
    slider.wait_for_timeout(2500)  # longer than it takes the page to look again
    says(slider, "gone")

    app.start()
    says(slider, "anew")
    says(phone, "anew", lang="zh")
    says(owner, "anew", "networks")
    ready(slider)
    query = parse_qs(urlsplit(slider.url).query)
    expected = parse_qs(LESSON.replace("level=0.25", "level=0.6"))
    assert {name: query.get(name) for name in expected} == expected
    level_shown(slider, 0.6)
    slider.evaluate("daeSetLevel(0.1)")
    level_shown(slider, 0.1)
    slider.locator("#connection button").click()
    is_silent(slider)
    ready(owner)
    assert parse_qs(urlsplit(owner.url).query)["tab"] == ["train"]
    page = owner
    page.wait_for_selector("#train [data-ready], #train[data-ready]", state="attached")
    expect(page.locator("#train .yours tbody tr")).to_have_count(0)
    expect(page.locator("#train-latent_dim")).to_have_value("33")  # what was set up is still there
    page.get_by_role("tab", name="Denoise").click()
    page.locator("#model input").click()
    page.get_by_role("option", name=re.compile("^plain")).wait_for()
    assert page.get_by_role("option", name="Your model").count() == 0
    says(deaf, "anew")
    ready(deaf, has_socket=False)
    level_shown(deaf, 0.35)
    deaf.evaluate("daeSetLevel(0.2)")
    level_shown(deaf, 0.2)
    # A page that is loaded again by its visitor has nothing to say.
    slider.reload(wait_until="domcontentloaded")
    ready(slider)
    is_silent(slider)


def test_slow_is_not_gone(visit, app):
    page = visit()
    app.pause()
    try:
        page.evaluate("daeSetLevel(0.55)")
        says(page, "slow")
        page.wait_for_timeout(2000)
        says(page, "slow")
    finally:
        app.go_on()
    level_shown(page, 0.55)
    is_silent(page)
    assert page.url.endswith(LESSON)


def test_a_broken_connection_costs_nothing_while_the_session_lives(visit):
    """Offline, what is open stays open, the socket that is closed here apart."""
    page = visit()
    page.evaluate("window.isThisPage = true")
    page.context.set_offline(True)
    page.evaluate("daeSocket.close()")
    says(page, "gone")
    page.context.set_offline(False)
    is_silent(page)
    ready(page)
    page.evaluate("daeSetLevel(0.15)")
    level_shown(page, 0.15)
    assert page.evaluate("window.isThisPage")
