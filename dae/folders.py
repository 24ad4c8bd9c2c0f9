"""Where the shipped files are: also for those who hand them out as they are, and need no torch for it."""

from __future__ import annotations

import os
from pathlib import Path

SUFFIX = ".safetensors"
SHIPPED = Path(__file__).resolve().parent.parent / "checkpoints"
VERDICT = Path(__file__).with_name("verdict.safetensors")
INK = Path(__file__).with_name("ink.safetensors")
BESIDE = {path.name: path for path in (VERDICT, INK)}  # what the page fetches like a checkpoint, and is no denoiser


def checkpoints() -> Path:
    """The folder of shipped checkpoints, their planes and results: beside the package, or `DAE_CHECKPOINTS`."""
    return Path(os.environ.get("DAE_CHECKPOINTS") or SHIPPED)
