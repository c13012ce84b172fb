"""What becomes of a question: the handlers with real files and an engine that obeys."""

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import PIL.Image
import pytest

from internvl_ui.conversation import Conversation, Image, Note, Usage, assistant, user
from internvl_ui.media import video
from internvl_ui.media.track import scan
from internvl_ui.media.visuals import load_visual
from internvl_ui.ui import convert, strings
from internvl_ui.ui.examples import load_examples
from internvl_ui.ui.handlers import Handlers
from internvl_ui.ui.jobs import Job, Jobs
from internvl_ui.ui.talk import Attachment, Talk
from internvl_ui.ui.uploads import Uploads
from tests.fakes import LONG, FakeEngine

EXAMPLES = Path(__file__).parents[1] / "assets" / "examples"
ALICE = SimpleNamespace(session_hash="alice")
BOB = SimpleNamespace(session_hash="bob")
MEDIA = (12, 8, strings.NUMBERED)
OPTIONS = ("", 100, False, 0.7, 0.9, 50, 1.0, None)
EMPTY_BOX = ("", None, [], None)


@pytest.fixture
def red(tmp_path: Path) -> Attachment:
    path = tmp_path / "upload-1.png"
    PIL.Image.new("RGB", (64, 48), "red").save(path)
    return Attachment(path, "red.png")


class House:
    def __init__(self, engine: FakeEngine, limit: int = 8) -> None:
        self.engine, self.jobs, self.made = engine, Jobs(limit), []
        self.do = Handlers(engine, self.jobs, examples=load_examples(), keep_track=self.made.append)

    def send(self, text: str, image: Any = None, talk: Any = None, who: Any = ALICE) -> Any:
        return self.do.send(text, image, [], None, *MEDIA, talk or Talk(), who)

    def answer(self, who: Any = ALICE) -> list[tuple[Any, ...]]:
        async def collect() -> list[tuple[Any, ...]]:
            return [step async for step in self.do.answer(*OPTIONS, who)]

        return asyncio.run(collect())


def state(status: str) -> str:
    return status.split('data-state="')[1].split('"')[0]


def is_skip(value: Any) -> bool:
    return isinstance(value, dict) and value.get("__type__") == "update" and len(value) == 1


def texts(chat: list[dict[str, Any]]) -> list[str]:
    return [entry["content"][0]["text"] for entry in chat]


def test_a_question_is_answered_piece_by_piece(red):
    house = House(FakeEngine("one two three", pace=0))
    assert house.send("What is it?", red)[:4] == EMPTY_BOX
    steps = house.answer()
    answers = [texts(chat)[1] for chat, _, _ in steps if len(chat) == 2]
    assert answers == ["one ", "one two ", "one two three", "one two three"]
    assert [state(status) for _, status, _ in steps] == [
        "reading",
        "prefill",
        "writing",
        "writing",
        "writing",
        "done",
    ]
    talk = steps[-1][2]
    question = user(Image(red.path, "red.png", max_tiles=12), "What is it?")
    assert talk.conversation.messages == (question, assistant("one two three"))
    assert house.engine.requests[0].conversation.messages == (question,)
    assert house.engine.requests[0].options.max_new_tokens == 100


def test_a_picture_is_shown_by_a_small_copy_that_is_deleted_with_the_rest(red):
    house = House(FakeEngine(pace=0))
    house.send("What is it?", red)
    (small,) = house.made
    with PIL.Image.open(small) as picture:
        assert picture.size == (64, 48)
    assert str(small) in texts(house.answer()[0][0])[0]


def test_a_video_is_looked_through_once_from_its_arrival_to_the_model(tmp_path, monkeypatch):
    scans = []

    def scanned(*track: Any, decode_first: bool) -> Any:
        scans.append(decode_first)
        return scan(*track, decode_first=decode_first)

    monkeypatch.setattr(video, "scan", scanned)
    clip = Attachment(tmp_path / "clip.mp4", "clip.mp4")
    shutil.copy(EXAMPLES / "clip.mp4", clip.path)
    house = House(FakeEngine(pace=0))
    Uploads(house.engine, house.jobs, keep_track=house.made.append).check_video(clip, ALICE)
    house.do.send("What happens?", None, [], clip, *MEDIA, Talk(), ALICE)
    house.answer()
    (part,) = house.engine.requests[0].conversation.messages[0].media
    load_visual(part, tile_size=448)
    assert scans.count(True) == 1


@pytest.mark.parametrize("text", ["", "  \n "])
def test_without_words_nothing_is_asked(text, red):
    house = House(FakeEngine())
    *box, status = house.send(text, red)
    assert all(map(is_skip, box))
    assert state(status) == "error" and strings.NO_QUESTION in status
    assert all(map(is_skip, house.answer()[0])) and not house.engine.requests


def test_a_file_that_is_gone_is_named_and_the_question_stays(red):
    house = House(FakeEngine())
    red.path.unlink()
    *box, status = house.send("What is it?", red)
    assert all(map(is_skip, box))
    assert state(status) == "error" and "red.png" in status and str(red.path) not in status


def test_a_failed_question_returns_to_the_box_with_its_files(red):
    house = House(FakeEngine("one two three", pace=0, fail_after=2))
    before = Talk(Conversation((user("Hi"), assistant("Hello"))))
    house.send("What is it?", red, before)
    chat, status, talk = house.answer()[-1]
    assert texts(chat)[1:] == ["Hello"] and talk == before
    assert state(status) == "error" and "fewer tiles" in status
    assert house.do.settle(*EMPTY_BOX, ALICE) == ("What is it?", red, [], None)
    assert all(map(is_skip, house.do.settle(*EMPTY_BOX, ALICE)))
    house.engine.fail_after = None
    house.send("Again")
    assert state(house.answer()[-1][1]) == "done"


def test_an_answer_without_words_is_an_error():
    house = House(FakeEngine("", pace=0))
    house.send("Hello?")
    _, status, talk = house.answer()[-1]
    assert state(status) == "error" and talk == Talk()
    assert house.do.settle(*EMPTY_BOX, ALICE)[0] == "Hello?"


def test_stop_keeps_what_was_written():
    house = House(FakeEngine(LONG, pace=0.001))

    async def stop_early() -> list[tuple[Any, ...]]:
        house.send("Tell me everything")
        steps = []
        async for step in house.do.answer(*OPTIONS, ALICE):
            steps.append(step)
            if state(step[1]) == "writing":
                house.do.stop(ALICE)
        return steps

    _, status, talk = asyncio.run(stop_early())[-1]
    assert state(status) == "stopped"
    assert talk.conversation.messages[1] == assistant("The ")
    assert house.engine.ends == ["stopped"]


def test_stop_before_the_first_word_gives_the_question_back():
    house = House(FakeEngine(LONG, pace=0))
    house.send("Tell me everything")
    house.do.stop(ALICE)
    _, status, talk = house.answer()[-1]
    assert state(status) == "stopped" and talk == Talk()
    assert house.do.settle(*EMPTY_BOX, ALICE)[0] == "Tell me everything"


def test_a_cleared_conversation_stays_empty():
    house = House(FakeEngine(LONG, pace=0.001))

    async def clear_early() -> list[tuple[Any, ...]]:
        house.send("Tell me everything")
        cleared = []
        async for step in house.do.answer(*OPTIONS, ALICE):
            if cleared:
                cleared.append(step)
            elif state(step[1]) == "writing":
                cleared.append(house.do.start_over(ALICE))
        return cleared

    said = asyncio.run(clear_early())
    assert len(said) == 2
    for chat, status, talk in said:
        assert (chat, state(status), talk) == ([], "idle", Talk())
    assert all(map(is_skip, house.do.settle(*EMPTY_BOX, ALICE)))
    assert house.engine.ends == ["stopped"]


def test_a_question_after_clearing_is_not_wiped_out_by_the_old_answer():
    house = House(FakeEngine(LONG, pace=0.001))

    async def clear_and_ask() -> list[tuple[Any, ...]]:
        house.send("Tell me everything")
        after = []
        async for step in house.do.answer(*OPTIONS, ALICE):
            after.append(step)
            if not is_skip(step[1]) and state(step[1]) == "writing":
                house.do.start_over(ALICE)
                house.send("Something else")
                after.clear()
        return after

    (last,) = asyncio.run(clear_and_ask())
    assert all(map(is_skip, last))
    assert house.jobs.busy("alice")


def test_one_question_at_a_time_for_each_visitor():
    house = House(FakeEngine(pace=0))
    house.send("First")
    with pytest.warns(UserWarning, match=strings.BUSY):  # On the page it floats above.
        assert all(map(is_skip, house.send("Second")))
    assert house.send("Other", who=BOB)[0] == ""
    house.answer(BOB)
    house.answer()
    asked = [request.conversation.messages[0].text for request in house.engine.requests]
    assert asked == ["Other", "First"]


def test_too_many_waiting_questions_are_refused_with_a_sentence():
    house = House(FakeEngine(pace=0), limit=1)
    house.send("First")
    *box, status = house.send("Second", who=BOB)
    assert all(map(is_skip, box)) and strings.FULL in status


def test_retry_asks_the_last_question_again_and_keeps_the_answer_if_it_fails():
    talk = Talk(Conversation((user("1"), assistant("one"), user("2"), assistant("two"))))
    house = House(FakeEngine("better", pace=0))
    house.do.retry(talk, ALICE)
    assert house.answer()[-1][2].conversation.messages[-1] == assistant("better")
    assert [m.text for m in house.engine.requests[0].conversation.messages] == ["1", "one", "2"]
    house.engine.fail_after = 0
    house.do.retry(talk, ALICE)
    assert house.answer()[-1][2] == talk
    assert all(map(is_skip, house.do.settle(*EMPTY_BOX, ALICE)))


NOTE = Note("Fake-1B", "length", Usage(20, 0, 0, 2, 0.1, 0.2))
CUT = Talk(Conversation((user("1"), assistant("one"), user("2"), assistant("tw\ufffd", NOTE))))


def test_an_answer_that_was_cut_off_goes_on_in_the_same_message():
    house = House(FakeEngine("o. Done.", pace=0))
    assert convert.to_chat(CUT)[-1]["options"]
    house.do.go_on(CUT, ALICE)
    steps = house.answer()
    asked = house.engine.requests[0].conversation.messages
    assert asked == (user("1"), assistant("one"), user("2"), assistant("tw"))
    assert texts(steps[0][0]) == texts(convert.to_chat(CUT))[:3] + ["tw"]
    talk = steps[-1][2]
    assert talk.conversation.messages[-1] == assistant("two. Done.")
    assert talk.conversation.messages[-1].note.usage.answer_tokens == 4
    assert not convert.to_chat(talk)[-1]["options"]
    assert is_skip(house.do.go_on(talk, ALICE))


def test_an_answer_that_cannot_go_on_stays_as_it_was():
    house = House(FakeEngine("o", pace=0, fail_after=0))
    house.do.go_on(CUT, ALICE)
    assert house.answer()[-1][2] == CUT
    house.do.go_on(CUT, ALICE)
    house.do.stop(ALICE)
    chat, status, talk = house.answer()[-1]
    assert talk == CUT and state(status) == "stopped"
    assert all(map(is_skip, house.do.settle(*EMPTY_BOX, ALICE)))


def edited(place: int, words: str) -> Any:
    return SimpleNamespace(index=place, value=words)


def test_an_earlier_question_is_asked_in_other_words(red):
    first = user(Image(red.path, "red.png"), "1")
    talk = Talk(Conversation((first, assistant("one"), user("2"), assistant("two"))))
    house = House(FakeEngine("Red.", pace=0))
    chat, status = house.do.edit(talk, edited(0, "Which colour has @1?"), ALICE)
    assert len(chat) == 1 and state(status) == "prefill"
    asked = user(Image(red.path, "red.png"), "Which colour has Image-1?")
    assert house.answer()[-1][2].conversation.messages == (asked, assistant("Red."))


def test_nothing_is_lost_if_an_edited_question_fails():
    talk = Talk(Conversation((user("1"), assistant("one"), user("2"), assistant("two"))))
    house = House(FakeEngine(pace=0, fail_after=0))
    house.do.edit(talk, edited(0, "One?"), ALICE)
    chat, _, after = house.answer()[-1]
    assert after == talk and len(chat) == 4
    assert house.do.settle("typed", None, [], None, ALICE)[0] == "One?\ntyped"


@pytest.mark.parametrize(("place", "words"), [(0, "  "), (1, "An answer"), (7, "Beyond")])
def test_an_edit_that_is_no_question_is_undone(place, words):
    talk = Talk(Conversation((user("1"), assistant("one"))))
    house = House(FakeEngine())
    chat, status = house.do.edit(talk, edited(place, words), ALICE)
    assert chat == convert.to_chat(talk) and state(status) == "error"
    assert not house.jobs.busy("alice")


@pytest.mark.parametrize(("thumb", "liked"), [(True, True), (False, False), ("", None)])
def test_a_thumb_stays_with_its_answer(thumb, liked):
    talk = House(FakeEngine()).do.like(CUT, SimpleNamespace(index=3, liked=thumb), ALICE)
    assert talk.conversation.messages[3].note.liked is liked
    shown = {True: "Like", False: "Dislike", None: None}[liked]
    assert convert.thumbs(talk) == [None, shown] and hash(talk) != hash(CUT) or liked is None
    assert is_skip(House(FakeEngine()).do.like(CUT, SimpleNamespace(index=9, liked=True), ALICE))


def test_an_answer_knows_how_it_came_about():
    house = House(FakeEngine("<think> Hm. </think> Two.", pace=0.01))
    house.send("How many?")
    *_, (before, status, _), (chat, _, talk) = house.answer()
    note = talk.conversation.messages[1].note
    assert (note.model, note.reason, note.liked) == ("Fake-1B", "end", None)
    assert note.usage.answer_tokens == 4 and 0 < note.thought < 10
    thoughts, words, numbers = (part["text"] for part in chat[1]["content"])
    assert "Hm." in thoughts and words == "Two." and "Fake-1B" in numbers
    assert len(before[1]["content"]) == 3


def test_undo_puts_the_last_question_into_the_box(red):
    talk = Talk(Conversation((user(Image(red.path, "red.png"), "What?"), assistant("Red."))))
    chat, status, shorter, *box = House(FakeEngine()).do.undo(talk, *EMPTY_BOX, ALICE)
    assert chat == [] and shorter == Talk() and strings.READY in status
    assert box == ["What?", red, [], None]


def test_a_showcase_is_asked_at_once():
    house = House(FakeEngine(pace=0))
    house.do.send_example("pair", Talk(), *MEDIA, "", ALICE, *OPTIONS[1:])
    house.answer()
    example = next(example for example in load_examples() if example.name == "pair")
    message = house.engine.requests[0].conversation.messages[0]
    assert message.text == example.question
    assert [part.path for part in message.media] == [file.path for file in example.files]


@pytest.mark.parametrize(("model", "warned"), [("Fake-1B", True), ("Other-2B", False)])
def test_a_showcase_beyond_the_model_says_so(capsys, model, warned):
    house = House(FakeEngine(pace=0))
    pair = next(example for example in load_examples() if example.name == "pair")
    note = Note(model, "end", Usage(20, 16, 1, 4, 0.1, 0.2))
    wrong = Conversation((user("?"), assistant("I see nothing.", note)))
    house.do = Handlers(
        house.engine,
        house.jobs,
        examples=[replace(pair, kept={"en": wrong})],
        keep_track=house.made.append,
    )
    house.do.send_example("pair", Talk(), *MEDIA, "", ALICE, *OPTIONS[1:])
    # Outside of a page, Gradio writes its messages to the console.
    assert (strings.BEYOND.format(model="Fake-1B") in capsys.readouterr().out) is warned


def test_a_closed_tab_stops_its_answer():
    house = House(FakeEngine())
    house.send("Hello?")
    house.do.leave(ALICE)
    assert all(map(is_skip, house.answer()[0])) and not house.engine.requests


def test_a_job_belongs_to_one_claim():
    jobs = Jobs(limit=2)
    job = Job(user("?"), base=Talk(), before=Talk())
    assert jobs.put("a", job) == "taken"
    assert jobs.claim("a") is job and jobs.claim("a") is None
    jobs.end("a", job, failed=True)
    assert not jobs.busy("a")
    assert jobs.give_back("a") == user("?") and jobs.give_back("a") is None


def test_bad_pictures_are_named_and_the_good_ones_stay(red, tmp_path):
    uploads = Uploads(FakeEngine(), Jobs(limit=2), keep_track=lambda path: None)
    broken = tmp_path / "upload-2.png"
    broken.write_bytes(red.path.read_bytes()[:-40])
    text = tmp_path / "upload-3.png"
    text.write_text("I am no picture")
    files = [Attachment(broken, "cut.png"), red, Attachment(text, "words.png")]
    gallery, status = uploads.check_gallery(files, ALICE)
    assert gallery == [red]
    assert state(status) == "error" and "cut.png" in status and "words.png" in status
    assert uploads.check_image(files[2], ALICE)[0] is None
    panel, status = uploads.check_image(red, ALICE)
    assert is_skip(panel) and state(status) == "idle"


def test_a_format_that_browsers_do_not_draw_is_shown_as_png(red, tmp_path):
    made: list[Path] = []
    uploads = Uploads(FakeEngine(), Jobs(limit=2), keep_track=made.append)
    tiff = tmp_path / "upload.tiff"
    with PIL.Image.open(red.path) as picture:
        picture.save(tiff)
    shown, _ = uploads.check_image(Attachment(tiff, "scan.tiff"), ALICE)
    assert shown == Attachment(made[0], "scan.tiff")
    with PIL.Image.open(made[0]) as picture:
        assert picture.format == "PNG" and picture.getpixel((0, 0)) == (255, 0, 0)


def test_a_picture_is_no_video(red):
    uploads = Uploads(FakeEngine(), Jobs(limit=2), keep_track=lambda path: None)
    renamed = Attachment(Path(shutil.copy(red.path, red.path.with_suffix(".mp4"))), "clip.mp4")
    panel, status = uploads.check_video(renamed, ALICE)
    assert panel is None and state(status) == "error" and "clip.mp4" in status


def test_what_arrives_is_made_ready_as_it_would_be_asked_about(red, tmp_path):
    engine = FakeEngine()
    uploads = Uploads(engine, Jobs(limit=2), keep_track=lambda path: None)
    clip = Attachment(EXAMPLES / "clip.mp4", "clip.mp4")
    uploads.check_image(red, ALICE)
    uploads.check_gallery([red, red], ALICE, 6, 4)
    uploads.check_video(clip, ALICE, 6, 4)
    options = convert.media_options(6, 4, strings.COMBINED)
    assert engine.prepared == [
        Image(red.path, red.name, max_tiles=12),
        *[Image(red.path, red.name, max_tiles=6)] * 2,
        *convert.to_message("", [(clip, "video")], options).media,
    ]
    text = tmp_path / "words.png"
    text.write_text("I am no picture")
    uploads.check_image(Attachment(text, "words.png"), ALICE)
    uploads.check_image(None, ALICE)
    assert len(engine.prepared) == 4


def test_a_program_is_told_what_is_wrong():
    house = House(FakeEngine())

    async def ask() -> None:
        async for _ in house.do.chat({"text": " ", "files": []}, Talk(), ALICE):
            pass

    with pytest.raises(gr.Error, match=strings.NO_QUESTION):
        asyncio.run(ask())
