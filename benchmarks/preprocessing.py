"""How often a classifier that knows only MNIST's digits names somebody else's handwriting rightly.

    python benchmarks/preprocessing.py [--data-dir DIR] [--seed 0]

The handwriting is scikit-learn's 1,797 digits of 8x8 pixels (E. Alpaydin, C. Kaynak, "Optical recognition of
handwritten digits", UCI, 1998: 43 writers, none of them MNIST's), enlarged smoothly and put dark on light somewhere on
a page of 280x280 pixels, at four sizes. Compared are `dae.preprocess` and a plain resize of the inverted page. The
classifiers are a support vector machine trained on the 5,000 gallery digits, and, where all of MNIST is there
(--data-dir, DAE_DATA or the cache folder), a small convolutional network trained on its 60,000 training digits.
Milliseconds per picture are of processor time.
"""

import argparse
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from dae import data
from dae.preprocessing import preprocess

PAGE = 280
SIDES = (80, 140, 200, 260)
FILTERS = {"bicubic": Image.Resampling.BICUBIC, "bilinear": Image.Resampling.BILINEAR, "none": Image.Resampling.NEAREST}

Classifier = Callable[[torch.Tensor], torch.Tensor]
"""float32 (N, 1, 28, 28) -> int64 (N,)"""


def pages(resampling: Image.Resampling, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """uint8 (N, 280, 280) dark on light; the digits' sides in pixels (N,); their labels (N,)."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    rng = np.random.default_rng(seed)
    sides = rng.choice(SIDES, len(digits.images))
    made = np.full((len(digits.images), PAGE, PAGE), 255, np.uint8)
    for page, digit, side in zip(made, digits.images, sides.tolist(), strict=True):
        large = Image.fromarray(digit.astype(np.float32) / 16).resize((side, side), resampling)
        top, left = rng.integers(0, PAGE + 1 - side, 2)
        page[top : top + side, left : left + side] = np.round(255 * (1 - np.asarray(large).clip(0, 1)))
    return made, sides, digits.target


def plain_resize(page: np.ndarray) -> torch.Tensor:
    small = Image.fromarray(255 - page).resize((28, 28), Image.Resampling.BOX)
    return torch.from_numpy(np.asarray(small, dtype=np.float32) / 255)[None, None]


def support_vectors(digits: data.Digits) -> Classifier:
    from sklearn.svm import SVC

    model = SVC(C=10).fit(digits.images.flatten(1).numpy(), digits.labels.numpy())
    return lambda images: torch.from_numpy(model.predict(images.flatten(1).numpy()))


def convolutional(digits: data.Digits, epochs: int = 4, batch: int = 128) -> Classifier:
    torch.manual_seed(0)
    model = nn.Sequential(
        *(nn.Conv2d(1, 16, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(16, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Flatten(), nn.Dropout(0.3), nn.Linear(32 * 49, 128), nn.ReLU(), nn.Linear(128, 10)),
    )
    optimiser = torch.optim.AdamW(model.parameters(), 2e-3)
    steps = len(digits) // batch
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 4e-3, total_steps=epochs * steps)
    for _ in range(epochs):
        for chosen in torch.randperm(len(digits))[: steps * batch].view(steps, batch):
            optimiser.zero_grad()
            F.cross_entropy(model(digits.images[chosen]), digits.labels[chosen]).backward()
            optimiser.step()
            schedule.step()
    model.eval()

    @torch.no_grad()
    def classify(images: torch.Tensor) -> torch.Tensor:
        return model(images).argmax(1)

    return classify


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data-dir", help="the folder that holds MNIST/raw")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    torch.set_num_threads(1)

    classifiers = {"SVM, 5,000 digits": support_vectors(data.gallery())}
    if data.is_downloaded(arguments.data_dir):
        training, gallery = data.train(arguments.data_dir), data.gallery()
        everything = data.Digits(
            torch.cat([training.images, gallery.images]), torch.cat([training.labels, gallery.labels]), "MNIST training"
        )
        name = "CNN, 60,000 digits"
        classifiers[name] = convolutional(everything)
        test = data.test(arguments.data_dir)
        right = (classifiers[name](test.images) == test.labels).float().mean()
        print(f"{name}: {right:.2%} of MNIST's test digits\n")

    print("share of scikit-learn's digits that are named rightly; by the digit's side in pixels on the page\n")
    print(f"{'enlarged':10}{'prepared by':14}{'classifier':20}{'all':>7}", *(f"{side:>6}" for side in SIDES), "  ms")
    for enlarged, resampling in FILTERS.items():
        made, sides, labels = pages(resampling, arguments.seed)
        for prepared, prepare in (("plain resize", plain_resize), ("preprocess", preprocess)):
            start = time.process_time()
            images = torch.cat([prepare(page) for page in made])
            milliseconds = (time.process_time() - start) / len(made) * 1e3
            for name, classify in classifiers.items():
                right = classify(images).numpy() == labels
                shares = " ".join(f"{right[sides == side].mean():6.1%}" for side in SIDES)
                print(
                    f"{enlarged:10}{prepared:14}{name:20}{right.mean():7.1%} {shares} {milliseconds:5.1f}", flush=True
                )

    canvas = made[0][:112, :112].copy()
    canvas[:] = 0
    canvas[10:102, 30:90] = 255 - np.asarray(Image.fromarray(made[0]).crop((0, 0, 280, 280)).resize((60, 92)))
    start = time.process_time()
    for _ in range(200):
        preprocess(canvas)
    print(f"\na drawing of 112 x 112 pixels: {(time.process_time() - start) / 200 * 1e3:.2f} ms")


if __name__ == "__main__":
    main()
