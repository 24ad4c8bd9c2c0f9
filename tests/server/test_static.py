"""The page's files: what is served, how it is packed and named, and what is not."""

import gzip
import hashlib
import json
import subprocess
import sys

import anyio
import brotli
import pytest
from asked import PAGE
from served import run_async
from starlette.requests import Request

from dae import checkpoints, data, folders, verdict
from dae.server import static
from dae.server.static import Files


def test_the_page_and_its_parts_with_their_types(client):
    for address, name, kind in (
        ("/", "index.html", "text/html; charset=utf-8"),
        ("/sw.js", "sw.js", "text/javascript; charset=utf-8"),
        ("/page/app.js", "app.js", "text/javascript; charset=utf-8"),
        ("/page/engine/kernels.wasm", "engine/kernels.wasm", "application/wasm"),
        ("/page/words/zh.json", "words/zh.json", "application/json"),
    ):
        answer = client.get(address)
        assert answer.status_code == 200 and answer.text == PAGE[name], address
        assert answer.headers["content-type"] == kind and answer.headers["cache-control"] == "no-cache"


def test_checkpoints_are_the_files_themselves(client):
    for name in ("conv-gaussian.safetensors", "results.json", "planes/plain.safetensors", "features/plain.safetensors"):
        assert client.get(f"/checkpoints/{name}").content == (checkpoints.directory() / name).read_bytes()
    assert client.get("/checkpoints/verdict.safetensors").content == verdict.FILE.read_bytes()


def test_all_that_the_service_worker_keeps_is_there():
    from starlette.testclient import TestClient

    from dae.server.app import build

    client = TestClient(build())
    listed = client.get("/files.json").json()
    assert "./" in listed["page"] and len(listed["others"]) > 10
    for address in listed["page"] + listed["others"]:
        assert client.get("/" + address.removeprefix("./")).status_code == 200, address


@pytest.mark.parametrize("digit", [0, 7, 9])
def test_the_gallery_has_the_librarys_pixels(client, digit):
    content = client.get(f"/gallery/{digit}.bin").content
    expected = data.gallery().images[500 * digit : 500 * digit + 500].mul(255).round().byte()
    assert content == expected.numpy().tobytes() and len(content) == 500 * 784


@pytest.mark.parametrize(
    "address",
    [
        *(
            "/page/",
            "/page",
            "/page/missing.js",
            f"/page/{'a' * 300}.js",
            f"/page/{'a/' * 3000}b.js",
            "/page/.hidden/secret.js",
            "/page/notes.md",
            "/page/../app.py",
        ),
        *("/page/%2e%2e/conftest.py", "/page//etc/passwd", "/page/..%2f..%2fapp.py", "/page/a%00.js", "/page/engine"),
        *("/checkpoints/README.md", "/checkpoints/", "/checkpoints/planes/README.md", "/checkpoints/planes/"),
        *("/checkpoints/../app.py", "/checkpoints/planes/%2e%2e/results.json", "/checkpoints/none.safetensors"),
        *("/gallery/10.bin", "/gallery/a.bin", "/gallery/-1.bin", "/gallery/", "/gallery/0", "/gallery/x/0.bin"),
    ],
)
def test_nothing_else_is_handed_out(client, address):
    answer = client.get(address, follow_redirects=False)
    assert answer.status_code in (404, 307) and "secret" not in answer.text and "def " not in answer.text


@pytest.mark.parametrize(("packing", "unpack"), [("br", brotli.decompress), ("gzip", gzip.decompress)])
def test_what_shrinks_is_packed_and_what_is_small_or_packed_is_not(client, packing, unpack):
    with client.stream("GET", "/page/app.js", headers={"Accept-Encoding": packing}) as answer:
        sent = b"".join(answer.iter_raw())
    assert answer.headers["content-encoding"] == packing and len(sent) == int(answer.headers["content-length"])
    assert unpack(sent).decode() == PAGE["app.js"] and len(sent) < len(PAGE["app.js"]) / 10
    assert "accept-encoding" in answer.headers["vary"].lower()
    for other in ("/sw.js", "/page/engine/kernels.wasm"):
        assert "content-encoding" not in client.get(other, headers={"Accept-Encoding": packing}).headers


def test_a_browser_that_has_the_newest_gets_no_body(client):
    for packing in ("identity", "br"):
        first = client.get("/page/app.js", headers={"Accept-Encoding": packing})
        again = client.get("/page/app.js", headers={"If-None-Match": first.headers["etag"], "Accept-Encoding": packing})
        assert again.status_code == 304 and again.content == b"" and again.headers["etag"] == first.headers["etag"]
    other = client.get("/page/app.js", headers={"If-None-Match": '"0123456789abcdef"'})
    assert other.status_code == 200
    weak = client.get("/page/app.js", headers={"If-None-Match": f"W/{first.headers['etag']}"})
    assert weak.status_code == 304  # as proxies name what they have packed anew


def test_a_named_content_stays_for_ever_and_a_wrong_name_does_not(client):
    digest = hashlib.sha256(PAGE["app.js"].encode()).hexdigest()[:16]
    assert "immutable" in client.get(f"/page/app.js?v={digest}").headers["cache-control"]
    assert client.get("/page/app.js?v=0123456789abcdef").headers["cache-control"] == "no-cache"


def test_head_says_the_same_without_the_body(client):
    for address in ("/", "/page/app.js", "/checkpoints/results.json", "/gallery/3.bin"):
        whole, head = client.get(address), client.head(address)
        assert head.content == b"" and head.status_code == 200
        assert {**head.headers} == {**whole.headers}


def test_a_new_release_replaces_the_old_one(tmp_path):
    (tmp_path / "index.html").write_text("old")
    files = Files(tmp_path)
    old = files.find("")
    (tmp_path / "index.html").write_text("newer")
    assert (old.body, files.find("").body) == (b"old", b"newer") and old.digest != files.find("").digest
    (tmp_path / "index.html").unlink()
    assert files.find("") is None


async def _sent(files, address):
    scope = {"type": "http", "method": "GET", "path": f"/{address}", "query_string": b"", "headers": []}
    answer = await files.answer(Request(scope))
    return answer.status_code, answer.body


def test_what_was_sent_is_looked_at_again_once_for_all_who_ask_at_once(tmp_path, monkeypatch):
    now, looked = [0.0], []
    monkeypatch.setattr(static.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(static, "_state", lambda path, state=static._state: looked.append(path.name) or state(path))
    (tmp_path / "a.js").write_text("old")
    (tmp_path / "b.js").write_text("stays")
    (tmp_path / "c.js").write_text("goes")
    files = Files(tmp_path)
    names = [f"page/{name}.js" for name in "abc"]

    async def all_at_once():
        found = {}

        async def ask(name):
            found[name] = await _sent(files, name)

        async with anyio.create_task_group() as tasks:
            for name in names * 20:
                tasks.start_soon(ask, name)
        return [found[name] for name in names]

    expected = [(200, b"old"), (200, b"stays"), (200, b"goes")]
    assert run_async(all_at_once) == expected
    (tmp_path / "a.js").write_text("newer")
    (tmp_path / "c.js").unlink()
    looked.clear()
    assert run_async(all_at_once) == expected and not looked  # within a second
    now[0] += static.FRESH_SECONDS + 0.1
    run_async(all_at_once)
    assert looked.count("b.js") == 1 and looked.count("c.js") <= 1
    assert run_async(all_at_once) == [(200, b"newer"), (200, b"stays"), (404, b"Not Found")]


def test_each_content_is_packed_once(tmp_path, monkeypatch):
    packed = []
    monkeypatch.setitem(static.PACKINGS, "br", lambda body: packed.append(body) or b"")
    (tmp_path / "a.js").write_text("//" * 1000)
    files = Files(tmp_path)
    assert [files.find("page/a.js").encoded("gzip, br")[1] for _ in range(3)] == ["", "", ""] and len(packed) == 1


def test_previews_have_the_address_that_was_set_and_never_one_from_a_request(page, monkeypatch, client):
    from dae.server.app import base_address

    for name in ("SPACE_HOST", "DAE_ADDRESS"):
        monkeypatch.delenv(name, raising=False)
    assert base_address() == "" and 'content="page/preview.png"' in client.get("/", headers={"Host": "evil.org"}).text
    monkeypatch.setenv("SPACE_HOST", "me-digits.hf.space")
    assert base_address() == "https://me-digits.hf.space/"
    monkeypatch.setenv("DAE_ADDRESS", "https://digits.org/room")
    assert b'content="https://digits.org/room/page/preview.png"' in Files(page, base_address()).find("").body
    monkeypatch.setenv("DAE_ADDRESS", 'javascript:"')
    assert base_address() == ""


def test_a_link_out_of_the_folder_is_not_followed(tmp_path):
    (tmp_path / "page").mkdir()
    (tmp_path / "outside.js").write_text("secret")
    (tmp_path / "page" / "inside.js").symlink_to(tmp_path / "outside.js")
    assert Files(tmp_path / "page").find("page/inside.js") is None


def test_nothing_is_served_of_a_folder_of_checkpoints_that_is_not_there(monkeypatch, tmp_path):
    monkeypatch.setenv("DAE_CHECKPOINTS", str(tmp_path / "none"))
    assert Files(tmp_path).find("checkpoints/plain.safetensors") is None
    assert folders.checkpoints() == checkpoints.directory() == tmp_path / "none"


def test_the_server_is_built_and_serves_files_without_torch(page):
    code = (
        "import sys, json\nfrom pathlib import Path\nfrom starlette.testclient import TestClient\n"
        f"from dae.server.app import build\nclient = TestClient(build(Path({str(page)!r})))\n"
        "statuses = [client.get(a).status_code for a in ('/', '/page/app.js', '/checkpoints/plain.safetensors')]\n"
        "print(json.dumps([statuses, 'torch' in sys.modules, 'matplotlib' in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == [[200, 200, 200], False, False]
