"""What the page shows at a step of a lesson, computed by the library: for the tests of what lessons claim."""

from __future__ import annotations

import functools
import json
from dataclasses import dataclass
from typing import Any

from torch import Tensor

import dae
from dae import data, manifest, metrics, verdict

FOLDER = manifest.PAGE / "lessons"


@functools.cache
def lesson(name: str) -> dict[str, Any]:
    """A shipped lesson, as its file has it."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def state_at(name: str, step: int) -> dict[str, Any]:
    """The fields that a step of a lesson has set, `step` from 1; a field that it does not name stands at its start."""
    values = {key: field["start"] for key, field in manifest.state_fields().items()}
    for each in lesson(name)["steps"][:step]:
        values |= {key: value for key, value in each.get("state", {}).items() if value is not None}
    return values


@functools.cache
def network(name: str) -> Any:
    return dae.load(name)


@dataclass(frozen=True)
class Stage:
    """The Denoise tab's pictures, each `(1, 1, 28, 28)`."""

    clean: Tensor
    noisy: Tensor
    restored: Tensor

    @property
    def noisy_psnr(self) -> float:
        return metrics.psnr(metrics.mse(self.noisy, self.clean))

    @property
    def psnr(self) -> float:
        return metrics.psnr(metrics.mse(self.restored, self.clean))

    @property
    def read(self) -> verdict.Verdict:
        """What the classifier reads the reconstruction as."""
        return verdict.verdict(self.restored)[0]

    @property
    def read_clean(self) -> verdict.Verdict:
        return verdict.verdict(self.clean)[0]

    @property
    def read_noisy(self) -> verdict.Verdict:
        return verdict.verdict(self.noisy)[0]


def stage(state: dict[str, Any], **changes: Any) -> Stage:
    """What the Denoise tab shows of a state, with some fields changed as a visitor would."""
    at = state | changes
    assert at["source"] == "pick"
    place = at["digit"] * data.GALLERY_PER_CLASS + at["index"]
    clean = data.gallery().images[place : place + 1]
    noisy = dae.corrupt(clean, at["noise"], at["level"], seed=at["seed"], clip=at["clip"])
    restored = noisy
    for _ in range(at["passes"]):
        restored = network(at["model"])(restored)
    return Stage(clean, noisy, restored)
