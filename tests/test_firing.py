"""How features fire, stored: what is measured, what comes back, and files that belong to another network."""

import json
import shutil

import pytest
import torch

from dae import checkpoints, data, encoding, features, firing
from dae.__main__ import main

MODEL = "jz-topk-5"


@pytest.fixture(scope="module")
def codes() -> torch.Tensor:
    return encoding.codes_of(checkpoints.load(MODEL), data.gallery().images)


@pytest.fixture
def shipped():
    return firing.directory()


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name in (MODEL, "universal"):
        shutil.copy(checkpoints.find(name), tmp_path)
    monkeypatch.setenv("DAE_CHECKPOINTS", str(tmp_path))
    return tmp_path


def test_what_is_shipped_says_what_the_codes_say(codes):
    stored = firing.load_firing(MODEL)
    assert stored is not None
    fires = codes.abs() > 0.01 * codes.abs().max()
    assert torch.equal(stored.rate, fires.float().mean(0))
    assert stored.nonzero == pytest.approx(float(fires.sum(1).float().mean()))
    assert torch.allclose(stored.energy, codes.square().mean(0), rtol=2e-3)
    largest = codes.abs().gather(0, stored.exciting.T)
    assert torch.equal(largest, codes.abs().topk(firing.EXCITING, 0).values)
    per_class = torch.stack([fires[data.gallery().labels == digit].sum(0) for digit in range(10)], 1)
    assert torch.allclose(stored.class_share, per_class / per_class.sum(1, keepdim=True).clamp_min(1))
    assert sorted(stored.similar.tolist()) == list(range(64))
    for i in (0, 17):
        counts, edges = features.histogram(codes[:, i][fires[:, i]], firing.BINS)
        assert torch.allclose(stored.histogram[i], counts / counts.max().clamp_min(1), atol=3e-3)
        assert torch.allclose(stored.edges[i], edges[[0, -1]].float(), rtol=1e-3)


def test_every_shipped_network_with_a_code_has_its_file():
    for name in checkpoints.names():
        if checkpoints.info(name).model.has_code:
            assert firing.load_firing(name) is not None, name
    size = sum(path.stat().st_size for path in firing.directory().iterdir())
    assert size < 400_000


def test_the_command_writes_what_is_missing_and_leaves_the_rest(folder, capsys):
    assert main(["features"]) == 0
    path = folder / "features" / f"{MODEL}.safetensors"
    before = path.stat().st_mtime_ns
    assert [file.name for file in path.parent.iterdir()] == [path.name], "a network without a code has none"
    assert list(firing.write_firing([MODEL])) == [(MODEL, "kept")]
    assert path.stat().st_mtime_ns == before
    assert main(["features", "nobody"]) == 1
    assert "no checkpoint called 'nobody'" in capsys.readouterr().out


def test_a_file_of_another_network_or_a_damaged_one_is_not_taken(shipped, folder):
    path = folder / "features" / f"{MODEL}.safetensors"
    assert firing.load_firing(MODEL) is None
    path.parent.mkdir()
    shutil.copy(shipped / "jz-topk-16.safetensors", path)
    assert firing.load_firing(MODEL) is None
    for content in (b"", b"nothing", json.dumps({}).encode()):
        path.write_bytes(content)
        assert firing.load_firing(MODEL) is None
