"""An engine that writes what a test tells it to."""

import asyncio
import re
import threading
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass, field

from internvl_ui.conversation import Conversation, Image, Usage, Video
from internvl_ui.engines.base import Counting, Delta, Event, Failed, Finished, Progress, Request
from internvl_ui.engines.batching import one_after_another
from internvl_ui.media.visuals import Visual, load_visual

LONG = "The quick brown fox jumps over the lazy dog. " * 200


@dataclass
class FakeEngine:
    """Streams ``text`` word by word, ``pace`` seconds apart; a callable gets the request.

    ``fail_after``: words after which it fails with ``reason``. Keeps every request, and how
    each one ended: "end", "stopped", "failed" or "closed"; ``stopped`` is the last one's flag.
    It counts a token for each word and 256 for each tile, once ``loaded`` is set.
    """

    text: str | Callable[[Request], str] = "This is an answer."
    pace: float = 0.02
    fail_after: int | None = None
    reason: str = "The graphics card has no memory left; use fewer tiles."
    name: str = "Fake-1B"
    precision: str = "bf16"
    progress: tuple[Progress, ...] = (Progress("media", 0, 1), Progress("prefill"))
    requests: list[Request] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)
    stopped: threading.Event = field(default_factory=threading.Event)
    prepared: list[Image | Video] = field(default_factory=list)
    context_length: int = 32768
    loaded: bool = True

    async def stream(
        self, request: Request, *, stop: threading.Event
    ) -> AsyncGenerator[Event, None]:
        self.requests.append(request)
        self.stopped = stop
        number = len(self.ends)
        self.ends.append("closed")
        start = time.monotonic()
        for event in self.progress:
            yield event
            await asyncio.sleep(self.pace)
        text = self.text if isinstance(self.text, str) else self.text(request)
        words = re.findall(r"\S+\s*|\s+", text)
        first, reason, written = 0.0, "end", 0
        for word in words:
            if stop.is_set():
                reason = "stopped"
                break
            if self.fail_after is not None and written >= self.fail_after:
                self.ends[number] = "failed"
                yield Failed(self.reason)
                return
            first = first or time.monotonic() - start
            written += 1
            yield Delta(word, written)
            await asyncio.sleep(self.pace)
        self.ends[number] = reason
        total = time.monotonic() - start
        yield Finished(
            "stopped" if reason == "stopped" else "end",
            Usage(12 + 256, 256, 1, written, first, total),
        )

    def batch(
        self, requests: Sequence[Request], *, stop: threading.Event
    ) -> AsyncGenerator[tuple[int, Event], None]:
        return one_after_another(self, requests, stop=stop)

    def prepare(self, media: Sequence[Image | Video]) -> None:
        self.prepared += media

    async def counting(self) -> Counting:
        while not self.loaded:
            await asyncio.sleep(0.01)
        return Counting(448, 256, self.context_length, _count)

    async def look(self, part: Image | Video) -> Visual:
        return await asyncio.to_thread(load_visual, part, tile_size=448)

    def close(self) -> None:
        pass


def _count(conversation: Conversation, tile_counts: Sequence[Sequence[int]]) -> int:
    words = sum(len(message.text.split()) for message in conversation.asked)
    return words + 256 * sum(map(sum, tile_counts))
