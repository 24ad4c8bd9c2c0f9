"""Digits written by hand anew: along their skeletons, with any pen, one in each cell of a grid that lies askew.

    hand = Handwriting(draw, distances(clean), 128, 128)
    outside, cell = hand.write(lattice, stroke)          # twice (N, 128, 128)

For a batch of pictures at once, each with its own grid and pen.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional as F

from dae.skeletons import REACH

TABLE = 16  # so many cells a side are told apart
TALL = 20  # pixels of a digit of MNIST are its height
SIDE = 28
VISIBLE = 0.3  # ink that is seen
OFF = 1e3  # pixels from any stroke: nothing is written there


class Draw:
    """Random numbers for a batch of `count` photos, each of shape (N, 1, 1) unless another is given."""

    def __init__(self, count: int, generator: torch.Generator) -> None:
        self.count, self.generator, self.device = count, generator, generator.device

    def uniform(self, low: float, high: float, *shape: int) -> Tensor:
        numbers = torch.rand(self.count, *(shape or (1, 1)), generator=self.generator, device=self.device)
        return low + (high - low) * numbers

    def logarithmic(self, low: float, high: float, *shape: int) -> Tensor:
        """Between two sizes, each factor as likely."""
        return self.uniform(math.log(low), math.log(high), *shape).exp()

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(self.count, *(shape or (1, 1)), generator=self.generator, device=self.device)

    def whether(self, share: float, *shape: int) -> Tensor:
        return self.uniform(0, 1, *shape) < share

    def smooth(self, rows: int, columns: int, height: int, width: int) -> Tensor:
        """Noise (N, height, width) of standard deviation 1 or less, that varies over a grid of rows and columns."""
        coarse = self.normal(1, rows, columns)
        return F.interpolate(coarse, (height, width), mode="bicubic", align_corners=False).squeeze(1)


@dataclass
class Lattice:
    """Where digits are written: one in each cell of a grid that lies askew, one grid for each photo (all (N, 1, 1))."""

    size: Tensor  # height of a digit, pixels of the photo
    across: Tensor  # from cell to cell
    down: Tensor
    x: Tensor  # the middle of the first cell
    y: Tensor
    angle: Tensor  # radians
    slant: Tensor
    aspect: Tensor  # width over height, of 1
    digits: Tensor  # (N, TABLE, TABLE), which of the batch
    present: Tensor  # (N, TABLE, TABLE), bool
    jitter: float = 0.08  # of the size: how far a digit lies from the middle of its cell

    def cells(self, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """For places of the photo (H, W): column and row of their cell, and where they are in it, in pixels."""
        x, y = x - self.x, y - self.y
        cos, sin = self.angle.cos(), self.angle.sin()
        x, y = cos * x + sin * y, cos * y - sin * x
        column, row = (x / self.across).round(), (y / self.down).round()
        return column, row, x - column * self.across, y - row * self.down


class Handwriting:
    """The digits of a batch, ready to be written into pictures of one size."""

    def __init__(self, draw: Draw, fields: Tensor, height: int, width: int) -> None:
        self.draw, self.fields, self.height, self.width = draw, fields, height, width
        self.y = (torch.arange(height, device=draw.device) + 0.5).view(1, -1, 1)
        self.x = (torch.arange(width, device=draw.device) + 0.5).view(1, 1, -1)
        self.atlas = self._atlas()

    def _atlas(self) -> Tensor:
        """All distance fields of the batch in one picture (1, 1, rows * side, columns * side)."""
        count, side = len(self.fields), self.fields.shape[-1]
        self.columns = math.ceil(math.sqrt(count))
        self.rows = math.ceil(count / self.columns)
        padded = F.pad(self.fields, (0, 0, 0, 0, 0, self.rows * self.columns - count), value=float(REACH))
        tiles = padded.view(self.rows, self.columns, side, side)
        return tiles.transpose(1, 2).reshape(1, 1, self.rows * side, self.columns * side)

    def write(self, lattice: Lattice, stroke: Tensor) -> tuple[Tensor, Tensor]:
        """How far each place is from the middle of a stroke, in strokes' half widths; and which cell it is in."""
        draw, half = self.draw, TABLE // 2
        column, row, x, y = lattice.cells(self.x, self.y)
        is_inside = (column >= -half) & (column < half) & (row >= -half) & (row < half)
        cell = ((row.clamp(-half, half - 1) + half) * TABLE + column.clamp(-half, half - 1) + half).long()
        cell = cell.expand(-1, self.height, self.width)

        def of_cell(table: Tensor) -> Tensor:
            return table.flatten(1).gather(1, cell.flatten(1)).view_as(cell)

        moved_x, moved_y, turn, grow = (of_cell(draw.normal(TABLE, TABLE)) for _ in range(4))
        grow = lattice.size / TALL * (0.07 * grow).exp()
        x, y = x - lattice.jitter * lattice.size * moved_x, y - lattice.jitter * lattice.size * moved_y
        turn = 0.06 * turn
        x, y = x + turn * y, y - turn * x
        x = (x + lattice.slant * y) / lattice.aspect
        x, y = x / grow, y / grow  # in pixels of the digit, from its middle
        is_inside = is_inside & (x.abs() < 13.5) & (y.abs() < 13.5) & of_cell(lattice.present)
        number = of_cell(lattice.digits)
        places_x = (number % self.columns) * SIDE + x + SIDE / 2
        places_y = torch.div(number, self.columns, rounding_mode="floor") * SIDE + y + SIDE / 2
        grid = torch.stack((places_x / (self.columns * SIDE), places_y / (self.rows * SIDE)), -1) * 2 - 1
        far = F.grid_sample(self.atlas, grid.flatten(0, 1).unsqueeze(0), align_corners=False)
        far = far.view_as(cell) * grow
        return torch.where(is_inside & (far < 0.95 * REACH * grow), far - stroke / 2, OFF), cell

    def counts(self, ink: Tensor, cell: Tensor) -> Tensor:
        """Which places (N, H, W), bool, belong to a digit that counts.

        Those that lie in the picture whole; where none does, the one in the middle.
        """
        count, flat = len(ink), cell.flatten(1)
        is_border = torch.zeros_like(ink, dtype=torch.bool)
        is_border[:, [0, -1]] = True
        is_border[:, :, [0, -1]] = True
        touches = torch.zeros(count, TABLE**2, device=ink.device)
        touches.scatter_reduce_(1, flat, ((ink > VISIBLE) & is_border).flatten(1).float(), "amax")
        across, down = (self.x - self.width / 2) / self.width, (self.y - self.height / 2) / self.height
        weight = ink * (-6 * (across**2 + down**2)).exp()
        mass = torch.zeros_like(touches).scatter_add_(1, flat, weight.flatten(1))
        whole = (touches == 0) & (mass > 0)
        middle = F.one_hot(mass.argmax(1), TABLE**2).bool()
        kept = torch.where(whole.any(1, keepdim=True), whole, middle)
        return kept.gather(1, flat).view_as(ink)
