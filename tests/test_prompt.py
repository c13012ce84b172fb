"""Messages to turns to token ids."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from internvl_ui.conversation import Conversation, Image, Video, append, assistant, user
from internvl_ui.errors import PromptError
from internvl_ui.model.prompt import (
    Segment,
    Slot,
    Turn,
    VisualTokens,
    build_turns,
    count_tiles,
    encode,
    parse_questions,
)


def image(name: str = "a.png") -> Image:
    return Image(Path(name), name)


def video(frames: int = 2) -> Video:
    return Video(Path("a.mp4"), "a.mp4", frames=frames)


def written(question: tuple[Segment, ...]) -> str:
    """A question as one reads it: [3] is a slot of three tiles."""
    return "".join(s if isinstance(s, str) else f"[{s.tiles}]" for s in question)


def turns_of(*messages: Any, tiles: list[list[int]]) -> list[str]:
    return [written(turn.question) for turn in build_turns(Conversation(messages), tiles)]


def test_one_image_has_no_number() -> None:
    assert turns_of(user(image(), "What?"), tiles=[[3]]) == ["[3]\nWhat?"]


def test_several_images_are_numbered_and_stay_where_they_were_put() -> None:
    message = user("Is ", image(), "like ", image(), "or not?")
    assert turns_of(message, tiles=[[3], [5]]) == [
        "Is Image-1: [3]\nlike Image-2: [5]\nor not?",
    ]


def test_numbers_go_on_through_the_conversation_and_never_change_an_older_turn() -> None:
    first = user(image(), "What?")
    conversation = Conversation((first,))
    alone = build_turns(conversation, [[3]])
    longer = append(
        conversation, assistant("A cat."), user("And ", image(), "now?"), assistant("A dog.")
    )
    longer = append(longer, user(image(), image(), "Compare."))
    turns = build_turns(longer, [[3], [1], [7], [2]])
    assert turns[0].question == alone[0].question
    assert [written(turn.question) for turn in turns[1:]] == [
        "And Image-2: [1]\nnow?",
        "Image-3: [7]\nImage-4: [2]\nCompare.",
    ]
    assert [turn.answer for turn in turns] == ["A cat.", "A dog.", None]


def test_combined_images_share_one_place() -> None:
    message = user(image(), image(), "Describe the two images.", combined=True)
    assert turns_of(message, tiles=[[9], [11]]) == ["[20]\nDescribe the two images."]


def test_combined_images_count_as_one_later_on() -> None:
    messages = (
        user(image(), image(), "These.", combined=True),
        assistant("Yes."),
        user(image(), "And this?"),
    )
    assert turns_of(*messages, tiles=[[1], [2], [3]])[1] == "Image-2: [3]\nAnd this?"


def test_a_video_parts_combined_images_so_that_tiles_keep_their_order() -> None:
    message = user(image(), video(), image(), "All.", combined=True)
    assert turns_of(message, tiles=[[3], [1, 1], [4]]) == [
        "Image-1: [3]\nFrame1: [1]\nFrame2: [1]\nImage-2: [4]\nAll."
    ]


def test_a_video_is_its_frames() -> None:
    assert turns_of(user(video(), "What happens?"), tiles=[[1, 1]]) == [
        "Frame1: [1]\nFrame2: [1]\nWhat happens?"
    ]


def test_a_second_video_is_announced() -> None:
    messages = (user(video(), "What?"), assistant("A."), user(video(), "And here?"))
    assert turns_of(*messages, tiles=[[1, 1], [1, 2]]) == [
        "Frame1: [1]\nFrame2: [1]\nWhat?",
        "Video-2:\nFrame1: [1]\nFrame2: [2]\nAnd here?",
    ]


def test_two_videos_at_once_are_both_announced() -> None:
    assert turns_of(user(video(), video(), "Same?"), tiles=[[1], [1]]) == [
        "Video-1:\nFrame1: [1]\nVideo-2:\nFrame1: [1]\nSame?"
    ]


def test_an_image_without_words_is_a_question() -> None:
    assert turns_of(user(image()), tiles=[[1]]) == ["[1]\n"]


@pytest.mark.parametrize("words", ["", "  \n"])
def test_an_empty_question_is_refused(words: str) -> None:
    with pytest.raises(PromptError, match="empty"):
        build_turns(Conversation((user(words),)), [])


@pytest.mark.parametrize(
    "messages",
    [(), (user("a"), user("b")), (assistant("a"), user("b")), (assistant("a"),)],
)
def test_turns_must_alternate_and_begin_with_a_question(messages: Any) -> None:
    with pytest.raises(PromptError):
        build_turns(Conversation(messages), [])


def test_tags_of_the_model_card_become_slots() -> None:
    parsed = parse_questions(["Image-1: <image>\nImage-2: <image>\nCompare."], [9, 11])
    assert parsed == [("Image-1: ", Slot(9), "\nImage-2: ", Slot(11), "\nCompare.")]
    assert count_tiles([Turn(parsed[0])]) == 20


@pytest.mark.parametrize(("question", "tiles"), [("<image> <image>", [3]), ("none", [3])])
def test_tags_and_images_must_be_as_many(question: str, tiles: list[int]) -> None:
    with pytest.raises(PromptError, match="tags"):
        parse_questions([question], tiles)


def ids_of(tokenizer: Any, *turns: Turn, system: str = "S") -> list[int]:
    return encode(tokenizer, turns, system=system, visual=VisualTokens(2))


def specials(tokenizer: Any, ids: list[int]) -> list[str]:
    names = {value: key for key, value in tokenizer.get_added_vocab().items()}
    return [names[i] for i in ids if i in names]


FRAME = ["<|im_start|>", "<|im_end|>", "<|im_start|>", "<|im_end|>", "<|im_start|>"]


@pytest.mark.parametrize(
    "typed", ["<image>", "<|im_end|>", "<|im_start|>system", "<img>", "<IMG_CONTEXT>", "</img>"]
)
def test_what_is_typed_is_words(typed: str, tiny: Any) -> None:
    _, tokenizer = tiny
    ids = ids_of(tokenizer, Turn((f"a {typed} b",)), system=f"No {typed}.")
    assert specials(tokenizer, ids) == FRAME
    text = tokenizer.decode(ids, skip_special_tokens=False)
    assert f"user\na {typed} b<|im_end|>" in text and f"No {typed}." in text


def test_typed_words_in_an_older_answer_are_words_too(tiny: Any) -> None:
    _, tokenizer = tiny
    ids = ids_of(tokenizer, Turn(("a",), "An <IMG_CONTEXT><|im_end|> answer"), Turn(("b",)))
    assert "<IMG_CONTEXT>" not in specials(tokenizer, ids)
    assert specials(tokenizer, ids).count("<|im_end|>") == 4


def test_grounding_tags_are_tags_in_questions_and_answers(tiny: Any) -> None:
    _, tokenizer = tiny
    answer = "<ref>cat</ref><box>[[1, 2, 3, 4]]</box>"
    ids = ids_of(tokenizer, Turn(("Where is <ref>the cat</ref>?",), answer), Turn(("b",)))
    found = [name for name in specials(tokenizer, ids) if not name.startswith("<|")]
    assert found == ["<ref>", "</ref>", "<ref>", "</ref>", "<box>", "</box>"]


def test_a_region_that_a_visitor_has_drawn_has_tags_and_a_lone_tag_is_a_word(tiny: Any) -> None:
    _, tokenizer = tiny
    region = "Describe Image-2 <box>[[12, 30, 400, 500]]</box>"
    assert specials(tokenizer, ids_of(tokenizer, Turn((region,))))[3:-2] == ["<box>", "</box>"]
    for words in ("What is <box> for?", "<box>a</box>", "</ref><ref>", "<ref><image></ref>"):
        assert specials(tokenizer, ids_of(tokenizer, Turn((words,)))) == FRAME
        assert words in tokenizer.decode(ids_of(tokenizer, Turn((words,))))


def test_grounding_tags_in_the_system_prompt_are_words(tiny: Any) -> None:
    _, tokenizer = tiny
    assert specials(tokenizer, ids_of(tokenizer, Turn(("a",)), system="<box>")) == FRAME


def test_words_are_encoded_across_the_seam_with_the_role(tiny: Any) -> None:
    """The original encodes the role, its line break and the question as one text."""
    _, tokenizer = tiny
    whole = tokenizer("user\n\nhe", add_special_tokens=False).input_ids
    ids = ids_of(tokenizer, Turn(("\n", "h", "e")))
    assert any(ids[i : i + len(whole)] == whole for i in range(len(ids)))


def test_a_slot_is_opened_filled_and_closed(tiny: Any) -> None:
    _, tokenizer = tiny
    ids = ids_of(tokenizer, Turn((Slot(3), "\nWhat?")))
    assert specials(tokenizer, ids)[3:-2] == ["<img>", *["<IMG_CONTEXT>"] * 6, "</img>"]


def test_a_long_text_causes_no_warning(tiny: Any, caplog: pytest.LogCaptureFixture) -> None:
    _, tokenizer = tiny
    assert len(ids_of(tokenizer, Turn(("x" * 20_000,)))) > 20_000
    assert not caplog.records


def test_a_tokenizer_without_the_tokens_is_refused(tiny: Any) -> None:
    _, tokenizer = tiny
    visual = VisualTokens(2, context="<NOT_THERE>")
    with pytest.raises(PromptError, match="<NOT_THERE>"):
        encode(tokenizer, [Turn((Slot(1),))], system="", visual=visual)


def test_a_turn_left_out_keeps_its_numbers():
    earlier = (user(image(), "One?"), assistant("One."), user(video(), "Two?"), assistant("Two."))
    question = user(image(), video(), "And these?")
    whole = build_turns(Conversation((*earlier, question)), [[3], [1, 1], [5], [1]])
    rest = build_turns(Conversation((*earlier, question), left_out=1), [[1, 1], [5], [1]])
    assert rest == whole[1:]
    assert build_turns(Conversation((*earlier, question), left_out=2), [[5], [1]]) == whole[2:]


def test_of_a_shortened_conversation_the_question_is_never_left_out():
    long = Conversation((user("One?"), assistant("One."), user("Two?"), assistant("Two.")), None, 2)
    short = append(replace(long, messages=long.messages[:2]), user("And?"))
    assert (short.left_out, [message.text for message in short.asked]) == (1, ["And?"])
