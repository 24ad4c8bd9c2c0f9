"""Sampling in the browser against the library: walks by `dae.sampling` are written into a folder, and Node compares
(sampling.test.js beside this file)."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest
import torch
from node import run_tests

import dae
from dae.sampling import Ascent, Ladder, coarse, known, steps

QUICK, SLOW = Ascent(beta=0.5), Ascent()
LADDER = (12, 1.0, 0.01)
LOOKED_AT = (1, 2, 6, 20)  # besides the last


class Walks:
    """A folder of float32 arrays, and what they are."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.walks: list[dict] = []
        self.count = 0

    def array(self, values: torch.Tensor) -> str:
        self.count += 1
        name = f"{self.count}.f32"
        np.asarray(values, dtype=np.float32).tofile(self.folder / name)
        return name

    def add(
        self,
        name: str,
        model: str,
        count: int,
        seed: int,
        schedule: Ascent | tuple,
        measured: dict | None = None,
        start: torch.Tensor | None = None,
    ) -> None:
        measurement = None
        if measured:
            one = "side" in measured
            measurement = (coarse if one else known)(measured["clean"], measured["side" if one else "mask"])
        given = {} if start is None else {"start": start, "sigma_start": 0.0}
        walk = list(
            steps(
                dae.load(model),
                count,
                seed=seed,
                schedule=schedule if isinstance(schedule, Ascent) else Ladder.geometric(*schedule),
                measurement=measurement,
                **given,
            )
        )
        looked = [step for step in walk if step.number in LOOKED_AT or step is walk[-1]]
        self.walks.append(
            {
                "name": name,
                "model": model,
                "count": count,
                "seed": seed,
                "schedule": asdict(schedule)
                if isinstance(schedule, Ascent)
                else dict(zip(("sigmas", "first", "last"), schedule, strict=True)),
                "measured": measured
                and {key: self.array(value) if key != "side" else value for key, value in measured.items()},
                "start": None if start is None else self.array(start),
                "last": walk[-1].number,
                "end": self.array(walk[-1].noisy + walk[-1].direction),
                "steps": [
                    {"number": step.number, "running": step.running.tolist()}
                    | {part: self.array(getattr(step, part)) for part in ("noisy", "denoised", "direction", "sigma")}
                    for step in looked
                ],
            }
        )


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory, digits: torch.Tensor) -> Path:
    walks = Walks(tmp_path_factory.mktemp("sampling"))
    clean = digits[30:31]
    upper = (torch.arange(28) < 14).view(28, 1).expand(28, 28)
    some = torch.rand(28, 28, generator=torch.Generator().manual_seed(1)) > 0.8
    walks.add("ascent", "universal", 3, 0, SLOW)
    walks.add("few steps", "universal", 4, 123_456, QUICK)
    walks.add("ladder", "universal", 3, 7, LADDER)
    walks.add("another network", "conv-gaussian", 5, 999_999, QUICK)
    walks.add("half", "universal", 3, 11, QUICK, {"clean": clean, "mask": upper})
    walks.add("half, many steps", "universal", 2, 0, SLOW, {"clean": clean, "mask": upper})
    walks.add("pixels", "universal", 2, 5, LADDER, {"clean": clean, "mask": some})
    walks.add("coarse", "universal", 3, 2, QUICK, {"clean": clean, "side": 4})
    walks.add("from noisy", "universal", 3, 1, QUICK, start=dae.corrupt(clean, "gaussian", 0.5, seed=3, clip=False))
    (walks.folder / "index.json").write_text(json.dumps({"walks": walks.walks}))
    return walks.folder


def test_the_browser_walks_as_the_library_does(written):
    run_tests("sampling", fixtures=written)
