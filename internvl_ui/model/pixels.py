"""From tiles as bytes to the numbers that the vision tower reads."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL.Image import Image

from internvl_ui.media.images import image_size, open_image
from internvl_ui.media.tiling import Grid, cut_tiles, tile_digests, tile_grid
from internvl_ui.media.video import frame_indices, map_frames, probe_video
from internvl_ui.media.visuals import Visual

_MEAN = (0.485, 0.456, 0.406)
_STD = (0.229, 0.224, 0.225)


def _table() -> np.ndarray:
    """What each of the 256 byte values becomes in each channel, in the order of operations (and
    so with the very rounding) of torchvision's ToTensor and Normalize. Float32 (3, 256)."""
    values = torch.arange(256, dtype=torch.float32).div(255).expand(3, 256)
    mean, std = (torch.tensor(of).unsqueeze(1) for of in (_MEAN, _STD))
    return values.sub(mean).div(std).numpy()


_TABLE = _table()


def normalise(tiles: np.ndarray) -> torch.Tensor:
    """Uint8 tiles (n, height, width, 3) → float32 (n, 3, height, width) by ImageNet's mean and
    deviation. A look-up, because all values that can occur are known beforehand."""
    count, height, width, _ = tiles.shape
    pixels = np.empty((count, 3, height, width), np.float32)
    for channel in range(3):
        pixels[:, channel] = _TABLE[channel][tiles[..., channel]]
    return torch.from_numpy(pixels)


@dataclass(frozen=True, eq=False)
class Tiles:
    """Tiles in the order of the conversation, each known by a digest of what is in it.

    ``stacks``: uint8 (n, size, size, 3) or floats (n, 3, size, size). ``digests``: one a tile.
    """

    stacks: tuple[np.ndarray | torch.Tensor, ...]
    digests: tuple[bytes, ...]

    def __len__(self) -> int:
        return len(self.digests)

    def floats(self, places: Sequence[int]) -> torch.Tensor:
        """The tiles at these places as the vision tower reads them, (n, 3, size, size)."""
        flat = [(stack, index) for stack in self.stacks for index in range(len(stack))]
        chosen = [flat[place][0][flat[place][1]] for place in places]
        return torch.stack(
            [
                normalise(tile[np.newaxis])[0] if isinstance(tile, np.ndarray) else tile
                for tile in chosen
            ]
        )


def tiles_of(visuals: Sequence[Visual]) -> Tiles:
    """All tiles of these files, in order."""
    pictures = [picture for visual in visuals for picture in visual.pictures]
    return Tiles(
        tuple(picture.tiles for picture in pictures),
        tuple(digest for picture in pictures for digest in picture.digests),
    )


def as_tiles(pixel_values: "Tiles | torch.Tensor | np.ndarray | None") -> Tiles:
    """The same tiles with their digests, which are those of what the numbers are."""
    if isinstance(pixel_values, Tiles):
        return pixel_values
    if pixel_values is None:
        return Tiles((), ())
    if isinstance(pixel_values, np.ndarray):
        return Tiles((pixel_values,), tile_digests(pixel_values))
    in_bytes = pixel_values.detach().cpu().contiguous().view(torch.uint8).numpy()
    return Tiles((pixel_values,), tile_digests(in_bytes, str(pixel_values.dtype)))


def load_image(file: str | Path, input_size: int = 448, max_num: int = 12) -> torch.Tensor:
    """The model card's ``load_image``: an image's tiles, thumbnail last, as float32 (tiles, 3,
    ``input_size``, ``input_size``). Orientation marks are ignored and alpha dropped, as there.

    Raises MediaError if the file is no readable image.
    """
    image = open_image(Path(file), orient=False)
    return normalise(_tiles(image, input_size, max_num))


def load_images(
    files: Sequence[str | Path],
    input_size: int = 448,
    max_num: int = 12,
    dtype: torch.dtype = torch.bfloat16,
) -> tuple[torch.Tensor, list[int]]:
    """Several images as ``load_image``, one after the other in one tensor of ``dtype`` (tiles, 3,
    ``input_size``, ``input_size``), and each image's tile count. In two threads, and without the
    float32 tiles of all of them at once. Raises MediaError."""
    grids = [
        tile_grid(*image_size(file, orient=False), max_tiles=max_num, tile_size=input_size)
        for file in files
    ]
    counts = [grid.tiles for grid in grids]
    pixels = torch.empty(sum(counts), 3, input_size, input_size, dtype=dtype)

    def load(file: str | Path, grid: Grid, into: torch.Tensor) -> None:
        image = open_image(Path(file), orient=False)
        for place, tile in enumerate(cut_tiles(image, grid, tile_size=input_size, threads=1)):
            into[place] = normalise(tile[np.newaxis])[0]

    with ThreadPoolExecutor(2, "images") as pool:
        list(pool.map(load, files, grids, pixels.split(counts)))
    return pixels, counts


def load_video(
    path: str | Path,
    bound: Sequence[float] | None = None,
    input_size: int = 448,
    max_num: int = 1,
    num_segments: int = 32,
) -> tuple[torch.Tensor, list[int]]:
    """The model card's ``load_video``: ``num_segments`` frames spread evenly over the video, or
    over ``bound`` = (start, end) in seconds, each in at most ``max_num`` tiles.

    Returns float32 (all tiles, 3, ``input_size``, ``input_size``) and each frame's tile count.
    Raises MediaError if the file is no readable video.
    """
    path = Path(path)
    video = probe_video(path)
    span = None if bound is None else (bound[0], bound[1])
    indices = frame_indices(video.frame_count, video.fps, segments=num_segments, bound=span)
    frames = map_frames(
        path, indices, lambda frame: _tiles(frame.image, input_size, max_num, threads=1)
    )
    counts = [len(tiles) for tiles in frames]
    pixels = torch.empty(sum(counts), 3, input_size, input_size)
    for tiles, into in zip(frames, pixels.split(counts), strict=True):
        into.copy_(normalise(tiles))
    return pixels, counts


def _tiles(image: Image, size: int, max_tiles: int, threads: int = 2) -> np.ndarray:
    grid = tile_grid(*image.size, max_tiles=max_tiles, tile_size=size)
    return cut_tiles(image, grid, tile_size=size, threads=threads)
