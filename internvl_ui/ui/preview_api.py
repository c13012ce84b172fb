"""What a program asks of ``/preview``: a file → its tiles or frames and what they cost, as JSON."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import gradio as gr

from internvl_ui.engines.base import Counting, Engine
from internvl_ui.errors import UserError
from internvl_ui.media.tiling import Grid
from internvl_ui.media.visuals import Outline, media_kind, outline
from internvl_ui.ui import convert, strings
from internvl_ui.ui.components import FileInput
from internvl_ui.ui.convert import MOST_FRAMES, MOST_TILES, MediaOptions
from internvl_ui.ui.talk import Attachment

Describe = Callable[..., Awaitable[dict[str, Any]]]


def preview_endpoint(engine: Engine) -> None:
    """Add the endpoint to the page that is being built. Nothing of it is seen there."""
    default = MediaOptions()

    def number(name: str, value: float | None, least: int, most: int | None) -> gr.Number:
        precision = None if most is None else 0
        return gr.Number(
            value, label=name, minimum=least, maximum=most, precision=precision, visible=False
        )

    inputs = [
        FileInput(visible=False, label="file"),
        number("max_tiles", default.max_tiles, 1, MOST_TILES),
        number("frames", default.frames, 1, MOST_FRAMES),
        number("start", 0, 0, None),
        number("end", None, 0, None),
        number("frame_tiles", default.frame_tiles, 1, MOST_TILES),
    ]
    gr.Button(visible=False).click(
        describer(engine),
        inputs,
        [gr.JSON(visible=False, label="preview")],
        api_name="preview",
        show_progress="hidden",
        concurrency_limit=None,
    )


def describer(engine: Engine) -> Describe:
    """The endpoint's function for ``engine``."""

    async def preview(
        file: Attachment | None,
        max_tiles: float | None,
        frames: float | None,
        start: float | None,
        end: float | None = None,
        frame_tiles: float | None = None,
    ) -> dict[str, Any]:
        """What the model would see of a file, and how many tokens that takes.

        max_tiles: the most tiles that a picture is cut into, the whole not counted. frames: how
        many frames of a video, spread evenly from start to end (seconds; null: to its end), each
        cut into at most frame_tiles tiles. A file that cannot be read is an error with a sentence
        that says what to do.
        """
        options = convert.media_options(
            max_tiles,
            frames,
            convert.NUMBERED,
            start=start,
            end=end,
            frame_tiles=frame_tiles,
        )
        try:
            if file is None:
                raise UserError(strings.NO_FILE)
            counting = await engine.counting()
            seen = await asyncio.to_thread(_outlined, file, options, counting)
        except UserError as error:
            raise gr.Error(strings.said(error), print_exception=False) from None
        return as_json(seen, counting)

    return preview


def as_json(seen: Outline, counting: Counting) -> dict[str, Any]:
    """Sizes in pixels, times in seconds; tiles and frames in the order in which they are fed,
    frames by their index in the video, counted from 0."""
    tiles = sum(seen.tile_counts)
    each = seen.grid.tiles * counting.tokens_per_tile
    described: dict[str, Any] = {
        "kind": seen.kind,
        "name": seen.name,
        "width": seen.size[0],
        "height": seen.size[1],
        "columns": seen.grid.columns,
        "rows": seen.grid.rows,
        "tile_size": counting.tile_size,
        "tile_count": tiles,
        "tokens_per_tile": counting.tokens_per_tile,
        "visual_tokens": tiles * counting.tokens_per_tile,
        "context_length": counting.context_length,
        "tiles": _tiles(seen.grid, *seen.size),
    }
    if seen.kind == "video":
        described |= {
            "duration": seen.duration,
            "frames": [
                {"index": index, "seconds": seconds, "visual_tokens": each}
                for index, seconds in seen.frames
            ],
        }
    return described


def _outlined(file: Attachment, options: MediaOptions, counting: Counting) -> Outline:
    kind = media_kind(file.path, name=file.name)
    (part,) = convert.to_message("", [(file, kind)], options).media
    return outline(part, tile_size=counting.tile_size)


def _tiles(grid: Grid, width: int, height: int) -> list[dict[str, Any]]:
    """Each tile of a picture or frame, by the part of it that it shows."""
    columns, rows = grid.columns, grid.rows
    tiles = [
        {
            "box": [
                width * column / columns,
                height * row / rows,
                width * (column + 1) / columns,
                height * (row + 1) / rows,
            ],
            "thumbnail": False,
        }
        for row in range(rows)
        for column in range(columns)
    ]
    if grid.thumbnail:
        tiles.append({"box": [0, 0, width, height], "thumbnail": True})
    return tiles
