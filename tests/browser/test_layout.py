"""Where things lie, whatever room there is: nothing over another, nothing cut off."""

import itertools

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import EXAMPLES, Visitor

HEADER = (
    "#brand .mark",
    "#brand .model",
    "#pages a:first-child",
    "#pages a:last-child",
    "#languages select",
    "#clear",
)


def boxes(visitor: Visitor, selectors: tuple[str, ...]) -> dict[str, dict[str, float]]:
    found = {selector: visitor.page.locator(selector).bounding_box() for selector in selectors}
    return {selector: box for selector, box in found.items() if box and box["width"]}


def overlap(one: dict[str, float], other: dict[str, float]) -> bool:
    across = min(b["x"] + b["width"] for b in (one, other)) - max(one["x"], other["x"])
    down = min(b["y"] + b["height"] for b in (one, other)) - max(one["y"], other["y"])
    return across > 1 and down > 1


@pytest.mark.parametrize(
    ("width", "bars"),
    [(1440, 2), (1280, 2), (1024, 1), (820, 1), (820, 0), (640, 0), (390, 0), (320, 0)],
)
def test_nothing_in_the_header_covers_anything(visit, width, bars):
    visitor = visit(viewport={"width": width, "height": 900})
    for bar in ("#settings", "#conversations")[:bars]:
        visitor.page.click(f"{bar} .toggle-button")
        expect(visitor.page.locator(f"{bar}.open .sidebar-content")).to_be_visible()
    visitor.wait_until("document.getAnimations().every(a => a.playState !== 'running')")
    placed = boxes(visitor, HEADER)
    assert len(placed) >= 4
    for one, other in itertools.combinations(placed, 2):
        assert not overlap(placed[one], placed[other]), f"{one} and {other}"
    header = visitor.page.locator("#header").bounding_box()
    assert header and header["height"] < 140


@pytest.mark.parametrize(
    ("width", "beside"), [(1440, True), (1101, True), (1100, False), (820, False)]
)
def test_side_bars_lie_over_a_conversation_that_has_no_room_beside_them(visit, width, beside):
    visitor = visit(viewport={"width": width, "height": 900})
    before = visitor.page.locator("#asking").bounding_box()
    visitor.page.click("#conversations .toggle-button")
    expect(visitor.page.locator("#conversations.open .sidebar-content")).to_be_visible()
    visitor.wait_until("document.getAnimations().every(a => a.playState !== 'running')")
    after = visitor.page.locator("#asking").bounding_box()
    assert before and after and (after["x"] > before["x"]) is beside
    assert after["width"] >= 380


@pytest.mark.parametrize("height", [900, 590, 570, 420])
def test_a_low_window_shows_where_to_ask(visit, height):
    page = visit(viewport={"width": 1280, "height": height}).page
    page.locator("#status").scroll_into_view_if_needed()
    for selector in ("#send", "#status"):
        box = page.locator(selector).bounding_box()
        assert box and box["y"] >= 0 and box["y"] + box["height"] <= height


def test_closed_side_bars_are_out_of_the_keyboards_way(visit):
    page = visit().page
    page.locator("#send").focus()
    for _ in range(12):
        page.keyboard.press("Tab")
        assert not page.evaluate("!!document.activeElement.closest('.sidebar-content')")


def test_a_new_conversation_is_offered_once_something_was_said(visit):
    visitor = visit()
    expect(visitor.page.locator("#clear")).to_be_hidden()
    visitor.ask("Hello?")
    visitor.wait_for("done")
    visitor.page.click("#clear")
    expect(visitor.page.locator("#clear")).to_be_hidden()


def test_what_is_asked_from_makes_room_for_the_answers(visit):
    visitor = visit()
    panel = visitor.page.locator("#image")
    before = panel.bounding_box()
    visitor.ask("Hello?")
    visitor.wait_for("done")
    after = panel.bounding_box()
    assert before and after and after["height"] < before["height"] - 40
    expect(panel.get_by_text("Drop a picture here")).to_be_visible()
    visitor.attach("image", EXAMPLES / "shapes.png")
    with_picture = panel.bounding_box()
    assert with_picture and with_picture["height"] == before["height"]


def test_tags_in_a_question_are_for_the_model_alone(visit):
    visitor = visit()
    question = "Where is <ref>the star</ref>? <box>[[10, 20, 30, 40]]</box>"
    visitor.ask(question)
    visitor.wait_for("done")
    said = visitor.page.locator("#chat pre.said")
    expect(said).to_have_text(question, use_inner_text=False)
    assert said.inner_text().startswith("Where is the star? ")
    box = said.locator(".tag.box")
    assert box.evaluate("box => getComputedStyle(box).fontSize") == "0px"
    visitor.page.locator("#conversations .toggle-button").click()
    expect(visitor.page.locator("#kept-list .kept-open")).to_have_text("Where is the star?")
