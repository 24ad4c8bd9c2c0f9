"""Made-up photos of handwritten digits: from clean digits to photos, and to the ink that a person would see in them.

    photos, ink = Photographs()(clean, generator)        # (N, 1, 28, 28) -> twice (N, 1, H, W)

Each digit is written anew along its skeleton (`dae.skeletons`), with any pen, on a sheet of any kind, in any light, and
the sheet is photographed. All is drawn with one generator, on its device, for the whole batch at once.

What counts as *the* digit: those that lie in the picture whole. What touches the border counts only where nothing lies
in it whole, and then it is the one in the middle. Lines, frames, small writing and what shines through are not ink.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields

import torch
from torch import Tensor
from torch.nn import functional as F

from dae.handwriting import TABLE, VISIBLE, Draw, Handwriting, Lattice
from dae.skeletons import distances

# Height and width of a batch's photos; the library shows the network a picture at such a size.
SHAPES = ((128, 128), (128, 128), (128, 128), (128, 96), (96, 128), (128, 64), (64, 128))


@dataclass(frozen=True)
class Photographs:
    """How photos are made up: of how many in a batch each thing is true, from 0 to 1."""

    several: float = 0.2  # rows or a page of digits of one size
    bare: float = 0.03  # nothing is written
    neighbours: float = 0.35  # beside or above a single digit there are others, mostly cut by the border
    lines: float = 0.3  # ruled or squared paper, with a margin or without
    frame: float = 0.12  # a box or a ring around each digit
    caption: float = 0.2  # small writing or numbers beside the digit
    behind: float = 0.1  # writing shines through from the other side
    specks: float = 0.12
    texture: float = 0.6  # paper or cloth
    uneven: float = 0.7  # light falls off to one side
    shadow: float = 0.4  # with a soft or a hard edge, across the digit too
    sheet: float = 0.25  # the sheet ends in the picture, and a table of any shade begins
    things: float = 0.15  # a finger, a pen or a bar of any shade reaches into the picture, up to the digit
    light: float = 0.25  # light ink on a dark ground
    pencil: float = 0.3  # the stroke is grainy
    sideways: float = 0.12  # by a quarter or a half turn
    blurred: float = 0.5
    noisy: float = 0.6
    small: float = 0.3  # the photo was smaller than it is shown to the network
    compressed: float = 0.5  # as JPEG does it
    posterised: float = 0.08

    def __post_init__(self) -> None:
        if not all(0 <= getattr(self, field.name) <= 1 for field in fields(self)):
            raise ValueError("Of a batch of photos, shares between 0 and 1 are like this or that.")

    def __call__(
        self, clean: Tensor, generator: torch.Generator, shape: tuple[int, int] | None = None
    ) -> tuple[Tensor, Tensor]:
        """Photos of digits `(N, 1, 28, 28)` in [0, 1] and their ink, both `(N, 1, H, W)` in [0, 1].

        Args:
            clean: the digits; each is the main one of a photo, and others of the batch are written around it.
            generator: of everything random; it shares the digits' device.
            shape: height and width, multiples of 32; one of `SHAPES` unless given.
        """
        draw = Draw(len(clean), generator)
        height, width = shape or SHAPES[int(torch.randint(len(SHAPES), (1,), generator=generator, device=draw.device))]
        scene = Scene(self, draw, distances(clean), height, width)
        ink, target = scene.writing()
        marks = scene.marks(target)
        seen = scene.camera(scene.light(scene.ground(ink, marks, target)))
        return seen, target.unsqueeze(1)


class Scene:
    """One batch of photos in the making. Layers are (N, H, W)."""

    def __init__(self, shares: Photographs, draw: Draw, fields: Tensor, height: int, width: int) -> None:
        self.shares, self.draw, self.fields, self.height, self.width = shares, draw, fields, height, width
        self.hand = Handwriting(draw, fields, height, width)
        self.x, self.y = self.hand.x, self.hand.y
        self.main = self._main()
        # The pen: how much darker than the paper it is, its width, and how that varies along the stroke.
        self.contrast = torch.where(draw.whether(0.15), draw.uniform(0.12, 0.3), draw.uniform(0.25, 0.97))
        self.stroke = (self.main.size * draw.logarithmic(0.02, 0.2)).clamp_min(0.6)
        unsteady = draw.uniform(0, 0.25) * draw.whether(0.4)
        self.pressure = 1 + unsteady * draw.smooth(12, 12, height, width)

    # --- Writing ------------------------------------------------------------------------------------------------------

    def _main(self) -> Lattice:
        """The digits that the photo is of."""
        draw, count, shares = self.draw, self.draw.count, self.shares
        side = min(self.height, self.width)
        several = draw.whether(shares.several)
        single = torch.where(draw.whether(0.25), draw.logarithmic(0.09, 0.3), draw.uniform(0.22, 1.0))
        size = (side * torch.where(several, draw.logarithmic(0.07, 0.45), single)).clamp_min(8)
        near, far = draw.uniform(0.8, 1.5), draw.uniform(1.15, 2.2)
        room_x, room_y = ((edge - 0.9 * size).clamp_min(0.1 * size) / 2 for edge in (self.width, self.height))
        cells = torch.arange(TABLE, device=draw.device) - TABLE // 2
        row, column = cells.view(1, -1, 1), cells.view(1, 1, -1)
        is_first = (row == 0) & (column == 0)
        # A row of digits, some rows, or a page.
        rows = (draw.logarithmic(1, 8) - 0.5).round()
        columns = (draw.uniform(2, TABLE // 2)).round()
        block = (row.abs() <= rows / 2) & (column.abs() <= columns) & draw.whether(0.93, TABLE, TABLE)
        beside = draw.whether(shares.neighbours) & (row.abs() + column.abs() <= 2)
        beside = beside & draw.whether(0.6, TABLE, TABLE) & (draw.whether(0.3) | (row == 0))
        present = torch.where(several, block, beside)
        near = near.where(present.any(2, keepdim=True).any(1, keepdim=True), torch.full_like(near, 1.5))
        present = present | is_first
        digits = torch.randint(count, (count, TABLE, TABLE), generator=draw.generator, device=draw.device)
        digits[:, TABLE // 2, TABLE // 2] = torch.arange(count, device=draw.device)
        turned = torch.randint(1, 4, (count, 1, 1), generator=draw.generator, device=draw.device) * (math.pi / 2)
        return Lattice(
            size=size,
            across=size * near,
            down=size * far,
            x=self.width / 2 + room_x * draw.uniform(-1, 1),
            y=self.height / 2 + room_y * draw.uniform(-1, 1),
            angle=0.1 * draw.normal() + turned * draw.whether(shares.sideways),
            slant=0.15 * draw.normal(),
            aspect=(0.12 * draw.normal()).exp(),
            digits=digits,
            present=present & ~draw.whether(shares.bare),
        )

    def writing(self) -> tuple[Tensor, Tensor]:
        """Everything that is written as large as the digit, and what of it counts: how much of each place is inked."""
        stroke = self.stroke * self.pressure
        outside, cell = self.hand.write(self.main, stroke)
        seen = (0.5 - outside).clamp(0, 1)
        broad = (0.5 - outside + ((1.5 - stroke) / 2).clamp_min(0)).clamp(0, 1)  # no target breaks where ink is thin
        return seen, broad * self.hand.counts(broad, cell)

    # --- Other marks on the paper -------------------------------------------------------------------------------------

    def marks(self, ink: Tensor) -> Tensor:
        """All that is drawn beside the digit: how much darker each place is by it."""
        draw, shares = self.draw, self.shares
        height, width = self.height, self.width
        marks = self._ruled() * draw.whether(shares.lines)
        _, _, x, y = self.main.cells(self.x, self.y)
        wide = draw.uniform(0.5, 3)
        half_x, half_y = (each * 0.5 * draw.uniform(0.9, 1) for each in (self.main.across, self.main.down))
        box = torch.minimum((x.abs() - half_x).abs(), (y.abs() - half_y).abs())
        ring = (torch.hypot(x / half_x, y / half_y) - 1).abs() * torch.minimum(half_x, half_y)
        edge = torch.where(draw.whether(0.4), ring, box) + draw.uniform(0, 1.5) * draw.smooth(4, 4, height, width)
        boxes = (wide / 2 + 0.5 - edge).clamp(0, 1) * self.contrast * draw.uniform(0.2, 1.1)
        marks = torch.maximum(marks, boxes * draw.whether(shares.frame))
        marks = torch.maximum(marks, self._caption(ink) * draw.uniform(0.2, 0.95) * draw.whether(shares.caption))
        small = self._small(draw.logarithmic(0.06, 0.8) * min(height, width), 1.0)
        behind, _ = self.hand.write(small, draw.uniform(1, 4))
        behind = blurred((0.5 - behind).clamp(0, 1), 1.0) * self.contrast * draw.uniform(0.05, 0.3)
        marks = torch.maximum(marks, behind * draw.whether(shares.behind))
        specks = (draw.uniform(0, 1, height, width) < draw.uniform(0.0002, 0.003)).float()
        specks = (3 * blurred(specks, 0.7)).clamp(0, 1) * draw.uniform(0.1, 0.9)
        return torch.maximum(marks, specks * draw.whether(shares.specks)).clamp(0, 1)

    def _ruled(self) -> Tensor:
        """Ruled or squared paper, along the writing or nearly so, with a margin or without."""
        draw = self.draw
        angle = self.main.angle + 0.03 * draw.normal() + draw.whether(0.1) * draw.uniform(-0.5, 0.5)
        x, y = angle.cos() * self.x + angle.sin() * self.y, angle.cos() * self.y - angle.sin() * self.x
        y = y + draw.uniform(-2, 2) * (x / 40 + draw.uniform(0, 6)).sin() * draw.whether(0.4)  # the paper is bent
        pitch = (self.main.size * draw.logarithmic(0.2, 2.0)).clamp(5, 120)
        wide = draw.logarithmic(0.6, 2.5)

        def every(place: Tensor) -> Tensor:
            apart = ((place / pitch + draw.uniform(0, 1)).remainder(1) - 0.5).abs() * pitch
            return ((wide + 1) / 2 - apart).clamp(0, 1) * wide.clamp(max=1)

        strength = (self.contrast * draw.logarithmic(0.1, 1.3)).clamp(max=0.85)
        lines = every(y) * strength
        lines = torch.maximum(lines, every(x) * strength * draw.whether(0.35))
        margin = (draw.uniform(1, 2) - (x - self.width * draw.uniform(-0.2, 1.2)).abs()).clamp(0, 1)
        return torch.maximum(lines, margin * draw.uniform(0.1, 0.7) * draw.whether(0.25))

    def _small(self, size: Tensor, density: float) -> Lattice:
        """Writing of another size all over the picture."""
        draw, count = self.draw, self.draw.count
        digits = torch.randint(count, (count, TABLE, TABLE), generator=draw.generator, device=draw.device)
        return Lattice(
            size=size,
            across=size * draw.uniform(0.7, 2.5),
            down=size * draw.uniform(1.2, 3),
            x=self.width * draw.uniform(0, 1),
            y=self.height * draw.uniform(0, 1),
            angle=self.main.angle,
            slant=draw.uniform(-0.5, 0.5),
            aspect=draw.uniform(0.6, 1.6),
            digits=digits,
            present=draw.whether(density, TABLE, TABLE),
            jitter=0.03,
        )

    def _caption(self, ink: Tensor) -> Tensor:
        """Small writing on one side of the digit or around it, or the axes of a plot with their numbers."""
        draw = self.draw
        size = (self.main.size * draw.uniform(0.08, 0.28)).clamp(2.5, 24)
        lattice = self._small(size, 0.85)
        written, _ = self.hand.write(lattice, size * draw.uniform(0.08, 0.16))
        text = (0.5 - written).clamp(0, 1)
        gap, deep = size * draw.uniform(0.7, 2), size * draw.uniform(1.2, 5)
        first = draw.uniform(0, 1) * 4
        is_plot = draw.whether(0.3)
        shown = torch.zeros_like(text, dtype=torch.bool)
        axes = torch.zeros_like(text)
        for number, (across, down) in enumerate(((0, 1), (-1, 0), (0, -1), (1, 0))):
            place = across * self.x + down * self.y
            start = reach(ink, place) + gap
            is_side = (first.floor() == number) | draw.whether(0.2) | (is_plot & (number < 2))
            shown = shown | (is_side & (place > start) & (place < start + deep))
            axis = (1.0 - (place - start + 0.4 * gap).abs()).clamp(0, 1)
            axes = torch.maximum(axes, axis * (is_plot & ((number < 2) | draw.whether(0.7))))
        return torch.maximum(text * shown, axes)

    # --- Paper, light and camera --------------------------------------------------------------------------------------

    def ground(self, ink: Tensor, marks: Tensor, target: Tensor) -> Tensor:
        """How much light each place throws back: pen and marks on their sheet, and what lies around the sheet."""
        draw, shares, height, width = self.draw, self.shares, self.height, self.width
        paper = draw.uniform(0.4, 1) * (1 + self._texture() * draw.whether(shares.texture))
        grain = draw.normal(height, width) * draw.uniform(0.1, 0.6) + draw.smooth(32, 32, height, width) * 0.3
        ink = (ink * (1 - grain.clamp_min(0) * draw.whether(shares.pencil))).clamp(0, 1)
        paper = paper * (1 - marks) * (1 - ink * self.contrast)
        # The rest of the picture: a table of any shade, grain or pattern, and where the sheet ends its own shadow.
        table = draw.uniform(0.02, 1) * (1 + 3 * self._texture()) + draw.smooth(6, 6, height, width) * 0.2 * (
            draw.whether(0.4)
        )
        is_sheet, tilt = draw.whether(shares.sheet), 0.2 * draw.normal()
        for across, down in ((0, 1), (-1, 0), (0, -1), (1, 0)):
            angle = tilt + 0.1 * draw.normal()
            place = (across * angle.cos() - down * angle.sin()) * self.x + (
                across * angle.sin() + down * angle.cos()
            ) * self.y
            inner, outer = reach(target, place), reach(torch.ones_like(target), place)
            end = inner + 2 + (outer - inner) * draw.uniform(0, 0.9)
            sharp = draw.logarithmic(0.5, 3)
            outside = torch.sigmoid((place - end) / sharp) * (is_sheet & draw.whether(0.5))
            rim = (-((place - end - 1) / draw.uniform(1, 6)).square()).exp() * outside * draw.uniform(0, 0.7)
            paper = (paper * (1 - outside) + table * outside) * (1 - rim)
        for _ in range(2):
            paper = self._thing(paper, target)
        return paper.clamp(0, 1)

    def _thing(self, paper: Tensor, target: Tensor) -> Tensor:
        """The paper with something long and round on it that comes from the border and ends beside the digit."""
        draw = self.draw
        angle = draw.uniform(0, 2 * math.pi)
        x, y = self.x - self.width / 2, self.y - self.height / 2
        along, across = angle.cos() * x + angle.sin() * y, angle.cos() * y - angle.sin() * x
        inner, outer = reach(target, along), reach(torch.ones_like(target), along)
        half = max(self.height, self.width) * draw.logarithmic(0.01, 0.2)
        across = across - max(self.height, self.width) * draw.uniform(-0.4, 0.4)
        tip = inner + 2 + (outer - inner) * draw.uniform(0, 0.9)
        apart = torch.hypot((tip + half - along).clamp_min(0), across) - half  # from its surface, negative within
        is_there = draw.whether(0.6 * self.shares.things)
        covered = torch.sigmoid(-apart / draw.logarithmic(0.3, 2)) * is_there
        round_ = 1 - draw.uniform(0, 0.7) * (across / half).square().clamp(max=1)
        shade = draw.uniform(0.02, 1) * round_ * (1 + self._texture())
        shadow = (-(apart.clamp_min(0) / draw.uniform(1, 8)).square()).exp() * is_there * draw.uniform(0, 0.5)
        return paper * (1 - shadow) * (1 - covered) + shade * covered

    def _texture(self) -> Tensor:
        """Grain and clouds of paper, cloth or wood, around 0."""
        draw, height, width = self.draw, self.height, self.width
        grain = draw.normal(height, width) * draw.uniform(0, 0.05)
        clouds = draw.smooth(20, 20, height, width) * draw.uniform(0, 0.06)
        fibres = draw.smooth(5, 64, height, width) * draw.uniform(0, 0.06) * draw.whether(0.3)
        # A crease: light on its one side, dark on the other.
        angle = draw.uniform(0, math.pi)
        apart = angle.cos() * (self.x - self.width * draw.uniform(0, 1)) + angle.sin() * (
            self.y - self.height * draw.uniform(0, 1)
        )
        crease = apart / 3 * (-((apart / 3).square())).exp() * draw.uniform(-0.25, 0.25) * draw.whether(0.2)
        return grain + clouds + fibres + crease

    def light(self, ground: Tensor) -> Tensor:
        """The ground in its light (N, H, W): uneven, with a shadow, or with a bright patch; or light ink on dark."""
        draw, shares, height, width = self.draw, self.shares, self.height, self.width

        def slope() -> Tensor:
            angle = draw.uniform(0, 2 * math.pi)
            across, down = self.x / self.width - 0.5, self.y / self.height - 0.5
            return angle.cos() * across + angle.sin() * down

        falls = (slope() + 0.12 * draw.smooth(3, 3, height, width)) * draw.uniform(0, 1.2)
        lit = (falls * draw.whether(shares.uneven)).exp()
        bent = draw.uniform(0, 0.35) * draw.smooth(4, 4, height, width)
        depth = (slope() + bent + draw.uniform(-0.35, 0.35)) / draw.logarithmic(0.004, 0.15)
        shadow = draw.uniform(0.15, 0.75) * torch.sigmoid(depth) * draw.whether(shares.shadow)
        lit = lit * (1 - shadow)
        seen = ground * lit
        seen = seen * draw.uniform(0.35, 0.8) / seen.mean((1, 2), keepdim=True).clamp_min(0.02)  # the camera's exposure
        glare = (-12 * (slope() - draw.uniform(-0.5, 0.5)).square()).exp() * draw.uniform(0, 0.35)
        seen = seen + glare * draw.whether(0.1)
        dark = 1 - ground * draw.uniform(0.6, 1)
        dark = dark * (1 - shadow) * (0.5 + 0.5 * lit / lit.amax((1, 2), keepdim=True))
        return torch.where(draw.whether(shares.light), dark, seen).clamp(0, 1)

    def camera(self, seen: Tensor) -> Tensor:
        """The photo (N, 1, H, W): out of focus, noisy, small, stored with loss, its contrast changed."""
        draw, shares = self.draw, self.shares
        soft = draw.uniform(0, 1) * draw.whether(shares.blurred) - 0.5 * draw.uniform(0, 1) * draw.whether(0.3)
        seen = torch.lerp(seen, blurred(seen, 1.4), soft)
        seen = torch.lerp(seen, blurred(seen, 3.0), draw.uniform(0, 0.8) * draw.whether(0.15 * shares.blurred))
        noise = (
            draw.logarithmic(0.01, 0.3) * self.contrast * seen.mean((1, 2), keepdim=True) * draw.whether(shares.noisy)
        )
        seen = (seen + noise * draw.normal(self.height, self.width)).clamp(0, 1).unsqueeze(1)
        for fraction in (1, 2, 4):  # one, and half of the others each
            size = (self.height // fraction, self.width // fraction)
            if fraction == 1:
                stored, photos = jpeg(seen, draw.logarithmic(0.01, 0.12)), seen
            else:
                little = F.interpolate(seen, size, mode="area")
                little = torch.where(draw.whether(0.5).unsqueeze(1), jpeg(little, draw.logarithmic(0.01, 0.1)), little)
                stored = F.interpolate(little, (self.height, self.width), mode="bicubic", align_corners=False)
            share = shares.compressed if fraction == 1 else shares.small / fraction
            # What is too small for it or too thin is not made smaller.
            can = (fraction == 1) | ((self.main.size >= 10 * fraction) & (self.stroke >= 0.5 * fraction))
            photos = torch.where((draw.whether(share) & can).unsqueeze(1), stored, photos)
            seen = photos
        seen = seen.clamp(0, 1) ** draw.logarithmic(0.6, 1.7).unsqueeze(1)
        levels = (draw.logarithmic(3, 20) / self.contrast).round().unsqueeze(1)
        seen = torch.where(draw.whether(shares.posterised).unsqueeze(1), (seen * levels).round() / levels, seen)
        return seen


def reach(ink: Tensor, place: Tensor) -> Tensor:
    """The furthest place (N, 1, 1) at which there is ink; the nearest of all where there is none."""
    place = place.expand_as(ink)
    least = place.amin((1, 2), keepdim=True)
    return torch.where(ink > VISIBLE, place, least).amax((1, 2), keepdim=True)


def blurred(layer: Tensor, sigma: float) -> Tensor:
    """A layer (N, H, W) out of focus: its Gaussian blur."""
    steps = torch.arange(-math.ceil(3 * sigma), math.ceil(3 * sigma) + 1, device=layer.device)
    kernel = (-0.5 * (steps / sigma) ** 2).exp()
    kernel = kernel / kernel.sum()
    margin = len(kernel) // 2
    layer = F.pad(layer.unsqueeze(1), (margin,) * 4, mode="replicate")
    return F.conv2d(F.conv2d(layer, kernel.view(1, 1, 1, -1)), kernel.view(1, 1, -1, 1)).squeeze(1)


def jpeg(photos: Tensor, step: Tensor) -> Tensor:
    """Photos (N, 1, H, W) as JPEG stores them: blocks of 8x8 as cosines, rounded, the finer the more coarsely.

    The sides are multiples of 8; `step` (N, 1, 1) is that of the coarsest cosine, of full range.
    """
    numbers = torch.arange(8, device=photos.device)
    cosines = ((2 * numbers + 1).view(1, -1) * numbers.view(-1, 1) * math.pi / 16).cos() / 2
    cosines[0] *= 0.5**0.5
    blocks = photos.unflatten(2, (-1, 8)).unflatten(4, (-1, 8)).transpose(3, 4)  # (N, 1, rows, columns, 8, 8)
    coefficients = cosines @ blocks @ cosines.T
    steps = step.view(-1, 1, 1, 1, 1, 1) * (1 + 0.7 * (numbers.view(-1, 1) + numbers))
    stored = cosines.T @ ((coefficients / steps).round() * steps) @ cosines
    return stored.transpose(3, 4).reshape_as(photos)
