"""Many requests that do not depend on each other: which go together, or one after another."""

import threading
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing

from internvl_ui.conversation import Image
from internvl_ui.engines.base import NOTHING, Engine, Event, Finished, Request

TOGETHER = 8
"""Requests that are answered at once: beyond that a step takes longer and others wait longer."""
_TILES_TOGETHER = 13 * TOGETHER


async def one_after_another(
    engine: Engine, requests: Sequence[Request], *, stop: threading.Event
) -> AsyncGenerator[tuple[int, Event], None]:
    """``Engine.batch`` for an engine that answers one request at a time."""
    for index, request in enumerate(requests):
        if stop.is_set():
            yield index, Finished("stopped", NOTHING)
            continue
        async with aclosing(engine.stream(request, stop=stop)) as events:
            async for event in events:
                yield index, event


def alike(requests: Sequence[Request], most: int = TOGETHER) -> int:
    """How many of the first ``requests`` can be answered at once: at least one, at most ``most``.

    They share their options and system prompt, are first questions, and bring no more tiles, at
    the most that each picture may have, than a device is likely to hold.
    """
    first = requests[0]
    tiles = _most_tiles(first)
    if len(first.conversation.messages) != 1:
        return 1
    for count, request in enumerate(requests[1:most], 1):
        tiles += _most_tiles(request)
        if (
            request.options != first.options
            or request.conversation.system != first.conversation.system
            or len(request.conversation.messages) != 1
            or tiles > _TILES_TOGETHER
        ):
            return count
    return min(len(requests), most)


def _most_tiles(request: Request) -> int:
    """Tiles of the request's files, the thumbnails among them, if each is cut as far as it may."""
    tiles = 0
    for part in request.conversation.messages[-1].media:
        pictures = 1 if isinstance(part, Image) else part.frames
        tiles += pictures * (part.max_tiles + (part.max_tiles > 1))
    return tiles
