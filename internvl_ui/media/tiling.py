"""How a picture is cut into tiles: first the geometry, then the pixels.

Both are those of InternVL's dynamic preprocessing, bit for bit.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from PIL import Image


@dataclass(frozen=True, slots=True)
class Grid:
    """``columns`` x ``rows`` tiles, then the whole picture as one more if ``thumbnail``."""

    columns: int
    rows: int
    thumbnail: bool

    @property
    def tiles(self) -> int:
        """Number of tiles, the thumbnail included."""
        return self.columns * self.rows + self.thumbnail


def tile_grid(
    width: int,
    height: int,
    *,
    max_tiles: int = 12,
    min_tiles: int = 1,
    tile_size: int = 448,
    thumbnail: bool = True,
) -> Grid:
    """The grid of ``min_tiles`` to ``max_tiles`` tiles whose shape is closest to that of a
    picture of ``width`` x ``height`` pixels. The thumbnail comes on top of ``max_tiles``, and
    only where there is more than one tile."""
    if width < 1 or height < 1:
        raise ValueError(f"a picture of {width} x {height} pixels has no tiles")
    if not 1 <= min_tiles <= max_tiles:
        raise ValueError(f"no grid has {min_tiles} to {max_tiles} tiles")
    aspect_ratio = width / height
    area = width * height
    smallest_difference = float("inf")
    columns, rows = 1, 1
    for candidate in _candidates(min_tiles, max_tiles):
        difference = abs(aspect_ratio - candidate[0] / candidate[1])
        # Between grids of the same shape the larger wins if the picture can fill half of it.
        fills = area > 0.5 * tile_size * tile_size * candidate[0] * candidate[1]
        if difference < smallest_difference or (difference == smallest_difference and fills):
            smallest_difference = difference
            columns, rows = candidate
    return Grid(columns, rows, thumbnail and columns * rows > 1)


def cut_tiles(image: Image.Image, grid: Grid, *, tile_size: int) -> np.ndarray:
    """The tiles of an RGB picture, row by row, the thumbnail last: uint8, (tiles, tile_size,
    tile_size, 3). The picture is stretched to the grid; a grid of one squashes it whole."""
    if image.mode != "RGB":
        raise ValueError(f"tiles are cut from RGB pictures, not from {image.mode}")
    tiles = np.empty((grid.tiles, tile_size, tile_size, 3), np.uint8)
    stretched = np.asarray(image.resize((tile_size * grid.columns, tile_size * grid.rows)))
    by_row = stretched.reshape(grid.rows, tile_size, grid.columns, tile_size, 3).swapaxes(1, 2)
    in_grid = grid.columns * grid.rows
    tiles[:in_grid].reshape(by_row.shape)[:] = by_row
    if grid.thumbnail:
        tiles[in_grid] = np.asarray(image.resize((tile_size, tile_size)))
    return tiles


@lru_cache
def _candidates(min_tiles: int, max_tiles: int) -> list[tuple[int, int]]:
    """Every grid (columns, rows) within the limits, smallest first. Grids of equal area stay
    in the order of the set built this very way, because the model card's do."""
    grids = {
        (columns, rows)
        for n in range(min_tiles, max_tiles + 1)
        for columns in range(1, n + 1)
        for rows in range(1, n + 1)
        if min_tiles <= columns * rows <= max_tiles
    }
    return sorted(grids, key=lambda grid: grid[0] * grid[1])
