"""What can be said of a loaded model."""

import asyncio
import threading
from typing import Any

from internvl_ui.conversation import append, assistant, user
from internvl_ui.engines.base import Event, Finished, Request
from internvl_ui.engines.local import LocalEngine
from internvl_ui.media.visuals import outline
from tests.questions import GREEDY, ask, collect, picture


def test_a_prompt_is_counted_before_it_is_asked(engine):
    first = ask(picture(), "What is it?", system="Be brief.").conversation
    conversation = append(first, assistant("A <box> shape."), user(picture("tall.png"), "And it?"))

    async def count() -> tuple[int, list[Event]]:
        counting = await engine.counting()
        files = [part for message in conversation.messages for part in message.media]
        counts = [(await engine.look(part)).tile_counts for part in files]
        assert counts == [outline(p, tile_size=counting.tile_size).tile_counts for p in files]
        return counting.prompt_tokens(conversation, counts), await collect(
            engine, Request(conversation, GREEDY)
        )

    counted, events = asyncio.run(count())
    assert isinstance(events[-1], Finished)
    assert counted == events[-1].usage.prompt_tokens


def test_the_precision_is_known_once_the_model_is(tiny):
    release = threading.Event()

    def load() -> Any:
        release.wait(30)
        return tiny

    engine = LocalEngine(load, name="slow")
    assert engine.precision == ""
    release.set()
    engine.wait_loaded(60)
    assert engine.precision == "fp32"
    engine.close()
