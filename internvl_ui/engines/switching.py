"""One model after another behind the same page: the engine that answers is exchanged at run time.

The model of before is gone from memory before the next one is loaded, so there is a time without
any. Whoever asks then waits, in the order in which they came, and is answered by the new one; if
that cannot be loaded, by the one of before, which is loaded again.
"""

import asyncio
import threading
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Literal, Protocol

from internvl_ui.conversation import Image, Video
from internvl_ui.engines.base import NOTHING, Counting, Engine, Event, Finished, Progress, Request
from internvl_ui.engines.batching import TOGETHER
from internvl_ui.engines.failures import free_memory, loading_failed
from internvl_ui.engines.line import Line
from internvl_ui.engines.loading import Loading
from internvl_ui.errors import UserError
from internvl_ui.media.visuals import Visual

_GLANCE = 0.02
"""Seconds between two looks at whether there is a model, for which no event loop can wait."""
_PACE = 1.0
_ROWS = 4 * TOGETHER
"""Requests of a batch between which a switch may come: a batch may be hours long."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A checkpoint and in which numbers it is to compute. ``model``: a folder or Hub id, ``name``
    in words for people. ``precision``: "auto", a dtype's name, "8bit" or "4bit"."""

    name: str
    model: str
    precision: str = "auto"


@dataclass(frozen=True, slots=True)
class Change:
    """A switch on its way to the model called ``name``. ``fetching``: its files are looked for,
    and downloaded if they are not here, while the one of before answers on; ``ending``: answers
    that were begun are finished; ``loading``: ``done`` of ``total`` hundredths are read, 0 of 0
    before that is known; ``returning``: the same for the one of before, as the other failed."""

    stage: Literal["fetching", "ending", "loading", "returning"]
    name: str
    done: int = 0
    total: int = 0


class Loadable(Engine, Protocol):
    """An engine whose model loads in the background and can be waited for."""

    def wait_loaded(self, timeout: float | None = None) -> None:
        """Block until the model is there; raises what loading raised, or TimeoutError."""
        ...

    def wait_closed(self) -> None:
        """After ``close``: block until nothing of the model is in memory."""
        ...


Make = Callable[[Choice, Loading], Loadable]


class Switching:
    """The engine that ``make`` gives for a choice, ``first`` to begin with.

    ``make`` returns at once and lets the model's load tell how far it is; ``fetch`` has the
    choice's files ready on this machine when it returns, and raises UserError if it cannot.
    """

    def __init__(
        self, make: Make, first: Choice, *, fetch: Callable[[Choice], object] = lambda choice: None
    ) -> None:
        self._make = make
        self._fetch = fetch
        self._loading = Loading()
        self._choice = first
        self._engine = make(first, self._loading)
        self._change: Change | None = None
        self._free = threading.Condition()
        self._users = 0
        self._shut = False
        self._line = Line()
        self._closed = threading.Event()
        self._switcher = ThreadPoolExecutor(1, "switching")

    @property
    def name(self) -> str:
        return self._engine.name

    @property
    def precision(self) -> str:
        return self._engine.precision

    @property
    def choice(self) -> Choice:
        """What answers, or answered last."""
        return self._choice

    @property
    def change(self) -> Change | None:
        """The switch that is under way."""
        change = self._change
        if change is not None and change.stage in ("loading", "returning"):
            now = self._loading.now
            return Change(change.stage, change.name, now.done, now.total)
        return change

    async def switch(self, choice: Choice) -> AsyncGenerator[Change, None]:
        """Have ``choice`` answer from now on; tells how that goes on, until it does, whenever it
        has changed and at least each second.

        Raises UserError if another switch is under way, or with the reason why the model of
        before answers again. Closing the iterator stops nothing: others may wait already.
        """
        with self._free:
            if self._change is not None:
                raise UserError(
                    "{name} is being loaded just now; choose again afterwards.",
                    name=self._change.name,
                )
            self._change = Change("fetching", choice.name)
            shown = self._change
        switched = self._switcher.submit(self._switch, choice)
        yield shown
        told = time.monotonic()
        while not switched.done():
            now, due = self.change, time.monotonic() - told >= _PACE
            if now is not None and (due or now != shown):
                shown, told = now, time.monotonic()
                yield now
            await asyncio.sleep(_GLANCE)
        if (failed := switched.result()) is not None:
            raise failed

    def wait_loaded(self, timeout: float | None = None) -> None:
        """See ``Loadable.wait_loaded``: of the model that is to answer just now."""
        self._engine.wait_loaded(timeout)

    async def stream(
        self, request: Request, *, stop: threading.Event
    ) -> AsyncGenerator[Event, None]:
        """See ``Engine.stream``."""
        async with aclosing(self._turn(stop)) as turn:
            async for step in turn:
                if isinstance(step, Progress):
                    yield step
                    continue
                async with aclosing(step.stream(request, stop=stop)) as events:
                    async for event in events:
                        yield event
                return
        yield Finished("stopped", NOTHING)

    async def batch(
        self, requests: Sequence[Request], *, stop: threading.Event
    ) -> AsyncGenerator[tuple[int, Event], None]:
        """See ``Engine.batch``. A switch may come between rows."""
        start = 0
        while start < len(requests):
            group = requests[start : start + _ROWS]
            answered = False
            async with aclosing(self._turn(stop)) as turn:
                async for step in turn:
                    if isinstance(step, Progress):
                        yield start, step
                        continue
                    answered = True
                    async with aclosing(step.batch(group, stop=stop)) as events:
                        async for index, event in events:
                            yield start + index, event
            if not answered:
                for index in range(len(group)):
                    yield start + index, Finished("stopped", NOTHING)
            start += len(group)

    def prepare(self, media: Sequence[Image | Video]) -> None:
        """See ``Engine.prepare``."""
        self._engine.prepare(media)

    async def counting(self) -> Counting:
        """See ``Engine.counting``: as the model counts that answers next."""
        async with self._used() as engine:
            return await engine.counting()

    async def look(self, part: Image | Video) -> Visual:
        """See ``Engine.look``: as the model sees it that answers next."""
        async with self._used() as engine:
            return await engine.look(part)

    def close(self) -> None:
        """See ``Engine.close``. A load that is under way is not waited for."""
        self._closed.set()
        with self._free:
            self._free.notify_all()
        self._engine.close()
        self._switcher.shutdown(wait=False)

    async def _turn(self, stop: threading.Event) -> AsyncGenerator[Progress | Loadable, None]:
        """Progress as long as there is no model, then the engine, which stays until the iterator
        goes on or is closed. Ends without one if stopped."""
        ticket = self._line.join()
        shown: Progress | None = None
        try:
            while not (stop.is_set() or self._closed.is_set()):
                engine = None if self._line.ahead(ticket) else self._taken()
                if engine is not None:
                    self._line.leave(ticket)
                    try:
                        yield engine
                    finally:
                        self._give_back()
                    return
                change = self.change
                if change is not None:
                    now = Progress("loading", change.done, change.total, change.name)
                    if now != shown:
                        shown = now
                        yield now
                await asyncio.sleep(_GLANCE)
        finally:
            self._line.leave(ticket)

    @asynccontextmanager
    async def _used(self) -> AsyncGenerator[Loadable, None]:
        """The engine, as soon as there is one, which stays meanwhile."""
        async with aclosing(self._turn(self._closed)) as turn:
            async for step in turn:
                if not isinstance(step, Progress):
                    yield step
                    return
        raise UserError("The page is being closed.")

    def _taken(self) -> Loadable | None:
        with self._free:
            if self._shut:
                return None
            self._users += 1
            return self._engine

    def _give_back(self) -> None:
        with self._free:
            self._users -= 1
            self._free.notify_all()

    def _switch(self, choice: Choice) -> UserError | None:
        """Runs in the switching thread. Gives the reason if the model of before answers again."""
        before = self._choice
        try:
            if (failed := self._failure(lambda: self._fetch(choice))) is not None:
                return failed
            self._change = Change("ending", choice.name)
            with self._free:
                self._shut = True
                self._free.wait_for(lambda: not self._users or self._closed.is_set())
            if self._closed.is_set():
                return None
            self._change = Change("loading", choice.name)
            if (failed := self._failure(lambda: self._exchange(choice))) is None:
                self._choice = choice
                return None
            self._change = Change("returning", before.name)
            free_memory()
            again = self._failure(lambda: self._exchange(before))
            if again is None:
                return failed
            return UserError("{first} {then}", first=failed.sentence, then=again.sentence)
        finally:
            self._change = None
            with self._free:
                self._shut = False

    def _exchange(self, choice: Choice) -> None:
        self._engine.close()
        self._engine.wait_closed()
        self._loading = Loading()
        self._engine = self._make(choice, self._loading)
        self._engine.wait_loaded()

    @staticmethod
    def _failure(step: Callable[[], object]) -> UserError | None:
        """Do the step; why it failed, without what led there: that would hold on to whatever the
        step had half loaded."""
        try:
            step()
        except Exception as error:
            failed = loading_failed(error)
            failed.__cause__ = failed.__context__ = None
            return failed.with_traceback(None)
        return None
