"""Files that are missing or damaged, folders that cannot be written, no network: sentences, and a page that goes on."""

import errno
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

import gradio as gr
import gradio.processing_utils
import pytest
import torch
from safetensors.torch import save_file
from served import ROOT, Served, listening, running_app
from starlette.applications import Starlette
from starlette.testclient import TestClient

import app
from dae import checkpoints, latent, shipped, verdict
from dae.baselines.record import recorded
from dae.ui import api, compare_tab, denoise_tab, live, models, runs, tiles, train_tab
from dae.ui import build as page
from dae.ui.controls import Values, picked
from dae.ui.text import text

SHIPPED = checkpoints.directory()
PICTURE = [[[0.5] * 28] * 28]


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A folder of checkpoints with `plain` and what was computed of it."""
    (tmp_path / "planes").mkdir()
    for name in ("plain.safetensors", "planes/plain.safetensors", "results.json"):
        shutil.copy(SHIPPED / name, tmp_path / name)
    monkeypatch.setenv("DAE_CHECKPOINTS", str(tmp_path))
    return tmp_path


def damage(folder: Path) -> None:
    """Everything that can be wrong with a checkpoint, but for `plain`."""
    whole = (SHIPPED / "conv-gaussian.safetensors").read_bytes()
    (folder / "cut.safetensors").write_bytes(whole[: len(whole) // 2])
    (folder / "empty.safetensors").write_bytes(b"")
    (folder / "text.safetensors").write_text("This is no network.")
    save_file({"weight": torch.zeros(3)}, folder / "foreign.safetensors")
    (folder / "gone.safetensors").symlink_to(folder / "nowhere")
    (folder / "folder.safetensors").mkdir()


DAMAGED = ("cut", "empty", "text", "foreign", "gone", "folder")


def values(model: str) -> Values:
    return Values(picked(3, 5), "gaussian", 0.5, True, 7, model, "en", (), 1)


# Where the page is started


def ask(url: str, body: dict) -> dict:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with direct.open(request, timeout=60) as answer:
        return json.load(answer)


def test_the_page_starts_with_damaged_files_unwritable_caches_and_no_network(folder, tmp_path):
    damage(folder)
    (folder / "results.json").write_text("[1, 2")
    (folder / "planes" / "plain.safetensors").write_bytes(b"nothing")
    nowhere = f"{os.devnull}/x"  # below a file nobody makes a folder, whoever runs this
    caches = ("HOME", "USERPROFILE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "MPLCONFIGDIR", "HF_HOME", "DAE_DATA")
    proxies = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
    (tmp_path / "process").mkdir()
    with listening() as (internet, asked):
        served = Served(
            tmp_path / "process",
            where=Path("/proc") if os.path.isdir("/proc/self") else ROOT,  # where nobody can write either
            **dict.fromkeys(caches, nowhere),
            **dict.fromkeys(proxies, f"http://127.0.0.1:{internet}"),
        )
        try:
            served.begin()
            broken = [f"{name}.safetensors in {folder} cannot be used: " for name in DAMAGED]
            without = ["There are no results in ", "The latent space of plain is computed when it is asked for"]
            served.wait(180, [*broken, *without, f"Open {served.url}"])
            for model, lacks in (("plain", False), ("cut", True), ("foreign", True)):
                answer = ask(f"{served.url}/live/denoise", {"query": f"model={model}", "lang": "en"})
                while answer["loading"]:
                    answer = ask(f"{served.url}/live/denoise", {"query": f"model={model}", "lang": "en"})
                assert {"clean", "noisy"} <= answer["pictures"].keys()
                assert bool(answer["lacks"]) == lacks == ("reconstruction" not in answer["pictures"])
            started = ask(f"{served.url}/gradio_api/call/results", {"data": []})
            address = f"{served.url}/gradio_api/call/results/{started['event_id']}"
            with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=60) as stream:
                assert "Nothing has been measured yet." in stream.read().decode()
            served.stop()
        finally:
            served.kill()
    assert "Traceback" not in served.log
    assert asked == [], "the page asks no other host"


def test_ctrl_c_in_the_first_seconds_ends_the_page_in_peace(tmp_path):
    with running_app(tmp_path) as served:
        time.sleep(1)  # a thread is within torch, to load what the first visitors need
        assert served.interrupt() == 0
        assert "terminate" not in served.log and "Traceback" not in served.log


def test_a_folder_for_uploads_that_cannot_be_is_answered_with_a_sentence():
    environment = os.environ | {"GRADIO_TEMP_DIR": f"{os.devnull}/x"}
    run = subprocess.run([sys.executable, "app.py"], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert run.returncode == 1 and run.stdout == ""
    assert re.fullmatch(r"The folder for uploads, \S+, cannot be written \(.+\): .* GRADIO_TEMP_DIR\.\n", run.stderr)


def test_no_room_for_temporary_files_is_answered_with_a_sentence(monkeypatch):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
    monkeypatch.setattr(tempfile, "TemporaryFile", full)
    with pytest.raises(ValueError, match=r"^The folder for uploads, .* cannot be written \(No space left on device\)"):
        app.check_folders()
    monkeypatch.setattr(tempfile, "gettempdir", full)
    with pytest.raises(ValueError, match=r"^No folder for temporary files can be written \(.*TMPDIR\.$"):
        app.check_folders()


# What the host is told


def test_a_whole_folder_is_no_problem():
    assert list(shipped.problems()) == []


@pytest.mark.parametrize("where", ["empty", "nowhere", "file"])
def test_no_checkpoints_at_all_is_said_and_the_page_is_there(where, tmp_path, monkeypatch):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    monkeypatch.setenv("DAE_CHECKPOINTS", str(tmp_path / where))
    first, second = shipped.problems()
    assert first.startswith(f"There is no trained network in {tmp_path / where}, so nothing can be restored")
    assert second.startswith("There are no results in ")
    shown = denoise_tab.render(values("plain"))
    assert set(shown["pictures"]) == {"clean", "noisy"} and shown["lacks"] == text("stage_no_models", "en")
    assert page.build().fns and not denoise_tab.film(values("plain"), [0.5]).get("frames")
    assert api.models() == []
    for call in (lambda: api.denoise(PICTURE), lambda: api.features(), lambda: api.results()):
        with pytest.raises(gr.Error) as told:
            call()
        assert str(tmp_path) not in told.value.message and told.value.message.endswith((".", "them."))
    assert train_tab.setup({})["weights"] == {}
    assert len(api.corrupt(PICTURE)) == 1


def test_each_damaged_checkpoint_is_named_once_and_the_others_work(folder, monkeypatch):
    damage(folder)
    said = list(shipped.problems())
    for name in DAMAGED:
        (sentence,) = [each for each in said if each.startswith(f"{name}.safetensors in {folder} cannot be used: ")]
        assert sentence.endswith(".")
    assert any("Measured, but no longer in" in each and "conv-gaussian" in each for each in said)
    for name in DAMAGED:
        for _ in range(100):
            shown = denoise_tab.render(values(name))
            if not shown["loading"]:
                break
            time.sleep(0.05)
        assert shown["lacks"] == text("no_model", "en", name=name) and set(shown["pictures"]) == {"clean", "noisy"}
        with pytest.raises(gr.Error, match=f"The file of {name} cannot be read."):
            api.denoise(PICTURE, name)
    models.load("plain")
    assert denoise_tab.render(values("plain"))["lacks"] == ""
    assert len(api.denoise(PICTURE, "plain")) == 1
    (folder / "plain.safetensors").write_bytes(b"another")  # replaced while the page runs
    os.utime(folder / "plain.safetensors", ns=(1, 1))
    with pytest.raises(checkpoints.CheckpointError):
        models.load("plain")


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "[" * 100_000, '{"denoising": 3}', '{"denoising": [{}]}'])
def test_results_that_are_none_are_a_sentence_or_nothing(content, folder):
    (folder / "results.json").write_text(content)
    try:
        assert api.results()["denoising"] == []
    except gr.Error as error:
        assert error.message == "Nothing has been measured yet."
        assert any(each.startswith("There are no results in ") for each in shipped.problems())


def test_planes_that_are_gone_are_computed(folder):
    shutil.rmtree(folder / "planes")
    assert latent.load_planes("plain") is None
    (said,) = [each for each in shipped.problems() if "Measured" not in each]
    assert said.startswith("The latent space of plain is computed when it is asked for")


@pytest.mark.parametrize(
    "content", [None, "", "{}", '{"settings": [3]}', '{"settings": [{"noise": "gaussian"}]}', "[]"]
)
def test_baselines_without_their_record_leave_the_others(content, folder, tmp_path, monkeypatch):
    record = tmp_path / "baselines.json"
    if content is not None:
        record.write_text(content)
    monkeypatch.setattr("dae.baselines.record.RECORD", record)
    recorded.cache_clear()
    compare_tab._baseline.cache_clear()
    try:
        assert any("`python -m dae.baselines` makes it anew" in each for each in shipped.problems())
        models.load("plain")
        shown = compare_tab.render(values("plain"), ["plain", "median", "wiener"])
    finally:
        recorded.cache_clear()
    assert [card["key"] for card in sorted(shown["cards"], key=lambda card: card["key"])] == ["plain", "wiener"]
    assert shown["missing"] == [text("compare_no_record", "en", name=text("baseline_median", "en"))]


@pytest.mark.parametrize("content", [None, b"", b"nonsense", "other"])
def test_without_the_classifier_nothing_is_read_and_the_rest_is_there(content, folder, tmp_path, monkeypatch):
    weights = tmp_path / "verdict.safetensors"
    if content == "other":
        save_file({"weight_1": torch.zeros(3)}, weights)
    elif content is not None:
        weights.write_bytes(content)
    monkeypatch.setattr(verdict, "FILE", weights)
    verdict.weights.cache_clear()
    try:
        assert any("`python -m dae.verdict` fits it anew" in each for each in shipped.problems())
        models.load("plain")
        stage = denoise_tab.render(values("plain"))
        compared = compare_tab.render(values("plain"), ["plain"])
    finally:
        verdict.weights.cache_clear()
    assert stage["verdicts"] == {} and stage["pictures"]["reconstruction"]["figures"]
    (card,) = compared["cards"]
    assert card["digit"] == "" and card["survived"] and "dB" in card["alt"]


# A full disk


@pytest.mark.parametrize("disk", [(tempfile, "TemporaryDirectory"), (gradio.processing_utils, "save_file_to_cache")])
def test_a_grid_that_cannot_be_stored_is_shown_all_the_same(disk, folder, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (draw,) = [each.fn for each in page.build().fns.values() if getattr(each.fn, "__name__", "") == "draw"
               and each.fn.__module__ == compare_tab.__name__]  # fmt: skip
    models.load("plain")
    state = (picked(3, 5), "gaussian", 0.5, True, 7, "plain", "en", (), 1)
    shown, png, svg = draw(["plain"], *state)
    assert png["visible"] and svg["visible"] and text("grid_no_room", "en") not in shown
    monkeypatch.setattr(*disk, full)
    shown, png, svg = draw(["plain"], *state)
    assert not png["visible"] and not svg["visible"] and shown.startswith("<table")
    assert text("grid_no_room", "en") in shown


def test_figures_do_not_fill_the_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    for i in range(40):
        path = tiles.figure_file(b"content", "grid.png")
        assert Path(path).read_bytes() == b"content", i
    assert len(list(tmp_path.iterdir())) <= 32
    tiles._figures.clear()


def test_a_network_is_downloaded_and_a_checkpoint_not_left_half_when_the_disk_is_full(folder, tmp_path, monkeypatch):
    network, info = checkpoints.read(folder / "plain.safetensors")
    monkeypatch.setattr(models, "_kept", {})
    own = models.keep("ann", "mine", network, info)
    write = Path.write_bytes

    def full(path, content):
        write(path, content[:100])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    assert train_tab.file({"key": own.key})["name"] == "your-model-1.safetensors"
    with pytest.raises(OSError, match="No space left"):
        checkpoints.save(tmp_path / "new.safetensors", network, info)
    assert not list(tmp_path.glob("new*"))


# While a network is being loaded


@pytest.fixture
def slow(folder, monkeypatch):
    """Networks that are loaded when `set` is called; and how often each has been."""
    for name in ("conv-gaussian", "fc-gaussian"):
        shutil.copy(SHIPPED / f"{name}.safetensors", folder)
    load, go_on, begun = checkpoints.load, threading.Event(), []

    def slowly(path, *args):
        begun.append(Path(path).stem)
        if Path(path).stem != "plain":
            assert go_on.wait(60)
        return load(path, *args)

    monkeypatch.setattr(checkpoints, "load", slowly)
    yield go_on, begun
    go_on.set()


def test_a_slow_load_holds_nobody_up_and_is_done_once(slow):
    go_on, begun = slow
    page.build()
    models.load("plain")
    with TestClient(Starlette(routes=live.routes())) as client:

        def asked(model: str, view: str = "denoise") -> dict:
            extras = [[model]] if view == "compare" else [True]
            return client.post(f"/live/{view}", json={"query": f"model={model}", "lang": "en", "extras": extras}).json()

        for _ in range(4 * live.AT_ONCE):
            for model in ("conv-gaussian", "fc-gaussian"):
                shown = asked(model)
                assert shown["loading"] and shown["lacks"] == text("stage_loading", "en")
                assert set(shown["pictures"]) == {"clean", "noisy"} and f"model={model}" in shown["query"]
                compared = asked(model, "compare")
                assert compared["loading"] and compared["missing"] == [text("compare_loading", "en", name=model)]
        assert asked("plain")["pictures"].keys() >= {"reconstruction"}
        go_on.set()
        models.load("conv-gaussian")
        shown = asked("conv-gaussian")
        assert not shown["loading"] and shown["lacks"] == "" and "reconstruction" in shown["pictures"]
        models.load("fc-gaussian")
        assert not asked("fc-gaussian", "compare")["loading"]
    assert sorted(begun) == ["conv-gaussian", "fc-gaussian", "plain"]


def test_a_load_that_failed_is_tried_again_later(folder, monkeypatch):
    tried = []

    def failing(path, *args):
        tried.append(path)
        raise OSError(errno.EMFILE, "Too many open files")

    load = checkpoints.load
    monkeypatch.setattr(checkpoints, "load", failing)
    for _ in range(3):
        with pytest.raises(checkpoints.CheckpointError, match=r"^plain.safetensors could not be loaded\.$"):
            models.load("plain")
    assert len(tried) == 1
    monkeypatch.setattr(models, "FORGET_SECONDS", -1.0)
    monkeypatch.setattr(checkpoints, "load", load)
    assert models.load("plain") is models.load("plain")
    assert models._loads and len(models._loads) <= models.MOST_LOADED


def test_training_goes_on_without_any_checkpoint(tmp_path, monkeypatch):
    monkeypatch.setenv("DAE_CHECKPOINTS", str(tmp_path))
    monkeypatch.setenv("DAE_DATA", f"{os.devnull}/x")
    monkeypatch.setattr(runs, "cores", lambda: 1)
    settings = train_tab.read_settings({"widths": [], "latent_dim": 8, "batch_size": 50, "seconds": 30})
    run = runs.begin("eve", settings, 3)
    run.look_after()
    run.start()
    while run.wait():
        pass
    run.keep()
    try:
        (own,) = models.of("eve")
        assert run.state == "done" and models.offered("eve") == (own.key,)
        assert train_tab.frame({"key": run.key})["state"] == "done"
        assert denoise_tab.render(values(own.key))["lacks"] == ""
    finally:
        runs.leave("eve")
        runs._left.clear()
