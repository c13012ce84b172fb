"""English, simplified and traditional Chinese, each for the visitor who reads it."""

import re

import pytest
from playwright.sync_api import expect

from internvl_ui.errors import Sentence
from internvl_ui.ui import strings
from internvl_ui.ui.strings import zh_cn, zh_tw
from tests.browser.conftest import EXAMPLES, PATIENCE, PHONE, Visitor
from tests.fakes import LONG


def choose_language(visitor: Visitor, tag: str) -> None:
    with visitor.page.expect_navigation():
        visitor.page.locator("#languages select").select_option(tag)
    visitor.wait_for("idle")
    expect(visitor.page.locator("html")).to_have_attribute("lang", tag)


def test_a_chinese_browser_gets_chinese_words_errors_and_numbers(visit, engine, tmp_path):
    engine.fail_after = 2
    template = '"{name}" is damaged or incomplete. Choose another copy of it, or save it anew.'
    engine.reason = Sentence(template, name="猫.png")
    visitor = visit(language="zh-CN")
    page = visitor.page
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    expect(page.locator("#send")).to_have_text(zh_cn.SEND)
    expect(visitor.box).to_have_attribute("placeholder", zh_cn.QUESTION_PLACEHOLDER)
    expect(visitor.status.locator(".words")).to_have_text(zh_cn.READY)
    expect(page.get_by_text(zh_cn.UPLOAD["upload_text.drop_image"])).to_have_count(1)
    page.click("#send")
    expect(visitor.status.locator(".words")).to_have_text(zh_cn.NO_QUESTION)
    broken = tmp_path / "坏.png"
    broken.write_bytes((EXAMPLES / "shapes.png").read_bytes()[:300])
    visitor.choose("images", broken)
    expect(visitor.status.locator(".words")).to_contain_text("“坏.png”已损坏或不完整")
    visitor.ask("这是什么？")
    expect(visitor.status.locator(".words")).to_contain_text("“猫.png”已损坏或不完整")
    engine.fail_after = None
    page.click("#send")
    visitor.wait_for("done")
    expect(visitor.status.locator(".words")).to_contain_text("每秒")
    numbers = page.locator("#chat details.numbers")
    expect(numbers.locator("summary")).to_contain_text("4 个 token")
    numbers.locator("summary").click()
    expect(numbers).to_contain_text(zh_cn.ROW_VISUAL)
    expect(page.get_by_role("button", name="重试")).to_be_visible()


def test_the_choices_of_a_chinese_page_do_what_they_say(visit, engine):
    visitor = visit(language="zh-TW")
    page = visitor.page
    page.locator("#settings .toggle-button").click()
    page.get_by_label(zh_tw.COMBINED, exact=True).check()
    page.locator("#preset input").click()
    page.get_by_role("option", name=zh_tw.PRESET_NAMES["Concise"], exact=True).click()
    expect(page.locator("#system textarea")).to_have_value(zh_tw.PRESETS["Concise"])
    visitor.attach("images", EXAMPLES / "pair-1.png", EXAMPLES / "pair-2.png")
    visitor.ask("有什麼不同？")
    visitor.wait_for("done")
    asked = engine.requests[0].conversation
    assert asked.messages[0].combined and asked.system == zh_tw.PRESETS["Concise"]


def test_the_switch_keeps_the_conversation_the_draft_and_its_files(visit, engine):
    visitor = visit()
    page = visitor.page
    visitor.ask("What is this?")
    visitor.wait_for("done")
    expect(page.locator(".kept-open")).to_have_count(1)
    visitor.attach("images", EXAMPLES / "pair-1.png", EXAMPLES / "pair-2.png")
    visitor.box.fill("And these?")
    choose_language(visitor, "zh-TW")
    expect(page.locator("#send")).to_have_text(zh_tw.SEND)
    expect(visitor.answers).to_have_text(["This is an answer."])
    expect(page.locator("#chat details.numbers summary")).to_contain_text("個 token")
    expect(visitor.box).to_have_value("And these?")
    expect(page.locator("#gallery img")).to_have_count(2, timeout=PATIENCE)
    visitor.wait_for("idle")
    choose_language(visitor, "en")
    expect(page.locator("#send")).to_have_text(strings.SEND)
    expect(page.locator("#gallery img")).to_have_count(2, timeout=PATIENCE)
    visitor.wait_for("idle")
    page.click("#send")
    visitor.wait_for("done")
    *_, question = engine.requests[-1].conversation.messages
    assert question.text == "And these?" and len(engine.requests[-1].conversation.messages) == 3
    assert [part.name for part in question.media] == ["pair-1.png", "pair-2.png"]


def test_what_gradio_says_by_itself_is_said_in_chinese_too(house, enter, engine, tmp_path):
    visitor = enter(house(engine, "--max-upload-mb", "1"), language="zh-CN")
    large = tmp_path / "大.png"
    large.write_bytes(bytes(2**20 + 1))
    visitor.choose("images", large)
    expect(visitor.page.locator(".toast-body")).to_contain_text('的上限："大.png"。请缩小后再试。')
    expect(visitor.page.locator(".toast-body")).not_to_contain_text("exceed")


def test_two_visitors_at_once_each_read_their_own_language(visit, engine):
    engine.text, engine.pace = LONG, 0.3
    visitors = [visit(language=language) for language in ("zh-CN", "en-US", "zh-TW")]
    for visitor in visitors:
        visitor.ask("?")
    for visitor, words in zip(visitors, (zh_cn, strings, zh_tw), strict=True):
        visitor.wait_for("writing")
        expect(visitor.status.locator(".words")).to_have_text(words.WRITING)
        expect(visitor.status.locator(".speed")).to_contain_text(
            words.SPEED.partition("}")[2].strip(), timeout=PATIENCE
        )
    assert {visitor.state for visitor in visitors} == {"writing"}
    for visitor, words in zip(visitors, (zh_cn, strings, zh_tw), strict=True):
        visitor.stop()
        visitor.wait_for("stopped")
        expect(visitor.status.locator(".words")).to_contain_text(words.STOPPED)


def test_an_answer_that_is_being_written_is_not_cut_off_by_the_switch(visit, engine):
    engine.text = LONG
    visitor = visit()
    visitor.ask("Tell me everything")
    visitor.wait_for("writing")
    select = visitor.page.locator("#languages select")
    select.select_option("zh-CN")
    expect(select).to_have_value("en")
    assert visitor.state == "writing"
    visitor.stop()


@pytest.mark.parametrize("viewport", [None, PHONE], ids=["desktop", "phone"])
def test_every_page_is_traditional_in_taiwan_and_fits(visit, viewport):
    visitor = visit(language="zh-TW", **({"viewport": viewport} if viewport else {}))
    page = visitor.page
    latin = re.compile(r"[A-Za-z]{3,} [a-z]{2,} [a-z]{2,}")
    for name, heading in (
        ("compare", zh_tw.COMPARE_INTRO),
        ("batch", zh_tw.BATCH_INTRO),
        ("", zh_tw.WELCOME),
    ):
        page.goto(page.url.rpartition("/")[0] + f"/{name}")
        visitor.wait_for("idle")
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
        assert page.locator("html").get_attribute("lang") == "zh-TW"
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert not latin.findall(page.locator("body").inner_text())
