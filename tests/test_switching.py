"""One model after another: who waits, who is answered by which, and what a failure leaves."""

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field

import pytest

from internvl_ui.conversation import Conversation, user
from internvl_ui.engines import switching
from internvl_ui.engines.base import Delta, Event, Failed, Finished, Progress, Request
from internvl_ui.engines.loading import Loading
from internvl_ui.engines.switching import Change, Choice, Switching
from internvl_ui.errors import CheckpointError, UserError
from tests.fakes import FakeEngine

SMALL, LARGE = Choice("Small", "here/small"), Choice("Large", "there/large", "4bit")


@dataclass
class Model(FakeEngine):
    """A fake whose model is there once ``load`` has returned."""

    load: Callable[[], object] = lambda: None
    diary: list[str] = field(default_factory=list)

    def wait_loaded(self, timeout: float | None = None) -> None:
        self.diary.append(f"load {self.name}")
        self.load()

    def close(self) -> None:
        self.diary.append(f"close {self.name}")

    def wait_closed(self) -> None:
        self.diary.append(f"gone {self.name}")


class House:
    """Two models, and what happens before one of them is fetched or there."""

    def __init__(self) -> None:
        self.diary: list[str] = []
        self.models: list[Model] = []
        self.fetch: Callable[[], object] = lambda: None
        self.load: dict[str, Callable[[], object]] = {}
        self.loading = Loading()
        self.engine = Switching(self.make, SMALL, fetch=lambda choice: self.fetch())

    def make(self, choice: Choice, loading: Loading) -> Model:
        self.loading = loading
        model = Model(
            f"I am {choice.name}.",
            name=choice.name,
            precision=choice.precision,
            pace=0,
            load=self.load.get(choice.name, lambda: None),
            diary=self.diary,
        )
        self.models.append(model)
        return model

    async def switch(self, choice: Choice = LARGE) -> list[Change]:
        return [change async for change in self.engine.switch(choice)]

    async def ask(self, words: str = "Who?", stop: threading.Event | None = None) -> list[Event]:
        return [event async for event in self.stream(words, stop)]

    async def stream(
        self, words: str = "Who?", stop: threading.Event | None = None
    ) -> AsyncGenerator[Event, None]:
        request = Request(Conversation((user(words),)))
        async with aclosing(self.engine.stream(request, stop=stop or threading.Event())) as events:
            async for event in events:
                yield event


def text(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, Delta))


async def until(true: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.005)


def test_another_model_answers_once_the_one_before_is_gone():
    house = House()

    async def scene() -> None:
        assert text(await house.ask()) == "I am Small."
        changes = await house.switch()
        assert text(await house.ask()) == "I am Large."
        assert {change.name for change in changes} == {"Large"}

    asyncio.run(scene())
    assert house.diary == ["close Small", "gone Small", "load Large"]
    assert (house.engine.name, house.engine.precision) == ("Large", "4bit")
    assert house.engine.choice == LARGE and house.engine.change is None


def test_an_answer_that_was_begun_is_finished_first_and_later_ones_wait_in_their_order():
    house = House()
    loaded = threading.Event()
    house.load["Large"] = lambda: loaded.wait(20)

    async def scene() -> None:
        running = house.stream("First")
        begun = [await anext(running)]
        switch = asyncio.create_task(house.switch())
        await until(lambda: house.engine.change == Change("ending", "Large"))
        second = asyncio.create_task(house.ask("Second"))
        await asyncio.sleep(0)
        third = asyncio.create_task(house.ask("Third"))
        begun += [event async for event in running]
        assert text(begun) == "I am Small." and isinstance(begun[-1], Finished)
        await until(lambda: house.engine.change == Change("loading", "Large"))
        house.loading.report(1, 4)
        await until(lambda: house.engine.change == Change("loading", "Large", 25, 100))
        await asyncio.sleep(0.1)
        loaded.set()
        events = await second
        assert events[0] == Progress("loading", name="Large")
        assert Progress("loading", 25, 100, "Large") in events
        assert text(events) == text(await third) == "I am Large."
        assert [change.stage for change in await switch][-1] == "loading"

    asyncio.run(scene())
    asked = [request.conversation.messages[0].text for request in house.models[1].requests]
    assert asked == ["Second", "Third"]


def test_the_model_of_before_answers_while_the_other_is_fetched(monkeypatch):
    """And every so often it is told that it still is, for those who watch a download."""
    monkeypatch.setattr(switching, "_PACE", 0.01)
    house = House()
    fetched = threading.Event()
    house.fetch = lambda: fetched.wait(20)

    async def scene() -> None:
        changes = house.engine.switch(LARGE)
        assert [await anext(changes), await anext(changes)] == [Change("fetching", "Large")] * 2
        assert text(await house.ask()) == "I am Small."
        fetched.set()
        async for change in changes:
            assert change.name == "Large"
        assert text(await house.ask()) == "I am Large."

    asyncio.run(scene())


def fail(sentence: str) -> Callable[[], object]:
    def load() -> None:
        raise CheckpointError(sentence)

    return load


def test_what_cannot_be_fetched_changes_nothing():
    house = House()
    house.fetch = fail("The Hub cannot be reached.")

    async def scene() -> None:
        with pytest.raises(UserError, match="^The Hub cannot be reached.$"):
            await house.switch()
        assert text(await house.ask()) == "I am Small."

    asyncio.run(scene())
    assert house.diary == [] and house.engine.choice == SMALL


def test_when_the_load_fails_the_model_of_before_is_loaded_again():
    house = House()
    house.load["Large"] = fail("Large lacks a weight.")
    returning = threading.Event()

    async def scene() -> None:
        switch = asyncio.create_task(house.switch())
        await until(lambda: len(house.models) == 2)
        house.load["Small"] = lambda: returning.wait(20)
        asked = asyncio.create_task(house.ask())
        await until(lambda: house.engine.change == Change("returning", "Small"))
        await asyncio.sleep(0.05)
        returning.set()
        with pytest.raises(UserError, match="^Large lacks a weight.$"):
            await switch
        events = await asked
        assert text(events) == "I am Small." and not any(isinstance(e, Failed) for e in events)

    house.load["Large"] = lambda: (returning.wait(0.2), fail("Large lacks a weight.")())
    asyncio.run(scene())
    assert house.diary[2:] == ["load Large", "close Large", "gone Large", "load Small"]
    assert house.engine.choice == SMALL and house.engine.change is None


def test_when_neither_can_be_loaded_both_reasons_are_told_and_another_may_be_chosen():
    house = House()
    house.load = {"Large": fail("Large is too large."), "Small": fail("Small is gone.")}

    async def scene() -> None:
        with pytest.raises(UserError, match=r"^Large is too large\. Small is gone\.$"):
            await house.switch()
        house.load.clear()
        await house.switch()
        assert text(await house.ask()) == "I am Large."

    asyncio.run(scene())


def test_one_switch_at_a_time_and_who_leaves_does_not_end_it():
    house = House()
    loaded = threading.Event()
    house.load["Large"] = lambda: loaded.wait(20)

    async def scene() -> None:
        async with aclosing(house.engine.switch(LARGE)) as changes:
            await anext(changes)
        with pytest.raises(UserError, match="^Large is being loaded just now"):
            await house.switch(SMALL)
        loaded.set()
        await until(lambda: house.engine.change is None)
        assert text(await house.ask()) == "I am Large."

    asyncio.run(scene())


def test_who_waits_for_a_model_can_stop():
    house = House()
    loaded, stop = threading.Event(), threading.Event()
    house.load["Large"] = lambda: loaded.wait(20)

    async def scene() -> None:
        switch = asyncio.create_task(house.switch())
        await until(lambda: house.engine.change == Change("loading", "Large"))
        asked = asyncio.create_task(house.ask(stop=stop))
        gone = asyncio.create_task(house.ask())
        counting = asyncio.create_task(house.engine.counting())
        await asyncio.sleep(0.1)
        stop.set()
        gone.cancel()
        events = await asked
        assert isinstance(events[-1], Finished) and events[-1].reason == "stopped"
        loaded.set()
        await switch
        assert (await counting).tile_size == 448

    asyncio.run(scene())
    assert house.models[1].requests == []


def test_a_batch_lets_a_switch_come_between_its_rows():
    house = House()
    requests = [Request(Conversation((user(str(n)),))) for n in range(70)]

    async def scene() -> dict[int, str]:
        switch = None
        answers = dict.fromkeys(range(70), "")
        async with aclosing(house.engine.batch(requests, stop=threading.Event())) as events:
            async for index, event in events:
                switch = switch or asyncio.create_task(house.switch())
                if isinstance(event, Delta):
                    answers[index] += event.text
                assert not isinstance(event, Failed)
                await asyncio.sleep(0)
        assert switch is not None
        await switch
        return answers

    answers = asyncio.run(scene())
    assert answers[0] == "I am Small." and answers[69] == "I am Large."
    assert set(answers.values()) == {"I am Small.", "I am Large."}


def test_a_batch_that_is_stopped_while_it_waits_ends_each_row():
    house = House()
    loaded, stop = threading.Event(), threading.Event()
    house.load["Large"] = lambda: loaded.wait(20)

    async def scene() -> None:
        switch = asyncio.create_task(house.switch())
        await until(lambda: house.engine.change == Change("loading", "Large"))
        stop.set()
        rows = house.engine.batch([Request(Conversation((user("?"),)))] * 3, stop=stop)
        ends = [(index, event.reason) async for index, event in rows]
        assert ends == [(index, "stopped") for index in range(3)]
        loaded.set()
        await switch

    asyncio.run(scene())


def test_what_is_closed_in_the_middle_of_a_switch_ends():
    house = House()

    async def scene() -> None:
        running = house.stream()
        await anext(running)
        switch = asyncio.create_task(house.switch())
        await until(lambda: house.engine.change == Change("ending", "Large"))
        asked = asyncio.create_task(house.ask())
        house.engine.close()
        await switch
        assert isinstance((await asked)[-1], Finished)
        await running.aclose()

    asyncio.run(scene())
    assert house.diary == ["close Small"]
