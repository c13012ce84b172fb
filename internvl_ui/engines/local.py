"""The engine in this process: ``model.chat`` in one thread, its words streamed to event loops.

torch is imported only in that thread, so that a page can be up before the model is. Requests are
served in the order they came. The one that is next has its files read meanwhile, so at most two
requests hold media in memory, beside those files that are kept ready within a budget.
"""

import asyncio
import logging
import secrets
import threading
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import aclosing, suppress
from dataclasses import dataclass, field, replace
from typing import Any

from internvl_ui.conversation import Conversation, GenerationOptions, Image, Usage, Video
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
from internvl_ui.engines.line import Line
from internvl_ui.engines.loading import Loading
from internvl_ui.engines.pacing import paced
from internvl_ui.errors import MediaError, PromptError, UserError
from internvl_ui.media.ready import Ready
from internvl_ui.media.video import VideoReader
from internvl_ui.media.visuals import Visual
from internvl_ui.model.prompt import VisualTokens, build_turns, encode

logger = logging.getLogger(__name__)

_GLANCE = 0.02
"""Seconds between two looks at the line and at ``stop``, which no event loop can wait for."""
_PRECISIONS = {"torch.float32": "fp32", "torch.bfloat16": "bf16", "torch.float16": "fp16"}


class _Stopped(Exception):
    """Ends an answer between two steps of the work."""


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
        if model is None:
            return ""
        for bits in ("8bit", "4bit"):
            if getattr(model, f"is_loaded_in_{bits}", False):
                return bits
        return _PRECISIONS.get(str(model.dtype), str(model.dtype))

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
        except _Stopped:
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
        model, tokenizer = self._model, self._tokenizer

        def prompt_tokens(conversation: Conversation, tile_counts: Sequence[Sequence[int]]) -> int:
            system = conversation.system
            prompt = encode(
                tokenizer,
                build_turns(conversation, tile_counts),
                system=model.system_message if system is None else system,
                visual=VisualTokens(model.tokens_per_tile),
            )
            return len(prompt)

        return Counting(model.tile_size, model.tokens_per_tile, model.context_length, prompt_tokens)

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
            logger.exception("The model could not be loaded.")
            raise

    def _foresee(self, made: Future[Visual]) -> None:
        if not made.cancelled() and made.exception() is None:
            with suppress(RuntimeError):  # The engine has been closed.
                self._generation.submit(self._see, made.result())

    def _see(self, visual: Visual) -> None:
        """Runs in the generation thread, and leaves it as soon as anybody asks anything."""
        from internvl_ui.model.pixels import Tiles

        for picture in visual.pictures:
            for place, digest in enumerate(picture.digests):
                if self._closed.is_set() or not self._line.empty():
                    return
                try:
                    self._model.see(Tiles((picture.tiles[place : place + 1],), (digest,)))
                except Exception:
                    logger.warning("A picture could not be seen beforehand.", exc_info=True)
                    return

    def _unload(self) -> None:
        self._model = self._tokenizer = None
        free_memory()

    async def _wait(
        self, ticket: object, reading: _Reading, halted: Callable[[], bool]
    ) -> AsyncGenerator[Progress, None]:
        """Until it is this request's turn and its files are read; raises _Stopped if stopped,
        and what loading the model or reading a file raised."""
        shown: Progress | None = None
        job: asyncio.Future[None] | None = None
        try:
            while True:
                if halted():
                    raise _Stopped
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
        except _Stopped:
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
                raise _Stopped
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
            event: Event = self._chat(request, visuals, post, halted)
        except _Stopped:
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
        """Runs in the generation thread. Half an answer is none: raises _Stopped."""
        from transformers import StoppingCriteriaList

        from internvl_ui.model.streaming import StopWhen
        from internvl_ui.model.together import answer_together

        def on_tiles(done: int, total: int) -> None:
            if halted():
                raise _Stopped

        options = requests[0].options
        started = time.perf_counter()
        try:
            seed = _seed(options)
            answers = answer_together(
                self._model,
                self._tokenizer,
                [request.conversation for request in requests],
                visuals,
                {
                    **sampling(options),
                    "stopping_criteria": StoppingCriteriaList([StopWhen(halted)]),
                },
                on_tiles=on_tiles,
            )
            if halted():
                raise _Stopped
        finally:
            self._line.leave(ticket)
        took = time.perf_counter() - started
        return [
            (
                answer.text,
                Finished(
                    "length" if answer.answer_tokens >= options.max_new_tokens else "end",
                    Usage(
                        prompt_tokens=answer.prompt_tokens,
                        visual_tokens=answer.visual_tokens,
                        tiles=answer.tiles,
                        answer_tokens=answer.answer_tokens,
                        time_to_first_token=took,
                        total_time=took,
                    ),
                    seed,
                ),
            )
            for answer in answers
        ]

    def _chat(
        self,
        request: Request,
        visuals: list[Visual],
        post: Callable[[Event], None],
        halted: Callable[[], bool],
    ) -> Finished:
        from transformers import StoppingCriteriaList

        from internvl_ui.model.pixels import Tiles
        from internvl_ui.model.streaming import StopWhen, TokenStreamer

        started = time.perf_counter()
        first_token: list[float] = []
        reused: list[int] = []
        model, options = self._model, request.options

        def on_tiles(done: int, total: int) -> None:
            if halted():
                raise _Stopped
            post(Progress("prefill", done, total))

        def on_token() -> None:
            if not first_token:
                first_token.append(time.perf_counter() - started)

        if halted():
            raise _Stopped
        *earlier, turn = build_turns(
            request.conversation, [visual.tile_counts for visual in visuals]
        )
        pictures = [picture for visual in visuals for picture in visual.pictures]
        pixels = Tiles(
            tuple(picture.tiles for picture in pictures),
            tuple(digest for picture in pictures for digest in picture.digests),
        )
        streamer = TokenStreamer(
            self._tokenizer,
            on_text=lambda text: post(Delta(text, streamer.answer_tokens)),
            on_token=on_token,
            continuing=turn.answer is not None,
        )
        seed = _seed(options)
        model.chat(
            self._tokenizer,
            pixels,
            turn.question,
            {
                **sampling(options),
                "streamer": streamer,
                "stopping_criteria": StoppingCriteriaList([StopWhen(halted)]),
            },
            history=[(turn.question, turn.answer) for turn in earlier],
            answer_so_far=turn.answer or "",
            system_message=request.conversation.system,
            keep_tags=True,
            context_length=model.context_length,
            on_tiles=on_tiles,
            on_reuse=reused.append,
        )
        usage = Usage(
            prompt_tokens=streamer.prompt_tokens,
            visual_tokens=len(pixels) * model.tokens_per_tile,
            tiles=len(pixels),
            answer_tokens=streamer.answer_tokens,
            time_to_first_token=first_token[0],
            total_time=time.perf_counter() - started,
            reused_tokens=reused[-1],
        )
        if streamer.ended:
            return Finished("end", usage, seed)
        reached = streamer.answer_tokens >= options.max_new_tokens
        return Finished("length" if reached else "stopped", usage, seed)


def sampling(options: GenerationOptions) -> dict[str, Any]:
    """Options as keyword arguments of ``generate``, without those that would have no effect.

    Raises PromptError if no answer could come of them.
    """
    if options.max_new_tokens < 1:
        raise PromptError("The answer may have no tokens at all; allow at least one.")
    chosen: dict[str, Any] = {"max_new_tokens": options.max_new_tokens, "do_sample": False}
    if options.repetition_penalty != 1.0:
        chosen["repetition_penalty"] = options.repetition_penalty
    if options.do_sample and options.temperature > 0:
        chosen |= {
            "do_sample": True,
            "temperature": options.temperature,
            "top_p": options.top_p,
            "top_k": options.top_k,
        }
    return chosen


def _seed(options: GenerationOptions) -> int | None:
    """Each request its own numbers: none can be told from those of the one before. Gives the
    seed, with few enough bits to be typed in again; None if nothing is left to chance."""
    import torch

    seed = secrets.randbits(32) if options.seed is None else options.seed
    torch.manual_seed(seed)
    return seed if sampling(options)["do_sample"] else None


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
