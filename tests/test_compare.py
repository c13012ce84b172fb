"""One question asked in several ways: the columns, the vote and the results."""

import asyncio
import csv
import io
import itertools
import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import PIL.Image
import pytest

from internvl_ui.conversation import Usage
from internvl_ui.ui import compare as compare_module
from internvl_ui.ui import comparisons, strings
from internvl_ui.ui.columns import (
    MOST,
    Column,
    Round,
    difference,
    head_html,
    numbers_html,
    results,
    results_csv,
    results_html,
    told_apart,
)
from internvl_ui.ui.compare import Compare, way
from internvl_ui.ui.page import by_name
from internvl_ui.ui.talk import Attachment
from tests.fakes import FakeEngine
from tests.test_handlers import is_skip

CLIP = Path(__file__).parents[1] / "assets" / "examples" / "clip.mp4"
ALICE = SimpleNamespace(session_hash="alice")
DEFAULT = ("", "Default", "", 12, 8, 1024, False, 0.7, -1)
PLAIN = way(*DEFAULT)
USAGE = Usage(300, 256, 1, 11, 0.5, 1.5, reused_tokens=20)


def a_round(**more: Any) -> Round:
    columns = (
        Column("A", PLAIN, "=yes", usage=USAGE, ended=True),
        Column("B", replace(PLAIN, max_tiles=1), "<b>no</b>", note="Stopped", ended=True),
    )
    return Round("What <i>?", ("a.png",), columns, **{"blind": False, **more})


# What a column is


def test_what_sets_columns_apart_in_words() -> None:
    one = replace(PLAIN, max_tiles=1)
    chance = replace(PLAIN, do_sample=True, temperature=1.5)
    assert difference([PLAIN, one]) == ["tiles: 12", "tiles: 1"]
    assert difference([PLAIN, PLAIN]) == [strings.COMPARE_SAME] * 2
    assert difference([PLAIN, chance]) == ["no sampling", "sampling · temperature 1.5"]
    assert difference([PLAIN, replace(chance, seed=3), chance])[1:] == [
        "sampling · temperature 1.5 · seed 3",
        "sampling · temperature 1.5 · seed by chance",
    ]
    own = [replace(PLAIN, preset="Own", system=words) for words in ("Be brief.", "Be long.")]
    assert difference(own) == ["“Be brief.”", "“Be long.”"]


def test_own_words_come_before_a_preset_and_emptied_fields_are_defaults() -> None:
    thinking = way("", "Thinking", " ", *DEFAULT[3:])
    assert thinking.system == strings.PRESETS["Thinking"] and "<think>" in thinking.system
    own = way("", "Thinking", " Be brief. ", None, None, None, False, None, None)
    assert (own.preset, own.system) == (strings.PRESET_OWN_WORDS, "Be brief.")
    assert replace(own, preset="Default", system="") == PLAIN


def test_a_blind_round_tells_nothing_before_the_vote() -> None:
    blind = a_round(blind=True)
    shown = head_html(blind, 0) + numbers_html(blind, 0)
    assert "tiles" not in shown and ">A<" not in shown and "tokens" not in shown
    assert results([blind]) == [list(strings.COMPARE_COLUMNS)] and not results_html([blind])
    voted = replace(blind, vote=0)
    assert strings.COMPARE_BEST in head_html(voted, 0) and "tiles: 12" in head_html(voted, 0)
    assert "11 tokens · first after 0.50 s · 10.0 a second" in numbers_html(voted, 0)
    assert "reused 20 of 300" in numbers_html(voted, 0)


def test_results_are_escaped_on_the_page_and_harmless_in_a_spreadsheet() -> None:
    rounds = [a_round(vote=1), a_round(vote=-1)]
    shown = results_html(rounds)
    assert "<i>" not in shown and "<b>" not in shown and "&lt;b&gt;no" in shown
    text = results_csv(rounds).decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(text)))
    assert [line["Answer"] for line in lines] == ["'=yes", "<b>no</b>"] * 2
    assert [line["Vote"] for line in lines] == ["", "Best", "Tie", "Tie"]
    assert [line["Tokens/s"] for line in lines[:2]] == ["10.0", ""]


def test_different_models_are_told_apart_and_one_is_not_named() -> None:
    first, second = a_round().columns
    one = [replace(column, model="Small") for column in (first, second)]
    assert told_apart(one) == ["tiles: 12", "tiles: 1"]
    two = [replace(first, model="Small"), replace(first, model="Large")]
    assert told_apart(two) == ["Small", "Large"]
    assert told_apart([one[0], replace(second, model="Large")]) == [
        "Small · tiles: 12",
        "Large · tiles: 1",
    ]


# Asking


@pytest.fixture
def red(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Attachment:
    monkeypatch.setattr(compare_module, "get_upload_folder", lambda: str(tmp_path / "uploads"))
    PIL.Image.new("RGB", (64, 48), "red").save(tmp_path / "upload-1.png")
    return Attachment(tmp_path / "upload-1.png", "red.png")


def compare(
    do: Compare,
    files: list[Attachment],
    question: str,
    *ways: Any,
    blind: bool = False,
    **more: Any,
) -> list[tuple[Any, ...]]:
    values = [value for values in (*ways, *[DEFAULT] * (MOST - len(ways))) for value in values]

    async def collect() -> list[tuple[Any, ...]]:
        asked = do.compare(files, question, len(ways), blind, (), ALICE, *values)
        return [step async for step in asked]

    return asyncio.run(collect())


THINKING = ("", "Thinking", "", 1, 2, 50, True, 1.5, 7)


def test_each_column_asks_in_its_own_way(red: Attachment) -> None:
    engine = FakeEngine(pace=0)
    made: list[Path] = []
    do = Compare(engine, limit=2, keep_track=made.append)
    *_, last = compare(do, [red], "What?", DEFAULT, THINKING)
    first, second = engine.requests
    assert first.conversation.system is None and not first.options.do_sample
    assert first.conversation.messages[0].media[0].max_tiles == 12
    assert second.conversation.system == strings.PRESETS["Thinking"]
    assert second.conversation.messages[0].media[0].max_tiles == 1
    assert (second.options.temperature, second.options.seed) == (1.5, 7)
    status, asked, *places, table, rounds = last
    assert 'data-state="done"' in status and "What?" in asked and "<img" in asked
    answers = [chat[0]["content"][0]["text"] for chat in (places[1], places[4])]
    assert answers == ["This is an answer."] * 2 and places[6:] == ["", [], ""] * 2
    assert "Thinking" in table and len(rounds) == 1
    assert [path.suffix for path in made] == [".webp", ".csv"]


def test_a_comparison_comes_back_after_a_reload(red: Attachment) -> None:
    do = Compare(FakeEngine(pace=0), limit=2, keep_track=lambda path: None)
    own = (*DEFAULT[:2], "Be brief.", *DEFAULT[3:])
    *_, (_, _, *before, table, rounds) = compare(do, [red], "What?", own, THINKING, blind=True)
    status, asked, *after, shown, again = do.restore(comparisons.dump(rounds))
    assert "What?" in asked and after == before and not table and not shown
    assert strings.COMPARE_ASK_VOTE in status
    assert [column.way for column in again[0].columns] == [c.way for c in rounds[0].columns]
    voted = do.vote(0, again)[-1]
    status, *_, shown, _ = do.restore(comparisons.dump(voted))
    assert strings.COMPARE_BEST in shown and is_skip(status)


def test_settings_come_back_but_for_a_model_that_is_gone() -> None:
    do = Compare(FakeEngine(pace=0), limit=2, keep_track=lambda path: None)
    ways = [DEFAULT, THINKING, ("Fake-8B", *DEFAULT[1:]), DEFAULT]
    chosen = [3, True, *itertools.chain(*ways)]
    back = list(do.choose(json.dumps(chosen)))
    gone = 2 + 2 * len(DEFAULT)
    assert is_skip(back[gone])
    back[gone] = "Fake-8B"
    assert back == chosen


@pytest.mark.parametrize("chosen", ["", "7", "[2, true]", json.dumps([2, True, *range(36)])])
def test_what_are_no_settings_changes_nothing(chosen: str) -> None:
    do = Compare(FakeEngine(), limit=2, keep_track=lambda path: None)
    assert all(map(is_skip, do.choose(chosen)))


@pytest.mark.parametrize("kept", ["", "[]", "{", "7", '[{"columns": []}]', '[{"columns": [{}]}]'])
def test_what_is_no_comparison_changes_nothing(kept: str) -> None:
    do = Compare(FakeEngine(), limit=2, keep_track=lambda path: None)
    assert all(map(is_skip, do.restore(kept)))


def test_columns_may_be_of_different_models(red: Attachment) -> None:
    engine, other = FakeEngine("One.", pace=0), FakeEngine("Two.", pace=0, name="Fake-8B")
    others = by_name(engine, [other, FakeEngine(pace=0)])
    assert list(others) == ["Fake-8B", "Fake-1B (2)"]
    do = Compare(engine, limit=2, keep_track=lambda path: None, others=others)
    *_, last = compare(do, [red], "What?", DEFAULT, ("Fake-8B", *DEFAULT[1:]))
    assert len(engine.requests) == len(other.requests) == 1
    _, _, *places, table, _ = last
    answers = [chat[0]["content"][0]["text"] for chat in (places[1], places[4])]
    assert answers == ["One.", "Two."]
    assert "<p>Fake-1B</p>" in places[0] and "<p>Fake-8B</p>" in places[3]
    assert "Fake-8B" in table


def test_an_answer_points_at_the_picture_and_into_the_video(red: Attachment) -> None:
    """Also while it is written: what is half there is not shown as a name or numbers."""
    text = "A <ref>thing</ref><box>[[100, 100, 500, 500]]</box> at 0:01 in Frame1"
    do = Compare(FakeEngine(text, pace=0), limit=2, keep_track=lambda path: None)
    clip = Attachment(CLIP, "clip.mp4")
    *steps, last = compare(do, [red, clip], "What?", DEFAULT, THINKING)
    for place in (1, 4):
        words, pictures = (part["text"] for part in last[2:][place][0]["content"])
        assert '<mark class="named"' in words and "[[" not in words
        assert words.count('class="moment"') == 2 and 'value="video-1@' in words
        assert 'class="spot' in pictures and "thumbnail.webp" in pictures
    assert not any("<box>" in part["text"] for step in steps for part in parts_of(step[3]))


def parts_of(chat: Any) -> list[dict[str, Any]]:
    return [part for entry in chat for part in entry["content"]]


def test_columns_fill_one_after_another() -> None:
    do = Compare(FakeEngine("one two", pace=0), limit=2, keep_track=lambda path: None)
    steps = compare(do, [], "What?", DEFAULT, THINKING)
    lengths = [(len(step[3]), len(step[6])) for step in steps]
    assert lengths == sorted(lengths) and {(0, 0), (1, 0), (1, 1)} <= set(lengths)
    assert strings.COMPARE_WAITING in steps[0][7]
    assert "Column 1 of 2" in steps[0][0] and "Column 2 of 2" in steps[-2][0]


def test_blind_columns_are_named_by_the_vote() -> None:
    do = Compare(FakeEngine(pace=0), limit=2, keep_track=lambda path: None)
    orders = set()
    for _ in range(30):
        *_, table, rounds = compare(do, [], "What?", DEFAULT, THINKING, blind=True)[-1]
        assert table == ""
        orders.add(tuple(column.letter for column in rounds[-1].columns))
    assert orders == {("A", "B"), ("B", "A")}
    status, *places, table, rounds = do.vote(1, rounds)
    assert rounds[-1].vote == 1 and strings.COMPARE_BEST in places[3] and "Best" in table
    assert strings.COMPARE_VOTED in status


def test_a_column_that_fails_leaves_the_next_one_be() -> None:
    engine = FakeEngine(pace=0)
    engine.progress = ()
    engine.text = lambda request: "" if request.options.do_sample else "Yes."
    do = Compare(engine, limit=2, keep_track=lambda path: None)
    *_, rounds = compare(do, [], "What?", THINKING, DEFAULT)[-1]
    assert [(c.text, c.note) for c in rounds[0].columns] == [("", strings.NO_ANSWER), ("Yes.", "")]
    engine.fail_after, engine.reason = 0, "No memory."
    *_, rounds = compare(do, [], "What?", DEFAULT, DEFAULT)[-1]
    assert [column.note for column in rounds[0].columns] == ["No memory."] * 2


def test_stop_ends_this_column_and_asks_no_other() -> None:
    engine = FakeEngine(pace=0)
    do = Compare(engine, limit=2, keep_track=lambda path: None)

    def text(request: Any) -> str:
        do.stop(ALICE)  # type: ignore[arg-type]
        return "one two three"

    engine.text = text
    status, *_, rounds = compare(do, [], "What?", DEFAULT, THINKING, blind=True)[-1]
    assert 'data-state="stopped"' in status and len(engine.requests) == 1
    assert [column.note for column in rounds[0].columns] == [strings.STOPPED] * 2
    assert not rounds[0].hidden
    again, *_ = do.restore(comparisons.dump(rounds))
    assert 'data-state="stopped"' in again


def test_what_cannot_be_asked_says_why(red: Attachment, tmp_path: Path) -> None:
    engine = FakeEngine()
    do = Compare(engine, limit=0, keep_track=lambda path: None)
    gone = replace(red, path=tmp_path / "gone.png")
    for files, question, sentence in [
        ([red], " ", strings.NO_QUESTION),
        ([gone], "What?", strings.VANISHED.format(name="red.png")),
        ([], "What?", strings.FULL),
    ]:
        (step,) = compare(do, files, question, DEFAULT, THINKING)
        assert sentence in step[0] and len(step) == 3 * MOST + 4
    assert not engine.requests and len(do.vote(0, ())) == 3 * MOST + 3
