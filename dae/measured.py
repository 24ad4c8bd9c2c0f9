"""What was measured of a checkpoint once, in a file: tensors, and a header that says of which checkpoint they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from torch import Tensor

from dae.checkpoints import write_whole

KEY = "dae"  # of the header inside a file


def write(path: Path, form: str, checkpoint: str, header: dict[str, Any], tensors: dict[str, Tensor]) -> None:
    """Write such a file.

    Args:
        form: the name of its format.
        checkpoint: the digest of the checkpoint's file.

    Raises:
        OSError: it cannot be written.
    """
    from safetensors.torch import save

    header = {"format": form, "checkpoint": checkpoint, **header}
    write_whole(path, save(tensors, metadata={KEY: json.dumps(header, separators=(",", ":"))}))


def read(path: Path, form: str, checkpoint: str) -> tuple[dict[str, Any], dict[str, Tensor]] | None:
    """What such a file holds; None where there is none, or where it is of another checkpoint or format.

    Raises:
        ValueError: it is damaged.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="pt") as file:
            header = json.loads((file.metadata() or {})[KEY])
            if header.pop("format") != form or header.pop("checkpoint") != checkpoint:
                return None
            return header, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except FileNotFoundError:
        return None
    except (SafetensorError, OSError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is damaged") from error
