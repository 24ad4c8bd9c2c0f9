"""The colours of the figures and of the page's pictures."""

from __future__ import annotations

from typing import Any

INK, QUIET, SLIDE = "#16191d", "#5d6672", (11, 13, 16)  # SLIDE: behind the digits
BELOW, ABOVE = (78, 154, 255), (255, 149, 42)  # negative and positive values of a signed picture: blue and orange

# Lines: 7 colours and 5 dashes give 35 pairs. On white and on the page's dark paper the colours have a contrast of at
# least 3 and can be told apart without red, green or blue cones; where lines cross, the dashes help.
COLOURS = ("#0688e5", "#953404", "#049565", "#bd8605", "#732653", "#136086", "#16191d")
COLOURS_DARK = ("#55b6e7", "#bd4205", "#1af9af", "#e5a206", "#b03b7f", "#0570bd", "#eceff3")
DASHES = ((), (7, 4), (2, 3), (10, 3, 2, 3), (16, 4))  # on, off, ... in line widths; () is solid
NOISY_DASH = (3, 3)  # of the noisy input itself, in QUIET

# The ten classes, the same in every tab: on the slide behind the digits they have a contrast of at least 3, on white of
# at least 2, and any two are further apart than two neighbouring lines above, with and without all cones. Classes that
# share a neighbourhood (4 and 9, 3 and 5 and 8) have the most different ones.
CLASS_COLOURS = (
    "#dd0000", "#ccaaaa", "#5555aa", "#ee44ff", "#ff9900", "#994444", "#775577", "#66bb66", "#9999cc", "#8800ff",
)  # fmt: skip


def signed_colours(values: Any) -> Any:
    """Signed values in [-1, 1], any shape, as uint8 RGB `(..., 3)`: black at 0, `BELOW` at -1, `ABOVE` at 1.

    Strength grows with the square root of the value, so that small ones show.
    """
    import numpy as np

    values = np.nan_to_num(np.asarray(values, dtype=np.float64)).clip(-1, 1)[..., None]
    return (np.sqrt(np.abs(values)) * np.where(values < 0, BELOW, ABOVE)).round().astype(np.uint8)
