"""Figures for slides: matplotlib's, on white, as PNG or SVG.

    png = grid_figure([("noisy", noisy), ("conv-gaussian", restored)], levels, "Gaussian noise", "MNIST, seed 7")
    svg = curves_figure(evaluation.load_results(), "gaussian", True, ["none", "universal"], "mse", "svg")
    png = scatter_figure(plane.xy, digits.labels, "The codes of plain", "PCA of 5,000 gallery digits")

They are drawn on a `Figure` of their own, never through pyplot, which keeps global state and is not made for servers.
What they are given is shown as it is: a dollar sign does not start a formula.
"""

from dae.figures.colours import (
    ABOVE,
    BELOW,
    CLASS_COLOURS,
    COLOURS,
    COLOURS_DARK,
    DASHES,
    INK,
    NOISY_DASH,
    QUIET,
    SLIDE,
    signed_colours,
)
from dae.figures.curves import LEAST_MSE, METRICS, NAMES, curve_points, curves_figure, measured
from dae.figures.dictionary import dictionary_figure
from dae.figures.grid import grid_figure
from dae.figures.scatter import scatter_figure
from dae.figures.sheet import DPI, FORMATS, MAX_TILES, PIXEL, can_write
from dae.figures.stage import stage_figure

__all__ = [
    "ABOVE",
    "BELOW",
    "CLASS_COLOURS",
    "COLOURS",
    "COLOURS_DARK",
    "DASHES",
    "DPI",
    "FORMATS",
    "INK",
    "LEAST_MSE",
    "MAX_TILES",
    "METRICS",
    "NAMES",
    "NOISY_DASH",
    "PIXEL",
    "QUIET",
    "SLIDE",
    "can_write",
    "curve_points",
    "curves_figure",
    "dictionary_figure",
    "grid_figure",
    "measured",
    "scatter_figure",
    "signed_colours",
    "stage_figure",
]
