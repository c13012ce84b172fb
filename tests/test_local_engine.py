"""The engine in this process, with the tiny reference checkpoints as real models."""

import asyncio
import gc
import threading
import time
import weakref
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from internvl_ui import load_model
from internvl_ui.conversation import Image
from internvl_ui.engines import failures
from internvl_ui.engines.base import Delta, Event, Failed, Finished, Progress
from internvl_ui.engines.loading import Loading
from internvl_ui.engines.local import LocalEngine
from internvl_ui.errors import CheckpointError, PromptError
from internvl_ui.media import ready
from tests.conftest import MEDIA, REFERENCE
from tests.questions import (
    GREEDY,
    LONG,
    answer,
    ask,
    collect,
    each_token,
    finished,
    picture,
    slowly,
    text,
)


def test_text_leaves_at_a_pace(engine: LocalEngine) -> None:
    began = time.monotonic()
    events = answer(engine, ask("Hello", options=LONG))
    seconds = time.monotonic() - began
    assert finished(events).usage.answer_tokens > 25
    assert len([event for event in events if isinstance(event, Delta)]) <= 25 * seconds + 2


def test_stop_ends_within_one_token(engine: LocalEngine, tiny: Any) -> None:
    begun: list[int] = []
    at_stop: list[int] = []
    stop = threading.Event()

    def token() -> None:
        begun.append(1)
        slowly()

    def on(event: Event) -> None:
        if isinstance(event, Delta) and not stop.is_set():
            stop.set()
            at_stop.append(len(begun))

    # Otherwise the first token might be known from an earlier test.
    tiny[0].reuse.clear()
    with each_token(tiny[0], token):
        events = answer(engine, ask("Hello", options=LONG), stop=stop, on=on)
    assert finished(events).reason == "stopped"
    assert len(begun) <= at_stop[0] + 1
    assert finished(events).usage.answer_tokens == len(begun) < 10


def test_closing_early_ends_the_work(engine: LocalEngine, tiny: Any) -> None:
    begun: list[int] = []

    def token() -> None:
        begun.append(1)
        slowly()

    async def leave() -> int:
        stream = engine.stream(ask("Hello", options=LONG), stop=threading.Event())
        async for event in stream:
            if isinstance(event, Delta):
                break
        await stream.aclose()
        return len(begun)

    with each_token(tiny[0], token):
        when_left = asyncio.run(leave())
        assert finished(answer(engine, ask("Next?"))).reason in ("end", "length")
    assert when_left < 10 and len(begun) <= when_left + 1 + GREEDY.max_new_tokens


def test_cancelling_the_reader_ends_the_work(engine: LocalEngine, tiny: Any) -> None:
    async def cancelled() -> None:
        task = asyncio.create_task(collect(engine, ask("Hello", options=LONG)))
        await asyncio.sleep(0.1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    with each_token(tiny[0], slowly):
        asyncio.run(cancelled())
    assert finished(answer(engine, ask("Next?"))).usage.answer_tokens > 0


async def while_busy(
    engine: LocalEngine, then: Callable[[asyncio.Task[list[Event]]], Awaitable[None]]
) -> list[Event]:
    """Runs ``then`` while a first visitor is being answered; the first visitor's events."""
    writing = asyncio.Event()
    first = asyncio.create_task(
        collect(engine, ask("Hello", options=LONG), on=lambda event: writing.set())
    )
    await writing.wait()
    await then(first)
    return await first


def test_first_come_first_served(engine: LocalEngine, tiny: Any) -> None:
    order: list[str] = []

    async def others(first: asyncio.Task[list[Event]]) -> None:
        first.add_done_callback(lambda _: order.append("first"))
        second = asyncio.create_task(collect(engine, ask("Second?")))
        second.add_done_callback(lambda _: order.append("second"))
        await asyncio.sleep(0.05)
        third = await collect(engine, ask("Third?"))
        order.append("third")
        waits = [e.total for e in third if isinstance(e, Progress) and e.stage == "queued"]
        assert waits[0] == 2 and waits == sorted(waits, reverse=True)
        assert Progress("queued", total=1) in second.result()

    with each_token(tiny[0], lambda: time.sleep(0.002)):
        asyncio.run(while_busy(engine, others))
    assert order == ["first", "second", "third"]


def test_stop_while_queued(engine: LocalEngine, tiny: Any) -> None:
    async def others(first: asyncio.Task[list[Event]]) -> None:
        stop = threading.Event()
        events = await collect(
            engine, ask(picture(), "Second?"), stop=stop, on=lambda event: stop.set()
        )
        assert events[0] == Progress("queued", total=1)
        assert finished(events).reason == "stopped" and not first.done()

    with each_token(tiny[0], lambda: time.sleep(0.002)):
        events = asyncio.run(while_busy(engine, others))
    assert finished(events).usage.answer_tokens > 0


def test_stop_while_media_is_read(engine: LocalEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    release, stop = threading.Event(), threading.Event()
    real = ready.load_visual

    def reading(*parts: Any, **options: Any) -> Any:
        release.wait(30)
        return real(*parts, **options)

    monkeypatch.setattr(ready, "load_visual", reading)
    events = answer(
        engine, ask(picture(), picture(), "What?"), stop=stop, on=lambda event: stop.set()
    )
    assert events[0] == Progress("media", done=0, total=2)
    assert finished(events).reason == "stopped"
    release.set()
    assert text(answer(engine, ask(picture(), "What?")))


def test_a_bad_file_is_named_and_the_next_question_works(
    engine: LocalEngine, tmp_path: Path
) -> None:
    path = tmp_path / "3f9a.png"
    path.write_text("no picture")
    events = answer(engine, ask(Image(path, "holiday.png"), "What?"))
    assert isinstance(events[-1], Failed) and "holiday.png" in events[-1].reason
    assert str(tmp_path) not in events[-1].reason
    assert text(answer(engine, ask("Hello")))


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (torch.OutOfMemoryError("CUDA out of memory"), "ran out of memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory"), "ran out of memory"),
        (MemoryError(), "ran out of memory"),
        (ZeroDivisionError("a secret detail"), "try again"),
        (PromptError("Ask something else."), "Ask something else."),
    ],
)
def test_an_error_in_the_thread_becomes_a_sentence(
    error: Exception,
    sentence: str,
    engine: LocalEngine,
    tiny: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    tokens: list[int] = []

    def fail() -> None:
        tokens.append(1)
        if len(tokens) == 3:
            raise error

    with each_token(tiny[0], fail):
        events = answer(engine, ask("Hello"))
    assert isinstance(events[-1], Failed) and sentence in events[-1].reason
    assert "secret" not in events[-1].reason
    logged = [record.exc_info for record in caplog.records]
    assert bool(logged) != isinstance(error, PromptError)
    assert text(answer(engine, ask("Hello")))


def test_an_error_leaves_no_memory_behind(
    engine: LocalEngine, tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Held:
        pass

    held: list[weakref.ref[Held]] = []

    def fail() -> None:
        witness = Held()
        held.append(weakref.ref(witness))
        raise ZeroDivisionError

    monkeypatch.setattr(failures.logger, "disabled", True)  # pytest keeps what is logged
    with each_token(tiny[0], fail):
        assert isinstance(answer(engine, ask("Hello"))[-1], Failed)
    assert held[0]() is None


def test_requests_wait_for_the_model_to_load(tiny: Any) -> None:
    release = threading.Event()

    def load() -> Any:
        release.wait(30)
        return tiny

    engine = LocalEngine(load, name="slow")
    events = answer(engine, ask(picture(), "What?"), on=lambda event: release.set())
    assert events[0] == Progress("loading")
    assert finished(events).usage.tiles == 3
    engine.close()


def test_how_far_the_load_has_come(tiny: Any) -> None:
    loading, release = Loading(), threading.Event()

    def load() -> Any:
        loading.report(30, 120)
        release.wait(30)
        return tiny

    engine = LocalEngine(load, name="slow", loading=loading)

    def on(event: Event) -> None:
        if event == Progress("loading", 25, 100):
            release.set()

    seen = answer(engine, ask("Hello"), on=on)
    assert Progress("loading", 25, 100) in seen and isinstance(seen[-1], Finished)
    engine.close()


def test_stop_while_loading(tiny: Any) -> None:
    release, stop = threading.Event(), threading.Event()

    def load() -> Any:
        release.wait(30)
        return tiny

    engine = LocalEngine(load, name="slow")
    events = answer(engine, ask("Hello"), stop=stop, on=lambda event: stop.set())
    assert [type(event) for event in events] == [Progress, Finished]
    release.set()
    engine.close()


@pytest.mark.parametrize(
    ("error", "sentence"),
    [(CheckpointError("There is no “a”."), "There is no “a”."), (KeyError("x"), "server's log")],
)
def test_a_model_that_cannot_be_loaded(error: Exception, sentence: str) -> None:
    def load() -> Any:
        raise error

    engine = LocalEngine(load, name="none")
    events = answer(engine, ask("Hello"))
    assert isinstance(events[-1], Failed) and sentence in events[-1].reason
    with pytest.raises(type(error)):
        engine.wait_loaded(10)
    engine.close()


def test_close_stops_what_is_under_way_and_gives_the_model_back() -> None:
    engine = LocalEngine(
        lambda: load_model(REFERENCE / "qwen2-vit300m", dtype="float32", device="cpu"), name="own"
    )
    engine.wait_loaded(60)
    model = weakref.ref(engine._model)

    def on(event: Event) -> None:
        if isinstance(event, Delta):
            engine.close()

    assert finished(answer(engine, ask("Hello", options=LONG), on=on)).reason == "stopped"
    engine._generation.shutdown(wait=True)
    gc.collect()
    assert model() is None
    assert finished(answer(engine, ask("Hello"))).reason == "stopped"
    engine.close()


def test_a_loop_that_is_gone_does_not_hurt_the_next(engine: LocalEngine) -> None:
    """The server's event loop may be closed while an answer is being written."""
    loop = asyncio.new_event_loop()
    left_open = []

    async def first() -> Event:
        left_open.append(engine.stream(ask("Hello", options=LONG), stop=threading.Event()))
        return await anext(left_open[0])

    loop.run_until_complete(first())
    loop.close()
    left_open.clear()
    gc.collect()
    assert text(answer(engine, ask("Hello")))


def seen_by(model: Any, seen: list[int]) -> Any:
    """Notes how many tiles the vision tower gets."""
    return model.model.vision_tower.register_forward_pre_hook(
        lambda _, args, kwargs: seen.append(len(kwargs["pixel_values"])), with_kwargs=True
    )


def until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_a_prepared_file_is_ready_when_the_question_comes(
    engine: LocalEngine, tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = tiny[0]
    model.reuse.clear()
    seen: list[int] = []
    hook = seen_by(model, seen)
    engine.prepare([picture(), Image(MEDIA / "none.png", "none.png")])
    until(lambda: sum(seen) == 3)
    monkeypatch.setattr(ready, "load_visual", None)
    events = answer(engine, ask(picture(), "What?"))
    hook.remove()
    assert finished(events).usage.tiles == 3 and sum(seen) == 3


def test_a_question_goes_before_pictures_nobody_asked_about(engine: LocalEngine, tiny: Any) -> None:
    model = tiny[0]
    model.reuse.clear()
    seen: list[int] = []
    busy = threading.Event()

    def slow(*_: Any) -> None:
        busy.set()
        time.sleep(0.1)

    hooks = [seen_by(model, seen), model.model.vision_tower.register_forward_pre_hook(slow)]
    engine.prepare([Image(MEDIA / "photo.jpg", "photo.jpg", max_tiles=12)])
    assert busy.wait(30)
    assert text(answer(engine, ask("Hello")))
    before = sum(seen)
    time.sleep(0.3)
    for hook in hooks:
        hook.remove()
    assert sum(seen) == before <= 3


def test_preparing_waits_for_the_model_and_ends_with_the_engine(tiny: Any) -> None:
    release = threading.Event()

    def load() -> Any:
        release.wait(30)
        return tiny

    tiny[0].reuse.clear()
    engine = LocalEngine(load, name="slow")
    engine.prepare([picture()])
    release.set()
    until(lambda: engine._ready.used() > 0)
    engine.close()
    engine.prepare([picture()])
    until(lambda: engine._ready.used() == 0)


def test_tiles_are_looked_at_by_the_name_each_visitor_gave(engine):
    async def look() -> list[str]:
        parts = [Image(MEDIA / "wide.png", name) for name in ("mine.png", "yours.png")]
        return [(await engine.look(part)).name for part in parts]

    assert asyncio.run(look()) == ["mine.png", "yours.png"]


def test_who_waits_to_count_hears_that_the_model_could_not_be_loaded():
    def load() -> Any:
        raise CheckpointError("There is no such checkpoint.")

    engine = LocalEngine(load, name="none")
    with pytest.raises(CheckpointError, match="no such checkpoint"):
        asyncio.run(engine.counting())
    engine.close()
