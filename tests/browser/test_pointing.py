"""Where an answer points: boxes that light up with their names, moments, a region of one's own."""

import json
from pathlib import Path

import PIL.Image
import pytest
from playwright.sync_api import expect

from tests.browser.conftest import EXAMPLES, PATIENCE, PHONE, Visitor
from tests.clips import write_clip

CIRCLE = "<ref>red circle</ref><box>[[90, 80, 260, 390]]</box>"
STAR = "<ref>blue star</ref><box>[[700, 60, 900, 1390]]</box>"
ANSWER = f"I see a {CIRCLE} and a {STAR}, but no <ref>cat</ref><box>[[1, 2, 3]]</box>."
WORDS = "I see a red circle and a blue star, but no cat."


@pytest.fixture
def visitor(visit, engine) -> Visitor:
    """Somebody who has asked about a picture and got two boxes."""
    engine.text = ANSWER
    visitor = visit()
    visitor.attach("image", EXAMPLES / "shapes.png")
    visitor.ask("Where are the shapes?")
    visitor.wait_for("done")
    expect(visitor.page.locator("#chat .keep-boxes")).to_be_visible(timeout=PATIENCE)
    return visitor


def test_a_name_and_its_box_light_up_together(visitor):
    page = visitor.page
    expect(visitor.answers.first).to_have_text(WORDS)
    names, spots = page.locator("#chat .named"), page.locator("#chat .spot")
    expect(names).to_have_text(["red circle", "blue star"])
    expect(spots).to_have_count(2)
    star = page.locator('#chat .spot[name="1-1"]')
    names.nth(1).hover()
    expect(star).to_have_class("spot inside right lit")
    expect(page.locator("#chat .spot.lit")).to_have_count(1)
    page.locator('#chat .spot[name="1-0"]').focus()
    expect(names.nth(0)).to_have_class("named lit")
    expect(page.locator("#chat .odd")).to_contain_text("cat [1, 2, 3]")


def test_a_box_lies_where_it_points_and_not_beside_its_picture(visitor):
    picture = visitor.page.locator("#chat .pointing img").bounding_box()
    star = visitor.page.locator('#chat .spot[name="1-1"]').bounding_box()
    assert picture and star
    assert star["x"] - picture["x"] == pytest.approx(0.7 * picture["width"], abs=2)
    assert star["width"] == pytest.approx(0.2 * picture["width"], abs=3)
    bottom = picture["y"] + picture["height"]
    assert star["y"] + star["height"] == pytest.approx(bottom, abs=2)


def test_the_picture_and_the_boxes_are_saved(visitor, tmp_path: Path):
    saved = {}
    for button in ("keep-picture", "keep-boxes", "keep-picture"):
        with visitor.page.expect_download() as download:
            visitor.page.click(f"#chat .{button}")
        saved[download.value.suggested_filename] = tmp_path / button
        download.value.save_as(tmp_path / button)
    with PIL.Image.open(saved["shapes-boxes.png"]) as picture:
        assert picture.size == (960, 540)
    rows = json.loads(saved["boxes.json"].read_text())
    assert [row["label"] for row in rows] == ["red circle", "blue star", "cat"]


def test_what_is_copied_are_the_words(visitor):
    visitor.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visitor.page.locator("#chat .bot-row ~ .message-buttons [aria-label*=opy]").last.click()
    visitor.wait_until(
        "async (words) => (await navigator.clipboard.readText()).startsWith(words)", WORDS
    )
    assert "<" not in visitor.page.evaluate("navigator.clipboard.readText()")


def test_no_half_written_box_is_seen(visit, engine):
    engine.text, engine.pace = ANSWER, 0.05
    visitor = visit()
    visitor.watch_the_answer()
    visitor.attach("image", EXAMPLES / "shapes.png")
    visitor.ask("Where are the shapes?")
    visitor.wait_for("done")
    expect(visitor.answers.first).to_have_text(WORDS)
    assert len(visitor.steps) > 3
    assert not [step for step in visitor.steps if "<" in step or "[" in step]


def test_a_moment_takes_the_video_there(visit, engine):
    engine.text = "In Frame2 the circle is left, at 0:03 it is right."
    visitor = visit()
    visitor.attach("video", EXAMPLES / "clip.mp4")
    visitor.ask("What happens?")
    visitor.wait_for("done")
    moments = visitor.page.locator("#chat .moment")
    expect(moments).to_have_text(["Frame2", "0:03"])
    expect(visitor.page.locator("#chat figure.video video")).to_be_visible()
    for place, second in ((1, 3.0), (0, 0.7)):
        moments.nth(place).click()
        visitor.page.wait_for_function(
            "(second) => Math.abs(document.querySelector('#chat video').currentTime - second) < .1",
            arg=second,
        )


def test_a_video_that_the_browser_cannot_play_is_shown_as_a_strip(visit, tmp_path: Path):
    clip = write_clip(tmp_path / "old.mp4", codec="mpeg4")
    visitor = visit()
    visitor.attach("video", clip)
    visitor.ask("What happens?")
    visitor.wait_for("done")
    expect(visitor.questions.locator("figure.video img")).to_be_visible(timeout=PATIENCE)
    expect(visitor.questions.locator("figure.video video")).to_have_count(0)


def test_a_region_is_drawn_with_the_mouse(visit, engine):
    visitor = visit()
    page = visitor.page
    expect(page.locator("#draw-region")).to_be_hidden()
    visitor.attach("image", EXAMPLES / "shapes.png")
    visitor.box.fill("What is in")
    page.click("#draw-region")
    expect(page.locator("#region .add")).to_be_disabled()
    sheet = page.locator("#region .sheet").bounding_box()
    assert sheet
    for part, act in ((0.4, "down"), (0.2, "up")):
        page.mouse.move(sheet["x"] + part * sheet["width"], sheet["y"] + 0.5 * sheet["height"])
        if act == "up":
            page.mouse.move(sheet["x"] + part * sheet["width"], sheet["y"] + 0.7 * sheet["height"])
        getattr(page.mouse, act)()
    page.click("#region .add")
    words = "What is in <box>[[200, 500, 400, 700]]</box>"
    expect(visitor.box).to_have_value(words)
    image = page.locator("#image img").bounding_box()
    mark = page.locator("#composer .marked").bounding_box()
    assert image and mark
    assert mark["width"] < image["width"] / 2
    assert image["x"] < mark["x"] and image["y"] < mark["y"]
    page.click("#send")
    visitor.wait_for("done")
    assert engine.requests[0].conversation.messages[0].text == words
    expect(visitor.questions.locator(".spot")).to_have_count(1)
    expect(visitor.questions.locator("pre.said")).to_have_text(words)


def test_a_region_is_typed_on_a_phone_and_names_its_image(visit, engine):
    visitor = visit(viewport=PHONE)
    page = visitor.page
    visitor.attach("images", EXAMPLES / "pair-1.png", EXAMPLES / "pair-2.png")
    page.click("#draw-region")
    page.locator("#region .which button").nth(1).click()
    for field, number in zip(page.locator("#region input").all(), (900, 10, 5, 2000), strict=True):
        field.fill(str(number))
    page.keyboard.press("Enter")
    page.locator("#region .add").press("Enter")
    expect(visitor.box).to_have_value("Image-2 <box>[[5, 10, 900, 1000]]</box>")
    place = page.locator("#gallery .thumbnail-item").nth(1).locator(".marked")
    expect(place).to_have_count(1)
    visitor.box.fill("")
    expect(page.locator("#composer .marked")).to_have_count(0)
