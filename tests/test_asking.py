"""Small things around the question: names of images, their order, the speed of an answer."""

from pathlib import Path

import pytest

from internvl_ui.conversation import (
    Conversation,
    Image,
    Text,
    Usage,
    Video,
    assistant,
    count_images,
    image_numbers,
    reworded,
    user,
)
from internvl_ui.engines.base import Delta
from internvl_ui.ui.asking import asking_html, moved
from internvl_ui.ui.mentions import resolved
from internvl_ui.ui.talk import Attachment
from internvl_ui.ui.writing import Writing


def image(name: str = "a.png") -> Image:
    return Image(Path(name), name)


CLIP = Video(Path("c.mp4"), "c.mp4")
EARLIER = Conversation((user(image(), image("b.png"), "Same?"), assistant("No.")))


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ("Is @1 as large as @3?", "Is Image-1 as large as Image-3?"),
        ("@2", "Image-2"),
        ("@4 and @0 name nothing", "@4 and @0 name nothing"),
        ("mail me@1.com or @1st, @@1", "mail me@1.com or @1st, @@1"),
        ("version @1.2", "version @1.2"),
        ("the red one (@2).", "the red one (Image-2)."),
    ],
)
def test_a_number_names_an_image(typed: str, asked: str) -> None:
    message = resolved(user(image("c.png"), typed), EARLIER)
    assert message == user(image("c.png"), asked)


def test_without_images_nothing_is_named() -> None:
    assert resolved(user("@1"), Conversation()) == user("@1")


def test_images_are_counted_as_in_the_prompt() -> None:
    assert count_images(EARLIER) == 2
    assert image_numbers(user(image(), CLIP, image()), 2) == (3, 4)
    assert image_numbers(user(image(), image(), CLIP, image(), combined=True), 0) == (1, 1, 2)
    assert count_images(Conversation((user(image(), image(), "?", combined=True),))) == 1


def test_other_words_leave_the_files() -> None:
    message = user(image(), "old", CLIP, "older", combined=True)
    assert reworded(message, "new") == user(image(), "new", CLIP, combined=True)
    assert reworded(user(image()), "new").parts == (image(), Text("new"))


def test_a_picture_goes_elsewhere() -> None:
    a, b, c = (Attachment(Path(name), name) for name in "abc")
    assert moved([a, b, c], "2 0 1") == [c, a, b]
    assert moved([a, b, c], "0 1 2") == [b, a, c]
    for nonsense in ("", "1", "0 1", "0 3 1", "-1 0 1", "x y z"):
        assert moved([a, b, c], nonsense) == [a, b, c]


def test_the_words_of_the_scripts_are_escaped() -> None:
    assert 'data-one-video="' in asking_html() and "{name}" in asking_html()


def test_the_speed_is_looked_at_now_and_then() -> None:
    writing = Writing()
    speeds = []
    for number in range(11):
        writing.add(Delta("word ", tokens=1 + 2 * number), now=number / 10)
        speeds.append(writing.speed)
    assert speeds == pytest.approx([0] * 5 + [20] * 6)
    assert writing.text == "word " * 11


def test_an_engine_that_does_not_count_has_no_speed() -> None:
    writing = Writing()
    for second in range(4):
        writing.add(Delta("word "), now=second)
    assert writing.speed == 0


def test_thinking_is_timed() -> None:
    writing = Writing()
    for now, text in enumerate(["<think>", "Hm. ", "Well. ", "</think>", "Two."], 10):
        writing.add(Delta(text), now)
    assert writing.thought(100) == 3


def test_a_thought_that_goes_on_is_timed_further() -> None:
    writing = Writing("<think>Hm", thought=5.0)
    assert writing.thought(50) == 5
    writing.add(Delta(" well"), 60)
    assert writing.thought(62) == 7


def test_the_cost_of_an_answer_that_went_on() -> None:
    first = Usage(100, 64, 1, 11, 0.5, 1.5, reused_tokens=3)
    more = Usage(111, 64, 1, 10, 2.0, 3.0, reused_tokens=110)
    both = first.continued(more)
    assert (both.prompt_tokens, both.answer_tokens, both.reused_tokens) == (100, 21, 3)
    assert both.tokens_per_second == pytest.approx(10)
