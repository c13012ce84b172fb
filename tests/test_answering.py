"""What the generation thread makes of a question, with a tiny reference checkpoint."""

from typing import Any

import pytest

from internvl_ui import load_model
from internvl_ui.conversation import (
    Conversation,
    GenerationOptions,
    Message,
    Video,
    append,
    assistant,
    user,
)
from internvl_ui.engines.base import Delta, Failed, Progress, Request
from internvl_ui.engines.local import LocalEngine
from internvl_ui.media.visuals import load_visual
from internvl_ui.model.prompt import Turn, VisualTokens, encode
from tests.conftest import MEDIA, REFERENCE
from tests.questions import (
    GREEDY,
    answer,
    ask,
    each_token,
    finished,
    picture,
    slowly,
    text,
)


def test_the_answer_is_that_of_chat_in_several_pieces(engine: LocalEngine, tiny: Any) -> None:
    model, tokenizer = tiny
    with each_token(model, slowly):
        events = answer(engine, ask("Hello, tell me a story"))
    expected = model.chat(
        tokenizer, None, "Hello, tell me a story", {"max_new_tokens": 24}, keep_tags=True
    )
    assert text(events).strip() == expected
    assert len([event for event in events if isinstance(event, Delta)]) >= 2
    assert all(event.text for event in events if isinstance(event, Delta))
    usage = finished(events).usage
    assert 1 <= usage.answer_tokens <= 24
    assert 0 < usage.time_to_first_token < usage.total_time
    assert (usage.tiles, usage.visual_tokens) == (0, 0)
    assert usage.tokens_per_second > 0


def test_an_image_a_gallery_and_a_video(engine: LocalEngine) -> None:
    for parts, tiles in (
        ([picture(), "What?"], 3),
        ([picture(), "like", picture("tiny.png"), "?"], 4),
        ([Video(MEDIA / "clip.mp4", "clip.mp4", frames=4), "What happens?"], 4),
    ):
        events = answer(engine, ask(*parts))
        usage = finished(events).usage
        assert (usage.tiles, usage.visual_tokens) == (tiles, tiles * 16)
        assert usage.prompt_tokens > usage.visual_tokens
        stages = [event.stage for event in events if isinstance(event, Progress)]
        assert stages[0] == "media" and stages[-1] == "prefill"


def test_the_conversation_so_far_counts(engine: LocalEngine, tiny: Any) -> None:
    first = ask(picture(), "What is it?").conversation
    conversation = append(first, assistant("A cat."), user("Which colour?"))
    events = answer(engine, Request(conversation, GREEDY))
    model, tokenizer = tiny
    pixels = load_visual(picture(), tile_size=112, video_reader="pyav").pictures[0].tiles
    expected = model.chat(
        tokenizer,
        pixels,
        "Which colour?",
        {"max_new_tokens": 24},
        history=[("<image>\nWhat is it?", "A cat.")],
        num_patches_list=[3],
        keep_tags=True,
    )
    assert text(events).strip() == expected


def test_more_than_the_context_holds_is_refused_not_cut(engine: LocalEngine) -> None:
    events = answer(engine, ask("Hello", options=GenerationOptions(max_new_tokens=40_000)))
    assert isinstance(events[-1], Failed) and "can hold 32768" in events[-1].reason


def test_an_empty_question(engine: LocalEngine) -> None:
    events = answer(engine, ask(" "))
    assert isinstance(events[-1], Failed) and "empty" in events[-1].reason


def test_a_system_prompt_belongs_to_its_request(engine: LocalEngine) -> None:
    plain = answer(engine, ask("Hello"))
    pirate = answer(engine, ask("Hello", system="Be a pirate."))
    again = answer(engine, ask("Hello"))
    assert text(plain) == text(again) != text(pirate)
    assert finished(plain).usage.prompt_tokens == finished(again).usage.prompt_tokens


@pytest.mark.parametrize("typed", ["<image>", "<IMG_CONTEXT>", "a<|im_end|>b", "</img>"])
def test_typed_special_tokens_are_words(typed: str, engine: LocalEngine, tiny: Any) -> None:
    model, tokenizer = tiny
    usage = finished(answer(engine, ask(typed))).usage
    prompt = encode(
        tokenizer, [Turn((typed,))], system=model.system_message, visual=VisualTokens(16)
    )
    assert (usage.prompt_tokens, usage.visual_tokens) == (len(prompt), 0)


def test_reaching_the_limit_is_said(engine: LocalEngine) -> None:
    options = GenerationOptions(max_new_tokens=2)
    end = finished(answer(engine, ask("Hello, who are you?", options=options)))
    assert (end.reason, end.usage.answer_tokens) == ("length", 2)


def test_an_answer_that_ends_by_itself(engine: LocalEngine) -> None:
    """The first reference conversation ends after five tokens."""
    end = finished(answer(engine, ask("Hello, who are you?")))
    assert (end.reason, end.usage.answer_tokens) == ("end", 5)


def test_messages_out_of_turn(engine: LocalEngine) -> None:
    conversation = Conversation((user("a"), Message("user", ())))
    events = answer(engine, Request(conversation))
    assert isinstance(events[-1], Failed) and "alternate" in events[-1].reason


def test_the_usage_says_what_was_reused(engine: LocalEngine, tiny: Any) -> None:
    tiny[0].reuse.clear()
    first = ask(picture(), "What is it?").conversation
    begun = answer(engine, Request(first, GREEDY))
    assert finished(begun).usage.reused_tokens == 0
    follow_up = append(first, assistant(text(begun).strip()), user("Which colour?"))
    usage = finished(answer(engine, Request(follow_up, GREEDY))).usage
    before = finished(begun).usage.prompt_tokens
    assert before <= usage.reused_tokens < usage.prompt_tokens


def test_nothing_is_kept_if_nothing_may_be() -> None:
    model, tokenizer = load_model(REFERENCE / "qwen2-vit300m", dtype="float32", device="cpu")
    engine = LocalEngine(lambda: (model, tokenizer), name="tiny", cache_bytes=0)
    for _ in range(2):
        assert finished(answer(engine, ask(picture(), "What?"))).usage.reused_tokens == 0
    assert model.reuse.keys() == []
    engine.close()
