"""Made-up photos: what is drawn, what counts of it, and that the same seed draws the same."""

from dataclasses import fields

import pytest
import torch
from scipy import ndimage

from dae.ink_quality import PLAIN, measure
from dae.noise import seeded
from dae.photographs import SHAPES, Photographs, jpeg
from dae.skeletons import distances, thinned

SHAPE = (128, 128)


def made(digits, **shares):
    return Photographs(**(PLAIN | shares))(digits, seeded(3, "cpu"), SHAPE)


def test_photos_and_their_ink_are_pictures_and_follow_their_seed(digits):
    photographs = Photographs()
    photos, ink = photographs(digits[:8], seeded(1, "cpu"))
    assert photos.shape == ink.shape and photos.shape[-2:] in SHAPES
    for layer in (photos, ink):
        assert layer.dtype == torch.float32 and layer.min() >= 0 and layer.max() <= 1
    again, _ = photographs(digits[:8], seeded(1, "cpu"))
    other, _ = photographs(digits[:8], seeded(2, "cpu"), tuple(photos.shape[-2:]))
    assert torch.equal(photos, again) and not torch.equal(photos, other)


def test_ink_is_darker_than_plain_paper_and_lighter_in_the_dark(digits):
    for shares, sign in (({}, -1), ({"light": 1.0}, 1)):
        photos, ink = made(digits, **shares)
        on = torch.stack([photo[place > 0.5].mean() for photo, place in zip(photos, ink, strict=True)])
        off = torch.stack([photo[place < 0.1].median() for photo, place in zip(photos, ink, strict=True)])
        assert (sign * (on - off) > 0.03).float().mean() > 0.95


def test_a_bare_sheet_has_no_ink_and_lines_are_none(digits):
    assert made(digits, bare=1.0, lines=1.0, caption=1.0)[1].max() == 0
    _, plain = made(digits)
    assert (plain.flatten(1).amax(1) > 0.6).all()


def test_what_the_border_cuts_counts_only_where_nothing_is_whole(digits):
    photos, ink = made(digits, neighbours=1.0)
    frame = torch.ones(SHAPE, dtype=torch.bool)
    frame[2:-2, 2:-2] = False
    is_cut = (ink[:, 0, frame] > 0.6).any(1)
    dark = (photos[:, 0] < photos[:, 0].flatten(1).median(1).values.view(-1, 1, 1) - 0.1)[:, frame].any(1)
    assert is_cut.float().mean() < 0.4  # where nothing is whole
    assert (dark & ~is_cut).float().mean() > 0.25  # neighbours are cut, and do not count


def test_a_share_beyond_all_photos_is_refused():
    for field in fields(Photographs)[:2]:
        with pytest.raises(ValueError, match="between 0 and 1"):
            Photographs(**{field.name: 1.1})


def test_skeletons_are_thin_and_lie_within_the_stroke(digits):
    from skimage.morphology import thin

    mask = (digits[:10, 0] > 0.5).float()
    lines = thinned(mask)
    assert ((lines == 0) | (mask == 1)).all()
    for line, whole in zip(lines, mask, strict=True):
        theirs = thin(whole.numpy() > 0)
        assert 0.7 < line.sum() / theirs.sum() < 1.4
        assert ndimage.label(line, torch.ones(3, 3))[1] == ndimage.label(whole, torch.ones(3, 3))[1]
    assert distances(digits[:10]).shape == (10, 84, 84)


def test_jpeg_keeps_what_its_steps_allow():
    photos = torch.rand(2, 1, 16, 24, generator=seeded(0, "cpu"))
    fine, coarse = (jpeg(photos, torch.full((2, 1, 1), step)) for step in (1e-6, 0.2))
    assert torch.allclose(fine, photos, atol=1e-4)
    assert 0.01 < (coarse - photos).abs().mean() < 0.3


def test_a_perfect_network_overlaps_wholly_and_a_blind_one_not_at_all(split):
    _, validation = split
    records = measure(torch.zeros_like, validation, count=2)
    assert all(record["overlap"] == 0 and record["digits"] == 2 for record in records)
    assert len({record["photos"] for record in records}) == len(records)
