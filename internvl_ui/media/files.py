"""What holds for every file a visitor may give, before anything looks into it."""

from pathlib import Path

from internvl_ui.errors import MediaError

MAX_PIXELS = 120_000_000
"""Of one picture or video frame: a 108-megapixel photo passes, a decompression bomb does not.
At four bytes each such a picture takes half a gigabyte."""


def checked(path: str | Path, name: str | None) -> tuple[Path, str]:
    """``path`` and the name the visitor knows it by. Raises MediaError if there is nothing to
    read: no file, a folder, no permission, 0 bytes."""
    path = Path(path)
    name = path.name if name is None else name
    if path.is_dir():
        raise MediaError('"{name}" is a folder. Choose a file in it.', name=name)
    if not path.is_file():
        raise MediaError('"{name}" is not there. Choose the file again.', name=name)
    try:
        with path.open("rb") as file:
            start = file.read(1)
    except OSError as error:
        raise MediaError(
            '"{name}" may not be read. Give yourself permission to it.', name=name
        ) from error
    if not start:
        raise MediaError(
            '"{name}" is empty (0 bytes). Choose a file with something in it.', name=name
        )
    return path, name


def check_pixels(width: int, height: int, name: str) -> None:
    """Raises MediaError for more pixels than one picture may have."""
    if width * height > MAX_PIXELS:
        raise MediaError(
            '"{name}" has {width:,} x {height:,} pixels, more than {most} million. '
            "Make it smaller and try again.",
            name=name,
            width=width,
            height=height,
            most=MAX_PIXELS // 1_000_000,
        )
