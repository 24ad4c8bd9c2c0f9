"""The ink of photos: lines, neighbours, shadows and light ink, thin strokes, several digits; on photos that are made up
from digits which the network has not seen."""

import numpy as np
import pytest
import torch
from PIL import Image, ImageDraw
from sheets import small_digits

from dae import checkpoints, data, folders, recipes, zoo
from dae.ink import find, network
from dae.ink_quality import DISTURBED, PLAIN
from dae.noise import seeded
from dae.parts import digits as digits_in
from dae.photographs import Photographs
from dae.pictures import ImageError
from dae.preprocessing import preprocess, read


def test_the_shipped_network_is_the_recipes_and_small():
    found = checkpoints.info(folders.INK)
    assert zoo.is_made_by(found.recipe, recipes.get("ink"))
    assert folders.INK.stat().st_size <= 400_000
    assert {record["photos"] for record in found.figures} == set(DISTURBED)


def test_photos_of_any_size_give_ink_of_that_size():
    with torch.inference_mode():
        for shape in ((1, 1, 93, 128), (2, 1, 17, 40), (1, 1, 1, 128)):
            assert network()(torch.rand(shape)).shape == shape


@pytest.mark.parametrize("disturbance", ["ruled paper", "shadow", "edge of the sheet", "light on dark", "boxes"])
def test_the_ink_is_found_whatever_lies_around_it(disturbance, split):
    _, validation = split
    shares = PLAIN | DISTURBED[disturbance]
    photos, ink = Photographs(**shares)(validation.images[:400:40], seeded(11, "cpu"), (192, 192))
    shares = []
    for photo, wanted in zip(photos[:, 0].numpy(), ink[:, 0].numpy(), strict=True):
        try:
            reading = read(photo)
        except ImageError:
            shares.append(0.0)
            continue
        top, bottom, left, right = reading.region
        seen = np.zeros_like(photo)
        size = (right - left, bottom - top)
        seen[top:bottom, left:right] = np.asarray(Image.fromarray(reading.ink).resize(size)) > 0.5
        # One pixel more or less around a thin stroke is no matter.
        near = np.asarray(Image.fromarray(np.uint8(255 * (wanted > 0.3))).resize((64, 64), Image.Resampling.BOX)) > 60
        found = np.asarray(Image.fromarray(np.uint8(255 * seen)).resize((64, 64), Image.Resampling.BOX)) > 60
        shares.append((near & found).sum() / (near | found).sum())
    assert np.median(shares) > 0.7


def page(*places: tuple[int, int], side: int = 120, size: tuple[int, int] = (400, 260)) -> Image.Image:
    """Digits of the gallery, dark on white, at their places."""
    sheet = Image.new("L", size, 255)
    for number, at in enumerate(places):
        pixels = 255 - (255 * data.gallery().images[500 * (number + 2) + 7, 0]).round().byte().numpy()
        sheet.paste(Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC), at)
    return sheet


def test_several_digits_are_told_and_given_in_reading_order():
    alone = [preprocess(page(*[(140, 70)] * (number + 1))) for number in range(3)]
    sheet = page((210, 5), (20, 10), (120, 135))
    reading = read(sheet)
    assert len(reading.digits) == len(reading.boxes) == 3
    order = [1, 0, 2]
    assert all((one[0] - alone[n][0]).abs().mean() < 0.02 for one, n in zip(reading.digits, order, strict=True))
    with pytest.raises(ImageError) as error:
        preprocess(sheet)
    assert error.value.reason == "several" and error.value.values == {"count": 3}


def test_a_neighbour_that_the_border_cuts_is_left_out():
    whole = page((140, 70))
    cut = page((140, 70), (-60, 70), (345, 70))
    assert (preprocess(cut) - preprocess(whole)).abs().mean() < 0.02


def test_a_digit_in_pieces_is_one():
    ink = np.zeros((200, 120), np.float32)
    ink[20:100, 30:40] = ink[20:30, 30:90] = 1  # the upper half, its lower one close below, its bar beside
    ink[106:180, 30:40] = 1
    ink[40:60, 60:90] = 1
    assert len(digits_in(ink)) == 1
    ink[20:180, 100:110] = 1
    assert len(digits_in(ink)) == 2


def test_a_page_of_many_is_never_one_and_faint_ink_that_is_chosen_is_read(digits):
    for start in range(0, 60, 10):
        sheet = Image.new("L", (330, 330), 255)
        for number in range(9):
            pixels = 255 - (255 * digits[start + number, 0]).round().byte().numpy()
            at = (15 + 105 * (number % 3), 15 + 105 * (number // 3))
            sheet.paste(Image.fromarray(pixels).resize((90, 90), Image.Resampling.BICUBIC), at)
        assert len(read(sheet).digits) >= 8
    faint = page((140, 70), side=180)
    faint = Image.eval(faint, lambda level: 255 - (255 - level) // 4)
    ImageDraw.Draw(faint).rectangle((0, 0, 60, 259), 0)  # darker than the digit, and none
    assert (preprocess(faint) - preprocess(page((140, 70), side=180))).abs().mean() < 0.05


def test_mnist_digits_are_never_several(split):
    _, validation = split
    for image in validation.images[::10]:
        large = Image.fromarray((255 * image[0]).round().byte().numpy()).resize((200, 200), Image.Resampling.BICUBIC)
        assert len(read(large).digits) == 1


@pytest.mark.parametrize("table", [False, True])
def test_each_of_many_small_digits_is_read_from_nearer(digits, table):
    picture, places = small_digits(digits[::5], table)
    reading = read(picture)
    assert 12 <= len(reading.digits) <= (15 if table else 12)  # a table's corners may be taken for digits
    scale = (reading.region[1] - reading.region[0]) / reading.ink.shape[0]
    corner = np.repeat((reading.region[0], reading.region[2]), 2)
    for clean, place in zip(digits[::5], places, strict=True):
        sides = [np.array(box) * scale + corner for box in reading.boxes]
        own = min(range(len(sides)), key=lambda number: np.abs(sides[number] - place).max())
        assert np.abs(sides[own] - place).max() < 22  # a one is narrow
        assert (reading.digits[own] - clean).abs().mean() < 0.07


def test_of_many_digits_that_are_shown_broader_from_afar_none_is_lost_from_nearer(digits):
    picture, _ = small_digits(digits[:32], side=24, across=8)
    found = find(np.asarray(picture).astype(np.float32) / 255)
    assert len(read(picture).digits) >= len(digits_in(found.ink)) >= 26


def test_digits_that_run_together_from_afar_are_told_apart_from_nearer(digits):
    levels = np.asarray(small_digits(digits[::5])[0]).copy()
    second = levels[55:112, 180:230].copy()
    levels[55:112, 180:230] = levels[:57, 180:230]
    levels[55:112, 103:153] = np.minimum(levels[55:112, 103:153], second)  # two pixels from the first
    sheet = Image.fromarray(levels)
    assert len(digits_in(find(levels.astype(np.float32) / 255).ink)) == 11
    assert len(read(sheet).digits) == 12


def test_a_caption_is_no_part_of_a_digit():
    sheet = page((140, 40), side=180)
    clean = preprocess(sheet)
    ImageDraw.Draw(sheet).text((30, 235), "a caption, 0 1 2 3 4 5 6", 0)
    assert (preprocess(sheet) - clean).abs().mean() < 0.02


def test_ink_covers_the_region_that_it_says():
    photo = np.full((300, 300), 0.8, np.float32) - 0.2 * np.linspace(0, 1, 300, dtype=np.float32)
    photo[60:130, 200:208] = 0.2
    photo += 0.02 * np.random.default_rng(0).standard_normal((300, 300), np.float32)
    found = find(photo)
    top, bottom, left, right = found.region
    rows, columns = np.nonzero(found.ink > 0.5)
    scale = (bottom - top) / found.ink.shape[0]
    assert abs(top + rows.min() * scale - 60) < 8 and abs(left + columns.min() * scale - 200) < 8
    assert max(bottom - top, right - left) < 300 and found.is_sure
