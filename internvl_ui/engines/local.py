"""The engine in this process: ``model.chat`` in one thread, its words streamed to event loops.

torch is imported only in that thread, so that a page can be up before the model is. Requests are
served in the order they came. The one that is next has its files read meanwhile, so at most two
requests hold media in memory, beside those files that are kept ready within a budget.
"""

import asyncio
import logging
import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from internvl_ui.conversation import Image, Video
from internvl_ui.engines.answering import Stopped, answer_group, answer_one, foresee
from internvl_ui.engines.base import (
    NOTHING,
    Counting,
    Delta,
    Event,
    Failed,
    Finished,
    Progress,
    Request,
)
from internvl_ui.engines.batching import TOGETHER, alike, one_after_another
from internvl_ui.engines.failures import free_memory, loading_failed, sentence
from internvl_ui.engines.known import counting_of, precision_of
from internvl_ui.engines.line import Line
from internvl_ui.engines.loading import Loading
from internvl_ui.engines.pacing import paced
from internvl_ui.errors import MediaError, UserError
from internvl_ui.media.ready import Ready
from internvl_ui.media.video import VideoReader
from internvl_ui.media.visuals import Visual

logger = logging.getLogger(__name__)

_GLANCE = 0.02
"""Seconds between two looks at the line and at ``stop``, which no event loop can wait for."""


@dataclass(eq=False)
class _Reading:
    """The files of one request on their way to tiles."""

    files: tuple[Image | Video, ...]
    done: int = 0
    visuals: list[Visual] = field(default_factory=list)


class LocalEngine:
    """Answers with the model that ``load`` gives, in the engine's one thread.

    ``load`` is called there at once; until it is done requests see ``Progress("loading")``, and
    if it raises they end with ``Failed``. ``loading`` is what it tells how far it has come.
    ``video_reader`` is "pyav" or "decord". ``cache_bytes``:
    for what the model has computed before; None lets it choose.
    """

    def __init__(
        self,
        load: Callable[[], tuple[Any, Any]],
        *,
        name: str,
        video_reader: VideoReader = "pyav",
        cache_bytes: int | None = None,
        loading: Loading | None = None,
    ) -> None:
        self.name = name
        self._loaded = loading or Loading()
        self._cache_bytes = cache_bytes
        self._ready = Ready(video_reader=video_reader)
        self._closed = threading.Event()
        self._line = Line()
        self._model: Any = None
        self._tokenizer: Any = None
        self._generation = ThreadPoolExecutor(1, "generation")
        self._media = ThreadPoolExecutor(2, "media")
        self._loading: Future[None] = self._generation.submit(self._load, load)

    @property
    def precision(self) -> str:
        """See ``Engine.precision``."""
        model = self._model
        return "" if model is None else precision_of(model)

    def wait_loaded(self, timeout: float | None = None) -> None:
        """Block until the model is there; raises what loading raised, or TimeoutError."""
        self._loading.result(timeout)

    async def stream(
        self, request: Request, *, stop: threading.Event
    ) -> AsyncGenerator[Event, None]:
        """See ``Engine.stream``. The times of ``Usage`` count from the end of the waiting."""
        left = threading.Event()
        ticket = self._line.join()
        answering: Future[None] | None = None

        def halted() -> bool:
            return stop.is_set() or left.is_set() or self._closed.is_set()

        try:
            reading = _Reading(_files(request))
            async with aclosing(self._wait(ticket, reading, halted)) as waiting:
                async for progress in waiting:
                    yield progress
            pieces: asyncio.Queue[Event] = asyncio.Queue()
            post = _poster(asyncio.get_running_loop(), pieces, left)
            answering = self._generation.submit(
                self._answer, request, reading.visuals, post, halted, ticket
            )
            del reading
            async with aclosing(paced(pieces)) as answer:
                async for event in answer:
                    yield event
        except Stopped:
            yield Finished("stopped", NOTHING)
        except Exception as error:
            yield Failed(sentence(error))
        finally:
            left.set()
            if answering is None:
                self._line.leave(ticket)

    async def batch(
        self, requests: Sequence[Request], *, stop: threading.Event
    ) -> AsyncGenerator[tuple[int, Event], None]:
        """See ``Engine.batch``. Each group has its own place in the line. One that fails, be it
        by a single file or for lack of memory, is answered one by one, so that each request
        gets its own answer or reason; the groups after it are smaller."""
        start, most = 0, TOGETHER
        while start < len(requests):
            group = requests[start : start + alike(requests[start:], most)]
            alone = len(group) == 1
            try:
                if not alone:
                    async with aclosing(self._group(group, stop)) as events:
                        async for index, event in events:
                            yield start + index, event
            except Exception as error:
                if not isinstance(error, UserError):
                    logger.warning("Questions are asked one by one.", exc_info=error)
                    most = max(1, most // 2)
                alone = True
            if alone:
                if len(group) > 1:
                    with suppress(RuntimeError):  # The engine has been closed.
                        self._generation.submit(free_memory)
                async with aclosing(one_after_another(self, group, stop=stop)) as events:
                    async for index, event in events:
                        yield start + index, event
            start += len(group)

    def prepare(self, media: Sequence[Image | Video]) -> None:
        """See ``Engine.prepare``: their tiles now, their visual features while nobody is
        answered."""
        if self._closed.is_set():
            return

        def begin() -> None:
            for part in media:
                if self._ready.busy:
                    return
                with suppress(MediaError):
                    future = self._ready.prepare(part, tile_size=self._model.tile_size)
                    future.add_done_callback(self._foresee)

        def when_loaded(loading: Future[None]) -> None:
            if loading.exception() is None:
                with suppress(RuntimeError):  # The engine has been closed.
                    self._media.submit(begin)

        self._loading.add_done_callback(when_loaded)

    async def counting(self) -> Counting:
        """See ``Engine.counting``."""
        await self._when_loaded()
        return counting_of(self._model, self._tokenizer)

    async def look(self, part: Image | Video) -> Visual:
        """See ``Engine.look``. Read once, also if it is asked about afterwards."""
        await self._when_loaded()
        size = self._model.tile_size
        reading = await asyncio.to_thread(self._ready.prepare, part, tile_size=size)
        # Shielded, as others may wait for the same file.
        visual = await asyncio.shield(asyncio.wrap_future(reading))
        return replace(visual, name=part.name)

    def close(self) -> None:
        """See ``Engine.close``. Does not wait for the token that is being computed."""
        if not self._closed.is_set():
            self._closed.set()
            self._generation.submit(self._unload)
            self._generation.shutdown(wait=False)
            self._media.shutdown(wait=False, cancel_futures=True)
            self._ready.close()

    def wait_closed(self) -> None:
        """After ``close``: block until the model is out of memory."""
        self._generation.shutdown(wait=True)

    async def _when_loaded(self) -> None:
        try:
            await asyncio.shield(asyncio.wrap_future(self._loading))
        except Exception as error:
            raise loading_failed(error) from None

    def _load(self, load: Callable[[], tuple[Any, Any]]) -> None:
        try:
            self._model, self._tokenizer = load()
            if self._cache_bytes is not None:
                self._model.reuse.limit(self._cache_bytes)
        except UserError:
            raise
        except Exception:
            # Once closed, as when the command ends at once, nobody waits for it.
            if not self._closed.is_set():
                logger.exception("The model could not be loaded.")
            raise

    def _foresee(self, made: Future[Visual]) -> None:
        if not made.cancelled() and made.exception() is None:
            with suppress(RuntimeError):  # The engine has been closed.
                self._generation.submit(self._see, made.result())

    def _see(self, visual: Visual) -> None:
        """Runs in the generation thread, and leaves it as soon as anybody asks anything."""

        def busy() -> bool:
            return self._closed.is_set() or not self._line.empty()

        try:
            foresee(self._model, visual, busy=busy)
        except Exception:
            logger.warning("A picture could not be seen beforehand.", exc_info=True)

    def _unload(self) -> None:
        self._model = self._tokenizer = None
        free_memory()

    async def _wait(
        self, ticket: object, reading: _Reading, halted: Callable[[], bool]
    ) -> AsyncGenerator[Progress, None]:
        """Until it is this request's turn and its files are read; raises Stopped if stopped,
        and what loading the model or reading a file raised."""
        shown: Progress | None = None
        job: asyncio.Future[None] | None = None
        try:
            while True:
                if halted():
                    raise Stopped
                ahead = self._line.ahead(ticket)
                if not self._loading.done():
                    now = self._loaded.now
                else:
                    if (reason := self._loading.exception()) is not None:
                        raise loading_failed(reason)
                    if job is None and ahead <= 1:
                        loop = asyncio.get_running_loop()
                        job = loop.run_in_executor(self._media, self._read, reading, halted)
                    if ahead:
                        now = Progress("queued", total=ahead)
                    elif job is not None and job.done():
                        job.result()
                        return
                    else:
                        now = Progress("media", done=reading.done, total=len(reading.files))
                if now != shown and not (now.stage == "media" and not reading.files):
                    shown = now
                    yield now
                if job is None or job.done():
                    await asyncio.sleep(_GLANCE)
                else:
                    await asyncio.wait([job], timeout=_GLANCE)
        finally:
            if job is not None and not job.cancel() and not job.cancelled():
                job.exception()  # Looked at, so that an abandoned failure is not reported.

    async def _group(
        self, requests: Sequence[Request], stop: threading.Event
    ) -> AsyncGenerator[tuple[int, Event], None]:
        """Answers alike requests at once; raises what kept any of them from it."""
        left = threading.Event()
        ticket = self._line.join()
        answering: Future[list[tuple[str, Finished]]] | None = None

        def halted() -> bool:
            return stop.is_set() or left.is_set() or self._closed.is_set()

        try:
            reading = _Reading(tuple(file for request in requests for file in _files(request)))
            async with aclosing(self._wait(ticket, reading, halted)) as waiting:
                async for progress in waiting:
                    yield 0, progress
            yield 0, Progress("prefill")
            answering = self._generation.submit(
                self._answer_group, requests, reading.visuals, halted, ticket
            )
            del reading
            answers = await asyncio.wrap_future(answering)
            for index, (text, end) in enumerate(answers):
                if text:
                    yield index, Delta(text)
                yield index, end
        except Stopped:
            for index in range(len(requests)):
                yield index, Finished("stopped", NOTHING)
        finally:
            left.set()
            if answering is None or answering.cancelled():
                self._line.leave(ticket)

    def _read(self, reading: _Reading, halted: Callable[[], bool]) -> None:
        tile_size = self._model.tile_size
        for part in reading.files:
            self._ready.prepare(part, tile_size=tile_size)
        for part in reading.files:
            if halted():
                raise Stopped
            reading.visuals.append(self._ready.get(part, tile_size=tile_size))
            reading.done += 1

    def _answer(
        self,
        request: Request,
        visuals: list[Visual],
        post: Callable[[Event], None],
        halted: Callable[[], bool],
        ticket: object,
    ) -> None:
        """Runs in the generation thread and posts events, the last one Finished or Failed."""
        try:
            event: Event = answer_one(
                self._model, self._tokenizer, request, visuals, post=post, halted=halted
            )
        except Stopped:
            event = Finished("stopped", NOTHING)
        except Exception as error:
            event = Failed(sentence(error))
        if isinstance(event, Failed):
            # Only here, as before the exception's frames held what is to be freed.
            free_memory()
        # First, so that whoever asks again at once does not find themselves in the line.
        self._line.leave(ticket)
        post(event)

    def _answer_group(
        self,
        requests: Sequence[Request],
        visuals: list[Visual],
        halted: Callable[[], bool],
        ticket: object,
    ) -> list[tuple[str, Finished]]:
        """Runs in the generation thread."""
        try:
            return answer_group(self._model, self._tokenizer, requests, visuals, halted=halted)
        finally:
            self._line.leave(ticket)


def _files(request: Request) -> tuple[Image | Video, ...]:
    return tuple(part for message in request.conversation.asked for part in message.media)


def _poster(
    loop: asyncio.AbstractEventLoop, pieces: "asyncio.Queue[Event]", left: threading.Event
) -> Callable[[Event], None]:
    def post(event: Event) -> None:
        try:
            loop.call_soon_threadsafe(pieces.put_nowait, event)
        except RuntimeError:  # The loop is closed, so nobody reads any more.
            left.set()

    return post
