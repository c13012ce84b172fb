"""Three panels, one question, an answer that grows."""

import re

import pytest
from playwright.sync_api import expect

from internvl_ui.conversation import Image, Text, Video
from internvl_ui.media.images import image_size
from tests.browser.conftest import EXAMPLES, PATIENCE, PHONE

PANELS = {
    "image": ["shapes.png"],
    "images": ["pair-1.png", "pair-2.png"],
    "video": ["clip.mp4"],
}


@pytest.mark.parametrize("panel", PANELS)
def test_each_panel_uploads_and_is_asked_about(visit, engine, panel):
    visitor = visit()
    visitor.attach(panel, *(EXAMPLES / name for name in PANELS[panel]))
    visitor.ask("What is this?")
    visitor.wait_for("done")
    *media, words = engine.requests[0].conversation.messages[0].parts
    assert words == Text("What is this?")
    assert [part.name for part in media] == PANELS[panel]
    assert {type(part) for part in media} == {Video if panel == "video" else Image}
    for part, name in zip(media, PANELS[panel], strict=True):
        assert part.path.read_bytes() == (EXAMPLES / name).read_bytes()
    shown = visitor.questions.locator("img")
    expect(shown).to_have_count(len(media))
    for index in range(len(media)):
        assert shown.nth(index).evaluate("image => image.complete && image.naturalWidth > 0")
    expect(visitor.answers).to_have_text(["This is an answer."])
    expect(visitor.box).to_have_value("")
    expect(visitor.page.locator("#image img, #gallery img, #video video")).to_have_count(0)


def test_a_picture_of_a_question_can_be_seen_as_large_as_the_window_lets_it(visit):
    visitor = visit()
    visitor.attach("image", EXAMPLES / "shapes.png")
    visitor.ask("What is this?")
    visitor.wait_for("done")
    small = visitor.questions.locator("img").bounding_box()
    visitor.questions.locator("button.enlarge").click()
    large = visitor.page.get_by_role("dialog", name="shapes.png").locator("img")
    width, height = image_size(EXAMPLES / "shapes.png")
    visitor.wait_until("async () => document.querySelector('dialog.enlarged img').complete")
    assert large.evaluate("image => [image.naturalWidth, image.naturalHeight]") == [width, height]
    assert large.bounding_box()["width"] > 2 * small["width"]
    visitor.page.keyboard.press("Escape")
    expect(large).to_have_count(0)
    visitor.questions.locator("button.enlarge").press("Enter")
    large.click()
    expect(large).to_have_count(0)


def test_the_answer_arrives_in_more_than_one_step(visit, engine):
    engine.text, engine.pace = "one two three four five six seven eight", 0.15
    visitor = visit()
    visitor.watch_the_answer()
    visitor.ask("Count")
    visitor.wait_for("done")
    expect(visitor.answers).to_have_text([engine.text])
    assert len(visitor.steps) > 2
    assert all(engine.text.startswith(step) for step in visitor.steps)


def test_the_status_tells_the_speed_at_the_end(visit):
    visitor = visit()
    visitor.ask("Hello?")
    visitor.wait_for("done")
    assert re.search(r"4 tokens at [\d.]+ a second", visitor.status.inner_text())


def test_images_are_numbered_and_one_can_be_taken_out(visit, engine):
    visitor = visit()
    visitor.attach("images", *(EXAMPLES / n for n in ("pair-1.png", "pair-2.png", "shapes.png")))
    visitor.page.locator("#gallery .delete-button").nth(1).click()
    expect(visitor.page.locator("#gallery img")).to_have_count(2, timeout=PATIENCE)
    visitor.ask("Compare")
    visitor.wait_for("done")
    names = [part.name for part in engine.requests[0].conversation.messages[0].media]
    assert names == ["pair-1.png", "shapes.png"]
    expect(visitor.questions.locator("figcaption")).to_have_text(["Image-1", "Image-2"])


def test_a_question_is_shown_as_typed_and_an_answer_as_markdown(visit, engine):
    typed = "<image> **bold** $$x^2$$ <img src=x onerror=alert(1)>\n\n# one\n    two `three`\n\n- 4"
    engine.text = "A **bold** <box> word, 3 < 4"
    visitor = visit()
    visitor.ask(typed)
    visitor.wait_for("done")
    assert visitor.questions.locator("pre").evaluate("element => element.textContent") == typed
    assert visitor.questions.locator("pre *").count() == 0
    expect(visitor.answers.locator("strong")).to_have_text("bold")
    expect(visitor.answers).to_have_text(["A bold <box> word, 3 < 4"])
    assert engine.requests[0].conversation.messages[0].text == typed


def test_a_picture_elsewhere_in_an_answer_is_not_fetched(visit, engine):
    engine.text = "Look: ![here](http://example.com/spy.png)"
    blocked = []
    visitor = visit()
    visitor.page.on("console", lambda message: blocked.append(message.text))
    visitor.ask("Hello?")
    visitor.wait_for("done")
    visitor.page.wait_for_timeout(500)
    assert any("Content Security Policy" in text for text in blocked)
    visitor.hosts.discard("example.com")  # Playwright tells of the attempt that was blocked.


def test_the_settings_reach_the_engine(visit, engine):
    visitor = visit()
    page = visitor.page
    page.click("#settings .toggle-button")
    page.fill("#system textarea", "Be brief.")
    page.locator("#max-new-tokens input[type=number]").fill("77")
    page.locator("#frames input[type=number]").fill("3")
    page.locator("#do-sample input").check()
    page.locator("#max-new-tokens input[type=number]").press("Tab")
    visitor.attach("video", EXAMPLES / "clip.mp4")
    visitor.ask("Hello?")
    visitor.wait_for("done")
    request = engine.requests[0]
    assert request.conversation.system == "Be brief."
    assert request.options.max_new_tokens == 77 and request.options.do_sample
    assert request.options.seed is None
    assert request.conversation.messages[0].media[0].frames == 3


def test_a_picture_from_the_camera_can_be_asked_about(visit, engine):
    visitor = visit()
    visitor.page.get_by_label("Capture from camera").click()
    visitor.page.get_by_text("Click to Access Webcam").click()
    visitor.page.wait_for_function("document.querySelector('#image video')?.currentTime > 0.2")
    visitor.page.get_by_label("capture photo").click()
    expect(visitor.page.locator("#image img")).to_be_visible(timeout=PATIENCE)
    visitor.wait_for("idle")
    visitor.ask("What do you see?")
    visitor.wait_for("done")
    (picture,) = engine.requests[0].conversation.messages[0].media
    assert min(image_size(picture.path)) >= 200


def test_retry_and_undo(visit, engine):
    visitor = visit()
    visitor.ask("First")
    visitor.wait_for("done")
    engine.text = "Another answer."
    visitor.page.get_by_label("Retry").last.click()
    expect(visitor.answers).to_have_text(["Another answer."], timeout=PATIENCE)
    visitor.wait_for("done")
    visitor.page.get_by_label("Undo").last.click()
    expect(visitor.box).to_have_value("First", timeout=PATIENCE)
    expect(visitor.answers).to_have_count(0)
    visitor.wait_for("idle")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_off_on_a_phone(visit, engine, scheme):
    engine.text = "A long wordwordwordwordwordwordwordwordwordwordwordwordword.\n\n" + (
        "| a | b | c | d | e | f |\n|---|---|---|---|---|---|\n" + "| wide cell " * 6 + "|\n"
    )
    visitor = visit(viewport=PHONE, scheme=scheme)

    def overflow() -> int:
        return visitor.page.evaluate(
            "document.scrollingElement.scrollWidth - document.documentElement.clientWidth"
        )

    assert overflow() == 0
    files = [EXAMPLES / name for name in ("pair-1.png", "pair-2.png", "shapes.png")]
    visitor.attach("images", *files, *files)
    assert overflow() == 0
    visitor.ask("What is different? " + "x" * 80)
    visitor.wait_for("done")
    assert overflow() == 0
    for element in ("#send", "#question textarea", "#clear", "#status .words", "#header .model"):
        place = visitor.page.locator(element).bounding_box()
        assert place and place["x"] >= 0 and place["x"] + place["width"] <= PHONE["width"]
        assert place["y"] >= 0 and place["y"] + place["height"] <= PHONE["height"]
