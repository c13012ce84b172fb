"""What a browser keeps and a file carries, and what is made of texts that nobody saved here."""

import base64
import io
import json
import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import PIL.Image
import pytest
from markdown_it import MarkdownIt

from internvl_ui.conversation import (
    Conversation,
    Image,
    Note,
    Usage,
    Video,
    assistant,
    user,
)
from internvl_ui.document import DocumentError
from internvl_ui.settings import read_settings
from internvl_ui.ui import convert, export, keeping, strings, views
from internvl_ui.ui.jobs import Job, Jobs
from internvl_ui.ui.keeping_panel import Keeping
from internvl_ui.ui.references import References
from internvl_ui.ui.talk import Attachment, Talk
from tests.fakes import FakeEngine

EXAMPLES = Path(__file__).parents[1] / "assets" / "examples"
ALICE = SimpleNamespace(session_hash="alice")
NOW = datetime(2026, 11, 23, 15, 0)


@pytest.fixture
def red(tmp_path: Path) -> Path:
    path = tmp_path / "upload.png"
    PIL.Image.new("RGB", (64, 48), "red").save(path)
    return path


@pytest.fixture
def talk(red: Path, tmp_path: Path) -> Talk:
    clip = Path(shutil.copy(EXAMPLES / "clip.mp4", tmp_path))
    question = user(
        Image(red, "<red>.png", max_tiles=3), Video(clip, "clip.mp4", 4), "What\nis it?"
    )
    small = {
        red: views.thumbnail(Attachment(red, "red.png"), "image")[0],
        clip: views.thumbnail(Attachment(clip, "clip.mp4"), "video")[0],
    }
    conversation = Conversation((question, assistant("A **red** <b>one</b>.")), system="Be brief.")
    return Talk(conversation, small)


def by_the_browser(text: str) -> str:
    """What the browser makes of a text: addresses of thumbnails become thumbnails."""
    kept = json.loads(text)
    for file in kept["files"].values():
        path = Path(file["thumbnail"].partition("=")[2])
        file["thumbnail"] = keeping.data_url(path.read_bytes(), "image/webp")
    return json.dumps(kept)


def opened(text: str, references: References, largest: int = 10**7) -> keeping.Opened:
    return keeping.open_kept(text, references, largest=largest, keep_track=lambda path: None)


def changed(text: str, key: str, **entry: Any) -> str:
    kept = json.loads(text)
    kept["files"][key] = entry
    return json.dumps(kept)


def test_a_browser_brings_back_what_was_kept(talk):
    references = References()
    back = opened(by_the_browser(keeping.keep(talk, references)), references)
    assert back.talk.conversation == talk.conversation and not back.gone
    for path, thumbnail in back.talk.thumbnails.items():
        assert thumbnail.caption == talk.thumbnails[path].caption
        assert thumbnail.url != talk.thumbnails[path].url
        assert keeping.thumbnail_path(thumbnail).is_file()


def test_a_turn_left_out_stays_left_out(talk):
    asked = replace(talk, conversation=replace(talk.conversation, left_out=1))
    text, _ = keeping.carry(asked)
    back = opened(text, References()).talk
    assert back.conversation.left_out == 1 and not back.conversation.asked
    assert strings.LEFT_OUT in convert.to_chat(back)[0]["content"][0]["text"]


def test_after_a_restart_the_words_and_small_pictures_are_still_there(talk):
    kept = by_the_browser(keeping.keep(talk, References()))
    back = opened(kept, References())
    assert back.gone == ("<red>.png", "clip.mp4")
    assert [m.text for m in back.talk.conversation.messages] == [
        "What\nis it?",
        "A **red** <b>one</b>.",
    ]
    assert len(back.talk.thumbnails) == 2
    assert not any(path.exists() for path in back.talk.thumbnails)


def test_nothing_said_is_nothing_kept():
    assert keeping.keep(Talk(), References()) == ""


def test_a_file_carries_its_pictures_to_another_machine(talk, red):
    text, left = keeping.carry(talk)
    assert not left and str(red.parent) not in text
    content = red.read_bytes()
    for part in talk.conversation.messages[0].media:
        part.path.unlink()
    back = opened(text, References())
    first, second = back.talk.conversation.messages[0].media
    assert first.path.read_bytes() == content and first.max_tiles == 3
    assert isinstance(second, Video) and second.frames == 4 and not back.gone
    assert back.talk.thumbnails[second.path].caption.startswith("clip.mp4")


def test_what_a_file_cannot_carry_is_named(talk, red, monkeypatch):
    monkeypatch.setattr(keeping, "LARGEST_CARRIED", 10)
    text, left = keeping.carry(talk)
    assert left == ("<red>.png", "clip.mp4")
    assert opened(text, References()).gone == left


def test_a_forged_reference_opens_no_file(talk, red):
    references = References()
    kept = keeping.keep(talk, references)
    seal = json.loads(kept)["files"]["1"]["reference"].partition(":")[0]
    for forged in ("/etc/passwd", f"{seal}:/etc/passwd", f":{red}", str(red), None, 7, [str(red)]):
        back = opened(changed(kept, "1", reference=forged), references)
        assert "<red>.png" in back.gone
        path = back.talk.conversation.messages[0].media[0].path
        assert path != red and not path.exists()


@pytest.mark.parametrize(
    "data",
    ["", "!!!", "aGVsbG8=", 7, base64.b64encode((EXAMPLES / "clip.mp4").read_bytes()).decode()],
)
def test_data_that_is_no_picture_is_gone(talk, data):
    back = opened(changed(keeping.carry(talk)[0], "1", data=data), References())
    assert back.gone == ("<red>.png",)


def test_files_larger_than_an_upload_are_not_brought_in(talk):
    assert opened(keeping.carry(talk)[0], References(), largest=100).gone


def test_a_thumbnail_is_drawn_anew_or_left_out(talk):
    references = References()
    kept = keeping.keep(talk, references)
    large = io.BytesIO()
    PIL.Image.new("RGB", (5000, 5000)).save(large, "png")
    page = "data:image/svg;base64," + base64.b64encode(b"<svg onload=alert(1)>").decode()
    for bad in (page, keeping.data_url(large.getvalue(), "image/png"), "javascript:alert(1)", 7):
        back = opened(changed(kept, "1", thumbnail=bad), references)
        assert len(back.talk.thumbnails) == 1


@pytest.mark.parametrize("text", ["", "no json", "[" * 100_000, "null", "7", "{}", '{"files": 1}'])
def test_what_is_no_conversation_is_refused_with_a_sentence(text):
    with pytest.raises(DocumentError, match=r"\.$"):
        opened(text, References())


def test_without_any_files_there_is_still_a_conversation(talk):
    for files in (None, [], {"1": None}, {"1": 7}):
        kept = json.loads(keeping.keep(talk, References())) | {"files": files}
        assert len(opened(json.dumps(kept), References()).gone) == 2


def house(*, busy: bool = False) -> Keeping:
    jobs = Jobs(limit=2)
    if busy:
        jobs.put("alice", Job(user("?"), base=Talk(), before=Talk()))
    settings = read_settings([], {})
    return Keeping(jobs, settings, engine=FakeEngine(), keep_track=lambda path: None)


def test_a_file_takes_the_place_of_nothing_that_is_kept(talk, tmp_path):
    kept = json.loads(keeping.keep(replace(talk, kept_as="mine"), References()))
    assert kept["id"] == "mine"
    (tmp_path / "talk.json").write_text(json.dumps(kept))
    *_, brought = house().bring(str(tmp_path / "talk.json"), ALICE)
    assert brought.kept_as not in ("", "mine")
    assert house().open(json.dumps(kept), ALICE)[2].kept_as == "mine"


def test_nothing_is_opened_over_an_answer_that_is_being_written(talk):
    with pytest.warns(UserWarning, match=strings.BUSY):
        chat, _, opened_talk = house(busy=True).open(keeping.keep(talk, References()), ALICE)
    assert not isinstance(opened_talk, Talk) and not isinstance(chat, list)


def test_a_file_that_is_no_text_is_refused_with_a_sentence(red):
    with pytest.warns(UserWarning, match=strings.NOT_A_CONVERSATION):
        *_, brought = house().bring(str(red), ALICE)
    assert not isinstance(brought, Talk)


@pytest.mark.parametrize("kind", strings.SAVE_KINDS)
def test_each_kind_is_saved_under_a_name_that_tells(talk, kind):
    file, _ = house().save(kind, talk, ALICE)
    assert file["name"] == f"What-is-it.{kind}"
    assert Path(file["address"].partition("=")[2]).is_file()
    assert strings.NOTHING_TO_SAVE in house().save(kind, Talk(), ALICE)[1]


def test_a_saved_page_has_its_pictures_inside_and_asks_nobody(talk):
    spy = assistant("Look: ![x](http://example.com/spy.png) [y](javascript:alert(1))")
    more = replace(talk.conversation, messages=(*talk.conversation.messages, user("And?"), spy))
    page = export.as_html(replace(talk, conversation=more), model="<Fake>", now=NOW)
    assert page.count('src="data:image/webp;base64,') == 2
    assert "default-src 'none'; img-src data:" in page
    assert "<strong>red</strong>" in page and "&lt;b&gt;one" in page and "<b>" not in page
    assert "&lt;Fake&gt;" in page and "<Fake>" not in page and "<red>" not in page
    assert 'href="javascript' not in page and "Be brief." in page


NOTE = Note("Other<8B>", "length", Usage(300, 256, 1, 11, 0.5, 1.5, 20), seed=7)


def noted(talk: Talk, text: str = "A cat.") -> Talk:
    """``talk`` with another answer, of which it is known how it came about."""
    messages = (talk.conversation.messages[0], assistant(text, NOTE))
    return replace(talk, conversation=replace(talk.conversation, messages=messages))


def test_a_saved_page_has_the_numbers_and_the_model_of_each_answer(talk):
    page = export.as_html(noted(talk), model="Fake", now=NOW)
    assert "<h2>Other&lt;8B&gt;</h2>" in page and "With Other&lt;8B&gt;, saved" in page
    for name, value in (("Visual tokens", 256), ("Text tokens", 44), ("Reused tokens", 20)):
        assert f"<dt>{name}</dt><dd>{value}</dd>" in page
    assert "<dt>Seed</dt><dd>7</dd>" in page and "<dd>0.50 s</dd>" in page
    assert "10.0 tokens/s" in page and "cut off" in page and "Fake" not in page
    words = export.as_markdown(noted(talk), model="Fake", now=NOW)
    assert "## Other<8B>\n\nA cat.\n\n11 tokens · 10.0 tokens/s" in words
    assert "Visual tokens: 256" in words and "Model: Other<8B> · Seed: 7" in words
    assert json.loads(keeping.carry(noted(talk))[0])["messages"][1]["note"]["model"] == "Other<8B>"


def test_a_saved_page_folds_thoughts(talk):
    page = export.as_html(noted(talk, "<think>Hm.</think>\nA **cat**."), model="Fake", now=NOW)
    assert "<details><summary>Thoughts</summary><p>Hm.</p>\n</details><p>A <strong>" in page


def test_a_saved_page_without_its_files_has_the_small_pictures(talk):
    for part in talk.conversation.messages[0].media:
        part.path.unlink()
    page = export.as_html(talk, model="Fake", now=NOW)
    assert page.count('src="data:image/webp;base64,') == 2


def test_exports_say_which_turns_the_model_did_not_get(talk):
    left = replace(talk, conversation=replace(talk.conversation, left_out=1))
    for made, expected in ((talk, 0), (left, 1)):
        page = export.as_html(made, model="Fake", now=NOW)
        words = export.as_markdown(made, model="Fake", now=NOW)
        assert page.count(strings.LEFT_OUT) == words.count(strings.LEFT_OUT) == expected


def test_exports_call_the_pictures_as_the_prompt_does(talk, red):
    several = user(Image(red, "a.png"), Image(red, "b.png"), "What is in Image-2?")
    for asked, there in ((user(Image(red, "a.png"), "What?"), False), (several, True)):
        made = replace(talk, conversation=Conversation((asked,)), thumbnails={})
        page = export.as_html(made, model="Fake", now=NOW)
        words = export.as_markdown(made, model="Fake", now=NOW)
        for saved in (page, words):
            assert "a.png" in saved and ("Image-2: b.png" in saved) is there
            assert ("Image-1: a.png" in saved) is there


def test_markdown_has_the_words(talk):
    words = export.as_markdown(talk, model="Fake", now=NOW)
    assert "> What\n> is it?" in words and "- clip.mp4" in words and "A **red**" in words
    assert "2026-11-23" in words
    assert MarkdownIt().render(words)


def test_a_saved_page_has_the_boxes_that_an_answer_points_at(talk, red):
    answer = assistant("A <ref>red thing</ref><box>[[100, 100, 900, 900]]</box> indeed.")
    more = replace(talk.conversation, messages=(talk.conversation.messages[0], answer))
    page = export.as_html(replace(talk, conversation=more), model="Fake", now=NOW)
    assert "<p>A red thing indeed.</p>" in page and "box" not in page.partition("</header>")[2]
    drawn = page.rpartition('<img src="data:image/webp;base64,')[2].partition('"')[0]
    with PIL.Image.open(io.BytesIO(base64.b64decode(drawn))) as picture:
        assert picture.size == (64, 48)
        colours = picture.convert("RGB").getcolors(64 * 48)
    assert len(colours) > 10  # A plain red picture would have a few.
