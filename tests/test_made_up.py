"""Drawn digits and pictures of no digit: placed as MNIST's are, and of the topology that their names promise."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from dae import made_up

COUNT = 80


def rng(seed: int = 5) -> np.random.Generator:
    return np.random.default_rng(seed)


def holes(image: torch.Tensor) -> int:
    """Areas of paper that ink surrounds."""
    return ndimage.label(image[0].numpy() < 0.5)[1] - 1


def test_drawn_digits_are_as_large_and_placed_as_those_of_mnist():
    images, labels = made_up.digits(COUNT, rng())
    assert images.shape == (COUNT, 1, 28, 28) and images.dtype == torch.float32
    assert labels.bincount().tolist() == [0, 16, 0, 16, 16, 0, 0, 16, 0, 16]
    for image in images[:, 0].numpy():
        assert image.min() == 0 and image.max() == 1
        rows, columns = (np.flatnonzero((image > 0.3).any(axis)) for axis in (1, 0))
        assert 18 <= max(np.ptp(rows), np.ptp(columns)) + 1 <= 21
        assert ndimage.center_of_mass(image) == pytest.approx((14, 14), abs=0.75)


def test_drawn_digits_have_the_holes_that_they_should_have():
    images, labels = made_up.digits(4 * COUNT, rng())
    found = {int(label): [holes(image) for image in images[labels == label]] for label in labels.unique()}
    for label in (1, 3, 7):
        assert np.mean(found[label]) < 0.2, "but for a flag or a serif that a thick pen closes"
    assert np.mean(np.array(found[9]) > 0) > 0.65 and 2 in found[9], "some with a looped tail; a thick pen fills some"
    assert 1 in found[4], "closed or looped"


def test_no_digits_are_letters_scribbles_blank_paper_and_noise():
    images = made_up.no_digits(60, rng())
    assert images.shape == (60, 1, 28, 28) and images.min() >= 0 and images.max() <= 1
    assert len({image.numpy().tobytes() for image in images}) > 50
    blank = made_up.noise(50, rng())[::5]
    assert all(image.max() == image.min() for image in blank)
    assert len({float(image.max()) for image in blank}) > 2


def test_the_fonts_of_the_test_are_others_than_those_of_the_training():
    assert not set(made_up.TRAINING_FONTS) & set(made_up.TEST_FONTS)
    for fonts in (made_up.TRAINING_FONTS, made_up.TEST_FONTS):
        letters = made_up.letters(10, rng(), fonts)
        assert letters.shape == (10, 1, 28, 28) and (letters.flatten(1).max(1).values == 1).all()
    with pytest.raises(OSError):
        made_up.letters(1, rng(), ["NoSuchFont"])


def test_the_same_seed_draws_the_same():
    one, other = (made_up.digits(8, rng(1))[0] for _ in range(2))
    assert torch.equal(one, other)
    assert not torch.equal(one, made_up.digits(8, rng(2))[0])
