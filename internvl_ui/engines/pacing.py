"""Tokens come quicker than a page can be redrawn: let pieces of text through at a pace."""

import asyncio
import time
from collections.abc import AsyncGenerator

from internvl_ui.engines.base import Delta, Event, Failed, Finished


class Pacer:
    """Gathers pieces so that at most one goes out each ``interval`` seconds; the first at once.

    Knows no clock: ``now`` is the caller's, in seconds.
    """

    def __init__(self, interval: float = 1 / 20) -> None:
        self._interval = interval
        self._gathered: list[str] = []
        self._next = float("-inf")

    def add(self, piece: str) -> None:
        self._gathered.append(piece)

    def wait(self, now: float) -> float | None:
        """Seconds until text is due, 0 if it is; None if there is none."""
        return max(0.0, self._next - now) if self._gathered else None

    def take(self, now: float) -> str:
        """All that was gathered, whether it is due or not."""
        text = "".join(self._gathered)
        self._gathered.clear()
        self._next = now + self._interval
        return text


async def paced(pieces: asyncio.Queue[Event]) -> AsyncGenerator[Event, None]:
    """Events as they come up to the last one, texts at a pace that a page can keep up with."""
    pacer = Pacer()
    tokens = 0
    while True:
        try:
            event = await asyncio.wait_for(pieces.get(), pacer.wait(time.monotonic()))
        except TimeoutError:
            yield Delta(pacer.take(time.monotonic()), tokens)
            continue
        if isinstance(event, Delta):
            pacer.add(event.text)
            tokens = event.tokens
            continue
        if pacer.wait(0) is not None:
            yield Delta(pacer.take(time.monotonic()), tokens)
        yield event
        if isinstance(event, Finished | Failed):
            return
