"""Where an answer points, as the page shows it."""

import json
import time
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace

import gradio as gr
import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from internvl_ui.conversation import Conversation, Image, Video, assistant, user
from internvl_ui.grounding import parse
from internvl_ui.media.visuals import frame_times
from internvl_ui.ui import convert, moments, pointing, strings
from internvl_ui.ui.drawings import Drawings
from internvl_ui.ui.talk import Talk, Thumbnail

EXAMPLES = Path(__file__).parents[1] / "assets" / "examples"
SHAPES = Image(EXAMPLES / "shapes.png", "shapes.png")
FIRST = Image(EXAMPLES / "pair-1.png", "pair-1.png")
SECOND = Image(EXAMPLES / "pair-2.png", "pair-2.png")
CLIP = Video(EXAMPLES / "clip.mp4", "clip.mp4", frames=4)
TIMES = (0.5, 1.5, 2.5, 3.5)
CIRCLE = "<ref>red circle</ref><box>[[12, 30, 400, 500]]</box>"
STAR = "<ref>blue star</ref><box>[[500, 100, 700, 300], [1, 2, 3]]</box>"


def talk(*media: Image | Video, text: str = "Where?") -> Talk:
    thumbnails = {part.path: Thumbnail(f"t/{part.name}", size=(960, 540)) for part in media}
    return Talk(Conversation((user(*media, text),)), thumbnails, {CLIP: TIMES})


class Seen(HTMLParser):
    """The elements of a piece of HTML, and all its words."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def of(self, kind: str) -> list[dict[str, str | None]]:
        return [a for _, a in self.elements if kind in (a.get("class") or "").split()]


def test_a_name_in_the_text_and_its_box_share_a_name_and_a_colour():
    text, pictures = pointing.shown(f"I see a {CIRCLE} and a {STAR}.", talk(SHAPES), finished=True)
    assert Seen(text).words == "I see a red circle and a blue star."
    names, spots = Seen(text).of("named"), Seen(pictures).of("spot")
    assert {name["name"] for name in names} == {spot["name"] for spot in spots} == {"1-0", "1-1"}
    for name in names:
        (spot,) = (spot for spot in spots if spot["name"] == name["name"])
        assert name["style"] in spot["style"].split(";")
    circle = next(spot for spot in spots if spot["name"] == "1-0")
    assert circle["style"].startswith("left:1.2%;top:3%;width:38.8%;height:47%;")
    assert circle["title"] == "12, 30, 400, 500"


def test_what_cannot_be_drawn_is_listed():
    _, pictures = pointing.shown(STAR, talk(SHAPES), finished=True)
    assert f"{strings.NOT_DRAWABLE}blue star [1, 2, 3]" in Seen(pictures).words
    _, pictures = pointing.shown(CIRCLE, talk(CLIP), finished=True)
    assert "red circle [12, 30, 400, 500]" in Seen(pictures).words and "<img" not in pictures


def test_boxes_go_to_the_picture_that_they_are_in():
    _, pictures = pointing.shown(
        f"Image-1: {CIRCLE}; Image-2: {STAR}", talk(FIRST, SECOND), finished=True
    )
    figures = pictures.split("<figure>")[1:]
    assert [Seen(figure).of("spot")[0]["name"] for figure in figures] == ["1-0", "1-1"]
    assert "pair-1" in figures[0] and "pair-2" in figures[1]
    values = [button["value"] for button in Seen(pictures).of("keep-picture")]
    assert values == ["1/0", "1/1"]


def test_without_a_picture_an_answer_stays_as_it_is():
    answer = f"An {CIRCLE} at 0:01"
    assert pointing.shown(answer, talk(), finished=True) == (answer, "")


def test_there_is_nothing_to_keep_while_the_answer_is_written():
    text, pictures = pointing.shown(f"{CIRCLE} and a <ref>blue", talk(SHAPES), finished=False)
    assert Seen(text).words == "red circle and a blue"
    assert "<button" not in pictures and len(Seen(pictures).of("spot")) == 1


@given(st.text(st.characters(codec="utf-8"), max_size=40))
def test_no_label_becomes_html_or_markdown(label):
    label = label.replace("<", "").replace("\n", " ")
    answer = f"<ref>{label}<script>alert(1)</script></ref><box>[[1, 2, 3, 4]]</box>"
    text, pictures = pointing.shown(answer, talk(SHAPES), finished=True)
    assert "script" not in {tag for tag, _ in Seen(pictures).elements}
    assert "\n" not in pictures
    odd = f"<ref>*{label}* `a` $x$ ![](http://b/c)</ref><box>[[1, 2, 3, 4]]</box>"
    text, _ = pointing.shown(odd, talk(SHAPES), finished=True)
    assert not set("*`$![](") & set(text)


def test_a_question_shows_its_region_on_its_image():
    question = user(SHAPES, "What is in <box>[[100, 200, 300, 400]]</box>?")
    html = convert.question_html(question, talk(SHAPES).thumbnails)
    (spot,) = Seen(html).of("spot")
    assert spot["style"].startswith("left:10%;top:20%;width:20%;height:20%")
    assert "&lt;box&gt;[[100, 200, 300, 400]]" in html


def test_a_video_has_a_player_and_a_still_picture_for_browsers_that_cannot_play_it():
    html = convert.question_html(user(CLIP, "What?"), talk(CLIP).thumbnails)
    tags = [tag for tag, _ in Seen(html).elements]
    assert tags.count("video") == tags.count("img") == 1 and 'name="video-1"' in html
    avi = Video(Path("/files/clip.avi"), "clip.avi")
    html = convert.question_html(user(avi, "What?"), {avi.path: Thumbnail("t/clip.webp")})
    assert "<video" not in html and "<img" in html


@pytest.mark.parametrize(
    ("answer", "value"),
    [
        ("In Frame2 it stops.", "1.5"),
        ("in frame 4 it is gone", "3.5"),
        ("At 0:03 it turns.", "3"),
        ("At 00:00:02.5 it turns.", "2.5"),
        ("After 3.2 s it turns.", "3.2"),
        ("after 2 seconds", "2"),
        ("在2秒", "2"),
        ("在第2帧", "1.5"),
        ("第 2 個影格", "1.5"),
        ("At 0:04.", "4"),
    ],
)
def test_a_moment_in_an_answer_is_a_button(answer, value):
    text, _ = pointing.shown(answer, talk(CLIP), finished=True)
    (button,) = Seen(text).of("moment")
    assert button["value"] == f"video-1@{value}"
    assert Seen(text).words == answer


@pytest.mark.parametrize(
    "answer",
    [
        "Frame9 is not there",
        "Frame0",
        "at 12:30 pm",
        "at 3:15",
        "a 16:9 picture",
        "within 500 s",
        "`Frame2` and\n```\n0:01\n```",
        "[0:01](#0:01 s) <a title='0:01'>",
        "2 sheep",
        "the mainframe2",
    ],
)
def test_what_is_no_moment_of_the_video_is_no_button(answer):
    text, _ = pointing.shown(answer.replace("[0:01]", "[x]"), talk(CLIP), finished=True)
    assert not Seen(text).of("moment")


def test_a_moment_is_of_the_video_that_is_named_before_it_or_of_the_last():
    other = Video(EXAMPLES / "clip.mp4", "again.mp4", frames=2)
    asked = [user(CLIP, other, "Compare")]
    times = {CLIP: TIMES, other: (1.0, 3.0)}
    found = moments.buttons("Frame1; Video-1: Frame1; Video-7: Frame1", asked, times, [])
    values = [Seen(button).of("moment")[0]["value"] for _, button in found]
    assert values == ["video-2@1", "video-1@0.5", "video-2@1"]


def test_frames_are_at_the_times_that_the_model_sees():
    assert frame_times(CLIP) == pytest.approx((0.4583, 1.4583, 2.4583, 3.4167), abs=0.05)


def wish(value: str, answer: str, *media: Image) -> Path:
    made: list[Path] = []
    asked = talk(*media)
    conversation = Conversation((*asked.conversation.messages, assistant(answer)))
    drawings = Drawings(keep_track=made.append)
    gift = drawings.fetch(value, Talk(conversation, asked.thumbnails))
    assert isinstance(gift, str) and len(made) == 1
    assert gift == f"gradio_api/file={made[0]}"
    return made[0]


def test_the_picture_with_boxes_is_drawn_at_full_size():
    made = wish("1/0", CIRCLE.replace("12, 30", "0, 0"), SHAPES)
    assert made.name == "shapes-boxes.png"
    with PIL.Image.open(made) as drawn, PIL.Image.open(SHAPES.path) as original:
        assert drawn.size == original.size == (960, 540)
        assert drawn.getpixel((200, 268)) != original.convert("RGB").getpixel((200, 268))


def test_the_boxes_as_json():
    circle, star, odd = json.loads(wish("1", f"{CIRCLE} {STAR}", SHAPES).read_text())
    assert circle == {
        "label": "red circle",
        "image": "shapes.png",
        "width": 960,
        "height": 540,
        "box_1000": [12, 30, 400, 500],
        "box_pixels": [11.5, 16.2, 384, 270],
    }
    assert star["label"] == "blue star"
    assert odd == {"label": "blue star", "not_drawable": "[1, 2, 3]"}


@pytest.mark.parametrize("value", ["", "7", "x", "1/7", "1/x", "-1", "1/0/0"])
def test_a_wish_that_nobody_can_have_is_passed_over(value):
    talk_with_boxes = Talk(Conversation((user(SHAPES, "Where?"), assistant(CIRCLE))))
    made: list[Path] = []
    assert isinstance(Drawings(keep_track=made.append).fetch(value, talk_with_boxes), dict)
    assert not made


def test_a_picture_that_is_gone_is_named(monkeypatch):
    said: list[str] = []
    monkeypatch.setattr(gr, "Warning", said.append)
    gone = Image(Path("/files/gone.png"), "gone.png")
    Drawings(keep_track=SimpleNamespace).fetch(
        "1/0", Talk(Conversation((user(gone, "Where?"), assistant(CIRCLE))))
    )
    assert len(said) == 1 and "gone.png" in said[0] and "/files" not in said[0]


def test_an_update_of_a_long_answer_costs_little():
    answer = f"{CIRCLE} and at 0:02 some words and a {STAR}. " * 20
    asked = talk(SHAPES, CLIP)
    start = time.process_time()
    for _ in range(20):
        pointing.shown(answer, asked, finished=False)
    assert (time.process_time() - start) / 20 < 0.02
    assert len(parse(answer)) == 40
