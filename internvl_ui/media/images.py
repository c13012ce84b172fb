"""Open a picture file safely, whatever it is, and give it back in RGB."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import pillow_heif
from PIL import Image, ImageFile

from internvl_ui.errors import MediaError
from internvl_ui.media.files import check_pixels, checked

pillow_heif.register_heif_opener()

# Only formats that people's pictures have: Pillow knows more than forty, and some of them
# start other programs (EPS) or are seldom looked at for flaws.
_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "HEIF", "AVIF", "BMP", "TIFF", "JPEG2000", "PPM")
_ORIENTATION_TAG = 0x0112
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def open_image(path: str | Path, *, name: str | None = None, orient: bool = True) -> Image.Image:
    """The picture in ``path`` (of an animation its first frame) in RGB.

    ``orient``: as a person sees it, turned as its camera noted, on white where it is
    transparent, deep grey scaled to eight bits. Otherwise as the model card's
    ``Image.open(path).convert("RGB")``, bit for bit. Raises MediaError, which calls the file
    ``name`` (None: its own name).
    """
    with _opened(path, name) as image:
        turn = _turn(image) if orient else None
        image.load()
        rgb = _as_seen(image) if orient else _without_alpha(image)
    return rgb if turn is None else rgb.transpose(turn)


def image_size(
    path: str | Path, *, name: str | None = None, orient: bool = True
) -> tuple[int, int]:
    """Width and height in pixels that ``open_image`` would give, without decoding a pixel.
    Raises MediaError."""
    with _opened(path, name) as image:
        width, height = image.size
        turn = _turn(image) if orient else None
    return (height, width) if turn in _SWAPPING else (width, height)


def is_image(path: Path) -> bool:
    """Whether a file begins as one of the pictures that ``open_image`` opens."""
    with path.open("rb") as file:
        return bool(_formats(file.read(16)))


_SWAPPING = {_TURNS[orientation] for orientation in (5, 6, 7, 8)}


@contextmanager
def _opened(path: str | Path, name: str | None) -> Iterator[ImageFile.ImageFile]:
    """The picture with its header read. Whatever goes wrong inside is a MediaError."""
    path, name = checked(path, name)
    try:
        with path.open("rb") as file:
            image = _identify(file)
            if image is None:
                raise MediaError(
                    '"{name}" is not a picture that can be read here. '
                    "Save it as PNG or JPEG and try again.",
                    name=name,
                )
            check_pixels(*image.size, name)
            yield image
    except (MediaError, MemoryError):
        raise
    except Exception as error:  # Decoders fed with broken bytes raise anything.
        raise MediaError(
            '"{name}" is damaged or incomplete. Choose another copy of it, or save it anew.',
            name=name,
        ) from error


def _identify(file: IO[bytes]) -> ImageFile.ImageFile | None:
    """What ``Image.open(file, formats=…)`` gives, without its check of the number of pixels:
    that one knows only a limit, and warnings, that belong to the whole process."""
    failure: Exception | None = None
    for format_name in _formats(file.read(16)):
        file.seek(0)
        try:
            return Image.OPEN[format_name][0](file, "")
        except Exception as error:  # HEIF and AVIF can begin alike: the next one may know it.
            failure = error
    if failure is not None:
        raise failure
    return None


def _formats(start: bytes) -> list[str]:
    """The formats whose files begin like ``start``."""
    Image.init()
    checks = {format_name: Image.OPEN[format_name][1] for format_name in _FORMATS}
    # A check may also give a string, which says what this Pillow lacks for the format.
    return [name for name, begins in checks.items() if begins and begins(start) is True]


def _turn(image: ImageFile.ImageFile) -> Image.Transpose | None:
    """How to turn the picture to see it upright, from what stands before its pixels."""
    if image.format == "TIFF":
        return None  # Pillow turns these itself.
    try:
        # Not image.getexif(): for a PNG that decodes the pixels to look behind them.
        orientation = Image.Image.getexif(image).get(_ORIENTATION_TAG)
    except Exception:  # A broken note about the camera does not spoil the picture.
        return None
    return _TURNS.get(orientation) if isinstance(orientation, int) else None


def _without_alpha(image: Image.Image) -> Image.Image:
    if image.mode == "RGB":
        return image
    # Transparency changes no pixel of this conversion, but Pillow would warn of a loss.
    image.info.pop("transparency", None)
    return image.convert("RGB")


def _as_seen(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        return _eight_bits(image).convert("RGB")
    if not image.has_transparency_data:
        return image if image.mode == "RGB" else image.convert("RGB")
    coloured = image.convert("RGBA")
    white = Image.new("RGB", image.size, "white")
    white.paste(coloured, mask=coloured)
    return white


def _eight_bits(image: Image.Image) -> Image.Image:
    """Deep grey as 0 to 255: sixteen bits by their full range; other numbers, which have no
    agreed range, from their least to their greatest."""
    values = np.asarray(image)
    least, greatest = 0.0, 65535.0
    if image.mode == "F":
        values = np.nan_to_num(values, nan=0.0, posinf=0.0, neginf=0.0)
    if image.mode == "F" or values.min() < least or values.max() > greatest:
        least, greatest = float(values.min()), float(values.max())
    scale = 255.0 / (greatest - least) if greatest > least else 0.0
    scaled = (values.astype(np.float32) - np.float32(least)) * np.float32(scale)
    return Image.fromarray(np.rint(scaled).astype(np.uint8))
