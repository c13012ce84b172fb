"""A message's picture or video as the tiles that the model gets, and their number beforehand."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from internvl_ui import conversation
from internvl_ui.errors import MediaError
from internvl_ui.media.files import checked
from internvl_ui.media.images import image_size, is_image, open_image
from internvl_ui.media.tiling import Grid, cut_tiles, tile_digests, tile_grid
from internvl_ui.media.track import NotAVideo, opened_track
from internvl_ui.media.video import (
    Frame,
    VideoReader,
    frame_indices,
    map_frames,
    probe_video,
)

Kind = Literal["image", "video"]


@dataclass(frozen=True, slots=True)
class Outline:
    """A file as it will be cut up, before its pixels. ``size``: width and height in pixels of the
    picture, or of each frame. ``frames``: the index and the second of each frame that is looked
    at, and ``duration`` the video's length in seconds; none for a picture."""

    kind: Kind
    name: str
    size: tuple[int, int]
    grid: Grid
    frames: tuple[tuple[int, float], ...] = ()
    duration: float = 0.0

    @property
    def tile_counts(self) -> list[int]:
        """The number of tiles of each picture."""
        return [self.grid.tiles] * (1 if self.kind == "image" else len(self.frames))


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """A picture or a frame cut up. ``tiles``: uint8, (tiles, size, size, 3), each known by its
    digest; ``size``: width and height in pixels before that. ``index`` and ``seconds``: which
    frame of its video."""

    tiles: np.ndarray
    digests: tuple[bytes, ...]
    grid: Grid
    size: tuple[int, int]
    index: int | None = None
    seconds: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Visual:
    """One file of a message: a picture, or a video's frames in order. There are fewer of them
    than asked for where the video has fewer."""

    kind: Kind
    name: str
    pictures: tuple[Picture, ...]

    @property
    def tile_counts(self) -> list[int]:
        """The number of tiles of each picture."""
        return [picture.grid.tiles for picture in self.pictures]


def load_visual(
    part: conversation.Image | conversation.Video,
    *,
    tile_size: int,
    video_reader: VideoReader = "pyav",
) -> Visual:
    """The part as a person sees it (turned, on white), cut into tiles. Raises MediaError."""
    if isinstance(part, conversation.Image):
        image = open_image(part.path, name=part.name)
        return Visual("image", part.name, (_cut(image, part.max_tiles, tile_size),))
    indices = [index for index, _ in _frames(part)]

    def cut(frame: Frame) -> Picture:
        return _cut(frame.image, part.max_tiles, tile_size, frame.index, frame.seconds)

    pictures = map_frames(part.path, indices, cut, name=part.name, reader=video_reader)
    # In place of a damaged frame comes its neighbour, which is not to be seen twice.
    by_index = {picture.index: picture for picture in pictures}
    return Visual("video", part.name, tuple(by_index.values()))


def outline(part: conversation.Image | conversation.Video, *, tile_size: int) -> Outline:
    """How ``load_visual`` will cut the part, from the file's headers (and the first frame of a
    video, which alone tells how it is turned). Raises MediaError."""
    if isinstance(part, conversation.Image):
        size = image_size(part.path, name=part.name)
        return Outline("image", part.name, size, _grid(size, part.max_tiles, tile_size))
    info = probe_video(part.path, name=part.name)
    size = (info.width, info.height)
    grid = _grid(size, part.max_tiles, tile_size)
    return Outline("video", part.name, size, grid, _frames(part), info.duration)


def frame_times(part: conversation.Video) -> tuple[float, ...]:
    """The second at which each frame that is looked at is shown, in order. Raises MediaError."""
    return tuple(seconds for _, seconds in _frames(part))


def media_kind(path: str | Path, *, name: str | None = None) -> Kind:
    """What a file is by its bytes, whatever its name says. An animation in a picture format
    (GIF, WebP) is an image. Raises MediaError, which calls the file ``name``, for anything
    that is neither."""
    path, name = checked(path, name)
    if is_image(path):
        return "image"
    try:
        with opened_track(path, name):
            return "video"
    except NotAVideo as error:
        raise MediaError(
            '"{name}" is neither a picture nor a video that can be read here, or it is '
            "incomplete. Choose a picture (JPEG, PNG, WebP, HEIC …) or a video (MP4, WebM …).",
            name=name,
        ) from error


def _frames(part: conversation.Video) -> tuple[tuple[int, float], ...]:
    """Index and second of each frame that is looked at, in order and each once: of a short video
    the even spread meets some twice."""
    info = probe_video(part.path, name=part.name)
    start = 0.0 if part.start is None else part.start
    end = info.frame_count / info.fps if part.end is None else part.end
    try:
        spread = frame_indices(info.frame_count, info.fps, segments=part.frames, bound=(start, end))
    except ValueError as error:
        raise MediaError(
            '"{name}" has no frame between {start:g} and {end:g} seconds; it is '
            "{duration:.1f} seconds long. Choose other times.",
            name=part.name,
            start=start,
            end=end,
            duration=info.duration,
        ) from error
    return tuple((index, info.times[index]) for index in sorted(set(spread)))


def _grid(size: tuple[int, int], max_tiles: int, tile_size: int) -> Grid:
    return tile_grid(*size, max_tiles=max_tiles, tile_size=tile_size)


def _cut(
    image: Image.Image,
    max_tiles: int,
    tile_size: int,
    index: int | None = None,
    seconds: float | None = None,
) -> Picture:
    grid = _grid(image.size, max_tiles, tile_size)
    # A video's frames are shared out between threads already.
    tiles = cut_tiles(image, grid, tile_size=tile_size, threads=2 if index is None else 1)
    return Picture(tiles, tile_digests(tiles), grid, image.size, index, seconds)
