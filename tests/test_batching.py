"""Which requests are answered together, and how: with the tiny reference checkpoints."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from internvl_ui.conversation import Conversation, GenerationOptions, Image, append, assistant, user
from internvl_ui.engines.base import NOTHING, Delta, Event, Failed, Finished, Progress, Request
from internvl_ui.engines.batching import TOGETHER, alike
from internvl_ui.engines.local import LocalEngine
from tests.conftest import MEDIA
from tests.fakes import FakeEngine

SHORT = GenerationOptions(max_new_tokens=8)
Rows = dict[int, list[Event]]


def ask(words: str, name: str = "wide.png", *, options: GenerationOptions = SHORT) -> Request:
    return Request(Conversation((user(Image(MEDIA / name, name, max_tiles=3), words),)), options)


async def collect(
    engine: Any,
    requests: list[Request],
    stop: threading.Event | None = None,
    on: Callable[[int, Event], None] = lambda index, event: None,
) -> Rows:
    rows: Rows = {}
    async with aclosing(engine.batch(requests, stop=stop or threading.Event())) as events:
        async for index, event in events:
            rows.setdefault(index, []).append(event)
            on(index, event)
    return rows


def answers(rows: Rows) -> list[str]:
    return [
        "".join(event.text for event in rows[index] if isinstance(event, Delta))
        for index in sorted(rows)
    ]


@pytest.fixture
def batches(tiny: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many questions each call of batch_chat had."""
    model, _ = tiny
    sizes: list[int] = []
    real = model.batch_chat

    def batch_chat(tokenizer: Any, pixels: Any, questions: Any, *rest: Any, **more: Any) -> Any:
        sizes.append(len(questions))
        return real(tokenizer, pixels, questions, *rest, **more)

    monkeypatch.setattr(model, "batch_chat", batch_chat)
    return sizes


def test_requests_that_differ_are_not_asked_together() -> None:
    one, other = ask("a"), ask("b", options=GenerationOptions(max_new_tokens=9))
    longer = Request(append(one.conversation, assistant("x"), user("more")), SHORT)
    large = Request(Conversation((user(Image(Path("a"), "a", max_tiles=60), "a"),)), SHORT)
    assert alike([one] * 20) == TOGETHER
    assert alike([one] * 20, 3) == 3
    assert alike([one, one, other]) == 2
    assert alike([one, longer]) == alike([longer, one]) == 1
    assert alike([large, large]) == 1


def test_answers_are_those_of_single_questions(engine: LocalEngine, batches: list[int]) -> None:
    requests = [ask("What?"), ask("<image> Where is it?", "tall.png"), ask("Why?")]
    rows = asyncio.run(collect(engine, requests))
    assert batches == [3]
    single = asyncio.run(collect(engine, requests[:1])) | {
        1: asyncio.run(collect(engine, requests[1:2]))[0],
        2: asyncio.run(collect(engine, requests[2:]))[0],
    }
    assert batches == [3]
    assert answers(rows) == [text.strip() for text in answers(single)]
    for index in range(3):
        end, alone = rows[index][-1], single[index][-1]
        assert isinstance(end, Finished) and isinstance(alone, Finished)
        assert end.reason == alone.reason
        assert end.usage.tiles == alone.usage.tiles > 0
        assert end.usage.prompt_tokens == alone.usage.prompt_tokens


def test_a_bad_file_fails_its_row_alone(engine: LocalEngine, tmp_path: Path) -> None:
    bad = tmp_path / "words.png"
    bad.write_text("no picture")
    broken = Request(Conversation((user(Image(bad, "words.png"), "What?"),)), SHORT)
    rows = asyncio.run(collect(engine, [ask("What?"), broken, ask("Why?")]))
    assert isinstance(rows[0][-1], Finished) and isinstance(rows[2][-1], Finished)
    failed = rows[1][-1]
    assert isinstance(failed, Failed) and "words.png" in failed.reason


def test_a_group_too_large_for_memory_is_asked_one_by_one(
    engine: LocalEngine, tiny: tuple[Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes = []

    def no_memory(tokenizer: Any, pixels: Any, questions: Any, *rest: Any, **more: Any) -> None:
        sizes.append(len(questions))
        raise MemoryError

    monkeypatch.setattr(tiny[0], "batch_chat", no_memory)
    rows = asyncio.run(collect(engine, [ask(f"{i}?") for i in range(TOGETHER + 3)]))
    assert sizes == [TOGETHER, 3]
    assert all(isinstance(events[-1], Finished) for events in rows.values())
    assert len(rows) == TOGETHER + 3


def test_others_get_their_turn_between_groups(engine: LocalEngine) -> None:
    order: list[str] = []

    async def visitor() -> None:
        async with aclosing(engine.stream(ask("Me?"), stop=threading.Event())) as events:
            async for event in events:
                if isinstance(event, Finished):
                    order.append("visitor")

    async def both() -> None:
        other: list[asyncio.Task[None]] = []

        def on(index: int, event: Event) -> None:
            if isinstance(event, Progress) and not other:
                other.append(asyncio.create_task(visitor()))
            if isinstance(event, Finished):
                order.append("batch")

        await collect(engine, [ask(f"{i}?") for i in range(3 * TOGETHER)], on=on)
        await other[0]

    asyncio.run(both())
    assert order.index("visitor") <= 2 * TOGETHER < len(order) - 1


def test_stop_leaves_the_rest_unanswered(engine: LocalEngine, batches: list[int]) -> None:
    stop = threading.Event()

    def on(index: int, event: Event) -> None:
        if isinstance(event, Finished):
            stop.set()

    rows = asyncio.run(collect(engine, [ask(f"{i}?") for i in range(2 * TOGETHER)], stop, on))
    ends = [events[-1] for _, events in sorted(rows.items())]
    reasons = [end.reason for end in ends if isinstance(end, Finished)]
    assert len(reasons) == 2 * TOGETHER
    assert "stopped" not in reasons[:TOGETHER]
    assert set(reasons[TOGETHER:]) == {"stopped"}
    assert batches == [TOGETHER]


def test_an_engine_that_answers_one_at_a_time() -> None:
    engine, stop = FakeEngine(pace=0), threading.Event()

    def on(index: int, event: Event) -> None:
        if index == 1 and isinstance(event, Finished):
            stop.set()

    rows = asyncio.run(collect(engine, [ask(f"{i}?") for i in range(3)], stop, on))
    assert answers(rows) == ["This is an answer."] * 2 + [""]
    assert rows[2] == [Finished("stopped", NOTHING)]
    assert len(engine.requests) == 2
