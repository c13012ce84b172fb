"""The empty page's showcases, each one click."""

import re

import pytest
from playwright.sync_api import expect

from internvl_ui.ui import strings
from internvl_ui.ui.examples import load_examples
from tests.browser.conftest import PATIENCE, PHONE

SHOWCASES = {example.name: example for example in load_examples()}
CHAT = [name for name, example in SHOWCASES.items() if example.page == "chat"]


@pytest.mark.parametrize("name", CHAT)
def test_a_click_asks_with_its_files(visit, engine, name):
    visitor = visit()
    visitor.page.click(f"[data-showcase={name}]")
    visitor.wait_for("done")
    message = engine.requests[0].conversation.messages[0]
    assert message.text == SHOWCASES[name].question
    files = [file.name for file in SHOWCASES[name].files]
    assert [part.name for part in message.media] == files
    expect(visitor.questions.locator("figure")).to_have_count(len(files))
    expect(visitor.page.locator("#welcome")).to_be_hidden()


def test_every_card_has_its_picture_and_no_mark_without_reason(visit):
    page = visit().page
    cards = page.locator(".showcases li")
    expect(cards).to_have_count(len(SHOWCASES))
    for card in cards.all():
        drawn = "image => image.decode().then(() => image.naturalWidth > 0)"
        assert card.locator("img").evaluate(drawn)
    assert page.get_by_text(strings.NEEDS_LARGER).count() == 0


def test_the_video_of_a_showcase_plays(visit):
    visitor = visit()
    visitor.page.click("[data-showcase=video]")
    visitor.wait_for("done")
    ready = "document.querySelector('#chat video')?.readyState >= 1"
    visitor.page.wait_for_function(ready)


def test_what_this_model_has_answered_before_is_there_at_once(visit, engine):
    engine.name = "internvl-nano"
    kept = {name for name in CHAT if SHOWCASES[name].kept_of(engine.name)}
    assert {"describe", "pair"} <= kept
    visitor = visit()
    visitor.page.click("[data-showcase=pair]")
    visitor.wait_for("done")
    expect(visitor.status).to_contain_text(strings.KEPT_ANSWER.format(model=engine.name))
    expect(visitor.answers).to_contain_text(["Image-2"])
    expect(visitor.page.locator("#chat details.numbers")).to_contain_text(engine.name)
    assert not engine.requests
    visitor.page.get_by_label("Retry").last.click()
    expect(visitor.answers).to_have_text([engine.text], timeout=PATIENCE)
    marked = visitor.page.locator(".showcases .beyond")
    expect(marked).to_have_count(sum(SHOWCASES[name].is_beyond(engine.name) for name in CHAT))


def test_with_other_settings_the_model_is_asked(visit, engine):
    engine.name = "internvl-nano"
    visitor = visit()
    visitor.page.click("#settings .toggle-button")
    visitor.page.fill("#system textarea", "Be brief.")
    visitor.page.press("#system textarea", "Tab")
    visitor.page.click("[data-showcase=pair]")
    expect(visitor.answers).to_have_text([engine.text], timeout=PATIENCE)
    assert engine.requests[0].conversation.system == "Be brief."


def test_the_batch_opens_filled_in_and_runs_once(visit, engine):
    visitor = visit()
    page = visitor.page
    page.click("a[href$='showcase=batch']")
    page.wait_for_selector("#batch")
    visitor.wait_for("done")
    rows = page.locator("#batch-sheet tr[data-state=done]")
    expect(rows).to_have_count(6, timeout=PATIENCE)
    expect(page.locator("#batch-questions textarea")).to_have_value(SHOWCASES["batch"].question)
    expect(page).to_have_url(re.compile(r"/batch$"))
    page.reload()
    visitor.wait_for("done")
    page.goto(f"{page.url}?showcase=batch")
    expect(page.locator("#batch-files tr.file")).to_have_count(6, timeout=PATIENCE)
    expect(page.locator("#batch-questions textarea")).to_have_value(SHOWCASES["batch"].question)
    assert len(engine.requests) == 6  # The batch of before is still there.


def test_the_comparison_opens_filled_in_and_runs(visit, engine):
    visitor = visit()
    page = visitor.page
    page.click("a[href$='showcase=tiles']")
    page.wait_for_selector("#compare")
    visitor.wait_for("done")
    asked = [request.conversation.messages[0] for request in engine.requests]
    assert [message.media[0].max_tiles for message in asked] == [12, 1]
    assert {message.text for message in asked} == {SHOWCASES["tiles"].question}
    expect(page.locator(".answer .head p")).to_have_text(["tiles: 12", "tiles: 1"])


def test_on_a_phone_everything_can_be_reached(visit):
    page = visit(viewport=PHONE).page
    last = page.locator(".showcases li").last
    last.scroll_into_view_if_needed()
    box, composer = last.bounding_box(), page.locator("#composer").bounding_box()
    assert box and composer and box["y"] + box["height"] <= composer["y"] + 1
    assert page.evaluate("document.scrollingElement.scrollWidth") <= PHONE["width"]
