"""What a question costs, and what is offered where that is too much."""

from dataclasses import replace
from pathlib import Path

import pytest

from internvl_ui.conversation import Conversation, Image, Message, Video, assistant, user
from internvl_ui.engines.base import Counting
from internvl_ui.ui import strings
from internvl_ui.ui.convert import MediaOptions
from internvl_ui.ui.meter import Cost, Offers, cost, meter_html, offers, with_frames, with_tiles

PICTURE = Image(Path("a.png"), "a.png")
FILM = Video(Path("a.mp4"), "a.mp4")


def film(**options: int) -> Video:
    return replace(FILM, **options)


def counting(context: int = 1000) -> Counting:
    """10 tokens a tile, one a word, 5 around each message."""

    def prompt_tokens(conversation, tile_counts):
        words = sum(5 + len(message.text.split()) for message in conversation.messages)
        return words + 10 * sum(map(sum, tile_counts))

    return Counting(448, 10, context, prompt_tokens)


def test_the_parts_add_up_to_the_prompt_and_its_answer():
    asked = Conversation((user(PICTURE, "one two"), assistant("three"), user(FILM, "four five")))
    now = cost(counting(), asked, [[7], [1, 1, 1]], max_new_tokens=100)
    assert now == Cost(visual=30, text=7, history=5 + 2 + 70 + 5 + 1, answer=100, context=1000)
    assert now.total == counting().prompt_tokens(asked, [[7], [1, 1, 1]]) + 100
    assert now.fits


def test_a_question_that_fills_the_context_to_the_last_token_fits():
    now = Cost(visual=10, text=10, history=0, answer=80, context=100)
    assert now.fits and not replace(now, answer=81).fits


def offered(
    question: Message, options: MediaOptions, *, context: int, answer: int = 20, turns: int = 0
) -> Offers:
    """As if a picture had as many tiles as it may, and a video as many frames."""

    def cost_with(options: MediaOptions) -> Cost:
        counts = [
            [options.max_tiles] if isinstance(part, Image) else [options.frame_tiles] * cut
            for part in question.media
            for cut in [options.frames]
        ]
        return cost(counting(context), Conversation((question,)), counts, max_new_tokens=answer)

    return offers(cost_with(options), question, options, cost_with, turns=turns)


def test_nothing_is_offered_for_a_question_that_fits():
    assert offered(user(PICTURE, "What?"), MediaOptions(), context=1000, turns=3) == Offers()


@pytest.mark.parametrize("context", [36, 46, 100, 145])
def test_as_many_tiles_as_fit_are_offered(context):
    # 6 tokens of words and 20 of answer leave the rest to tiles of 10.
    made = offered(user(PICTURE, "What?"), MediaOptions(), context=context)
    assert made.tiles == (context - 26) // 10
    assert made.frames is None and not made.turn


def test_as_many_frames_as_fit_are_offered():
    made = offered(user(film(frames=60), "What?"), MediaOptions(frames=60), context=100)
    assert (made.tiles, made.frames) == (None, 7)


def test_frames_of_several_tiles_can_have_fewer():
    question = user(film(frames=4, max_tiles=6), "What?")
    made = offered(question, MediaOptions(frames=4, frame_tiles=6), context=126)
    assert (made.tiles, made.frames) == (2, 1)


def test_where_one_thing_alone_is_not_enough_its_least_is_offered():
    question = user(PICTURE, film(frames=30), "What?")
    made = offered(question, MediaOptions(frames=30), context=60)
    assert (made.tiles, made.frames) == (1, 1)


def test_an_earlier_turn_is_offered_only_if_there_is_one():
    question = user(PICTURE, "What?")
    assert offered(question, MediaOptions(), context=100, turns=1).turn
    assert not offered(question, MediaOptions(), context=100, turns=0).turn


def test_of_words_that_are_too_many_by_themselves_the_meter_says_so():
    question = user(" ".join(["word"] * 200))
    assert not offered(question, MediaOptions(), context=100, turns=3).turn
    now = Cost(visual=0, text=205, history=0, answer=20, context=100)
    assert "Please shorten the question." in meter_html(now)
    assert "Please shorten" not in meter_html(replace(now, text=50, visual=90))


def test_a_shorter_answer_is_offered_if_there_is_room_for_one():
    question = user("What?")
    assert offered(question, MediaOptions(), context=100, answer=500).answer == 94
    assert offered(question, MediaOptions(), context=10, answer=500).answer is None


def test_options_with_less_keep_what_was_less_already():
    options = MediaOptions(max_tiles=12, frames=8, every=2.0, frame_tiles=1)
    assert with_tiles(options, 4) == replace(options, max_tiles=4)
    assert with_frames(options, 3) == replace(options, frames=3, every=None)


def test_the_meter_in_words():
    shown = meter_html(Cost(visual=3328, text=40, history=0, answer=1024, context=32768))
    assert "3,328 visual" in shown and "4,392 of 32,768 tokens" in shown
    assert 'data-fits="true"' in shown and "earlier" not in shown and "alert" not in shown


def test_the_meter_says_what_does_not_fit():
    shown = meter_html(Cost(visual=900, text=40, history=60, answer=1024, context=1000))
    said = strings.METER_OVER.format(total=2024, context=1000)
    assert 'data-fits="false"' in shown and f'role="alert">{said}' in shown
    assert 'class="history" style="width:2.96%"' in shown
