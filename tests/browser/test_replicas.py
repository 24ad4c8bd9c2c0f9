"""Two copies of the page behind nginx with the very configuration of docs/, as visitors meet it."""

import os
import re
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from helpers import words
from playwright.sync_api import Page, expect
from served import ROOT, Served, free_port, listening

from dae.server.protocol.basics import LARGE

if os.name != "posix":
    pytest.skip("signals", allow_module_level=True)

PATIENCE = 120_000  # milliseconds: a busy machine is slow, not wrong
CONFIGURATION = (ROOT / "docs" / "nginx.conf").read_text(encoding="utf-8")


@contextmanager
def nginx(folder: Path, first: int, second: int, copies: str = "") -> Iterator[str]:
    """nginx without rights or a service, before two ports of this machine: its address.

    Args:
        copies: in the place of the map that says which copy is asked.
    """
    program = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        pytest.skip("there is no nginx")
    port, site = free_port(), CONFIGURATION
    for given, here in ((":7861", f":{first}"), (":7862", f":{second}"), ("listen 80;", f"listen 127.0.0.1:{port};")):
        assert given in site
        site = site.replace(given, here)
    if copies:
        site = re.sub(r"map \$cookie_playground \$playground_copies \{.*?\}", copies, site, flags=re.DOTALL)
        assert copies in site
    temporary = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy"))
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log stderr;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{temporary}{site}\n}}\n"
    )
    with (folder / "nginx.log").open("w") as log:
        process = subprocess.Popen(
            [program, "-e", "stderr", "-p", folder, "-c", folder / "nginx.conf"], stdout=log, stderr=log
        )
    try:
        for _ in range(200):
            assert process.poll() is None, (folder / "nginx.log").read_text()
            with socket.socket() as knocking:
                if knocking.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def ask(url: str, method: str = "GET", cookie: str = "") -> tuple[int, str, str]:
    """Status, text and the cookie that is set."""
    request = urllib.request.Request(url, data=b"x" if method == "POST" else None, method=method)
    request.add_header("Cookie", cookie)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            return answer.status, answer.read().decode(), answer.headers.get("Set-Cookie", "")
    except urllib.error.HTTPError as error:
        return error.code, "", error.headers.get("Set-Cookie", "")


def test_visitors_come_in_turn_and_stay(tmp_path):
    with listening("first") as (first, _), listening("second") as (second, _), nginx(tmp_path, first, second) as site:
        answers = [ask(site) for _ in range(4)]
        assert sorted(words for _, words, _ in answers) == ["first", "first", "second", "second"]
        for _, words, cookie in answers:
            assert cookie == f"playground={'a' if words == 'first' else 'b'}; Path=/; HttpOnly; SameSite=Lax"
        for name, words in (("a", "first"), ("b", "second")):
            for _ in range(3):
                assert ask(site, cookie=f"other=b; playground={name}") == (200, words, "")
        assert ask(site, cookie="playground=playground_b")[2]  # whoever invents a name comes as a new visitor


def test_what_a_copy_may_have_done_is_not_sent_to_another(tmp_path):
    with (
        listening() as (dying, asked),
        listening("other") as (other, overheard),
        nginx(tmp_path, dying, other) as site,
    ):
        status, _, _ = ask(site, "POST", cookie="playground=a")
        assert status == 502 and len(asked) == 1 and overheard == []
        # A question that changes nothing goes to the other copy, and the visitor with it.
        status, words, cookie = ask(site, cookie="playground=a")
        assert (status, words) == (200, "other") and cookie.startswith("playground=b;")


def test_a_copy_that_is_not_there_is_passed_by(tmp_path):
    with listening("other") as (other, _), nginx(tmp_path, free_port(), other) as site:
        for method in ("POST", "GET"):
            status, words, cookie = ask(site, method, cookie="playground=a")
            assert (status, words) == (200, "other") and cookie.startswith("playground=b;")
    with nginx(tmp_path, free_port(), free_port()) as site:
        assert ask(site)[0] == 502


def test_uploads_of_the_pages_size_pass():
    limit = int(re.search(r"client_max_body_size (\d+)m;", CONFIGURATION)[1]) * 2**20
    assert LARGE <= limit <= LARGE + 2**20  # what stands around a file comes on top


def test_one_address_cannot_ask_without_end(tmp_path):
    """Files, whose bound is the lowest; a class that comes all at once stays below each."""
    with listening("ok") as (first, _), listening("ok") as (second, _), nginx(tmp_path, first, second) as site:
        answers = [ask(f"{site}/ask/keep", "POST")[0] for _ in range(150)]
        assert answers[:100] == [200] * 100 and 429 in answers
        assert ask(site)[0] == 200  # all else is counted apart
    connections = int(re.search(r"limit_conn playground_connections (\d+);", CONFIGURATION)[1])
    requests = int(re.search(r"limit_req zone=playground_requests burst=(\d+) nodelay;", CONFIGURATION)[1])
    assert connections >= 300 * 8 and requests >= 300 * 90


# The page itself


@pytest.fixture(scope="module")
def copies(tmp_path_factory):
    copies = [Served(tmp_path_factory.mktemp(name)) for name in ("first", "second")]
    for copy in copies:
        copy.begin()
    for copy in copies:
        copy.wait()
    yield copies
    for copy in copies:
        copy.kill()
        assert "Traceback" not in copy.log


@pytest.fixture(scope="module")
def site(copies, tmp_path_factory):
    with nginx(tmp_path_factory.mktemp("nginx"), *(copy.port for copy in copies)) as site:
        yield site


def copy_of(page: Page) -> str:
    (cookie,) = page.context.cookies()
    assert cookie["name"] == "playground"
    return cookie["value"]


def restores(page: Page) -> None:
    """The Denoise tab shows a reconstruction, and another one for another noise."""
    page.locator("#tab-denoise").click()
    page.wait_for_selector(".pictures[data-shown]", timeout=PATIENCE)
    picture = page.locator("figure[data-part=noisy] canvas")
    before = picture.evaluate("canvas => canvas.toDataURL()")
    page.locator("#new-noise").click()
    page.wait_for_function(
        "before => document.querySelector('figure[data-part=noisy] canvas').toDataURL() !== before", arg=before
    )


def trains(page: Page) -> None:
    page.locator("#tab-train").click()
    page.locator("[data-do=train]").click(timeout=PATIENCE)
    expect(page.locator(".train .own tbody tr")).to_have_count(1, timeout=PATIENCE)


# No visitor is held to a copy; which one gets what is not left to chance.
ASTRAY = """map $uri $playground_copies {
    ~/queue/data$ playground_b;
    ~/ask/server$ playground_any;
    default playground_a;
}"""


def test_without_stickiness_the_page_restores_and_says_what_does_not_work(open_page, copies, tmp_path):
    with nginx(tmp_path, *(copy.port for copy in copies), ASTRAY) as site:
        query = "tab=train&train_where=server&lang=en&train_latent_dim=16"
        page = open_page(f"{site}/?{query}", viewport={"width": 1366, "height": 1000})
        page.set_default_timeout(PATIENCE)
        page.locator("[data-do=train]").click()
        expect(page.locator(".train .problem")).to_have_text(words()["train_problem_copies"], timeout=PATIENCE)
        restores(page)


def test_each_visitor_keeps_a_copy_until_it_is_gone(open_page, copies, site):
    pages = []
    for _ in range(2):
        query = "tab=train&train_where=server&lang=en&train_latent_dim=16&train_seconds=2"
        page = open_page(f"{site}/?{query}", viewport={"width": 1366, "height": 1000})
        page.set_default_timeout(PATIENCE)
        page.wait_for_selector("[data-do=train]:not([disabled])", timeout=PATIENCE)
        pages.append(page)
    assert {copy_of(page) for page in pages} == {"a", "b"}
    first, second = sorted(pages, key=copy_of)
    for page in (first, second):
        trains(page)
        assert copy_of(page) == {first: "a", second: "b"}[page]

    copies[0].kill()  # the one called a: what was trained there is in the browser, too
    restores(first)
    first.locator("#tab-train").click()
    expect(first.locator(".train .own tbody tr")).to_have_count(1)
    first.locator("[data-do=train]").click()
    expect(first.locator(".train .own tbody tr")).to_have_count(2, timeout=PATIENCE)
    assert copy_of(first) == "b"

    copies[1].kill()
    for page in (first, second):
        restores(page)
