"""Questions put to the engine in this process, and what comes back."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import aclosing, contextmanager
from typing import Any

from internvl_ui.conversation import Conversation, GenerationOptions, Image, user
from internvl_ui.engines.base import Delta, Event, Finished, Request
from internvl_ui.engines.local import LocalEngine
from tests.conftest import MEDIA

GREEDY = GenerationOptions(max_new_tokens=24)
LONG = GenerationOptions(max_new_tokens=400, do_sample=True, temperature=5.0, top_k=0, seed=1)


@contextmanager
def engine_of(tiny: tuple[Any, Any]) -> Iterator[LocalEngine]:
    engine = LocalEngine(lambda: tiny, name="tiny")
    engine.wait_loaded(60)
    yield engine
    engine.close()


def ask(*parts: Any, options: GenerationOptions = GREEDY, system: str | None = None) -> Request:
    return Request(Conversation((user(*parts),), system), options)


def picture(name: str = "wide.png") -> Image:
    return Image(MEDIA / name, name, max_tiles=3)


async def collect(
    engine: LocalEngine,
    request: Request,
    stop: threading.Event | None = None,
    on: Callable[[Event], None] = lambda event: None,
) -> list[Event]:
    events: list[Event] = []
    async with aclosing(engine.stream(request, stop=stop or threading.Event())) as stream:
        async for event in stream:
            events.append(event)
            on(event)
    return events


def answer(engine: LocalEngine, request: Request, **more: Any) -> list[Event]:
    return asyncio.run(collect(engine, request, **more))


def text(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Delta))


def finished(events: list[Event]) -> Finished:
    assert isinstance(events[-1], Finished), events[-1]
    return events[-1]


@contextmanager
def each_token(model: Any, action: Callable[[], None]) -> Iterator[None]:
    """Does ``action`` whenever the language model begins to compute a token."""
    hook = model.model.language_model.register_forward_pre_hook(lambda *_: action())
    try:
        yield
    finally:
        hook.remove()


def slowly() -> None:
    time.sleep(0.02)
