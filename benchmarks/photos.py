"""How many photos of digits are read rightly, by kind: `dae.preprocess` beside Otsu's threshold with a crop.

    python benchmarks/photos.py FOLDER

The folder holds pictures in `pictures/` and their labels in `labels.csv`, with the columns file, digit (what a person
reads), kind and paper; "multi" is a kind of pictures of several digits. Otsu's threshold (N. Otsu, "A threshold
selection method from gray-level histograms", IEEE Trans. SMC 9(1), 1979) tells dark from light, the commoner is paper,
and the ink's box is scaled to 20 pixels and placed by its centre of mass. What is prepared is named by the classifier
of `dae.verdict`, its likeliest digit counts. Several digits are right where they are told to be several, and no
picture of one digit may be refused. Milliseconds are of processor time.
"""

import argparse
import csv
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from PIL import Image

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from dae.pictures import ImageError, open_image
from dae.preprocessing import preprocess
from dae.verdict import probabilities


def otsu(image: Image.Image) -> torch.Tensor:
    """As MNIST's makers did it, after a threshold for the whole picture."""
    from skimage.filters import threshold_otsu

    grey = np.asarray(image.convert("L"), np.float32) / 255
    if grey.min() == grey.max():
        raise ImageError("no_ink")
    ink = grey > threshold_otsu(grey)
    if ink.mean() > 0.5:
        ink = ~ink
    rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
    digit = Image.fromarray(255 * ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].astype(np.uint8))
    scale = 20 / max(digit.size)
    small = digit.resize([max(1, round(side * scale)) for side in digit.size], Image.Resampling.BOX)
    weights = np.asarray(small, np.float64)
    middle = [float(weights.sum(axis) @ np.arange(side) / weights.sum()) for axis, side in enumerate(small.size)]
    frame = Image.new("L", (28, 28))
    frame.paste(small, tuple(round(14 - place) for place in middle))
    return torch.from_numpy(np.asarray(frame, np.float32) / 255)[None, None]


def answer(prepare: Callable[[Image.Image], torch.Tensor], source: bytes) -> str:
    """What a picture is read as: a digit, or the reason why it is refused."""
    try:
        return str(int(probabilities(prepare(open_image(source))).argmax()))
    except ImageError as error:
        return error.reason


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--wrong", action="store_true", help="name the pictures that are read wrongly")
    options = parser.parse_args()
    torch.set_num_threads(1)
    with (options.folder / "labels.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    preprocess(np.eye(100, dtype=np.float32))  # what is loaded once
    for name, prepare in (("dae.preprocess", preprocess), ("Otsu and crop", otsu)):
        right: dict[str, list[bool]] = defaultdict(list)
        refused, start = [], time.process_time()
        for row in rows:
            found = answer(prepare, (options.folder / "pictures" / row["file"]).read_bytes())
            wanted = "several" if row["kind"] == "multi" else row["digit"]
            kinds = [row["kind"]] + ["lined paper"] * (row["paper"] == "lined" and row["kind"] != "multi")
            for kind in kinds:
                right[kind].append(found == wanted)
            if not found.isdigit() and row["kind"] != "multi":
                refused.append(row["file"])
            if options.wrong and found != wanted:
                print(f"  {row['file']} ({row['kind']}): {wanted} is read as {found}")
        milliseconds = (time.process_time() - start) / len(rows) * 1e3
        print(f"{name}: {milliseconds:.1f} ms a picture with its file, {len(refused)} of one digit refused")
        for kind, each in sorted(right.items()):
            print(f"  {kind:16}{sum(each):4} of {len(each):3}  {sum(each) / len(each):6.1%}")
        core = [each for kind in ("photo", "crop", "tiny", "drawing", "stock") for each in right[kind]]
        print(f"  {'core':16}{sum(core):4} of {len(core):3}  {np.mean(core):6.1%}")


if __name__ == "__main__":
    main()
