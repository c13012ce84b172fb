"""An answer that was cut off goes on as if it had not been."""

import threading
from collections.abc import Iterator
from string import ascii_uppercase, digits
from typing import Any

import pytest

from internvl_ui.conversation import Conversation, GenerationOptions, Image, assistant, user
from internvl_ui.engines.base import Request
from internvl_ui.engines.local import LocalEngine
from internvl_ui.model.prompt import Turn, build_turns
from internvl_ui.model.streaming import Detokenizer
from tests.conftest import CHECKPOINTS, MEDIA
from tests.questions import answer, engine_of, finished, text

LENGTH = 16
PICTURE = Image(MEDIA / "wide.png", "wide.png", max_tiles=3)
QUESTION = user(PICTURE, "What is it?")


@pytest.fixture(params=CHECKPOINTS)
def engine(
    request: Any, loaded: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[LocalEngine, Any]]:
    """A model that writes capitals and digits alone: random weights write anything, but what
    people read has one way to be cut into tokens, and so have these."""
    model, tokenizer = loaded(request.param)
    said = {
        i for c in ascii_uppercase + digits for i in tokenizer.encode(c, add_special_tokens=False)
    }
    others = sorted(set(range(model.config.text_config.vocab_size)) - said)
    monkeypatch.setattr(model.generation_config, "suppress_tokens", others)
    with engine_of((model, tokenizer)) as engine:
        yield engine, tokenizer


def asked(tokens: int, *so_far: Any, **options: Any) -> Request:
    conversation = Conversation((QUESTION, *so_far))
    return Request(conversation, GenerationOptions(max_new_tokens=tokens, **options))


def test_going_on_is_one_longer_answer(engine: tuple[LocalEngine, Any]) -> None:
    local, _ = engine
    whole = text(answer(local, asked(LENGTH)))
    assert len(whole) >= LENGTH
    for cut in range(1, LENGTH):
        begun = answer(local, asked(cut))
        assert finished(begun).reason == "length"
        more = answer(local, asked(LENGTH - cut, assistant(text(begun))))
        assert text(begun) + text(more) == whole
        assert finished(more).usage.answer_tokens == LENGTH - cut


def test_what_was_written_is_not_read_again(engine: tuple[LocalEngine, Any]) -> None:
    local, _ = engine
    begun = answer(local, asked(LENGTH))
    more = finished(answer(local, asked(4, assistant(text(begun)))))
    assert more.usage.reused_tokens >= more.usage.prompt_tokens - 2


def test_chat_returns_the_whole_answer(tiny: Any) -> None:
    model, tokenizer = tiny
    config = {"max_new_tokens": 6, "do_sample": False}
    response, history = model.chat(
        tokenizer, None, "Hello", config, return_history=True, answer_so_far="The image"
    )
    assert response.startswith("The image") and len(response) > len("The image")
    assert history == [("Hello", response)]


def test_an_answer_at_the_end_is_an_unfinished_turn() -> None:
    conversation = Conversation((user("1"), assistant("one"), user("2"), assistant("tw")))
    assert build_turns(conversation, []) == (Turn(("1",), "one"), Turn(("2",), "tw"))


@pytest.mark.parametrize("checkpoint", CHECKPOINTS)
def test_the_first_new_word_keeps_its_space(checkpoint: str, loaded: Any) -> None:
    _, tokenizer = loaded(checkpoint)
    begun, more = "A red image", " and the other image"
    before = tokenizer.encode(begun, add_special_tokens=False)
    whole = tokenizer.encode(begun + more, add_special_tokens=False)
    assert whole[: len(before)] == before
    words = Detokenizer(tokenizer, before)
    assert "".join(map(words.put, whole[len(before) :])) + words.end() == more


def test_the_seed_is_told_when_there_is_chance(tiny: Any) -> None:
    with engine_of(tiny) as local:
        by_chance = asked(8, do_sample=True, temperature=5.0, top_k=0)
        events = answer(local, by_chance)
        seed = finished(events).seed
        assert seed is not None and 0 <= seed < 2**32
        again = asked(8, do_sample=True, temperature=5.0, top_k=0, seed=seed)
        assert text(answer(local, again)) == text(events)
        assert finished(answer(local, by_chance)).seed != seed
        assert finished(answer(local, asked(4))).seed is None


def test_stopping_at_once_leaves_nothing_new(tiny: Any) -> None:
    stop = threading.Event()
    stop.set()
    with engine_of(tiny) as local:
        events = answer(local, asked(4, assistant("so far")), stop=stop)
    assert finished(events).reason == "stopped" and text(events) == ""
