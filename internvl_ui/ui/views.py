"""What the page shows of the visitor's files: small copies that any browser can draw."""

import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

import PIL.Image
from gradio.utils import get_upload_folder

from internvl_ui.errors import MediaError
from internvl_ui.media.images import open_image
from internvl_ui.media.strip import strip
from internvl_ui.media.video import probe_video
from internvl_ui.media.visuals import Kind, Visual, media_kind
from internvl_ui.ui import strings
from internvl_ui.ui.preview import Film
from internvl_ui.ui.talk import Attachment, Thumbnail

_SIDE = 480
"""Longest side of a thumbnail in pixels: sharp at the size it is shown on dense screens."""
_STRIP_FRAMES = 4
_DRAWN_BY_BROWSERS = {".png", ".jpg", ".jpeg", ".webp", ".gif", ".bmp"}


def looked_at(
    files: Sequence[Attachment], keep_track: Callable[[Path], object]
) -> tuple[list[tuple[Attachment, Kind]], dict[Path, Thumbnail]]:
    """What the files are, and small copies, of which ``keep_track`` is told. Raises MediaError,
    with a sentence, for one that cannot be read."""
    seen: list[tuple[Attachment, Kind]] = []
    thumbnails = {}
    for file in files:
        if not file.path.is_file():
            raise MediaError(strings.VANISHED.format(name=file.name))
        kind = media_kind(file.path, name=file.name)
        seen.append((file, kind))
        thumbnails[file.path], made = thumbnail(file, kind)
        keep_track(made)
    return seen, thumbnails


def thumbnail(file: Attachment, kind: Kind, *, side: int = _SIDE) -> tuple[Thumbnail, Path]:
    """A small copy of an image, ``side`` pixels at its longest, or a strip of a video's frames,
    and where it lies.

    Raises MediaError, with a sentence for the visitor, for a file that cannot be read.
    """
    size = None
    if kind == "image":
        picture, caption = open_image(file.path, name=file.name), ""
        size = picture.size
        picture.thumbnail((side, side))
    else:
        picture, seconds = _strip(file)
        caption = strings.VIDEO_CAPTION.format(name=file.name, seconds=seconds)
    path = new_file("thumbnail.webp")
    picture.save(path, quality=85)
    return Thumbnail(url=f"gradio_api/file={path}", caption=caption, size=size), path


def drawable(file: Attachment) -> Attachment:
    """``file``, or a lossless PNG of it when browsers do not draw its format (HEIC, AVIF, TIFF).

    Raises MediaError for a file that cannot be read.
    """
    picture = open_image(file.path, name=file.name)
    if file.path.suffix.lower() in _DRAWN_BY_BROWSERS:
        return file
    path = new_file(f"{file.path.stem}.png")
    picture.save(path)
    return Attachment(path, file.name)


def describe_video(file: Attachment) -> str:
    """A video's length and size in words. Raises MediaError for a file that is no video or has
    no picture that can be read."""
    info = probe_video(file.path, name=file.name)
    return strings.VIDEO_READY.format(
        name=file.name, seconds=info.duration, width=info.width, height=info.height
    )


def film(frames: Sequence[PIL.Image.Image], times: Sequence[float]) -> tuple[Film, Path]:
    """Frames side by side in one file, each as large as the first, and where it lies."""
    path = new_file("film.webp")
    _side_by_side(frames).save(path, quality=80)
    return Film(f"gradio_api/file={path}", tuple(times)), path


def fed_frames(visual: Visual, side: int) -> list[PIL.Image.Image]:
    """A video's frames out of the very tiles that the model gets, stretched back to their shape
    and none longer than ``side`` pixels."""
    frames = []
    for picture in visual.pictures:
        # The last tile is the whole frame: the only one, or the thumbnail.
        scale = side / max(picture.size)
        width, height = (max(1, round(length * scale)) for length in picture.size)
        frames.append(PIL.Image.fromarray(picture.tiles[-1]).resize((width, height)))
    return frames


def _strip(file: Attachment) -> tuple[PIL.Image.Image, float]:
    """A video's frames side by side, evenly spread, and its length in seconds."""
    glimpses = strip(file.path, count=_STRIP_FRAMES, side=_SIDE // 2, name=file.name)
    info = probe_video(file.path, name=file.name)
    return _side_by_side([glimpse.image for glimpse in glimpses]), info.duration


def _side_by_side(frames: Sequence[PIL.Image.Image]) -> PIL.Image.Image:
    width, height = frames[0].size
    whole = PIL.Image.new("RGB", (width * len(frames), height))
    for number, frame in enumerate(frames):
        whole.paste(frame, (number * width, 0))
    return whole


def new_file(name: str) -> Path:
    """A path that Gradio serves and that nobody can guess."""
    folder = Path(get_upload_folder()) / secrets.token_hex(16)
    folder.mkdir(parents=True)
    return folder / name
