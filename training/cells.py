"""What lies under each visual token of a picture: what the naming head is asked.

A picture's marks are data in its own pixels; ``cells`` finds, tile by tile, the visual token that
sees each mark's centre.
"""

import string
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from internvl_ui.media.tiling import Grid
from training.scenes import COLOURS, SHAPES, Scene, box_of

TILE_SIZE = 112
TOKENS_PER_SIDE = 4
TOKENS_PER_TILE = TOKENS_PER_SIDE**2
FINE = 36
"""Steps in which places and sizes in a tile are named. Tokens stand four in a row, places are
asked for in thirds, boxes in thousandths: a thirty-sixth serves all three."""
CHARACTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
CHARACTERS_PER_TOKEN = 4
"""One for each quarter of a visual token's width. To tell the first letter from the second by
where they are is much sooner learned than by counting them."""
LEVELS = 20
"""Steps of a chart's axis."""
BARS_PER_TOKEN = 2
_LEGIBLE = 6.0
"""Letters of fewer pixels in a tile are asked of nobody."""


class Field(NamedTuple):
    """One thing to name: the number of answers, and whether 0 means that there is nothing."""

    answers: int
    may_be_absent: bool = True


FIELDS = {
    "shape": Field(len(SHAPES) + 1),
    "colour": Field(len(COLOURS) + 1),
    **{f"level-{k}": Field(LEVELS + 1) for k in range(BARS_PER_TOKEN)},
    **{f"label-{k}": Field(len(CHARACTERS) + 1) for k in range(BARS_PER_TOKEN)},
    **{f"character-{k}": Field(len(CHARACTERS) + 1) for k in range(CHARACTERS_PER_TOKEN)},
    "column": Field(FINE, may_be_absent=False),
    "row": Field(FINE, may_be_absent=False),
    "width": Field(FINE + 1, may_be_absent=False),
    "height": Field(FINE + 1, may_be_absent=False),
    "whole": Field(2, may_be_absent=False),
}
"""Columns of the cells. The four of a place are asked where there is a shape; "whole" of every
token, as nothing else tells the language model which of the tiles is the thumbnail."""
AT = {name: column for column, name in enumerate(FIELDS)}


@dataclass(frozen=True, slots=True)
class Mark:
    """A shape with its colour, a character, or the upper end of a chart's bar: how high it is in
    twentieths of the axis, with its label. Centre, width and height in pixels of the picture."""

    x: float
    y: float
    width: float
    height: float
    shape: str = ""
    colour: str = ""
    character: str = ""
    level: int = 0


def scene_marks(scene: Scene) -> list[Mark]:
    marks = []
    for s in scene.shapes:
        left, top, right, bottom = box_of(s, scene)
        width, height = (right - left) * scene.width / 1000, (bottom - top) * scene.height / 1000
        marks.append(Mark(s.x, s.y, width, height, s.shape, s.colour))
    return marks


def cells(marks: Sequence[Mark], size: tuple[int, int], grid: Grid) -> np.ndarray:
    """int8 (tiles, 16, fields) for a picture of ``size`` (width, height) cut by ``grid``."""
    made = np.zeros((grid.tiles, TOKENS_PER_TILE, len(FIELDS)), np.int8)
    made[-1, :, AT["whole"]] = 1
    parts = made[: grid.columns * grid.rows]
    # How high a bar is can be said only of a whole chart.
    whole = len(parts) == 1
    _mark(parts, (m for m in marks if whole or not m.level), size, grid.columns, grid.rows)
    if grid.thumbnail:
        _mark(made[-1:], marks, size, 1, 1)
    return made


def _mark(
    made: np.ndarray, marks: Iterable[Mark], size: tuple[int, int], columns: int, rows: int
) -> None:
    across, down = columns / size[0], rows / size[1]
    for mark in marks:
        tile_column, column = _place(mark.x * across, columns)
        tile_row, row = _place(mark.y * down, rows)
        step = FINE // TOKENS_PER_SIDE
        token = row // step * TOKENS_PER_SIDE + column // step
        cell = made[tile_row * columns + tile_column, token]
        if mark.shape:
            cell[AT["shape"]] = 1 + SHAPES.index(mark.shape)
            cell[AT["colour"]] = 1 + COLOURS.index(mark.colour)
            cell[AT["column"]], cell[AT["row"]] = column, row
            cell[AT["width"]] = min(FINE, round(mark.width * across * FINE))
            cell[AT["height"]] = min(FINE, round(mark.height * down * FINE))
        elif mark.level:
            slot = next((k for k in range(BARS_PER_TOKEN) if not cell[AT[f"level-{k}"]]), None)
            if slot is not None:
                cell[AT[f"level-{slot}"]] = mark.level
                cell[AT[f"label-{slot}"]] = 1 + CHARACTERS.index(mark.character)
        elif mark.height * min(across, down) * TILE_SIZE >= _LEGIBLE:
            quarter = int(mark.x * across * TOKENS_PER_SIDE * CHARACTERS_PER_TOKEN)
            slot = AT[f"character-{quarter % CHARACTERS_PER_TOKEN}"]
            cell[slot] = 1 + CHARACTERS.index(mark.character)


def _place(at: float, tiles: int) -> tuple[int, int]:
    """(tile, step in the tile) of a place given in tiles; one off the edge is at the edge."""
    return divmod(min(max(0, int(at * FINE)), tiles * FINE - 1), FINE)
