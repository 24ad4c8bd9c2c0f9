"""The static edition: the page as a folder of files, for any static host: python -m dae site OUT

The browser computes all but what needs Python, so that the page, the networks and a gallery of digits are enough.
"""

from __future__ import annotations

import functools
import json
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dae import checkpoints, evaluation, folders, manifest

PER_CLASS = 100  # digits of each class in the gallery
MOST_BYTES = 15_500_000  # of the whole folder
CARD = """---
title: Denoising Autoencoder Playground
emoji: 🧽
colorFrom: gray
colorTo: green
sdk: static
app_file: index.html
header: mini
short_description: Corrupt a digit and watch a network restore it
tags:
  - autoencoder
  - denoising
  - mnist
  - education
license: mit
pinned: false
---

# Denoising Autoencoder Playground, the static edition

Draw or pick a digit, corrupt it with noise, and watch a trained network restore it: all of it computed in your browser.
Any static host serves this folder, from any path; nothing is sent anywhere.

Fully connected networks are trained in the browser, too. Convolutional ones and the classical denoisers need Python:
they are part of the full edition, which `make demo` starts on your own machine.

The code and the checkpoints are under the MIT licence (LICENSE). The digits are MNIST's, by Yann LeCun, Corinna Cortes
and Christopher J. C. Burges, commonly given as CC BY-SA 3.0.
"""


class SiteError(ValueError):
    """A folder that cannot be written to, in a sentence."""


def page_files() -> list[str]:
    """The page's own files, as addresses relative to its base."""
    folder = manifest.PAGE
    unused = (".c", ".h", ".sh", ".sha256", ".ts")
    found = (path for path in folder.rglob("*") if path.is_file() and path.suffix not in unused)
    return sorted(
        f"page/{path.relative_to(folder).as_posix()}" for path in found if path.name not in ("index.html", "sw.js")
    )


def files_of(name: str) -> list[Path]:
    """A shipped network's files below the folder of checkpoints: its weights, and what was measured of its codes."""
    folder = checkpoints.directory()
    candidates = (folder / f"{name}{checkpoints.SUFFIX}", *(folder.glob(f"*/{name}{checkpoints.SUFFIX}")))
    return [path for path in candidates if path.is_file()]


def lesson_models() -> list[str]:
    """The networks that the guided lessons name: they are shown, or chosen at a task."""
    files = [manifest.PAGE / "lessons" / f"{name}.json" for name in manifest.LESSONS]
    there = tuple((file, file.stat().st_mtime_ns) for file in files if file.is_file())
    return list(_named(tuple(checkpoints.names()), there))


@functools.lru_cache(maxsize=1)  # each first visit asks for it
def _named(names: tuple[str, ...], files: tuple[tuple[Path, int], ...]) -> tuple[str, ...]:
    """Those of the names that files say; a file that has changed is another one."""
    text = "\n".join(file.read_text(encoding="utf-8") for file, _changed in files)
    return tuple(name for name in names if re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", text))


def always() -> list[str]:
    """The networks that the page opens with or a lesson shows."""
    return list(dict.fromkeys([*manifest.FIRST_MODELS, *lesson_models()]))


def offline(models: Sequence[str] | None = None) -> dict[str, list[str]]:
    """What the page's service worker keeps, `files.json`: with the networks of `always`, or with those given."""
    folder = checkpoints.directory()
    models = always() if models is None else models
    others = [f"checkpoints/{path.relative_to(folder).as_posix()}" for name in models for path in files_of(name)]
    measured = ["checkpoints/results.json"] if evaluation.results_file().is_file() else []
    digits = [f"gallery/{digit}.bin" for digit in range(10)]
    beside = [f"checkpoints/{name}" for name in folders.BESIDE]
    return {"page": ["./", *page_files()], "others": [*beside, *digits, *measured, *others]}


def gallery_bytes(digit: int, count: int | None = None) -> bytes:
    """The gallery's digits of one class, 784 grey values each: the first `count` of them, or all."""
    from dae.data import GALLERY_PER_CLASS, gallery

    images = gallery().images[digit * GALLERY_PER_CLASS :][: count or GALLERY_PER_CLASS]
    return (images * 255).round().byte().numpy().tobytes()


def chosen(room: int) -> list[str]:
    """The networks that fit into so many bytes: those that are always there, then the smallest."""
    sizes = {name: sum(path.stat().st_size for path in files_of(name)) for name in checkpoints.names()}
    names = [name for name in always() if name in sizes]
    for name in sorted(sizes, key=lambda name: (sizes[name], name)):
        if name not in names and sum(sizes[each] for each in [*names, name]) <= room:
            names.append(name)
    return names


def write(folder: Path) -> dict[str, Any]:
    """Write the static edition into a folder, which must be new or empty.

    Returns:
        what there is: `models`, `left_out`, `bytes`.

    Raises:
        SiteError: there is something in the folder, or the disk refuses.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise SiteError(f"{folder} is not empty: name a new folder.")
    try:
        return _write(folder)
    except OSError as error:
        raise SiteError(f"{folder} cannot be written: {error.strerror or error}.") from error


def _write(folder: Path) -> dict[str, Any]:
    shipped = checkpoints.directory()
    page = folder / "page"
    for name in page_files():
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(manifest.PAGE.parent / name, target)
    for name in ("index.html", "sw.js"):
        shutil.copyfile(manifest.PAGE / name, folder / name)
    shutil.copyfile(Path(__file__).resolve().parent.parent / "LICENSE", folder / "LICENSE")
    (folder / "README.md").write_text(CARD, encoding="utf-8")
    (folder / "gallery").mkdir()
    for digit in range(10):
        (folder / "gallery" / f"{digit}.bin").write_bytes(gallery_bytes(digit, PER_CLASS))
    (folder / "checkpoints").mkdir()
    for name, path in folders.BESIDE.items():
        shutil.copyfile(path, folder / "checkpoints" / name)
    if evaluation.results_file().is_file():
        shutil.copyfile(evaluation.results_file(), folder / "checkpoints" / "results.json")
    models = chosen(MOST_BYTES - size(folder) - 50_000)
    for path in (path for name in models for path in files_of(name)):
        target = folder / "checkpoints" / path.relative_to(shipped)
        target.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, target)
    said = manifest.manifest()
    left_out = [model["name"] for model in said["models"] if model["name"] not in models]
    said |= {"edition": "static", "leftOut": left_out, "gallery": {"perClass": PER_CLASS}}
    said["models"] = [model for model in said["models"] if model["name"] in models]
    said["state"]["index"]["high"] = PER_CLASS - 1
    (page / "manifest.json").write_text(json.dumps(said, ensure_ascii=False), encoding="utf-8")
    kept = offline([name for name in always() if name in models])
    (folder / "files.json").write_text(json.dumps(kept), encoding="utf-8")
    return {"models": models, "left_out": left_out, "bytes": size(folder)}


def size(folder: Path) -> int:
    """Bytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
