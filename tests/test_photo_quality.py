"""What is plainly done to a photo, and how many photos are read rightly."""

import base64
import io

import numpy as np
import pytest
import torch
from PIL import Image

from dae import photo_quality
from dae.photo_quality import EXAMPLES, measure, otsu, photographed, resized
from dae.pictures import ImageError
from dae.preprocessing import preprocess
from dae.verdict import verdict


def on_white(digit: torch.Tensor, side: int = 140) -> Image.Image:
    """A digit `(1, 28, 28)`, dark on a white sheet, off the middle."""
    levels = 255 - (255 * digit[0]).round().byte().numpy()
    sheet = Image.new("L", (300, 260), 255)
    sheet.paste(Image.fromarray(levels).resize((side, side), Image.Resampling.BICUBIC), (20, 90))
    return sheet


def test_one_threshold_finds_a_digit_on_white_and_of_light_paper_in_the_dark_the_paper(digits):
    shares = []
    for digit in digits[::6]:
        found = otsu(on_white(digit))
        assert found.shape == (1, 1, 28, 28) and found.dtype == torch.float32
        assert torch.equal(found, otsu(Image.eval(on_white(digit), lambda level: 255 - level)))  # light on dark
        shares.append(float(((found[0] > 0.5) == (digit > 0.5)).float().mean()))
    assert np.mean(shares) > 0.93
    columns = np.indices((200, 200))[1]
    half = np.where(columns < 120, 200, 60).astype(np.uint8)
    half[80:120, 20:30] = 120  # a stroke on the light half
    found = otsu(half)[0, 0]
    assert found.sum() > 150  # a block: the dark half
    with pytest.raises(ImageError, match="no ink"):
        otsu(np.full((40, 40), 90, np.uint8))


def test_a_photo_scaled_down_is_the_mean_of_its_blocks():
    rng = np.random.default_rng(0)
    levels = rng.integers(0, 100, (280, 280)).astype(np.uint8)
    blocks = levels.reshape(28, 10, 28, 10).mean((1, 3)) / 255
    assert np.abs(resized(levels)[0, 0].numpy() - blocks).max() < 1e-5
    assert np.abs(resized(255 - levels)[0, 0].numpy() - blocks).max() < 1e-5  # most of it is light


def test_shares_are_counted_and_what_is_refused_is_not_right(split, monkeypatch):
    _, validation = split
    monkeypatch.setattr(photo_quality, "DISTURBANCES", {"shadow": photo_quality.DISTURBANCES["shadow"]})

    def refuse(image):
        raise ImageError("no_ink")

    monkeypatch.setattr(photo_quality, "WAYS", {"network": preprocess, "otsu": otsu, "resized": refuse})
    (record,) = measure(validation[:500:25])
    assert record["photos"] == "shadow" and record["digits"] == 20 and record["resized"] == 0
    assert record["network"] >= 0.8 > 0.4 > record["otsu"]
    assert all(round(20 * record[way], 6).is_integer() for way in ("network", "otsu"))


def test_photos_follow_their_seed_and_the_examples_are_of_the_digits_that_they_say(digits):
    (one,), (same,), (other,) = (photographed(digits[:1], "boxes", seed, (96, 96)) for seed in (1, 1, 2))
    assert one.size == (96, 96) and one.tobytes() == same.tobytes() != other.tobytes()
    assert set(EXAMPLES) <= set(photo_quality.DISTURBANCES) and len(set(EXAMPLES.values())) == len(EXAMPLES)
    for example in photo_quality.examples().values():
        photo = Image.open(io.BytesIO(base64.b64decode(example["photo"].partition(",")[2])))
        assert verdict(preprocess(photo))[0].digit == example["digit"]
