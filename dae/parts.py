"""The connected parts of ink, and which of them are one digit.

for own in digits(ink): ...      # (H, W) each, in reading order
"""

from __future__ import annotations

import numpy as np

from dae.grey import Region

VISIBLE = 0.35  # weaker ink belongs to the part that is next to it
CELLS = 3  # a part that encloses others in so many places is a table that they are written in
GAP = 0.02  # half of a gap that is none, of the height of the tallest part
TALL = 0.5  # a part is a digit, and no stroke of another, if it is so tall, of the tallest
NEAR = 0.4  # a smaller part belongs to a digit that is so near, of its height
STACKED = 0.15  # two parts above each other are one digit if they are so near, of the height of the taller


def parts_of(mask: np.ndarray) -> tuple[np.ndarray, int]:
    """The connected parts of a mask (H, W), neighbours over corners included: their numbers from 1, and how many."""
    from scipy import ndimage

    return ndimage.label(mask, np.ones((3, 3)))


def touching(labels: np.ndarray, margin: int = 1) -> list[int]:
    """The numbers of the parts that touch the border, or its outermost pixels."""
    sides = labels[:margin], labels[-margin:], labels[:, :margin], labels[:, -margin:]
    edge = np.concatenate([side.ravel() for side in sides])
    return [number for number in np.unique(edge).tolist() if number]


def shares_within(ink: np.ndarray, labels: np.ndarray, count: int, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Of each part of ink (H, W), its weight and the share of it that lies within a mask: (count + 1,) twice.

    What is no part, number 0, has a share of 0.
    """
    weights = np.bincount(labels.ravel(), ink.ravel(), count + 1)
    shares = np.bincount(labels.ravel(), (ink * mask).ravel(), count + 1) / weights.clip(1e-9)
    shares[0] = 0
    return weights, shares


def without_tables(ink: np.ndarray) -> np.ndarray:
    """Ink (h, w) without the lines of tables: parts in whose cells others are written."""
    from scipy import ndimage

    labels, _ = parts_of(ink > VISIBLE)
    boxes = [(rows.start, rows.stop, columns.start, columns.stop) for rows, columns in ndimage.find_objects(labels)]
    for number, (top, bottom, left, right) in enumerate(boxes, 1):
        if sum(top < a and b < bottom and left < c and d < right for a, b, c, d in boxes) < CELLS:
            continue
        lines = ndimage.binary_dilation(labels == number, iterations=2)  # over gaps too
        cells = parts_of(~lines)[0]
        held = set(np.unique(cells[(labels > 0) & ~lines]).tolist()) - set(touching(cells))
        if len(held) >= CELLS:
            ink = np.where(lines & ((labels == 0) | (labels == number)), 0, ink)
    return ink


def digits(ink: np.ndarray) -> list[np.ndarray]:
    """Ink (H, W) -> the ink of each digit in it, all (H, W), in reading order.

    Parts that are tall beside the tallest are digits of their own, unless they lie close above each other; what is
    smaller belongs to the nearest digit, or to none.
    """
    from scipy import ndimage

    mask = ink > VISIBLE
    labels, count = parts_of(mask)
    if count <= 1:
        return [ink]
    # Hardly visible gaps are none.
    tallest = max(rows.stop - rows.start for rows, _ in ndimage.find_objects(labels))
    broad = ndimage.maximum_filter(mask, 2 * round(GAP * tallest) + 1)
    labels = parts_of(broad)[0] * mask
    boxes = [(rows.start, rows.stop, columns.start, columns.stop) for rows, columns in ndimage.find_objects(labels)]
    count = len(boxes)
    heights = [bottom - top for top, bottom, _, _ in boxes]
    tallest = max(heights)
    groups = [[number] for number in range(count) if heights[number] >= TALL * tallest]
    for one in list(groups):
        for other in groups:
            if other is not one and one in groups and _is_stacked(_box(one, boxes), _box(other, boxes)):
                other.extend(one)
                groups.remove(one)
                break
    large = [_box(group, boxes) for group in groups]
    for number in range(count):
        if heights[number] < TALL * tallest:
            gaps = [_gap(boxes[number], box) / (box[1] - box[0]) for box in large]
            nearest = int(np.argmin(gaps))
            if gaps[nearest] <= NEAR:
                groups[nearest].append(number)
    found = []
    for group in in_reading_order(groups, boxes):
        own = np.isin(labels, [number + 1 for number in group])
        others = (labels > 0) & ~own
        found.append(ink * (ndimage.binary_dilation(own, iterations=2) & ~others))
    return found


def _box(group: list[int], boxes: list[Region]) -> Region:
    """The box around some parts."""
    tops, bottoms, lefts, rights = zip(*(boxes[number] for number in group), strict=True)
    return min(tops), max(bottoms), min(lefts), max(rights)


def _gap(one: Region, other: Region) -> float:
    """How far apart two boxes are, in pixels."""
    down = max(0, max(one[0], other[0]) - min(one[1], other[1]))
    across = max(0, max(one[2], other[2]) - min(one[3], other[3]))
    return float(np.hypot(down, across))


def _is_stacked(one: Region, other: Region) -> bool:
    """Whether two tall parts are one digit: above each other, or within each other's width, and near."""
    overlap = min(one[3], other[3]) - max(one[2], other[2])
    tallest = max(one[1] - one[0], other[1] - other[0])
    return overlap > 0.5 * min(one[3] - one[2], other[3] - other[2]) and _gap(one, other) <= STACKED * tallest


def in_reading_order(groups: list[list[int]], boxes: list[Region]) -> list[list[int]]:
    """Groups of parts row by row from the top, each row from the left."""
    rows: list[list[tuple[Region, list[int]]]] = []
    for box, group in sorted(((_box(group, boxes), group) for group in groups), key=lambda pair: sum(pair[0][:2])):
        middle = (box[0] + box[1]) / 2
        if rows and middle < max(other[1] for other, _ in rows[-1]) and middle > min(other[0] for other, _ in rows[-1]):
            rows[-1].append((box, group))
        else:
            rows.append([(box, group)])
    return [group for row in rows for _, group in sorted(row, key=lambda pair: pair[0][2])]
