"""What the model sees and what it costs, before anything is sent: handlers with real files."""

import asyncio
import re
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import gradio as gr
import numpy as np
import PIL.Image
import pytest

from internvl_ui.conversation import Conversation, Image, Video, append, assistant, user
from internvl_ui.media.tiling import Grid
from internvl_ui.media.video import probe_video
from internvl_ui.media.visuals import Outline, outline
from internvl_ui.ui import convert, preview, strings
from internvl_ui.ui.convert import MediaOptions
from internvl_ui.ui.jobs import Job, Jobs
from internvl_ui.ui.meter import Offers
from internvl_ui.ui.preview import Film
from internvl_ui.ui.preview_api import describer
from internvl_ui.ui.preview_handlers import Came, Preview
from internvl_ui.ui.talk import Attachment, Talk
from tests.conftest import MEDIA
from tests.fakes import FakeEngine
from tests.test_handlers import is_skip

CLIP = Attachment(Path(__file__).parents[1] / "assets" / "examples" / "clip.mp4", "clip.mp4")
PHOTO = Attachment(MEDIA / "photo.jpg", "photo.jpg")
TALL = Attachment(MEDIA / "tall.png", "tall.png")
CHOICES = (12, 8, strings.NUMBERED)
ALICE = SimpleNamespace(session_hash="alice")


class Looker:
    """Somebody with files in their panels."""

    def __init__(self, **engine: Any) -> None:
        self.engine, self.jobs, self.made = FakeEngine(**engine), Jobs(8), []
        self.do = Preview(self.engine, self.jobs, keep_track=self.made.append)

    def look(
        self,
        image: Attachment | None = None,
        gallery: tuple[Attachment, ...] = (),
        video: Attachment | None = None,
        talk: Talk | None = None,
        choices: tuple[Any, ...] = CHOICES,
    ) -> list[tuple[Any, Any, Any]]:
        async def steps() -> list[tuple[Any, Any, Any]]:
            looking = self.do.look(image, list(gallery), video, talk or Talk(), {}, *choices)
            return [step async for step in looking]

        return asyncio.run(steps())

    def measure(
        self,
        text: str = "",
        image: Attachment | None = None,
        video: Attachment | None = None,
        talk: Talk | None = None,
        answer: int = 1024,
        choices: tuple[Any, ...] = CHOICES,
    ) -> tuple[Any, ...]:
        async def last() -> tuple[Any, ...]:
            steps = self.do.measure(text, image, [], video, talk or Talk(), "", answer, *choices)
            return [step async for step in steps][-1]

        return asyncio.run(last())


def left_out(talk: Talk) -> Talk:
    return replace(talk, conversation=replace(talk.conversation, left_out=1))


def counted(drawn: str, name: str) -> list[int]:
    return [int(number) for number in re.findall(rf'data-{name}="(\d+)"', drawn)]


def visible(button: Any) -> bool:
    return bool(button["visible"])


def test_a_picture_is_drawn_with_its_grid_and_numbered_tiles():
    looker = Looker()
    ((drawn, area, copies),) = looker.look(PHOTO)
    assert counted(drawn, "tiles") == [13]
    assert re.findall(r"<i [^>]*><span>(\d+)</span></i>", drawn) == [str(n) for n in range(1, 14)]
    assert '<svg viewBox="0 0 4 3"' in drawn and "M1 0V3" in drawn and "M0 2H4" in drawn
    assert "1024 × 768 · 4 × 3 tiles and the whole, 3,328 tokens" in drawn
    assert area["label"] == strings.PREVIEW_SUM.format(tiles=13, tokens=3328)
    (small,) = looker.made
    assert str(small) in copies[PHOTO.path].url and small.is_file()


def test_a_slider_redraws_without_another_copy():
    looker = Looker()
    copies = looker.look(PHOTO)[0][2]

    async def again() -> str:
        looking = looker.do.look(PHOTO, [], None, Talk(), copies, 1, 8, strings.NUMBERED)
        return [step async for step in looking][-1][0]

    drawn = asyncio.run(again())
    assert counted(drawn, "tiles") == [1] and "one tile, 256 tokens" in drawn
    assert len(looker.made) == 1


def test_several_pictures_are_called_as_the_prompt_calls_them():
    looker = Looker()
    before = Talk(Conversation((user(Image(TALL.path, "tall.png"), "What?"), assistant("That."))))
    assert "<b>" not in looker.look(PHOTO)[0][0]
    numbers = re.findall(r"<b>Image-(\d)</b>", looker.look(PHOTO, (TALL, TALL))[0][0])
    assert numbers == ["1", "2", "3"]
    assert "<b>Image-2</b>" in looker.look(PHOTO, talk=before)[0][0]
    combined = looker.look(None, (PHOTO, TALL), choices=(12, 8, strings.COMBINED))[0][0]
    assert "<b>" not in combined


def test_a_file_that_cannot_be_read_is_left_to_those_who_name_it(tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_text("I am no picture")
    ((drawn, _, _),) = Looker().look(Attachment(bad, "bad.png"), (TALL,))
    assert len(counted(drawn, "tiles")) == 1 and "bad.png" not in drawn


def test_a_name_is_never_html():
    ((drawn, _, _),) = Looker().look(Attachment(PHOTO.path, '<img src=x onerror="1">'))
    assert "<img src=x" not in drawn and "&lt;img src=x" in drawn


def test_without_files_there_is_nothing():
    ((drawn, area, _),) = Looker().look()
    assert drawn == "" and area["label"] == strings.PREVIEW


def test_while_the_model_is_loaded_the_page_says_so():
    looker = Looker(loaded=False)

    async def steps() -> list[str]:
        drawn = []
        async for step in looker.do.look(PHOTO, [], None, Talk(), {}, *CHOICES):
            drawn.append(step[0])
            looker.engine.loaded = True
        return drawn

    first, last = asyncio.run(steps())
    assert strings.PREVIEW_LOADING in first and counted(last, "tiles") == [13]


def test_a_video_is_drawn_as_frames_on_a_line():
    ((drawn, _, _),) = Looker().look(video=CLIP)
    seen = outline(Video(CLIP.path, CLIP.name), tile_size=448)
    assert counted(drawn, "frames") == [8]
    assert "<span>Frame8</span>" in drawn
    for _, seconds in seen.frames:
        assert f"<time>{preview.clock(seconds)}</time>" in drawn
        assert f'<i style="left:{100 * seconds / seen.duration:.2f}%"></i>' in drawn


def test_the_moments_of_a_video_are_the_visitors_choice():
    choices = (12, 5, strings.NUMBERED, strings.EVENLY, 1.0, 1.0, 3.0, 4)
    ((drawn, _, _),) = Looker().look(video=CLIP, choices=choices)
    part = Video(CLIP.path, CLIP.name, 5, 1.0, 3.0, 4)
    seen = outline(part, tile_size=448)
    assert counted(drawn, "frames") == [5] and counted(drawn, "tiles") == [5 * seen.grid.tiles]
    assert "<svg" in drawn


def test_moments_outside_of_the_video_are_a_sentence():
    choices = (12, 5, strings.NUMBERED, strings.EVENLY, 1.0, 3.0, 1.0, 1)
    ((drawn, _, _),) = Looker().look(video=CLIP, choices=choices)
    assert "Choose other times" in drawn


@pytest.mark.parametrize(("every", "frames"), [(0.5, 8), (1.0, 4), (30.0, 1), (0.01, 64)])
def test_every_so_often_is_a_number_of_frames(every, frames):
    options = MediaOptions(every=every, start=0.0, end=4.0)
    assert convert.for_length(options, 4.0) == MediaOptions(frames=frames)


def test_that_more_frames_are_not_taken_is_said():
    choices = (12, 5, strings.NUMBERED, strings.EVERY, 0.01, 0.0, 4.0, 1)
    ((drawn, _, _),) = Looker().look(video=CLIP, choices=choices)
    assert strings.MOST_FRAMES_TAKEN.format(frames=64) in drawn


def test_the_frames_shown_are_those_that_are_fed():
    looker = Looker()
    drawn = looker.look(video=CLIP)[0][0]
    style = asyncio.run(looker.do.frames(None, [], CLIP, *CHOICES))
    (key,) = re.findall(r'data-film="(\w+)"', drawn)
    assert f'[data-film="{key}"]' in style and "--count:8" in style
    strip = np.asarray(PIL.Image.open(looker.made[-1]).convert("RGB")).astype(int)
    middles = [part[:, :, 2].min(0).argmin() for part in np.array_split(strip, 8, axis=1)]
    assert middles == sorted(middles), "the circle moves to the right from frame to frame"


def test_other_frames_have_another_key():
    looker = Looker()
    keys = set()
    for frames in (4, 8):
        drawn = looker.look(video=CLIP, choices=(12, frames, strings.NUMBERED))[0][0]
        keys |= set(re.findall(r'data-film="(\w+)"', drawn))
    assert len(keys) == 2


def test_another_video_is_looked_at_as_a_whole():
    do = Looker().do
    came, frames, way, start, end, tiles = do.video_came(CLIP, Came(), 5)
    assert (came, frames, way, tiles) == (Came(CLIP.path, True), 5, strings.EVENLY, 1)
    assert start["value"] == 0 and end["value"] == end["maximum"]
    assert end["value"] == pytest.approx(probe_video(CLIP.path).duration, abs=0.1)


def test_a_video_that_comes_back_is_looked_at_as_before():
    do = Looker().do
    gone, *controls = do.video_came(None, Came(CLIP.path, True), 5)
    assert gone == Came(CLIP.path, False) and all(map(is_skip, controls))
    back, *controls = do.video_came(CLIP, gone, 5)
    assert back == Came(CLIP.path, True) and all(map(is_skip, controls))


def test_the_meter_counts_all_that_will_be_sent():
    talk = Talk(Conversation((user(Image(TALL.path, "tall.png"), "one two"), assistant("three"))))
    shown, offers, *buttons = Looker().measure("four five", PHOTO, talk=talk)
    tall = outline(Image(TALL.path, "tall.png"), tile_size=448).grid.tiles
    assert "3,328 visual" in shown and "2 text" in shown and "1,024 answer" in shown
    assert f"{256 * tall + 3:,} earlier turns" in shown
    assert offers == Offers() and not any(map(visible, buttons))


def test_the_meter_is_not_there_before_anything_is():
    shown, offers, *buttons = Looker().measure("  ")
    assert shown == "" and offers == Offers() and not any(map(visible, buttons))


def test_each_way_out_that_is_offered_fits():
    looker = Looker(context_length=3000)
    talk = Talk(Conversation((user(Image(TALL.path, "tall.png"), "one"), assistant("two"))))
    shown, offers, *buttons = looker.measure("three", PHOTO, talk=talk)
    assert 'data-fits="false"' in shown and "3,000" in shown
    assert offers.tiles and offers.turn and offers.frames is None and offers.answer is None
    assert [visible(button) for button in buttons] == [True, False, False, True, False]
    max_tiles, _ = looker.do.fewer_tiles(offers, 12, 1)
    shown, *_ = looker.measure(
        "three", PHOTO, talk=left_out(talk), choices=(max_tiles, *CHOICES[1:])
    )
    assert 'data-fits="true"' in shown


def test_fewer_frames_are_offered_and_taken():
    looker = Looker(context_length=2000)
    _, offers, *_ = looker.measure("What?", video=CLIP, answer=100)
    assert offers.frames == 7
    assert looker.do.fewer_frames(offers) == (7, strings.EVENLY)


def test_a_turn_left_out_stays_on_the_page_and_can_come_back():
    looker = Looker()
    talk = Talk(Conversation((user("one"), assistant("two"), user("three"), assistant("four"))))
    chat, shorter = looker.do.leave_out(talk, ALICE)
    assert [strings.LEFT_OUT in entry["content"][0]["text"] for entry in chat] == [
        True,
        False,
        False,
        False,
    ]
    asked = append(shorter.conversation, user("five")).asked
    assert [message.text for message in asked] == ["three", "four", "five"]
    shown, _, *buttons = looker.measure("five", talk=shorter)
    assert "2 earlier turns" in shown and visible(buttons[-1])
    chat, whole = looker.do.bring_back(shorter, ALICE)
    assert whole == talk and strings.LEFT_OUT not in str(chat)


def test_no_turn_is_left_out_while_an_answer_is_written():
    looker = Looker()
    talk = Talk(Conversation((user("one"), assistant("two"))))
    looker.jobs.put("alice", Job(user("three"), base=talk, before=talk))
    assert all(map(is_skip, looker.do.leave_out(talk, ALICE)))


def test_a_program_learns_the_tiles_of_a_picture():
    described = asyncio.run(describer(FakeEngine())(PHOTO, 12, 8, 0))
    assert (described["kind"], described["name"]) == ("image", "photo.jpg")
    assert (described["columns"], described["rows"], described["tile_count"]) == (4, 3, 13)
    assert described["visual_tokens"] == 13 * 256 and described["tile_size"] == 448
    assert described["tiles"][5]["box"] == [256, 256, 512, 512]
    assert described["tiles"][12] == {"box": [0, 0, 1024, 768], "thumbnail": True}
    assert "frames" not in described


def test_a_program_learns_the_frames_of_a_video():
    described = asyncio.run(describer(FakeEngine())(CLIP, 12, 4, 1, 3, 1))
    seen = outline(Video(CLIP.path, CLIP.name, 4, 1.0, 3.0), tile_size=448)
    assert described["frames"] == [
        {"index": index, "seconds": seconds, "visual_tokens": 256} for index, seconds in seen.frames
    ]
    assert described["visual_tokens"] == 4 * 256 and described["duration"] == seen.duration


@pytest.mark.parametrize("file", [None, Attachment(Path("/nowhere"), "gone.png")])
def test_a_program_without_a_file_is_told(file):
    with pytest.raises(gr.Error):
        asyncio.run(describer(FakeEngine())(file, 12, 8, 0))


def test_a_film_of_one_frame():
    seen = Outline("video", "a.mp4", (64, 48), Grid(1, 1, False), ((0, 0.0),), 0.04)
    drawn = preview.video_html(seen, Film("x", (0.0,)), key="k", tokens_per_tile=256)
    assert "1 frame" in drawn and "--count:1" in drawn


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0:00.0"), (0.26, "0:00.3"), (59.97, "1:00.0"), (754.31, "12:34.3")]
)
def test_times_of_a_video(seconds, said):
    assert preview.clock(seconds) == said
