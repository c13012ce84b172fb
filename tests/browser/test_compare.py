"""The same question, asked in several ways."""

import csv
import io
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from internvl_ui.ui import strings
from tests.browser.conftest import EXAMPLES, PATIENCE, PHONE, Visitor
from tests.fakes import FakeEngine


def open_compare(visitor: Visitor) -> Page:
    visitor.page.click(f"#pages >> text={strings.PAGE_COMPARE}")
    visitor.page.wait_for_selector("#compare")
    visitor.wait_for("idle")
    return visitor.page


def add_files(page: Page) -> list[Path]:
    files = [EXAMPLES / "shapes.png", EXAMPLES / "clip.mp4"]
    page.set_input_files("#compare-files input[type=file]", files)
    expect(page.locator("#compare-files tr.file")).to_have_count(2, timeout=PATIENCE)
    return files


def ask(page: Page, words: str) -> None:
    page.fill("#compare-question textarea", words)
    page.click("#compare-start")


def test_columns_fill_one_after_another_with_their_numbers(visit, engine):
    engine.text = lambda request: "A **long** answer." if request.conversation.system else "Short."
    visitor = visit()
    page = open_compare(visitor)
    files = add_files(page)
    ask(page, "What <b>is</b> this?")
    visitor.wait_for("done")
    answers = page.locator(".answer .bot .prose")
    expect(answers).to_have_text(["Short.", "A long answer."])
    expect(answers.first).to_be_in_viewport()
    expect(answers.locator("strong")).to_have_text("long")
    expect(page.locator(".answer .numbers").first).to_contain_text("tokens")
    expect(page.locator(".answer .head p")).to_have_text(["Default", "Thinking"])
    expect(page.locator(".asked pre")).to_have_text("What <b>is</b> this?")
    expect(page.locator(".asked img")).to_have_count(2)
    first, second = engine.requests
    assert [part.name for part in first.conversation.messages[0].media] == [f.name for f in files]
    assert first.conversation.messages == second.conversation.messages
    with page.expect_download() as download:
        page.click("#compare-results a")
    lines = list(csv.DictReader(io.StringIO(download.value.path().read_text("utf-8-sig"))))
    assert [line["Answer"] for line in lines] == ["Short.", "A **long** answer."]


def test_a_column_may_be_another_model(house, enter):
    one, other = FakeEngine("One."), FakeEngine("Two.", name="Fake-8B")
    visitor = enter(house(one, others=[other]))
    page = open_compare(visitor)
    chosen = page.locator(".ways .which-model input:visible")
    expect(chosen.first).to_have_value("Fake-1B")
    expect(chosen.last).to_have_value("Fake-8B")
    ask(page, "What?")
    visitor.wait_for("done")
    expect(page.locator(".answer .bot .prose")).to_have_text(["One.", "Two."])
    expect(page.locator(".answer .head p")).to_have_text(["Fake-1B", "Fake-8B"])


def test_answers_point_at_the_picture_and_into_the_video(visit, engine):
    engine.text = "A <ref>square</ref><box>[[100, 100, 500, 500]]</box>, and then 0:01."
    visitor = visit()
    page = open_compare(visitor)
    add_files(page)
    ask(page, "What?")
    visitor.wait_for("done")
    expect(page.locator(".answer .spot")).to_have_count(2, timeout=PATIENCE)
    page.locator(".answer .named").first.hover()
    expect(page.locator(".answer .spot.lit")).to_have_count(1)
    page.locator(".answer .moment").nth(1).click()
    page.wait_for_function("Math.abs(document.querySelector('.asked video').currentTime - 1) < .1")
    expect(page.locator(".answer .keep:visible")).to_have_count(0)


def test_blind_columns_are_named_by_the_vote(visit, engine):
    visitor = visit()
    page = open_compare(visitor)
    page.locator("#compare-blind input").check()
    ask(page, "What?")
    visitor.wait_for("done")
    heads = page.locator(".answer .head h3")
    expect(heads).to_have_text(["Answer 1", "Answer 2"])
    expect(page.locator("#compare-results table")).to_have_count(0)
    page.get_by_role("button", name=strings.COMPARE_VOTE).nth(1).click()
    expect(page.locator("#compare-results tbody tr")).to_have_count(2, timeout=PATIENCE)
    assert sorted(text[0] for text in heads.all_inner_texts()) == ["A", "B"]
    expect(heads.nth(1)).to_contain_text(strings.COMPARE_BEST)
    expect(page.get_by_role("button", name=strings.COMPARE_VOTE)).to_have_count(0)


def test_a_reload_keeps_the_results_the_settings_and_the_question(visit, engine):
    visitor = visit()
    page = open_compare(visitor)
    page.check("#compare-count label:has-text('3') input")
    add_files(page)
    ask(page, "What is this?")
    visitor.wait_for("done")
    results = page.locator("#compare-results tbody tr")
    expect(results).to_have_count(3)
    page.click(".vote >> nth=1")
    expect(page.locator("#compare-results")).to_contain_text(strings.COMPARE_BEST)
    visitor.wait_until(
        """async (vote) => {
            const kept = sessionStorage.getItem("internvl-ui-comparisons");
            return kept?.includes(`"vote": ${vote}`);
        }""",
        1,
    )
    page.reload()
    expect(results).to_have_count(3, timeout=PATIENCE)
    expect(page.locator(".answer .bot .prose")).to_have_text(["This is an answer."] * 3)
    expect(page.locator("#way-C")).to_be_visible()
    expect(page.locator("#compare-question textarea")).to_have_value("What is this?")
    expect(page.locator("#compare-files tr.file")).to_have_count(2, timeout=PATIENCE)
    page.click("#compare-start")
    expect(results).to_have_count(6, timeout=PATIENCE)


def test_a_reload_keeps_settings_that_were_not_asked_yet_and_a_vote_that_was_not_given(visit):
    visitor = visit()
    page = open_compare(visitor)
    page.locator("#compare-blind input").check()
    ask(page, "What?")
    visitor.wait_for("done")
    page.check("#compare-count label:has-text('3') input")
    tiles = page.locator("#way-C input[type=number]").first
    tiles.fill("5")
    tiles.press("Tab")
    visitor.wait_until(
        """async () => {
            const chosen = JSON.parse(sessionStorage.getItem("internvl-ui-compare-settings"));
            const kept = sessionStorage.getItem("internvl-ui-comparisons");
            return kept && chosen[0] === 3 && chosen[1] && chosen.includes(5);
        }"""
    )
    page.reload()
    expect(tiles).to_have_value("5", timeout=PATIENCE)
    expect(page.locator("#way-D")).to_be_hidden()
    expect(page.locator("#compare-blind input")).to_be_checked()
    expect(page.locator(".answer .head h3")).to_have_text(["Answer 1", "Answer 2"])
    page.get_by_role("button", name=strings.COMPARE_VOTE).nth(1).click()
    expect(page.locator(".answer .head h3").nth(1)).to_contain_text(strings.COMPARE_BEST)


def test_more_columns_each_with_its_settings(visit, engine):
    visitor = visit()
    page = open_compare(visitor)
    page.locator("#compare-count").get_by_text("4").click()
    expect(page.locator("#way-D")).to_be_visible(timeout=PATIENCE)
    page.locator("#way-C input[type=number]").first.fill("3")
    page.locator("#way-C input[type=number]").first.press("Tab")
    page.set_input_files("#compare-files input[type=file]", EXAMPLES / "shapes.png")
    expect(page.locator("#compare-files tr.file")).to_have_count(1, timeout=PATIENCE)
    ask(page, "What?")
    visitor.wait_for("done")
    expect(page.locator(".answer .bot .prose")).to_have_count(4)
    tiles = [r.conversation.messages[0].media[0].max_tiles for r in engine.requests]
    assert tiles == [12, 12, 3, 12]
    assert [request.options.do_sample for request in engine.requests] == [False] * 3 + [True]


def test_stop(visit, engine):
    engine.text = "one two three four " * 1000
    visitor = visit()
    page = open_compare(visitor)
    ask(page, "What?")
    page.wait_for_selector(".answer .bot .prose")
    page.click("#compare-stop")
    visitor.wait_for("stopped")
    assert len(engine.requests) == 1
    expect(page.locator(".answer .note")).to_have_text([strings.STOPPED] * 2)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_off_on_a_phone(visit, engine, scheme):
    engine.text = "wordword" * 30
    visitor = visit(viewport=PHONE, scheme=scheme)
    page = open_compare(visitor)
    ask(page, "What? " + "x" * 80)
    visitor.wait_for("done")
    expect(page.locator(".answer .bot .prose")).to_have_count(2)
    overflow = "document.scrollingElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) == 0
    for place in page.locator(".answer:visible, .card, .card .block:visible, .rows").all():
        box = place.bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= PHONE["width"]
