"""How a picture is cut into tiles: first the geometry, then the pixels.

Both are those of InternVL's dynamic preprocessing, bit for bit.
"""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache, partial

import numpy as np
from PIL import Image

_WORTH_SHARING = 1_000_000
"""Pixels from which on two threads are quicker than one."""
_WORTH_HASHING_APART = 4_000_000
"""Bytes from which on they are."""
_BANDS = 2


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


def cut_tiles(
    image: Image.Image, grid: Grid, *, tile_size: int, threads: int = _BANDS
) -> np.ndarray:
    """The tiles of an RGB picture, row by row, the thumbnail last: uint8, (tiles, tile_size,
    tile_size, 3). The picture is stretched to the grid; a grid of one squashes it whole.

    The pixels are the same with any number of ``threads``; large pictures are worth two."""
    if image.mode != "RGB":
        raise ValueError(f"tiles are cut from RGB pictures, not from {image.mode}")
    tiles = np.empty((grid.tiles, tile_size, tile_size, 3), np.uint8)
    size = (tile_size * grid.columns, tile_size * grid.rows)
    small = (tile_size, tile_size)
    if threads > 1 and image.width * image.height >= _WORTH_SHARING:
        # The longest piece of work first, and of the two sizes the smaller one is in one piece.
        with ThreadPoolExecutor(threads, "resize") as pool:
            thumbnail = pool.submit(image.resize, small) if grid.thumbnail else None
            stretched = _resize_in_bands(image, size, pool)
            squashed = thumbnail.result() if thumbnail is not None else None
    else:
        stretched = image.resize(size)
        squashed = image.resize(small) if grid.thumbnail else None
    pixels = np.asarray(stretched)
    by_row = pixels.reshape(grid.rows, tile_size, grid.columns, tile_size, 3).swapaxes(1, 2)
    in_grid = grid.columns * grid.rows
    tiles[:in_grid].reshape(by_row.shape)[:] = by_row
    if squashed is not None:
        tiles[in_grid] = np.asarray(squashed)
    return tiles


def _resize_in_bands(
    image: Image.Image, size: tuple[int, int], pool: ThreadPoolExecutor
) -> Image.Image:
    """``image.resize(size)``, bit for bit. Pillow makes every row narrower first, each by itself,
    and then every column shorter, each by itself: so rows and columns can be shared out."""
    width, height = size
    narrow = Image.new("RGB", (width, image.height))
    bands = _bands(image.height)
    rows = [
        pool.submit(_resize_part, image, (0, top, image.width, bottom), (width, bottom - top))
        for top, bottom in bands
    ]
    for (top, _), row in zip(bands, rows, strict=True):
        narrow.paste(row.result(), (0, top))
    whole = Image.new("RGB", size)
    bands = _bands(width)
    columns = [
        pool.submit(_resize_part, narrow, (left, 0, right, image.height), (right - left, height))
        for left, right in bands
    ]
    for (left, _), column in zip(bands, columns, strict=True):
        whole.paste(column.result(), (left, 0))
    return whole


def _resize_part(
    image: Image.Image, box: tuple[int, int, int, int], size: tuple[int, int]
) -> Image.Image:
    # Not resize's own box: with that it makes a third pass.
    return image.crop(box).resize(size)


def _bands(length: int) -> list[tuple[int, int]]:
    edges = [length * band // _BANDS for band in range(_BANDS + 1)]
    return list(zip(edges, edges[1:], strict=False))


def tile_digests(tiles: np.ndarray, kind: str = "") -> tuple[bytes, ...]:
    """By what each tile is known, whatever picture it comes from: SHA-256 of what is in it, and
    of the ``kind`` of numbers that its bytes are, where NumPy does not know it."""
    said = f"{kind or tiles.dtype} {tiles.shape[1:]} ".encode()
    tiles = np.ascontiguousarray(tiles)
    if tiles.nbytes < _WORTH_HASHING_APART:
        return tuple(_digest(said, tile) for tile in tiles)
    with ThreadPoolExecutor(_BANDS, "digests") as pool:
        return tuple(pool.map(partial(_digest, said), tiles))


def _digest(said: bytes, tile: np.ndarray) -> bytes:
    digest = hashlib.sha256(said)
    digest.update(tile.data)
    return digest.digest()


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
