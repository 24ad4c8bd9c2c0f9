"""What the page does when files, folders, disk or network fail: it starts, says so in a sentence, and goes on."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import pytest
import torch
from asked import digit_text, small
from gradio_client import Client
from safetensors.torch import save_file
from served import ROOT, Served, listening, running_app

from dae import checkpoints, latent, shipped, verdict
from dae.baselines.record import recorded
from dae.server import digits, launch, networks, runs, trials, visitors
from dae.server.protocol.training import TrainingSettings

SHIPPED = checkpoints.directory()
DAMAGED = ("cut", "empty", "text", "foreign", "gone", "folder")
CORRUPTION = {"digit": digit_text(), "noise": "gaussian", "seed": 7, "levels": [0.5]}


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A folder of checkpoints with `plain` and what was computed of it."""
    for name in ("plain.safetensors", "planes/plain.safetensors", "features/plain.safetensors", "results.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
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


def no_room(*args, **kwargs):
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


# Where the page is started


def test_the_page_starts_with_damaged_files_unwritable_caches_and_no_network(folder, tmp_path):
    damage(folder)
    (folder / "results.json").write_text("[1, 2")
    (folder / "planes" / "plain.safetensors").write_bytes(b"nothing")
    nowhere = f"{os.devnull}/x"  # below a file nobody makes a folder, whoever runs this
    caches = ("HOME", "USERPROFILE", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "MPLCONFIGDIR", "HF_HOME", "DAE_DATA")
    proxies = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
    (tmp_path / "process").mkdir()
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
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
            for path in ("/", "/page/app.js", "/checkpoints/plain.safetensors", "/gallery/7.bin"):
                with direct.open(f"{served.url}{path}", timeout=60) as answer:
                    assert answer.status == 200 and answer.read()
            client = Client(served.url, verbose=False, httpx_kwargs={"trust_env": False})
            assert [model["name"] for model in client.predict(api_name="/models")] == ["plain"]
            with pytest.raises(Exception, match="Nothing has been measured yet"):
                client.predict(api_name="/results")
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
    assert re.fullmatch(r"The temporary folder, \S+, cannot be written \(.+\): .* GRADIO_TEMP_DIR\.\n", run.stderr)


def test_no_room_for_temporary_files_is_answered_with_a_sentence(monkeypatch):
    monkeypatch.delenv("GRADIO_TEMP_DIR", raising=False)
    monkeypatch.setattr(tempfile, "TemporaryFile", no_room)
    with pytest.raises(ValueError, match=r"^The temporary folder, .* cannot be written \(No space left on device\)"):
        launch.check_folders()
    monkeypatch.setattr(tempfile, "gettempdir", no_room)
    with pytest.raises(ValueError, match=r"^No folder for temporary files can be written \(.*TMPDIR\.$"):
        launch.check_folders()


# What the host is told, and what the page is answered


def test_a_whole_folder_is_no_problem():
    assert list(shipped.problems()) == []


@pytest.mark.parametrize("where", ["empty", "nowhere", "file"])
def test_no_checkpoints_at_all_is_said_and_the_server_answers(where, tmp_path, monkeypatch, client, ask):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    monkeypatch.setenv("DAE_CHECKPOINTS", str(tmp_path / where))
    first, second = list(shipped.problems())[:2]
    assert first.startswith(f"There is no trained network in {tmp_path / where}, so nothing can be restored")
    assert second.startswith("There are no results in ")
    assert client.get("/checkpoints/plain.safetensors").status_code == 404
    assert client.get("/checkpoints/results.json").status_code == 404
    assert ask("recipes").json()["weights"] == {}
    restored = ask("denoise", denoisers=["tv"], **CORRUPTION).json()
    assert restored["restorations"][0]["restored"]


def test_each_damaged_checkpoint_is_named_once_and_the_others_work(folder, ask):
    damage(folder)
    said = list(shipped.problems())
    for name in DAMAGED:
        (sentence,) = [each for each in said if each.startswith(f"{name}.safetensors in {folder} cannot be used: ")]
        assert sentence.endswith(".")
        answer = ask("neighbours", model=name, index=3)
        assert answer.status_code >= 400 and answer.json()["code"] == "model"
        assert str(folder) not in answer.text
    assert any("Measured, but no longer in" in each and "conv-gaussian" in each for each in said)
    assert len(ask("neighbours", model="plain", index=3).json()["indices"]) == 8
    (folder / "plain.safetensors").write_bytes(b"another")  # replaced while the page runs
    os.utime(folder / "plain.safetensors", ns=(1, 1))
    assert ask("neighbours", model="plain", index=3).json()["code"] == "model"


@pytest.mark.parametrize("content", ["", "{", "[]", "null", "[" * 100_000, '{"denoising": 3}'])
def test_results_that_are_none_are_said(content, folder):
    (folder / "results.json").write_text(content)
    assert any(each.startswith("There are no results in ") for each in shipped.problems()) or content.startswith('{"')


def test_planes_that_are_gone_are_said(folder):
    shutil.rmtree(folder / "planes")
    assert latent.load_planes("plain") is None
    assert any(each.startswith("The latent space of plain is computed when") for each in shipped.problems())


@pytest.mark.parametrize(
    "content", [None, "", "{}", '{"settings": [3]}', '{"settings": [{"noise": "gaussian"}]}', "[]"]
)
def test_baselines_without_their_record_leave_the_others(content, folder, tmp_path, monkeypatch, ask):
    record = tmp_path / "baselines.json"
    if content is not None:
        record.write_text(content)
    monkeypatch.setattr("dae.baselines.record.RECORD", record)
    recorded.cache_clear()
    digits.classical.cache_clear()
    try:
        assert any("`python -m dae.baselines` makes it anew" in each for each in shipped.problems())
        median, wiener = ask("denoise", denoisers=["median", "wiener"], **CORRUPTION).json()["restorations"]
    finally:
        recorded.cache_clear()
        digits.classical.cache_clear()
    assert median["restored"] is None and median["problem"] == "no_record"
    assert wiener["restored"] and not wiener["problem"]


@pytest.mark.parametrize("content", [None, b"", b"nonsense", "other"])
def test_without_the_classifier_the_host_is_told(content, tmp_path, monkeypatch):
    weights = tmp_path / "verdict.safetensors"
    if content == "other":
        save_file({"weight_1": torch.zeros(3)}, weights)
    elif content is not None:
        weights.write_bytes(content)
    monkeypatch.setattr(verdict, "FILE", weights)
    verdict.weights.cache_clear()
    try:
        assert any("`python -m dae.verdict` fits it anew" in each for each in shipped.problems())
    finally:
        verdict.weights.cache_clear()


# A full disk


def test_a_network_is_downloaded_and_a_checkpoint_not_left_half_when_the_disk_is_full(
    folder, tmp_path, monkeypatch, ask, visitor
):
    network, info = checkpoints.read(folder / "plain.safetensors")
    own = networks.keep(visitor, "mine", network, info)
    write = Path.write_bytes

    def full(path, content):
        write(path, content[:100])
        no_room()

    monkeypatch.setattr(Path, "write_bytes", full)
    assert ask("network", key=own.key).json()["name"].endswith(".safetensors")
    with pytest.raises(OSError, match="No space left"):
        checkpoints.save(tmp_path / "new.safetensors", network, info)
    assert not list(tmp_path.glob("new*"))


# While a network is being loaded


def test_a_load_that_failed_is_tried_again_later(folder, monkeypatch):
    tried = []

    def failing(path, *args):
        tried.append(path)
        raise OSError(errno.EMFILE, "Too many open files")

    load = checkpoints.load
    monkeypatch.setattr(checkpoints, "load", failing)
    for _ in range(3):
        with pytest.raises(checkpoints.CheckpointError):
            networks._load("plain")
    assert len(tried) == 1
    monkeypatch.setattr(networks, "FORGET_SECONDS", -1.0)
    monkeypatch.setattr(checkpoints, "load", load)
    assert networks._load("plain") is networks._load("plain")


def test_training_goes_on_without_any_checkpoint(tmp_path, monkeypatch, visitor):
    monkeypatch.setenv("DAE_CHECKPOINTS", str(tmp_path))
    settings = trials.read(TrainingSettings.model_validate(small(widths=[], batch_size=50)))
    run = runs.begin(visitor, settings, 3)
    run.look_after()
    run.start()
    while run.wait():
        pass
    run.keep()
    assert run.state == "done"
    (own,) = networks.of(visitor)
    assert own.key == run.kept
    assert json.loads(visitors.listed(visitor)[0].model_dump_json())["steps"] == 3


# The clock


def test_the_server_measures_time_by_clocks_that_nobody_sets():
    wall = re.compile(r"\btime\.(time|localtime|gmtime|ctime)\(|\bdatetime\b|from time import")
    files = [*(ROOT / "dae" / "server").rglob("*.py"), *(ROOT / "dae" / "trial").glob("*.py"), ROOT / "dae/training.py"]
    assert [path.name for path in files if wall.search(path.read_text(encoding="utf-8"))] == []
