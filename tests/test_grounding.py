"""Boxes in what a model writes, whatever it writes."""

import time

import PIL.Image
import pytest
from hypothesis import given
from hypothesis import strategies as st

from internvl_ui.conversation import Image, Video, assistant, user
from internvl_ui.grounding import (
    COLOURS,
    Box,
    Region,
    colours,
    draw,
    images_of,
    numbered_images,
    parse,
)

CAT, DOG, OWL = (Image(f"/files/{name}.png", f"{name}.png") for name in ("cat", "dog", "owl"))


def found(answer: str, **options: bool) -> list[tuple[str, list[tuple[float, ...]]]]:
    """Labels and boxes of an answer."""
    return [
        (region.label, [(b.left, b.top, b.right, b.bottom) for b in region.boxes])
        for region in parse(answer, **options)
    ]


def without_boxes(answer: str, **options: bool) -> str:
    """What is left of an answer when names stand alone."""
    for region in reversed(parse(answer, **options)):
        for start, end in reversed(region.box_spans):
            answer = answer[:start] + answer[end:]
        start, end = region.label_span
        answer = f"{answer[:start]}{{{region.label}}}{answer[end:]}"
    return answer


def test_a_box_as_the_model_card_has_it():
    answer = "<ref>red circle</ref><box>[[12, 30, 400, 500]]</box>"
    assert found(answer) == [("red circle", [(12, 30, 400, 500)])]
    assert without_boxes(f"The {answer}.") == "The {red circle}."


def test_several_boxes_of_one_name_and_several_names():
    answer = (
        "<ref>cat</ref><box>[[1, 2, 3, 4], [5,6,7,8]]</box> and "
        "<ref>dog</ref><box>[[10, 20, 30, 40]]</box>, <box>[[50, 60, 70, 80]]</box>"
    )
    assert found(answer) == [
        ("cat", [(1, 2, 3, 4), (5, 6, 7, 8)]),
        ("dog", [(10, 20, 30, 40), (50, 60, 70, 80)]),
    ]


@pytest.mark.parametrize(
    ("answer", "label", "box"),
    [
        ("red circle[[12, 30, 400, 500]]", "red circle", (12, 30, 400, 500)),
        ("Here: the cat [[ 12 ,30, 400 , 500 ]].", "the cat", (12, 30, 400, 500)),
        ("- a dog[[1.5, 2, 3.25, 4.]]", "a dog", (1.5, 2, 3.25, 4)),
        ("[[12, 30, 400, 500]]", "", (12, 30, 400, 500)),
        ("红色的圆[[12, 30, 400, 500]]", "红色的圆", (12, 30, 400, 500)),
        ("<ref>cat<box>[[1, 2, 3, 4]]</box>", "cat", (1, 2, 3, 4)),
        ("<ref>cat</ref> is at <box>[1, 2, 3, 4]</box>", "cat", (1, 2, 3, 4)),
        ("The cat <box>1, 2, 3, 4</box>", "The cat", (1, 2, 3, 4)),
        ("cat<box>(1,2),(3,4)</box>", "cat", (1, 2, 3, 4)),
        ("<ref>cat</ref><box>[[1, 2, 3, 4</box>", "cat", (1, 2, 3, 4)),
        ("<ref>cat</ref><box>[[1, 2, 3, 4]]", "cat", (1, 2, 3, 4)),
        ("<ref>cat</ref><box>[[1, 2, 3, 4", "cat", (1, 2, 3, 4)),
    ],
)
def test_tags_stripped_or_not_closed(answer, label, box):
    assert found(answer) == [(label, [box])]


@pytest.mark.parametrize(
    ("numbers", "box"),
    [
        ("400, 500, 12, 30", (12, 30, 400, 500)),
        ("-50, 30, 400, 1200", (0, 30, 400, 1000)),
        (f"0, 0, 5, {'9' * 400}", (0, 0, 5, 1000)),
    ],
)
def test_swapped_corners_are_put_right_and_what_is_off_the_edge_is_cut(numbers, box):
    assert found(f"<ref>a</ref><box>[[{numbers}]]</box>") == [("a", [box])]


@pytest.mark.parametrize(
    "numbers", ["1, 2, 3", "1, 2, 3, 4, 5", "7", "5, 5, 5, 9", "2000, 0, 3000, 9"]
)
def test_what_is_no_box_is_kept_as_written(numbers):
    (region,) = parse(f"<ref>a</ref><box>[[{numbers}], [1, 2, 3, 4]]</box>")
    assert region.odd == (f"[{numbers}]",) and len(region.boxes) == 1


@pytest.mark.parametrize(
    "answer",
    [
        "A = [[1, 2], [3, 4]]",
        "x=[[1, 2, 3, 4]]",
        "the matrix [[1, 2, 3], [4, 5, 6]]",
        "frame[[1]] of the list",
        "`cat[[1, 2, 3, 4]]` and\n```\n<box>[[1, 2, 3, 4]]</box>\n```",
        "The tag <box> is new to me.",
        "",
    ],
)
def test_other_brackets_are_left_alone(answer):
    assert parse(answer) == []


def test_a_name_without_a_box_is_a_name():
    assert parse("<ref>the cat</ref> sleeps") == [Region("the cat", (0, 18))]


def test_an_answer_that_is_being_written_shows_what_is_whole():
    answer = "<ref>cat</ref><box>[[1, 2, 3, 4], [5, 6, 70"
    assert found(answer, finished=False) == [("cat", [(1, 2, 3, 4)])]
    assert parse(answer, finished=False)[0].odd == ()
    assert without_boxes(answer, finished=False) == "{cat}"
    assert parse(answer)[0].odd == ("5, 6, 70",)
    assert without_boxes("the cat[[1, 2", finished=False) == "{the cat}"


NAMES = st.text(st.characters(categories=["L", "Nd"]), min_size=1, max_size=12)
NUMBERS = st.one_of(
    st.integers(-500, 1500), st.floats(-10, 1010, allow_nan=False).map(lambda x: round(x, 2))
)
LISTS = st.lists(st.lists(NUMBERS, min_size=0, max_size=6), min_size=1, max_size=4)
PIECES = st.one_of(
    st.sampled_from(["<ref>", "</ref>", "<box>", "</box>", "[[", "]]", "[", "]", ", ", "Image-2 "]),
    st.sampled_from([" ", "\n", "`", "```", "[[1, 2, 3, 4]]", "cat", "-", "=", "<"]),
    st.text(max_size=5),
    NUMBERS.map(str),
)
ANSWERS = st.lists(PIECES, max_size=30).map("".join)


@given(ANSWERS, st.booleans())
def test_nothing_a_model_writes_is_too_odd(answer, finished):
    regions = parse(answer, finished=finished)
    spans = [span for region in regions for span in (region.label_span, *region.box_spans)]
    assert all(0 <= start <= end <= len(answer) for start, end in spans)
    assert all(end <= start for (_, end), (start, _) in zip(spans, spans[1:], strict=False))
    for box in (box for region in regions for box in region.boxes):
        assert 0 <= box.left < box.right <= 1000 and 0 <= box.top < box.bottom <= 1000


@given(st.lists(st.tuples(NAMES, LISTS), min_size=1, max_size=3), st.data())
def test_a_box_once_there_stays_while_the_answer_grows(wanted, data):
    answer = " ".join(f"<ref>{name}</ref><box>{lists}</box>" for name, lists in wanted)
    cut = data.draw(st.integers(0, len(answer)))
    early = [box for region in parse(answer[:cut], finished=False) for box in region.boxes]
    late = [box for region in parse(answer) for box in region.boxes]
    assert late[: len(early)] == early


@given(st.lists(st.tuples(NAMES, LISTS), min_size=1, max_size=4), st.booleans())
def test_every_list_is_either_a_box_or_odd(wanted, spaced):
    joint = ", " if spaced else ","
    answer = " and ".join(
        f"<ref>{name}</ref><box>[{joint.join(f'[{joint.join(map(str, n))}]' for n in lists)}]</box>"
        for name, lists in wanted
    )
    regions = parse(answer)
    assert [region.label for region in regions] == [name for name, _ in wanted]
    for region, (_, lists) in zip(regions, wanted, strict=True):
        assert len(region.boxes) + len(region.odd) == sum(bool(numbers) for numbers in lists)
        assert len(region.boxes) <= sum(len(numbers) == 4 for numbers in lists)


@given(
    st.tuples(NUMBERS, NUMBERS, NUMBERS, NUMBERS), st.integers(1, 20_000), st.integers(1, 20_000)
)
def test_pixels_lie_inside_the_whole_picture_in_proportion(numbers, width, height):
    for region in parse(f"<box>[[{', '.join(map(str, numbers))}]]</box>"):
        for box in region.boxes:
            left, top, right, bottom = box.pixels(width, height)
            assert 0 <= left < right <= width * (1 + 1e-9)
            assert 0 <= top < bottom <= height * (1 + 1e-9)
            assert left / width == pytest.approx(box.left / 1000)


def test_a_long_answer_costs_little():
    boxes = "<ref>cat</ref><box>[[1, 2, 3, 4], [5, 6, 7, 8]]</box> and some words. " * 100
    wild = "[[" * 10_000 + "x"
    for answer in (boxes, wild):
        start = time.process_time()
        parse(answer)
        assert time.process_time() - start < 0.5


TALK = (
    user(CAT, DOG, "Compare them"),
    assistant("They differ."),
    user(Video("/files/clip.mp4", "clip.mp4"), OWL, "And this?"),
)


def test_images_are_counted_through_the_conversation():
    assert [(k, image.name) for k, image in numbered_images(TALK)] == [
        (1, "cat.png"),
        (2, "dog.png"),
        (3, "owl.png"),
    ]
    combined = (user(CAT, DOG, "Both", combined=True), assistant("Yes."), user(OWL, "And?"))
    assert [k for k, _ in numbered_images(combined)] == [1, 1, 2]


def test_a_box_belongs_to_the_image_named_before_it_or_to_the_last():
    answer = "<ref>a</ref><box>[[1, 2, 3, 4]]</box> Image-1: <ref>b</ref><box>[[1, 2, 3, 4]]</box>"
    assert images_of(parse(answer), TALK) == [OWL, CAT]
    asked = (*TALK[:2], user("Where is it in Image-2?"))
    assert images_of(parse(answer), asked) == [DOG, CAT]
    unknown = "Image-9 <ref>a</ref><box>[[1, 2, 3, 4]]</box>"
    assert images_of(parse(unknown), TALK) == [OWL]
    assert images_of(parse(unknown), (user("Where?"),)) == [None]


def test_one_label_has_one_colour():
    regions = [Region(label, (0, 0)) for label in ("cat", "dog", "Cat", "", "")]
    first, second, again, *others = colours(regions)
    assert first == again != second
    assert len({first, second, *others}) == 4
    assert len(colours([Region(str(n), (0, 0)) for n in range(50)])) == 50


@pytest.mark.parametrize("colour", COLOURS)
def test_white_is_readable_on_each_colour(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    red, green, blue = (c / 12.92 if c <= 0.04 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    luminance = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    assert 1.05 / (luminance + 0.05) >= 4.5


@pytest.mark.parametrize("size", [(1, 1), (3, 700), (800, 600)])
def test_boxes_are_drawn_on_a_copy(size):
    picture = PIL.Image.new("RGB", size, "white")
    marks = [
        ("cat", COLOURS[0], Box(0, 0, 1000, 1000)),
        ("圆", COLOURS[1], Box(250, 250, 750, 750)),
    ]
    drawn = draw(picture, marks)
    assert drawn.size == size and picture.getextrema() == ((255, 255),) * 3


def test_a_box_is_drawn_where_it_points():
    drawn = draw(
        PIL.Image.new("RGB", (800, 600), "white"), [("cat", "#ff0000", Box(250, 500, 750, 900))]
    )
    assert drawn.getpixel((200, 400)) == drawn.getpixel((599, 539)) == (255, 0, 0)
    assert drawn.getpixel((190, 400)) == drawn.getpixel((400, 450)) == (255, 255, 255)
