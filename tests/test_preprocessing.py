"""Preprocessing against pictures whose right answer is known, and against a classifier of MNIST's digits."""

import io
import subprocess
import sys
import warnings
import zlib

import numpy as np
import pytest
import torch
from hypothesis import example, given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from dae import data
from dae.ink import PAPER_TOLERANCE
from dae.pictures import MAX_BYTES, MAX_PIXELS, REASONS, WORKING_SIDE, ImageError, open_image
from dae.preprocessing import preprocess

SHADES = st.integers(0, 255)


@pytest.fixture(scope="module")
def classifier(split):
    """Knows MNIST's digits: float32 (N, 1, 28, 28) -> int (N,). Trained on 4,500 of the gallery."""
    from sklearn.svm import SVC

    training, _ = split
    model = SVC(C=10).fit(training.images.flatten(1).numpy(), training.labels.numpy())
    return lambda images: torch.from_numpy(model.predict(images.flatten(1).numpy()))


def encoded(image: Image.Image, file_format: str, **options) -> bytes:
    file = io.BytesIO()
    image.save(file, file_format, **options)
    return file.getvalue()


def drawing(points, width: int = 14, side: int = 224, paper: int = 255, ink: int = 0) -> Image.Image:
    """A line through `points` (in hundredths of the side), drawn with a round pen and smooth edges."""
    image = Image.new("L", (2 * side, 2 * side), paper)
    draw = ImageDraw.Draw(image)
    xy = [(2 * side * x / 100, 2 * side * y / 100) for x, y in points]
    draw.line(xy, ink, 2 * width, joint="curve")
    for x, y in xy:
        draw.ellipse((x - width, y - width, x + width, y + width), ink)
    return image.reduce(2)


FOUR = ((38, 20), (30, 55), (62, 52), (60, 25), (61, 80))


def enlarged(digit: torch.Tensor, side: int) -> Image.Image:
    """One 28x28 digit -> mode L, white on black, with smooth edges."""
    pixels = (digit.squeeze() * 255).round().to(torch.uint8).numpy()
    return Image.fromarray(pixels).resize((side, side), Image.Resampling.BICUBIC)


def centre_of_mass(digit: torch.Tensor) -> tuple[float, float]:
    weights = digit.squeeze().double()
    index = torch.arange(28.0, dtype=torch.float64)
    return float(weights.sum(1) @ index / weights.sum()), float(weights.sum(0) @ index / weights.sum())


def extent(digit: torch.Tensor) -> tuple[int, int]:
    rows, columns = np.nonzero(digit.squeeze().numpy() > 0.02)
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1


def distance(one: torch.Tensor, other: torch.Tensor) -> float:
    """Sum of absolute differences as a share of the ink; placing to the nearest pixel may differ by one."""
    moved = [other.roll((y, x), (2, 3)) for y in (0, -1, 1) for x in (0, -1, 1)]
    return min(float((one - each).abs().sum() / (0.5 * (one + each).sum())) for each in moved)


# --- Opening uploads --------------------------------------------------------------------------------------------------

SMALL = drawing(FOUR, side=64, width=5)
COLOURS = Image.merge("RGB", (SMALL, SMALL, SMALL))
FORMATS = {
    "PNG": encoded(COLOURS, "PNG"),
    "JPEG": encoded(COLOURS, "JPEG", quality=90),
    "WebP": encoded(COLOURS, "WEBP", lossless=True),
    "GIF": encoded(COLOURS, "GIF"),
    "BMP": encoded(COLOURS, "BMP"),
}


def frames(file_format: str) -> bytes:
    other = Image.new("RGB", COLOURS.size, (200, 30, 30))
    return encoded(COLOURS, file_format, save_all=True, append_images=[other, COLOURS], duration=100)


def chunk(kind: bytes, content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds no pixels."""
    header = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 2, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def with_size(file_format: str, width: int, height: int) -> bytes:
    """The sample picture of a format with another size in its header."""
    source = bytearray(FORMATS[file_format])
    if file_format == "JPEG":
        at = source.index(b"\xff\xc0") + 5  # marker, length, precision, then the size
        source[at : at + 4] = height.to_bytes(2, "big") + width.to_bytes(2, "big")
    elif file_format == "GIF":
        source[6:10] = width.to_bytes(2, "little") + height.to_bytes(2, "little")
    elif file_format == "BMP":
        source[18:26] = width.to_bytes(4, "little") + height.to_bytes(4, "little")
    elif file_format == "WebP":
        at = source.index(b"VP8L") + 9  # chunk name, length, signature byte, then 14 + 14 bits
        source[at : at + 4] = ((width - 1) | (height - 1) << 14 | int(source[at + 3] >> 4) << 28).to_bytes(4, "little")
    else:
        return png_header(width, height)
    return bytes(source)


SVG = b'<?xml version="1.0"?>\n<!-- a drawing -->\n<svg xmlns="http://www.w3.org/2000/svg"><path d="M0 0L9 9"/></svg>'
REFUSED = [
    ("empty", b""),
    ("too_many_bytes", FORMATS["PNG"] + bytes(MAX_BYTES)),
    *[("enormous", with_size(name, 20_000, 20_000)) for name in ("PNG", "JPEG", "GIF", "BMP")],
    ("enormous", with_size("WebP", 16_000, 16_000)),
    ("enormous", png_header(MAX_PIXELS + 1, 1)),
    *[("animated", frames(name)) for name in ("GIF", "PNG", "WEBP")],
    ("svg", SVG),
    ("svg", b"\xef\xbb\xbf  <svg><circle r='3'/></svg>"),
    ("text", b"Seven.\n" * 50),
    ("text", "七\n".encode()),
    ("text", "七八九".encode("gb18030")),
    ("text", "seven".encode("utf-16")),
    ("text", b"BMW builds cars."),
    ("text", b"<!doctype html><html><svg></svg></html>"),
    *[("corrupt", source[: len(source) // 2]) for source in FORMATS.values()],
    *[("corrupt", source[:12]) for name, source in FORMATS.items() if name != "BMP"],
    ("corrupt", FORMATS["PNG"][:60] + bytes(40) + FORMATS["PNG"][100:]),
    ("unsupported", b"%PDF-1.7\n1 0 obj"),
    ("unsupported", b"\x00\x00\x00\x18ftypheic" + bytes(range(256))),
    ("unsupported", encoded(COLOURS, "TIFF")),
    ("unsupported", bytes(range(256))),
]


@pytest.mark.parametrize(("reason", "source"), REFUSED, ids=[f"{i}-{r}" for i, (r, _) in enumerate(REFUSED)])
def test_what_is_no_still_picture_gets_its_own_sentence(reason, source):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ImageError) as error:
            open_image(source)
    assert error.value.reason == reason
    assert str(error.value) == REASONS[reason].format(**error.value.values)
    assert str(error.value).endswith(".") and "{" not in str(error.value)


def test_an_enormous_picture_says_its_size():
    with pytest.raises(ImageError) as error:
        open_image(png_header(20_000, 20_000))
    assert error.value.values == {"width": 20_000, "height": 20_000, "limit": MAX_PIXELS / 1e6}


@pytest.mark.parametrize("file_format", FORMATS)
def test_every_format_gives_the_same_digit(file_format):
    digit = preprocess(open_image(FORMATS[file_format]))
    assert distance(digit, preprocess(COLOURS)) < 0.05


def test_a_large_jpeg_is_decoded_at_a_fraction_of_its_size():
    image = open_image(encoded(Image.new("L", (4000, 3000), 200), "JPEG"))
    assert image.size == (1000, 750)
    assert max(image.size) >= WORKING_SIDE


@given(st.sampled_from(sorted(FORMATS)), st.data())
def test_damaged_files_give_a_picture_or_an_image_error(file_format, draw):
    source = bytearray(FORMATS[file_format])
    for _ in range(draw.draw(st.integers(1, 8))):
        source[draw.draw(st.integers(0, min(len(source) - 1, 400)))] = draw.draw(st.integers(0, 255))
    try:
        digit = preprocess(open_image(bytes(source)))
    except ImageError as error:
        assert error.reason in REASONS
    else:
        assert digit.shape == (1, 1, 28, 28)


@given(st.binary(max_size=200))
def test_any_bytes_give_a_picture_or_an_image_error(source):
    with pytest.raises(ImageError):
        open_image(source)


# --- One digit, many pictures -----------------------------------------------------------------------------------------


def high_depth(mode: str) -> Image.Image:
    values = np.asarray(drawing(FOUR), dtype=np.float32)
    if mode == "F":
        return Image.fromarray(values / 255)
    return Image.fromarray((values * 257).astype({"I;16": np.uint16, "I": np.int32}[mode]))


@pytest.mark.parametrize("mode", ["RGB", "RGBA", "LA", "P", "CMYK", "YCbCr", "HSV", "LAB", "1", "I;16", "I", "F"])
def test_every_mode_gives_the_same_digit(mode):
    picture = drawing(FOUR)
    if mode in ("I;16", "I", "F"):
        other = high_depth(mode)
    elif mode in ("CMYK", "YCbCr", "HSV", "LAB"):
        other = picture.convert("RGB")
        if mode == "LAB":
            from PIL import ImageCms

            profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
            other = ImageCms.applyTransform(other, ImageCms.buildTransform(*profiles, "RGB", "LAB"))
        other = other.convert(mode)
    else:
        other = picture.convert(mode)
    assert other.mode == mode
    assert distance(preprocess(other), preprocess(picture)) < 0.05


@pytest.mark.parametrize("kind", [np.array, torch.tensor])
@pytest.mark.parametrize("channels", [None, 3, 4])
@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
def test_arrays_and_tensors_give_the_same_digit(kind, channels, dtype):
    array = np.asarray(drawing(FOUR))
    if channels:
        array = np.stack([array] * 3 + [np.full_like(array, 255)] * (channels - 3), -1)
    if dtype != "uint8":
        array = (array / 255).astype(dtype)
    assert distance(preprocess(kind(array)), preprocess(drawing(FOUR))) < 1e-4


@pytest.mark.parametrize(
    "wrong",
    [
        np.zeros((2, 28, 28, 3), np.uint8),
        np.zeros((28, 28, 2), np.uint8),
        np.zeros(28, np.uint8),
        np.zeros((28, 28), np.int64),
        np.full((28, 28), 255.0),
        np.full((28, 28), -0.5),
        np.full((28, 28), np.nan),
        np.array([["a"]]),
        None,
        "7.png",
    ],
    ids=lambda wrong: f"{getattr(wrong, 'shape', '')}{getattr(wrong, 'dtype', wrong)}",
)
def test_what_is_no_picture_is_refused(wrong):
    with pytest.raises(ImageError) as error:
        preprocess(wrong)
    assert error.value.reason == "not_an_image"


# EXIF 2.32, tag 0x0112: how the stored picture is to be turned; here what a camera does before it stores one.
STORED = {
    1: (),
    2: (Image.Transpose.FLIP_LEFT_RIGHT,),
    3: (Image.Transpose.ROTATE_180,),
    4: (Image.Transpose.FLIP_TOP_BOTTOM,),
    5: (Image.Transpose.TRANSPOSE,),
    6: (Image.Transpose.ROTATE_90,),
    7: (Image.Transpose.TRANSVERSE,),
    8: (Image.Transpose.ROTATE_270,),
}


@pytest.mark.parametrize("orientation", STORED)
def test_exif_orientation_is_applied(orientation):
    picture = drawing(FOUR).crop((30, 0, 200, 224))
    stored = picture
    for turn in STORED[orientation]:
        stored = stored.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert torch.equal(preprocess(open_image(encoded(stored, "PNG", exif=exif))), preprocess(picture))


@pytest.mark.parametrize("ink", [(0, 0, 0), (255, 255, 255), (30, 60, 200), (240, 220, 60)])
@pytest.mark.parametrize("hidden", [(0, 0, 0), (255, 255, 255)], ids=["black below", "white below"])
def test_transparent_pictures_are_judged_by_their_ink(ink, hidden):
    alpha = drawing(FOUR, paper=0, ink=255)
    seen = alpha.point(lambda value: 255 * (value > 0))
    picture = Image.composite(Image.new("RGB", alpha.size, ink), Image.new("RGB", alpha.size, hidden), seen)
    picture.putalpha(alpha)
    assert distance(preprocess(picture), preprocess(alpha)) < 0.02
    assert distance(preprocess(open_image(encoded(picture, "WEBP"))), preprocess(alpha)) < 0.02
    large = (900, 900)  # is reduced, and nothing of the hidden colour may come in
    assert distance(preprocess(picture.resize(large)), preprocess(alpha.resize(large))) < 0.02


@pytest.mark.parametrize(("paper", "ink"), [(255, 0), (0, 255)])
def test_a_card_with_transparent_corners_keeps_its_digit(paper, ink):
    picture = drawing(FOUR, paper=paper, ink=ink).convert("RGBA")
    alpha = Image.new("L", picture.size, 0)
    ImageDraw.Draw(alpha).rounded_rectangle((10, 10, 214, 214), 30, 255)
    picture.putalpha(alpha)
    assert distance(preprocess(picture), preprocess(drawing(FOUR))) < 0.03


def test_a_transparent_colour_of_a_palette_is_paper():
    palette = drawing(FOUR).convert("1").convert("P")
    source = encoded(palette, "PNG", transparency=palette.getpixel((0, 0)))
    assert distance(preprocess(open_image(source)), preprocess(drawing(FOUR))) < 0.05


@pytest.mark.parametrize(("paper", "ink"), [((255, 0, 0), (0, 130, 0)), ((255, 255, 255), (255, 240, 0))])
def test_ink_that_differs_but_in_hue_is_seen(paper, ink):
    mask = drawing(FOUR, paper=0, ink=255)
    picture = Image.composite(Image.new("RGB", mask.size, ink), Image.new("RGB", mask.size, paper), mask)
    assert distance(preprocess(picture), preprocess(mask)) < 0.1


def test_faint_ink_becomes_bright():
    assert distance(preprocess(drawing(FOUR, paper=220, ink=190)), preprocess(drawing(FOUR))) < 0.05


def test_a_canvas_needs_no_heavy_import():
    code = (
        "import sys, numpy, dae.preprocessing as p\n"
        "a = numpy.zeros((112, 112), 'uint8'); a[20:90, 50:60] = 255; p.preprocess(a)\n"
        "print(*({'skimage', 'sklearn', 'pandas', 'matplotlib', 'torchvision', 'gradio'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == ""


# --- What MNIST's digits have in common -------------------------------------------------------------------------------

POINTS = st.lists(st.tuples(st.integers(12, 88), st.integers(12, 88)), min_size=2, max_size=7).filter(
    lambda points: max(max(axis) - min(axis) for axis in zip(*points, strict=True)) >= 20
)


@given(POINTS, st.integers(2, 24), st.sampled_from([112, 224, 400]), SHADES, SHADES)
def test_any_drawing_is_sized_and_placed_as_in_mnist(points, width, side, paper, ink):
    if abs(paper - ink) < 20:
        ink = (paper + 128) % 256
    picture = drawing(points, width * side // 224 + 1, side, paper, ink)
    digit = preprocess(picture)
    assert digit.shape == (1, 1, 28, 28) and digit.dtype == torch.float32
    assert digit.min() == 0 and digit.max() == 1
    assert abs(max(extent(digit)) - 20) <= 1
    # Only a digit so lopsided that its box would leave the frame is further off.
    rows, columns = np.nonzero(digit.squeeze().numpy() > 0)
    for mass, used in zip(centre_of_mass(digit), (rows, columns), strict=True):
        assert abs(mass - 14) <= 1 or used.min() == 0 or used.max() == 27


@given(POINTS, st.integers(3, 20), st.integers(-12, 11), st.integers(-12, 11))
def test_where_it_is_drawn_does_not_matter(points, width, right, down):
    picture = drawing(points, width)
    page = Image.new("L", (264, 264), 255)
    page.paste(picture, (20, 20))
    moved = Image.new("L", (264, 264), 255)
    moved.paste(picture, (20 + right, 20 + down))
    assert torch.equal(preprocess(moved), preprocess(page))


@given(POINTS, st.integers(2, 20), SHADES, SHADES)
def test_which_shade_is_ink_does_not_matter(points, width, paper, ink):
    if abs(paper - ink) < 20:
        ink = (paper + 128) % 256
    picture = drawing(points, width, paper=paper, ink=ink)
    inverted = picture.point(lambda value: 255 - value)
    assert distance(preprocess(inverted), preprocess(picture)) < 0.01


@given(POINTS, st.integers(2, 20))
@example([(12, 12), (32, 32)], 2)
def test_a_second_time_changes_nothing(points, width):
    once = preprocess(drawing(points, width))
    ink = once * ((255 * once).round() > 2 * PAPER_TOLERANCE)  # a thin stroke's rim may be as paper is, the second time
    assert distance(preprocess(once), ink) < 0.01


def test_mnist_digits_come_back_as_they_are():
    images = data.gallery().images
    again = torch.cat([preprocess(image) for image in images[::5]])
    differences = (again - images[::5]).abs().mean((1, 2, 3))
    assert (differences < 0.002).float().mean() > 0.99
    assert differences.mean() < 0.001


def stroke_width(digit: torch.Tensor) -> float:
    """Ink over the length of its skeleton, at four times the size; independent of how the library measures it."""
    from skimage.morphology import skeletonize

    mask = np.asarray(enlarged(digit, 112)) > 127
    return mask.sum() / skeletonize(mask).sum() / 4


@pytest.mark.parametrize("width", [1, 2, 4, 8, 16, 32, 48])
def test_any_pen_gives_strokes_as_wide_as_in_mnist(width):
    digit = preprocess(drawing(((30, 15), (70, 15), (40, 85)), width, side=400))
    assert 1.4 < stroke_width(digit) < 3.6
    assert digit.max() == 1


@pytest.mark.parametrize("side", [16, 30, 60, 280])
def test_a_digit_may_be_tiny(side, split, classifier):
    _, validation = split
    digits = []
    for image in validation.images[::10]:
        page = Image.new("L", (300, 300), 0)
        page.paste(enlarged(image, side), (11, 7))
        digits.append(preprocess(page))
    right = (classifier(torch.cat(digits)) == validation.labels[::10]).float().mean()
    assert right >= 0.85


def test_ink_may_touch_the_border():
    page = Image.new("L", (300, 300), 255)
    page.paste(drawing(FOUR), (50, 40))
    left, top, right, bottom = page.point(lambda value: 255 - value).getbbox()
    assert distance(preprocess(page.crop((left, top, right, bottom))), preprocess(page)) < 0.02
    assert distance(preprocess(page.crop((left, 0, 300, 300))), preprocess(page)) < 0.02


def test_specks_are_dropped_and_separate_strokes_are_not():
    picture = drawing(FOUR)
    dirty = picture.copy()
    for at in ((3, 5), (220, 4), (200, 219), (8, 200)):
        dirty.putpixel(at, 0)
    assert torch.equal(preprocess(dirty), preprocess(picture))
    five = drawing(((60, 30), (40, 30), (38, 50), (60, 60), (40, 80)))
    ImageDraw.Draw(five).line((160, 60, 200, 55), 0, 14)
    without = preprocess(drawing(((60, 30), (40, 30), (38, 50), (60, 60), (40, 80))))
    assert extent(preprocess(five))[1] > extent(without)[1] + 3


@given(st.integers(1, 300), st.integers(1, 300), SHADES)
def test_uniform_pictures_have_no_ink(height, width, shade):
    for picture in (Image.new("L", (width, height), shade), Image.new("RGBA", (width, height), (shade, 90, 40, 128))):
        with pytest.raises(ImageError, match="no ink"):
            preprocess(picture)


@pytest.mark.parametrize("shape", [(0, 0), (0, 28), (28, 0, 3)])
def test_an_empty_array_has_no_ink(shape):
    with pytest.raises(ImageError, match="no ink"):
        preprocess(np.zeros(shape, np.uint8))


def test_a_wholly_transparent_picture_has_no_ink():
    with pytest.raises(ImageError, match="no ink"):
        preprocess(Image.new("RGBA", (60, 60), (0, 0, 0, 0)))


# --- Photos -----------------------------------------------------------------------------------------------------------

HEIGHT, WIDTH = 360, 480


def photo(ink: np.ndarray, seed: int, *, dark: bool = True, noise: float = 0.03, shadow: float = 0.35) -> np.ndarray:
    """Ink (H, W) in [0, 1] as a photo shows it, (H, W) in [0, 1]: light from one side, a shadow, paper grain, noise."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:HEIGHT, :WIDTH] / WIDTH
    angle, other = rng.uniform(0, 2 * np.pi, 2)
    slope = np.cos(angle) * x + np.sin(angle) * y
    light = 1 - 0.5 * (slope - slope.min()) / np.ptp(slope)
    depth = np.cos(other) * (x - 0.5) + np.sin(other) * (y - 0.4) + 0.1 * np.sin(6 * x) + rng.uniform(-0.1, 0.1)
    light = light * (1 - shadow / (1 + np.exp(-depth / rng.choice([0.01, 0.03, 0.1]))))
    paper = 0.85 if dark else 0.2
    surface = paper * (1 + 0.02 * rng.standard_normal((HEIGHT, WIDTH)))
    surface = surface * (1 - 0.6 * ink) if dark else surface + 0.6 * ink
    return (light * surface + noise * rng.standard_normal((HEIGHT, WIDTH))).clip(0, 1)


def jpeg(grey: np.ndarray, orientation: int = 1) -> bytes:
    """Grey (H, W) in [0, 1] as a camera stores it, slightly yellow."""
    levels = grey * 255
    picture = Image.fromarray(np.stack([levels, 0.96 * levels, 0.88 * levels], -1).astype(np.uint8))
    for turn in STORED[orientation]:
        picture = picture.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    return encoded(picture, "JPEG", quality=75, exif=exif)


def handwriting(digit: torch.Tensor, seed: int, side: int) -> np.ndarray:
    """A digit somewhere on the page, slightly tilted: (H, W) in [0, 1]."""
    rng = np.random.default_rng(seed)
    page = Image.new("L", (WIDTH, HEIGHT))
    at = int(rng.integers(0, WIDTH - side)), int(rng.integers(0, HEIGHT - side))
    page.paste(enlarged(digit, side).rotate(rng.uniform(-10, 10), Image.Resampling.BICUBIC), at)
    return np.asarray(page) / 255


@pytest.fixture(scope="module")
def written(split) -> data.Digits:
    """Digits that the classifier has not seen and knows."""
    _, validation = split
    return validation[::20]


def rightly_named(classifier, sources: list[bytes], labels: torch.Tensor) -> float:
    images = torch.cat([preprocess(open_image(source)) for source in sources])
    return float((classifier(images) == labels).float().mean())


@pytest.mark.parametrize(
    ("side", "options", "floor"),
    [
        (300, {}, 0.9),
        (140, {}, 0.9),
        (300, {"noise": 0.08}, 0.9),
        (300, {"dark": False}, 0.9),
    ],
    ids=["large", "small", "noisy", "light on dark"],
)
def test_digits_come_out_of_photos(classifier, written, side, options, floor):
    sources = [
        jpeg(photo(handwriting(image, seed, side), seed, **options), orientation=1 + seed % 8)
        for seed, image in enumerate(written.images)
    ]
    assert rightly_named(classifier, sources, written.labels) >= floor


def test_a_photographed_digit_is_close_to_the_drawn_one():
    ink = handwriting(data.gallery().images[2600], 3, 300)
    digit = preprocess(open_image(jpeg(photo(ink, 3), 6)))
    assert distance(digit, preprocess(ink.astype(np.float32))) < 0.3


@pytest.mark.parametrize("noise", [0.0, 0.03, 0.1])
@pytest.mark.parametrize("shadow", [0.0, 0.35])
@pytest.mark.parametrize("seed", [0, 1])
def test_photos_of_bare_paper_have_no_ink(noise, shadow, seed):
    with pytest.raises(ImageError) as error:
        preprocess(open_image(jpeg(photo(np.zeros((HEIGHT, WIDTH)), seed, noise=noise, shadow=shadow))))
    assert error.value.reason == "no_ink"


@pytest.mark.parametrize("side", [28, 112, 300])
def test_a_gradient_has_no_ink(side):
    with pytest.raises(ImageError, match="no ink"):
        preprocess(np.linspace(0, 1, side * side, dtype=np.float32).reshape(side, side))


# --- Other people's handwriting ---------------------------------------------------------------------------------------


def test_handwriting_from_elsewhere_is_recognised(classifier):
    """scikit-learn's 8x8 digits, by other writers than MNIST's, as drawings: see benchmarks/preprocessing.py."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    rng = np.random.default_rng(0)
    ours, plain = [], []
    for index in range(0, len(digits.images), 4):
        side = int(rng.choice([80, 140, 200, 260]))
        page = Image.new("F", (280, 280))
        small = Image.fromarray(digits.images[index].astype(np.float32) / 16)
        at = tuple(rng.integers(0, 281 - side, 2).tolist())
        page.paste(small.resize((side, side), Image.Resampling.BICUBIC), at)
        dark = np.round(255 - 255 * np.asarray(page).clip(0, 1)).astype(np.uint8)
        ours.append(preprocess(dark))
        resized = Image.fromarray(255 - dark).resize((28, 28), Image.Resampling.BOX)
        plain.append(torch.from_numpy(np.asarray(resized) / np.float32(255))[None, None])
    labels = torch.from_numpy(digits.target[::4])
    right = (classifier(torch.cat(ours)) == labels).float().mean()
    right_plain = (classifier(torch.cat(plain)) == labels).float().mean()
    assert right >= 0.85
    assert right_plain <= 0.5


@pytest.mark.parametrize("seed", range(4))
def test_light_that_falls_off_changes_nothing_of_a_drawing(seed, digits):
    """On paper of one shade in a light that is a known surface the ink is what it is in even light."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[-1:1:300j, -1:1:340j]
    falls = rng.uniform(-1, 1, 5)
    light = falls[0] * x + falls[1] * y + falls[2] * x**2 + falls[3] * x * y + falls[4] * y**2
    light = 1 - 0.5 * (light - light.min()) / np.ptp(light)
    page = Image.new("L", (340, 300))
    page.paste(enlarged(digits[15 * seed], 160), (30 + 20 * seed, 90))
    paper = 0.95 - 0.85 * np.asarray(page) / 255
    even, lit = (np.round(255 * each).astype(np.uint8) for each in (paper, light * paper))
    assert np.ptp(np.r_[lit[0], lit[-1]].astype(int)) > 40
    assert distance(preprocess(lit), preprocess(even)) < 0.08
