"""The recorded parameters, and how they are found."""

import itertools
import json

import pytest
import torch

from dae import data, metrics
from dae.baselines import (
    Median,
    Memoriser,
    NonLocalMeans,
    TotalVariation,
    baseline,
    tuned,
    tuning,
)
from dae.baselines.images import levels_of
from dae.baselines.record import RECORD
from dae.baselines.tuning import GRID, TUNED_LEVELS, as_text, tune
from dae.noise import NOISES, corrupt


def recorded() -> dict:
    return json.loads(RECORD.read_text(encoding="utf-8"))


def test_the_record_is_complete_and_of_this_grid():
    record = recorded()
    assert record["grid"] == {name: list(values) for name, values in GRID.items()}
    found = {(s["noise"], s["level"], s["clip"]) for s in record["settings"]}
    wanted = {
        (noise, level, clip)
        for noise, levels in TUNED_LEVELS.items()
        for level in levels
        for clip in ((True, False) if noise == "gaussian" else (None,))
    }
    assert found == wanted and len(record["settings"]) == len(wanted)
    for setting in record["settings"]:
        names = {"median", "tv", "nlm"} | ({"memoriser"} if setting["noise"] != "gaussian" else set())
        assert set(setting["parameters"]) == set(setting["mse"]) == names
        assert all(value in GRID[name] for name, value in setting["parameters"].items())


@pytest.mark.parametrize("name", ["median", "tv", "nlm"])
@pytest.mark.parametrize(("noise", "level", "clip"), [("gaussian", 1.0, False), ("salt_and_pepper", 0.3, None)])
def test_the_record_fits_other_digits_too(name, noise, level, clip):
    clean = data.gallery().images[::50]
    clipped = clip is not False
    error = metrics.mse(
        baseline(name, noise, level, clipped)(corrupt(clean, noise, level, seed=1, clip=clipped)), clean
    )
    (setting,) = [s for s in recorded()["settings"] if (s["noise"], s["level"], s["clip"]) == (noise, level, clip)]
    assert error == pytest.approx(setting["mse"][name], rel=0.15)


@pytest.mark.parametrize("noise", NOISES)
@pytest.mark.parametrize("clip", [True, False])
def test_between_recorded_levels(noise, clip):
    clip = clip or noise != "gaussian"
    settings = {
        s["level"]: s["parameters"] for s in recorded()["settings"] if s["noise"] == noise and s["clip"] in (None, clip)
    }
    levels = sorted(settings)
    for low, high in itertools.pairwise(levels):
        third = low + (high - low) / 3
        for name in ("tv", "nlm"):
            between = settings[low][name] * 2 / 3 + settings[high][name] / 3
            assert tuned(name, noise, third, clip) == pytest.approx(between)
        assert tuned("median", noise, third, clip) == settings[low]["median"]
        assert tuned("median", noise, high, clip) == settings[high]["median"]
    beyond = levels[-1] + 0.04
    assert tuned("tv", noise, beyond, clip) == settings[levels[-1]]["tv"]
    assert [tuned(name, noise, 0.0, clip) for name in ("median", "tv", "nlm")] == [1, 0, 0]
    if noise != "gaussian":
        assert tuned("memoriser", noise, 0.0) == settings[levels[0]]["memoriser"]


def test_tuning_takes_the_best_of_the_grid(few, monkeypatch):
    monkeypatch.setattr(data, "train", lambda directory: few)
    monkeypatch.setattr(tuning, "TUNING_DIGITS", 8)
    monkeypatch.setattr(tuning, "TUNED_LEVELS", {"gaussian": (0.3,), "masking": (0.5,)})
    monkeypatch.setattr(tuning, "GRID", {"median": (1, 5), "tv": (0.1, 0.4), "nlm": (0.1, 0.4), "memoriser": (0.2, 1)})
    record = tune("anywhere")
    assert json.loads(as_text(record)) == record
    assert [(s["noise"], s["clip"]) for s in record["settings"]] == [
        ("gaussian", True),
        ("gaussian", False),
        ("masking", None),
    ]
    order = torch.randperm(len(few), generator=torch.Generator().manual_seed(0))
    clean, rest = few.images[order[:8]], few[order[8:]]
    for setting in record["settings"]:
        noise, level, clip = setting["noise"], setting["level"], setting["clip"] is not False
        noisy = corrupt(clean, noise, level, seed=0, clip=clip)
        candidates = {
            "median": Median,
            "tv": TotalVariation,
            "nlm": lambda h, sigma=0.0 if clip else level: NonLocalMeans(h, sigma),
            "memoriser": lambda d: Memoriser(levels_of(rest), noise, level, clip, d, "rest"),  # noqa: B023
        }
        for name, value in setting["parameters"].items():
            errors = {v: metrics.mse(candidates[name](v)(noisy), clean) for v in tuning.GRID[name]}
            assert value == min(errors, key=errors.get)
            assert setting["mse"][name] == pytest.approx(errors[value], abs=1e-5)
