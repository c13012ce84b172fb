"""Gradio values to messages and back."""

from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from internvl_ui.conversation import (
    Conversation,
    GenerationOptions,
    Image,
    Text,
    Video,
    assistant,
    user,
)
from internvl_ui.ui import convert, strings
from internvl_ui.ui.convert import MediaOptions
from internvl_ui.ui.talk import Attachment, Talk, Thumbnail

CAT = Attachment(Path("/files/1/cat.png"), "cat.png")
DOG = Attachment(Path("/files/2/dog.png"), "dog.png")
CLIP = Attachment(Path("/files/3/clip.mp4"), "clip.mp4")


class _Words(HTMLParser):
    """What a browser would show of some HTML, and which elements it would make."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.words, self.tags = "", []
        self.feed(html)
        self.close()

    def handle_data(self, data: str) -> None:
        self.words += data

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)


def test_a_message_has_its_files_in_order_and_then_its_words():
    options = MediaOptions(max_tiles=6, frames=16)
    message = convert.to_message("Which?", [(CAT, "image"), (CLIP, "video")], options)
    assert message.parts == (
        Image(CAT.path, "cat.png", max_tiles=6),
        Video(CLIP.path, "clip.mp4", frames=16),
        Text("Which?"),
    )


@given(st.text(min_size=1))
def test_a_question_is_shown_as_typed(text):
    shown = _Words(convert.question_html(user(text), {}))
    assert shown.words.replace("\r\n", "\n").replace("\r", "\n") == text.replace(
        "\r\n", "\n"
    ).replace("\r", "\n")
    assert shown.tags == ["pre"]


def test_a_question_is_one_line_of_html():
    # A blank line would end the HTML block, and what follows would be Markdown.
    html = convert.question_html(user("one\n\n# two\r\n\r\nthree"), {})
    assert "\n" not in html and "\r" not in html


def test_several_images_carry_the_numbers_of_the_prompt():
    thumbnails = {CAT.path: Thumbnail("gradio_api/file=/t/1.webp")}
    message = user(Image(CAT.path, "cat.png"), Image(DOG.path, "dog.png"), "Compare")
    html = convert.question_html(message, thumbnails)
    assert '<img src="gradio_api/file=/t/1.webp" alt="cat.png">' in html
    assert f'<button class="enlarge" value="{CAT.path}">' in html
    assert html.index("Image-1") < html.index("Image-2") < html.index("Compare")


@pytest.mark.parametrize(
    "message",
    [
        user(Image(CAT.path, "cat.png"), "One"),
        user(Image(CAT.path, "cat.png"), Image(DOG.path, "dog.png"), "Both", combined=True),
    ],
)
def test_single_and_combined_images_carry_no_numbers(message):
    assert "Image-" not in convert.question_html(message, {})


def test_a_file_name_cannot_become_html():
    name = '"><img src=x onerror=alert(1)>.png'
    shown = _Words(convert.question_html(user(Image(CAT.path, name), "?"), {}))
    assert shown.tags == ["div", "figure", "figcaption", "pre"]


def test_answers_keep_their_indentation():
    talk = Talk(Conversation((user("Code?"), assistant("    indented\n  less"))))
    entry = convert.to_chat(talk)[1]
    assert entry["role"] == "assistant"
    assert entry["content"] == [{"type": "text", "text": "    indented\n  less"}]


def test_emptied_settings_mean_their_defaults():
    emptied = convert.generation_options(None, False, None, None, None, None, None)
    assert emptied == GenerationOptions()
    assert convert.media_options(None, None, strings.NUMBERED) == MediaOptions()


def test_settings_reach_the_request():
    assert convert.generation_options(64, True, 1, 1, 0, 1, convert.BY_CHANCE).seed is None
    chosen = convert.generation_options(64, True, 0.2, 0.5, 7, 1.1, 3.0)
    assert chosen == GenerationOptions(64, True, 0.2, 0.5, 7, 1.1, 3)
    assert convert.media_options(4, 24, strings.COMBINED) == MediaOptions(4, 24, True)


def test_a_question_goes_back_before_what_was_typed_meanwhile():
    message = user(Image(CAT.path, "cat.png"), Video(CLIP.path, "clip.mp4"), "First")
    assert convert.box(message, "", None, [], None) == ("First", CAT, [], CLIP)
    assert convert.box(message, "next", DOG, [], None) == ("First\nnext", DOG, [CAT], CLIP)


def test_several_images_go_back_into_the_gallery():
    message = user(Image(CAT.path, "cat.png"), Image(DOG.path, "dog.png"), "Both")
    assert convert.box(message, "", None, [], None) == ("Both", None, [CAT, DOG], None)


def test_the_last_exchange_can_be_taken_off():
    first = (user("1"), assistant("one"))
    both = Conversation((*first, user("2"), assistant("two")), system="Be brief.")
    shorter, question = convert.without_last_exchange(both)
    assert shorter == Conversation(first, system="Be brief.")
    assert question == user("2")
    assert convert.without_last_exchange(Conversation()) == (Conversation(), None)
