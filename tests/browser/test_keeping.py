"""Conversations stay in the visitor's browser: through a reload, a restart, and as files."""

import json
import re
from urllib.parse import urlsplit

import gradio as gr
import pytest
from playwright.sync_api import expect

from internvl_ui.settings import read_settings
from internvl_ui.ui import strings
from internvl_ui.ui.page import build_page
from internvl_ui.ui.serve import serve
from tests.browser.conftest import EXAMPLES, PATIENCE, PHONE, Visitor
from tests.fakes import FakeEngine


def open_list(visitor: Visitor) -> None:
    visitor.page.click("#conversations .toggle-button")
    expect(visitor.page.locator("#kept-list")).to_be_visible()


def titles(visitor: Visitor):
    return visitor.page.locator("#kept-list .kept-open")


def ask(visitor: Visitor, question: str, turns: int = 1) -> None:
    """Ask, and see the answer both on the page and kept."""
    visitor.ask(question)
    expect(visitor.answers).to_have_count(turns, timeout=PATIENCE)
    visitor.wait_for("done")
    wait_until_kept(visitor, question, turns)


def wait_until_kept(visitor: Visitor, question: str, turns: int) -> None:
    visitor.wait_until(
        """async ([question, turns]) => {
            const open = indexedDB.open("internvl-ui");
            await new Promise((done) => (open.onsuccess = open.onerror = done));
            if (!open.result?.objectStoreNames.length) return false;
            const store = open.result.transaction("conversations").objectStore("conversations");
            const all = store.getAll();
            await new Promise((done) => (all.onsuccess = done));
            open.result.close();
            return all.result.some((entry) => {
                const said = JSON.parse(entry.text).messages;
                const last = said[said.length - 2].parts.at(-1);
                return last.text === question && said.length === 2 * turns;
            });
        }""",
        [question, turns],
    )


def test_a_conversation_survives_a_reload_and_goes_on(visit, engine):
    visitor = visit()
    visitor.attach("image", EXAMPLES / "shapes.png")
    ask(visitor, "What is this?")
    visitor.page.reload()
    expect(visitor.answers).to_have_text(["This is an answer."], timeout=PATIENCE)
    picture = visitor.questions.locator("img")
    expect(picture).to_have_count(1)
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth > 0)")
    assert visitor.page.locator("#kept-list img").evaluate(
        "image => image.decode().then(() => image.naturalWidth > 0)"
    )
    ask(visitor, "And now?", turns=2)
    first = engine.requests[-1].conversation.messages[0]
    assert first.media[0].path.read_bytes() == (EXAMPLES / "shapes.png").read_bytes()


def test_one_is_opened_one_is_deleted_and_all_are_deleted(visit):
    visitor = visit()
    open_list(visitor)
    expect(visitor.page.locator("#kept-list")).to_have_text(strings.NO_CONVERSATIONS)
    ask(visitor, "First <b>question</b>")
    visitor.clear()
    expect(visitor.answers).to_have_count(0)
    ask(visitor, "Second question")
    expect(titles(visitor)).to_have_text(["Second question", "First <b>question</b>"])
    expect(visitor.page.locator("#kept-list time")).to_have_text([re.compile(r"\d")] * 2)
    titles(visitor).nth(1).click()
    expect(visitor.questions).to_have_text(["First <b>question</b>"], timeout=PATIENCE)
    expect(titles(visitor).nth(1)).to_have_attribute("aria-current", "true", timeout=PATIENCE)
    ask(visitor, "First goes on", turns=2)
    expect(titles(visitor)).to_have_text(["First <b>question</b>", "Second question"])
    delete = visitor.page.get_by_label("Delete: Second question")
    delete.click()
    expect(delete).to_have_text("Delete")
    visitor.box.focus()
    expect(delete).to_have_text("×")
    delete.click()
    delete.click()
    expect(titles(visitor)).to_have_text(["First <b>question</b>"])
    expect(visitor.questions).to_have_count(2)
    visitor.page.click("#kept-list .kept-delete-all")
    visitor.page.get_by_text(strings.DELETE_ALL_SURE).click()
    expect(visitor.page.locator("#kept-list")).to_have_text(strings.NO_CONVERSATIONS)
    expect(visitor.questions).to_have_count(0, timeout=PATIENCE)
    visitor.page.reload()
    visitor.wait_for("idle")
    expect(visitor.questions).to_have_count(0)


def test_a_browser_keeps_only_its_own(visit):
    visitor, other = visit(), visit()
    ask(visitor, "Mine")
    open_list(other)
    other.page.reload()
    open_list(other)
    expect(other.page.locator("#kept-list")).to_have_text(strings.NO_CONVERSATIONS)


def test_after_a_restart_one_can_read_on_and_is_told_what_is_gone(enter):
    def start(port: str) -> tuple[gr.Blocks, str]:
        settings = read_settings(["--port", port], {})
        page = build_page(FakeEngine(), settings)
        return page, serve(page, settings)

    page, address = start("0")
    visitor = enter(address)
    visitor.attach("image", EXAMPLES / "shapes.png")
    ask(visitor, "What is this?")
    page.close()
    page, again = start(str(urlsplit(address).port))
    assert again == address
    visitor.page.reload()
    expect(visitor.status).to_contain_text("shapes.png", timeout=PATIENCE)
    expect(visitor.answers).to_have_text(["This is an answer."])
    expect(visitor.questions.locator("img")).to_have_count(1)
    visitor.ask("And now?")
    visitor.wait_for("error")
    expect(visitor.box).to_have_value("And now?")
    page.close()


def test_json_goes_out_and_comes_back_into_another_browser(visit, engine, tmp_path):
    visitor = visit()
    visitor.attach("images", EXAMPLES / "pair-1.png", EXAMPLES / "pair-2.png")
    ask(visitor, "Compare")
    open_list(visitor)
    with visitor.page.expect_download() as download:
        visitor.page.click("#save-json")
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.name == "Compare.json" and len(json.loads(file.read_text())["files"]) == 2
    other = visit()
    open_list(other)
    with other.page.expect_file_chooser() as chooser:
        other.page.click("#bring-in")
    chooser.value.set_files(file)
    expect(other.questions.locator("img")).to_have_count(2, timeout=PATIENCE)
    ask(other, "And now?", turns=2)
    media = engine.requests[-1].conversation.messages[0].media
    assert [part.name for part in media] == ["pair-1.png", "pair-2.png"]
    assert media[0].path.read_bytes() == (EXAMPLES / "pair-1.png").read_bytes()
    expect(titles(other)).to_have_text(["Compare"])


def test_a_saved_page_opens_offline(visit, browser, tmp_path):
    visitor = visit()
    visitor.attach("image", EXAMPLES / "shapes.png")
    ask(visitor, "What is this?")
    open_list(visitor)
    with visitor.page.expect_download() as download:
        visitor.page.click("#save-html")
    download.value.save_as(tmp_path / "talk.html")
    context = browser.new_context(offline=True)
    page = context.new_page()
    page.goto((tmp_path / "talk.html").as_uri())
    expect(page.locator("h1")).to_have_text("What is this?")
    expect(page.locator(".answer p")).to_have_text("This is an answer.")
    assert page.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)")
    context.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_list_fits_a_phone(visit, scheme):
    visitor = visit(viewport=PHONE, scheme=scheme)
    ask(visitor, "A rather long question " * 6)
    open_list(visitor)
    for element in ("#kept-list .kept-open", "#kept-list .kept-delete", "#save-json", "#bring-in"):
        expect(visitor.page.locator(element)).to_be_in_viewport(ratio=0.99, timeout=PATIENCE)
