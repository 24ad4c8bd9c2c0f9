"""Trained networks on disk: safetensors files whose header is enough to rebuild and to judge the network.

    model = load("conv-gaussian")            # a shipped checkpoint's name, or a path to a .safetensors file
    info("conv-gaussian").figures            # what it measured on the test digits

The header holds one JSON text: format, recipe, model config, seed, the digits it saw, measured figures, versions and
the command that made it.
"""

from __future__ import annotations

import functools
import hashlib
import json
import math
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from dae.cost import MOST_MULTIPLICATIONS, MOST_PARAMETERS, MOST_VALUES, cost
from dae.folders import SUFFIX
from dae.folders import checkpoints as directory
from dae.models import ARCHITECTURES, Autoencoder, ModelConfig
from dae.sparsity import Sparsity

if TYPE_CHECKING:
    from dae.recipes import Recipe

FORMAT = "dae-playground-1"
KEY = "dae"
SCALE = ".scale"  # beside a weight stored in 8 bits: its scale per row
PRECISIONS = ("float32", "float16", "int8")
# Layers of so few weights save nothing in 8 bits and can cost much: a first convolution rounded to them no longer tells
# a pixel of exactly 0 or 1 from its neighbours in grey, and removes salt and pepper half as well.
FEW = 4096
MAX_BYTES = 32 * 1024 * 1024
MAX_HEADER = 64 * 1024  # bytes; those of the largest network with all its figures take 8,000
KINDS: dict[str, type | tuple[type, ...]] = {  # of the header's fields
    "recipe": dict,
    "seed": int,
    "data": str,
    "figures": list,
    "versions": dict,
    "command": str,
    "seconds": (int, float),
    "steps": int,
}


class CheckpointError(ValueError):
    """A file that cannot be loaded as one of our checkpoints, with the reason in a sentence."""


@dataclass(frozen=True)
class Info:
    """What a checkpoint says of itself."""

    recipe: dict[str, Any]  # as `dataclasses.asdict` gives it: name, summary, model, stages
    model: ModelConfig
    seed: int
    data: str  # the digits it was trained on
    figures: list[dict[str, Any]] = field(default_factory=list)  # records of dae.denoising.measure
    versions: dict[str, str] = field(default_factory=dict)
    command: str = ""
    seconds: float = 0.0  # of training
    steps: int = 0  # of the optimiser, all stages together

    @property
    def name(self) -> str:
        return str(self.recipe.get("name", ""))


def names() -> list[str]:
    """The shipped checkpoints, in alphabetical order."""
    folder = os.fspath(directory())
    try:
        return list(_listed(folder, os.stat(folder).st_mtime_ns))
    except OSError:
        return []


@functools.lru_cache(maxsize=4)
def _listed(folder: str, changed: int) -> tuple[str, ...]:
    return tuple(sorted(name.removesuffix(SUFFIX) for name in os.listdir(folder) if name.endswith(SUFFIX)))


def find(name_or_path: str | os.PathLike[str]) -> Path:
    """The file of a shipped checkpoint's name, or of a path that ends in .safetensors.

    Raises:
        CheckpointError: there is no such checkpoint.
    """
    text = os.fspath(name_or_path)
    path = Path(text) if text.endswith(SUFFIX) else directory() / (text + SUFFIX)
    if not text.endswith(SUFFIX) and text not in names():
        raise CheckpointError(f"There is no checkpoint called {text!r}; there are {', '.join(names()) or 'none'}.")
    if not path.is_file():
        raise CheckpointError(f"There is no file {path.name}.")
    return path


def digest(path: Path) -> str:
    """SHA-256 of a checkpoint's file: what was measured or made from it belongs to the file and not to its name."""
    return _digest(path, path.stat().st_mtime_ns)


@functools.lru_cache(maxsize=128)
def _digest(path: Path, _changed: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def versions() -> dict[str, str]:
    """The versions that a result depends on."""
    return {"python": platform.python_version(), "torch": str(torch.__version__)}


def describe(recipe: Recipe) -> dict[str, Any]:
    """A recipe as JSON types."""
    return asdict(recipe)


def save(path: str | os.PathLike[str], model: Autoencoder, info: Info, precision: str = "float32") -> Path:
    """Write a network and what is known of it, whole or not at all.

    Args:
        path: the file, ending in .safetensors.
        model: its config is written with it, as it is now (an untied network is written untied).
        info: recipe, seed, data, figures, versions, command.
        precision: of the weights on disk: float32, float16, or int8 (one scale per row; what has few weights, or one
            dimension, stays in float16).
    """
    # Not safetensors' save_file, whose files only their owner may read, whatever the umask.
    return write_whole(Path(path), serialized(model, info, precision))


def write_whole(path: Path, content: bytes) -> Path:
    """Write a file whole or not at all; its folder is made. Raises OSError, and then nothing is left behind."""
    partial = path.with_suffix(".partial")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except OSError:
        partial.unlink(missing_ok=True)
        raise
    return path


def serialized(model: Autoencoder, info: Info, precision: str = "float32") -> bytes:
    """The content of the file that `save` writes. Args: see there."""
    from safetensors.torch import save as safetensors

    header = asdict(replace(info, model=model.config)) | {"format": FORMAT, "precision": precision}
    return safetensors(_pack(model.state_dict(), precision), metadata={KEY: json.dumps(header)})


def _pack(state: dict[str, Tensor], precision: str) -> dict[str, Tensor]:
    if precision not in PRECISIONS:
        raise ValueError(f"The precision on disk is one of {', '.join(PRECISIONS)}, not {precision!r}.")
    packed = {}
    for name, value in state.items():
        value = value.detach().cpu().float().contiguous()
        if precision == "int8" and value.ndim > 1 and value.numel() > FEW:
            scale = value.flatten(1).abs().amax(1).clamp_min(1e-12) / 127
            shape = (-1, *[1] * (value.ndim - 1))
            packed[name] = torch.round(value / scale.view(shape)).to(torch.int8)
            packed[name + SCALE] = scale
        else:
            packed[name] = value if precision == "float32" else value.half()
    return packed


def _unpack(packed: dict[str, Tensor]) -> dict[str, Tensor]:
    state = {}
    for name, value in packed.items():
        if name.endswith(SCALE):
            continue
        state[name] = value.float()
        if value.dtype == torch.int8:
            state[name] *= packed[name + SCALE].float().view(-1, *[1] * (value.ndim - 1))
    return state


def parse_config(fields: dict[str, Any]) -> ModelConfig:
    """A model config from its JSON form.

    Raises:
        ValueError, TypeError: fields that are unknown or do not fit.
    """
    fields = dict(fields)
    sparsity = Sparsity(**fields.pop("sparsity", {}))
    lists = {name: tuple(fields.pop(name, ())) for name in ("hidden", "channels")}
    return ModelConfig(**fields, **lists, sparsity=sparsity)


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """A safetensors file, whose description is known to be short before anything parses it.

    Raises:
        CheckpointError: too large, or not a whole safetensors file.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with path.open("rb") as file:
            size, header = os.fstat(file.fileno()).st_size, int.from_bytes(file.read(8), "little")
    except OSError as error:
        raise CheckpointError(f"There is no file {path.name}.") from error
    if size > MAX_BYTES:
        raise CheckpointError(f"The file is larger than {MAX_BYTES // 2**20} MB; no network of this playground is.")
    if MAX_HEADER < header <= size:
        raise CheckpointError(f"The description inside this file is longer than {MAX_HEADER // 2**10} kB.")
    try:
        with safe_open(path, framework="pt") as file:
            yield file
    except (SafetensorError, OSError, RuntimeError, KeyError) as error:  # KeyError: 8 bits without their scale
        raise CheckpointError("This is not a whole safetensors file: it is damaged or something else.") from error


def _parse(header: dict[str, str] | None) -> Info:
    if not header or KEY not in header:
        raise CheckpointError("This safetensors file was not written by this playground: it has no description.")
    try:
        fields = json.loads(header[KEY])
        if fields.pop("format") != FORMAT:
            raise CheckpointError("This file was written in another format than this version of the playground reads.")
        fields.pop("precision", None)
        info = Info(**{**fields, "model": parse_config(fields["model"])})
        if not all(isinstance(getattr(info, name), kinds) for name, kinds in KINDS.items()):
            raise TypeError("a field of another type")
        if not all(0 <= number < 2**53 for number in (info.steps, info.seconds)):  # also false for NaN
            raise ValueError("a number out of range")
        if not all(isinstance(figure, dict) for figure in info.figures):
            raise TypeError("figures are records")
    except CheckpointError:
        raise
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise CheckpointError("The description inside this file does not make sense.") from error
    return info


def read(path: str | os.PathLike[str]) -> tuple[Autoencoder, Info]:
    """Rebuild the network of a file: float32, evaluation mode, no gradients.

    Raises:
        CheckpointError: not a safetensors file, truncated, too large, not one of ours, a network that costs more than
            `dae.cost` allows, or with weights that do not fit its own description or are not finite.
    """
    with _opened(Path(path)) as file:
        info = _parse(file.metadata())
        try:
            asked = cost(info.model)
            with torch.device("meta"):  # shapes only
                model = ARCHITECTURES[info.model.architecture](info.model)
        except (ValueError, TypeError, RuntimeError) as error:
            raise CheckpointError("The description inside this file does not make a network.") from error
        if not asked.is_bearable:
            raise CheckpointError(
                "The network in this file is larger than any that is trained here: "
                f"at most {MOST_PARAMETERS:,} parameters, {MOST_MULTIPLICATIONS:,} multiplications for a picture and "
                f"{MOST_VALUES:,} values in a layer."
            )
        wanted = {name: tuple(value.shape) for name, value in model.state_dict().items()}
        stored = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
        if wanted != {name: shape for name, shape in stored.items() if not name.endswith(SCALE)}:
            raise CheckpointError("The weights in this file do not fit the network that it describes.")
        state = _unpack({name: file.get_tensor(name) for name in stored})
    if not all(bool(value.isfinite().all()) for value in state.values()):
        raise CheckpointError("Some weights in this file are not finite numbers.")
    model.load_state_dict(state, assign=True)
    return model.eval().requires_grad_(False), info


def load(name_or_path: str | os.PathLike[str], device: torch.device | str = "cpu") -> Autoencoder:
    """A trained network, ready to restore: evaluation mode, no gradients.

    Args:
        name_or_path: one of `names()`, or the path of a .safetensors file.
        device: where the network shall live.

    Raises:
        CheckpointError: see `find` and `read`.
    """
    return read(find(name_or_path))[0].to(device)


def info(name_or_path: str | os.PathLike[str]) -> Info:
    """What a checkpoint says of itself, without its weights.

    Raises:
        CheckpointError: see `find` and `read`.
    """
    path = find(name_or_path)
    try:
        changed = path.stat().st_mtime_ns
    except OSError as error:  # removed in the meantime
        raise CheckpointError(f"There is no file {path.name}.") from error
    return _info(path, changed)


def parameter_count(name_or_path: str | os.PathLike[str]) -> int:
    """How many parameters a checkpoint's network has, counted in the file's own table of contents.

    Raises:
        CheckpointError: see `find` and `read`.
    """
    with _opened(find(name_or_path)) as file:
        shapes = [file.get_slice(name).get_shape() for name in file.keys() if not name.endswith(SCALE)]  # noqa: SIM118
    return sum(math.prod(shape) for shape in shapes)


@functools.lru_cache(maxsize=128)
def _info(path: Path, _changed: int) -> Info:
    with _opened(path) as file:
        return _parse(file.metadata())
