"""How many photos of digits are read rightly, by kind: `dae.preprocess` beside Otsu's threshold with a crop.

    python benchmarks/photos.py [FOLDER] [--data-dir DIR] [--seed 1]

The folder holds pictures in `pictures/` and their labels in `labels.csv`, with the columns file, digit (what a person
reads), kind and paper; "multi" is a kind of pictures of several digits. Without one, photos are made up of MNIST's test
digits, with one disturbance each (`dae.photo_quality`). What is prepared is named by the classifier of `dae.verdict`,
and, where all of MNIST is there (--data-dir, DAE_DATA or the cache folder), by a small convolutional network trained on
its 60,000 training digits; the likeliest digit counts. Several digits are right where they are told to be several, and
no picture of one digit may be refused. Milliseconds are of processor time.
"""

import argparse
import csv
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from preprocessing import convolutional

from dae import data
from dae.photo_quality import DISTURBANCES, otsu, photographed
from dae.pictures import ImageError, open_image
from dae.preprocessing import preprocess
from dae.verdict import probabilities

COUNT = 48  # made-up photos of each disturbance
CORE = ("photo", "crop", "tiny", "drawing", "stock")


class Picture(NamedTuple):
    """What is read, and what a person reads in it."""

    name: str
    kinds: tuple[str, ...]
    image: Callable[[], Image.Image]
    wanted: str  # a digit, or "several"


def of_folder(folder: Path) -> Iterator[Picture]:
    with (folder / "labels.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            kinds = [row["kind"]]
            kinds += ["lined paper"] * (row["paper"] == "lined") + ["core"] * (row["kind"] in CORE)
            source = (folder / "pictures" / row["file"]).read_bytes()
            wanted = "several" if row["kind"] == "multi" else row["digit"]
            yield Picture(row["file"], tuple(kinds), partial(open_image, source), wanted)


def made_up(digits: data.Digits, seed: int) -> Iterator[Picture]:
    for number, name in enumerate(DISTURBANCES):
        shown = digits[number * COUNT : (number + 1) * COUNT]
        for photo, label in zip(photographed(shown.images, name, seed), shown.labels.tolist(), strict=True):
            yield Picture(name, (name, "all"), partial(Image.Image.copy, photo), str(label))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?")
    parser.add_argument("--data-dir", help="the folder that holds MNIST/raw")
    parser.add_argument("--seed", type=int, default=1, help="of the made-up photos")
    parser.add_argument("--wrong", action="store_true", help="name the pictures that are read wrongly")
    options = parser.parse_args()
    torch.set_num_threads(1)
    classifiers = {"verdict": lambda digit: int(probabilities(digit).argmax())}
    if data.is_downloaded(options.data_dir):
        training, gallery = data.train(options.data_dir), data.gallery()
        everything = data.Digits(
            torch.cat([training.images, gallery.images]), torch.cat([training.labels, gallery.labels]), "MNIST training"
        )
        named = convolutional(everything)
        classifiers["CNN"] = lambda digit: int(named(digit)[0])
    pictures = list(of_folder(options.folder) if options.folder else made_up(data.test(options.data_dir), options.seed))
    preprocess(np.eye(100, dtype=np.float32))  # what is loaded once
    for name, prepare in (("dae.preprocess", preprocess), ("Otsu and crop", otsu)):
        right: dict[str, list[list[bool]]] = defaultdict(list)
        refused, spent = [], 0.0
        for picture in pictures:
            image = picture.image()
            start = time.process_time()
            try:
                digit = prepare(image)
                found = {key: str(classify(digit)) for key, classify in classifiers.items()}
            except ImageError as error:
                found = dict.fromkeys(classifiers, error.reason)
                refused += [picture.name] * (picture.wanted != "several")
            spent += time.process_time() - start
            for kind in picture.kinds:
                right[kind].append([each == picture.wanted for each in found.values()])
            if options.wrong and picture.wanted not in found.values():
                print(f"  {picture.name} {picture.kinds[0]}: {picture.wanted} is read as {found}")
        print(f"{name}: {spent / len(pictures) * 1e3:.1f} ms a picture, {len(refused)} of one digit refused")
        print(f"  {'':18}{'of':>4}", *(f"{key:>8}" for key in classifiers))
        for kind, each in sorted(right.items()):
            print(f"  {kind:18}{len(each):4}", *(f"{share:8.1%}" for share in np.mean(each, axis=0)))


if __name__ == "__main__":
    main()
