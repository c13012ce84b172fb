"""The words of the status line."""

from dataclasses import replace

import pytest

from internvl_ui.conversation import Usage
from internvl_ui.engines.base import Finished, Progress
from internvl_ui.ui import strings
from internvl_ui.ui.status import finished, progress, rate, status_html


def test_the_status_line_says_its_state_and_escapes_its_words():
    html = status_html("error", '"<b>.png" is empty')
    assert 'data-state="error"' in html and 'role="alert"' in html
    assert "<b>" not in html


@pytest.mark.parametrize(
    ("event", "state", "words"),
    [
        (Progress("loading"), "loading", strings.LOADING),
        (Progress("loading", 40, 100), "loading", "Loading the model: 40 %"),
        (Progress("loading", name="B"), "loading", "Loading B…"),
        (Progress("loading", 40, 100, "B"), "loading", "Loading B: 40 %"),
        (Progress("queued", total=2), "queued", "Queued: 2 ahead of you"),
        (Progress("media", 1, 3), "reading", "Looking at file 2 of 3…"),
        (Progress("media"), "reading", strings.READING_SOON),
        (Progress("prefill", 4, 12), "prefill", "Looking at tile 5 of 12…"),
        (Progress("prefill", 12, 12), "prefill", strings.PREFILL),
        (Progress("prefill"), "prefill", strings.PREFILL),
    ],
)
def test_progress_in_words(event, state, words):
    assert progress(event) == (state, words)


def test_the_end_of_an_answer_in_words():
    used = Usage(280, 256, 1, answer_tokens=41, time_to_first_token=0.5, total_time=2.5)
    cost = "41 tokens at 20.0 a second · first after 0.50 s · 1 tile, 256 visual tokens"
    assert finished(Finished("end", used)) == ("done", cost)
    assert finished(Finished("stopped", used)) == ("stopped", f"Stopped · {cost}")
    assert finished(Finished("length", used))[1].startswith(strings.LENGTH)
    again = replace(used, prompt_tokens=1840, reused_tokens=1812)
    reused = f"{cost} · reused 1,812 of 1,840 prompt tokens"
    assert finished(Finished("end", again)) == ("done", reused)
    nothing = Usage(0, 0, 0, 0, 0.0, 0.0)
    assert finished(Finished("stopped", nothing)) == ("stopped", "Stopped")


@pytest.mark.parametrize(("speed", "words"), [(0.84, "0.8"), (29.14, "29.1"), (1939.7, "1,940")])
def test_tokens_a_second_as_people_write_them(speed, words):
    assert rate(speed) == words
