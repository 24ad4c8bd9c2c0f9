"""Photos in the page's engine against the library: what PyTorch, scipy and PIL make of them is written into a folder,
and Node compares (photo.test.js beside this file)."""

import json
from pathlib import Path

import numpy as np
import torch
from node import run_tests
from PIL import Image
from sheets import small_digits

from dae import checkpoints, folders
from dae.ink import network
from dae.ink_quality import PLAIN
from dae.noise import seeded
from dae.photo_quality import otsu, resized
from dae.photographs import Photographs
from dae.pictures import ImageError
from dae.preprocessing import read


def of_others() -> np.ndarray:
    """A digit of another hand, which the network that finds ink does not see where the border cuts it."""
    from sklearn.datasets import load_digits

    return np.round(load_digits().images[1760] * 255 / 16).astype(np.uint8)


def pictures(digits: torch.Tensor) -> dict[str, Image.Image]:
    """RGBA pictures of every kind that is treated differently."""
    made = {}
    for name, shares, shape in (
        ("lines", {"lines": 1.0}, (192, 160)),
        ("shadow", {"shadow": 1.0, "uneven": 1.0, "texture": 1.0}, (128, 224)),
        ("dark", {"light": 1.0, "noisy": 1.0}, (96, 96)),
        ("everything", {}, (256, 256)),
    ):
        photos, _ = Photographs(**(PLAIN | shares if shares else {}))(digits[:3], seeded(5, "cpu"), shape)
        for number, photo in enumerate(photos[:, 0].numpy()):
            made[f"{name} {number}"] = Image.fromarray((255 * photo).round().astype(np.uint8)).convert("RGBA")
    large = [Image.fromarray((255 * digit[0]).round().byte().numpy()).resize((90, 90)) for digit in digits[:4]]
    page = Image.new("L", (300, 240), 0)
    for ink, at in zip(large, ((10, 20), (150, 10), (30, 130), (255, 140)), strict=True):
        page.paste(ink, at)
    made["several, one cut"] = Image.eval(page, lambda value: 255 - value).convert("RGBA")
    drawn = Image.new("RGBA", (120, 120), (20, 40, 200, 0))
    drawn.putalpha(large[1].resize((120, 120)))
    made["transparent"] = drawn
    made["in colour"] = Image.composite(
        Image.new("RGB", (90, 90), (0, 130, 0)), Image.new("RGB", (90, 90), (255, 0, 0)), large[2]
    ).convert("RGBA")
    light = 1 - 0.5 * np.linspace(0, 1, 160)[None] * np.linspace(0.4, 1, 120)[:, None]
    ink = np.zeros((120, 160))
    ink[15:105, 20:110] = np.asarray(large[3]) / 255
    fading = (255 * light * (0.95 - 0.8 * ink)).round().astype(np.uint8)
    made["in fading light"] = Image.fromarray(fading).convert("RGBA")
    bold = Image.new("L", (280, 280), 255)
    bold.paste(
        Image.eval(Image.fromarray(of_others()).resize((140, 140), Image.Resampling.BICUBIC), lambda v: 255 - v),
        (136, 140),
    )
    made["bold and cut"] = bold.convert("RGBA")
    thin, _ = Photographs(**(PLAIN | {"several": 1.0}))(digits[:12], seeded(9, "cpu"), (256, 256))
    for number, photo in enumerate(thin[:, 0].numpy()):
        made[f"several {number}"] = Image.fromarray((255 * photo).round().astype(np.uint8)).convert("RGBA")
    for name in ("small ones", "small ones in a table"):
        made[name] = small_digits(digits, "table" in name)[0].convert("RGBA")
    made["many small ones"] = small_digits(digits, side=24, across=8)[0].convert("RGBA")
    made["small"] = Image.fromarray((255 * digits[5, 0]).round().byte().numpy()).convert("RGBA")
    made["empty"] = Image.new("RGBA", (50, 60), (200, 10, 10, 0))
    made["plain"] = Image.new("RGBA", (50, 60), (200, 10, 10, 255))
    return made


def test_the_engine_reads_photos_as_the_library_does(tmp_path: Path, digits: torch.Tensor):
    index: dict[str, list] = {"inks": [], "readings": []}
    names = iter(range(10**6))

    def array(values) -> str:
        name = f"{next(names)}.f32"
        np.asarray(values, dtype=np.float32).tofile(tmp_path / name)
        return name

    index["files"] = [
        {"ink": str(folders.INK), "verdict": str(folders.VERDICT), "other": str(checkpoints.find("conv-gaussian"))}
    ]
    with torch.inference_mode():
        for height, width in ((128, 128), (45, 128), (128, 67), (3, 5)):
            photo = torch.rand(1, 1, height, width, generator=seeded(height, "cpu"))
            record = {"width": width, "height": height}
            index["inks"].append(record | {"photo": array(photo), "ink": array(network()(photo))})
    for name, picture in pictures(digits).items():
        record = {"name": name, "rgba": array(picture), "width": picture.width, "height": picture.height}
        try:
            reading = read(picture)
        except ImageError as error:
            index["readings"].append(record | {"code": error.reason})
            continue
        index["readings"].append(
            record
            | {
                "region": list(reading.region),
                "sure": reading.is_sure,
                "ink": array(reading.ink),
                "boxes": [list(box) for box in reading.boxes],
                "digits": [array(digit) for digit in reading.digits],
                "otsu": array(otsu(picture)),
                "resized": array(resized(picture)),
            }
        )
    (tmp_path / "index.json").write_text(json.dumps(index))
    run_tests("photo", fixtures=tmp_path)
