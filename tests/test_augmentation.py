"""The made-up training digits against scipy's resampling and whole shifts, and that a seed gives them again."""

import dataclasses
import math

import pytest
import torch
from scipy import ndimage

from dae import augmentation
from dae.augmentation import Augmentation
from dae.models import ModelConfig, build
from dae.noise import seeded
from dae.stages import Stage
from dae.training import fit

ALL = Augmentation(rotation=7, shear=0.1, scale=0.06, shift=1)
BOUNDS = {"rotation": 30.0, "shear": 0.4, "scale": 0.3, "shift": 5.0}


@pytest.fixture
def largest(monkeypatch):
    """Have every number drawn at its upper bound."""
    monkeypatch.setattr(augmentation.torch, "rand", lambda shape, **_: torch.ones(shape))


def test_bounds_of_zero_leave_the_digits_as_they_are(digits):
    assert torch.allclose(Augmentation()(digits, seeded(0)), digits, atol=1e-5)


@pytest.mark.parametrize("pixels", [1, 3])
def test_a_whole_shift_moves_the_pixels(digits, largest, pixels):
    moved = Augmentation(shift=pixels)(digits, seeded(0))
    expected = torch.zeros_like(digits)
    expected[..., pixels:, pixels:] = digits[..., :-pixels, :-pixels]
    assert torch.allclose(moved, expected, atol=1e-4)


@pytest.mark.parametrize("change", BOUNDS)
def test_each_change_alone_is_the_map_that_it_is_named_after(digits, largest, change):
    """Where the ink's centre of mass and its second moments go, as the map says; scipy measures them."""
    amount = BOUNDS[change]
    angle = math.radians(amount)
    forward = {
        "rotation": torch.tensor([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]]),
        "shear": torch.tensor([[1.0, -amount], [0.0, 1.0]]),
        "scale": (1 + amount) * torch.eye(2),
        "shift": torch.eye(2),
    }[change]
    spots = torch.zeros(4, 1, 28, 28)  # discs at four places
    centres = [(10.0, 9.0), (17.0, 8.0), (11.0, 18.0), (18.0, 17.0)]
    for spot, (row, column) in zip(spots, centres, strict=True):
        grid = torch.arange(28.0)
        spot[0] = torch.exp(-((grid[:, None] - row) ** 2 + (grid - column) ** 2) / 4)
    moved = Augmentation(**{change: amount})(spots, seeded(0))
    for spot, (row, column) in zip(moved, centres, strict=True):
        found = ndimage.center_of_mass(spot[0].numpy())
        right, down = (forward @ torch.tensor([column - 13.5, row - 13.5])).tolist()
        extra = amount if change == "shift" else 0.0
        assert found == pytest.approx((down + 13.5 + extra, right + 13.5 + extra), abs=0.05)


def test_a_map_is_what_scipy_makes_of_it(digits):
    maps, changed = ALL.maps(len(digits), 28, seeded(3)), ALL(digits, seeded(3))
    expected = torch.empty_like(digits)
    for image, result, each in zip(digits, expected, maps.double(), strict=True):
        # The same places in pixels, rows first, which scipy reads with splines: close, not the same.
        matrix, offset = each[:, :2].flip(0, 1).numpy(), 14 * each[:, 2].flip(0).numpy()
        offset += 13.5 - matrix @ [13.5, 13.5]
        result[0] = torch.from_numpy(ndimage.affine_transform(image[0].numpy(), matrix, offset, order=3).clip(0, 1))
    assert (changed - expected).square().mean() < 0.02 * (digits - expected).square().mean()


def test_the_numbers_fill_their_bounds_on_both_sides():
    shifts = Augmentation(shift=2).maps(4000, 28, seeded(0))[:, :, 2] * 14
    assert shifts.amin() == pytest.approx(-2, abs=0.01) and shifts.amax() == pytest.approx(2, abs=0.01)
    assert shifts.mean(0).tolist() == pytest.approx([0, 0], abs=0.1)
    turned = Augmentation(rotation=10).maps(4000, 28, seeded(0))
    angles = torch.atan2(turned[:, 0, 1], turned[:, 0, 0]).rad2deg()
    assert angles.amin() == pytest.approx(-10, abs=0.05) and angles.amax() == pytest.approx(10, abs=0.05)
    sizes = 1 / Augmentation(scale=0.2).maps(4000, 28, seeded(0))[:, [0, 1], [0, 1]]
    assert sizes.amin() == pytest.approx(0.8, abs=0.01) and sizes.amax() == pytest.approx(1.2, abs=0.01)
    assert abs(float(torch.corrcoef(sizes.T)[0, 1])) < 0.1  # width and height each on its own


def test_a_share_of_the_batch_is_changed_and_stays_in_range(digits):
    changed = dataclasses.replace(ALL, share=0.25)(digits, seeded(0))
    assert torch.equal(changed[15:], digits[15:])
    assert all(not torch.allclose(new, old, atol=0.01) for new, old in zip(changed[:15], digits[:15], strict=True))
    assert changed.min() >= 0 and changed.max() <= 1
    assert changed.mean() == pytest.approx(float(digits.mean()), rel=0.05)


def test_a_seed_gives_the_same_digits_and_another_seed_others(digits):
    assert torch.equal(ALL(digits, seeded(5)), ALL(digits, seeded(5)))
    assert not torch.equal(ALL(digits, seeded(5)), ALL(digits, seeded(6)))


def test_training_draws_them_anew_for_every_batch_and_a_seed_gives_the_run_again(digits):
    def weights(stage: Stage, seed: int) -> list[torch.Tensor]:
        for _ in fit(model := build(ModelConfig(latent_dim=8), seed=0), digits, stage, seed=seed):
            pass
        return [value.clone() for value in model.state_dict().values()]

    stage = Stage(augmentation=ALL, batch_size=20, epochs=2)
    one, again, other = weights(stage, 1), weights(stage, 1), weights(stage, 2)
    plain = weights(dataclasses.replace(stage, augmentation=None), 1)
    assert all(map(torch.equal, one, again))
    assert not any(map(torch.equal, one, other)) and not any(map(torch.equal, one, plain))


@pytest.mark.parametrize("wrong", [{"rotation": -1}, {"shift": math.inf}, {"scale": 1}, {"share": 1.5}], ids=str)
def test_bounds_that_make_no_sense_are_refused(wrong):
    with pytest.raises(ValueError, match=r"An augmentation's .*\.$"):
        Augmentation(**wrong)
