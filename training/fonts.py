"""Fonts to draw words with: those of this machine, and a few that come with the packages."""

import random
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from PIL import ImageFont

_FAMILIES = (
    "DejaVuSans", "DejaVuSans-Bold", "DejaVuSansMono", "DejaVuSerif", "DejaVuSerif-Bold",
    "LiberationSans-Regular", "LiberationSans-Bold", "LiberationMono-Regular",
    "LiberationSerif-Regular", "LiberationSerif-Bold",
    "KaTeX_Main-Regular", "KaTeX_Main-Bold", "KaTeX_SansSerif-Regular",
    "KaTeX_SansSerif-Bold", "KaTeX_Typewriter-Regular",
)  # fmt: skip


@cache
def font_files() -> tuple[Path, ...]:
    """TrueType files of upright text faces, found where Linux and Gradio's pages keep them."""
    gradio = find_spec("gradio")
    assert gradio is not None and gradio.origin is not None
    folders = (Path("/usr/share/fonts"), Path(gradio.origin).parent / "templates")
    found = (file for folder in folders for file in sorted(folder.rglob("*.ttf")))
    by_name = {file.name.split(".")[0]: file for file in found}
    return tuple(by_name[name] for name in _FAMILIES if name in by_name)


def random_font(size: float, rng: random.Random) -> ImageFont.FreeTypeFont:
    """A face at ``size`` pixels; now and then the one that Pillow carries itself."""
    files = font_files()
    if not files or rng.random() < 0.1:
        font = ImageFont.load_default(size)
        assert isinstance(font, ImageFont.FreeTypeFont)
        return font
    return _opened(rng.choice(files), max(6, round(size)))


@cache
def _opened(file: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(file), size)
