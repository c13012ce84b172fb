"""What axe-core finds on the page: no serious and no critical fault, in light and in dark."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from internvl_ui.ui import strings
from tests.browser.conftest import EXAMPLES, Visitor

schemes = pytest.mark.parametrize("scheme", ["light", "dark"])


def faults(page: Page) -> list[str]:
    """One line for each serious or critical fault, with the elements that have it."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{fault['id']}: {node['target']} {node['html'][:120]} {node['failureSummary']}"
        for fault in found
        for node in fault["nodes"]
        if fault["impact"] in ("serious", "critical")
    ]


def conversation(visitor: Visitor, engine: Any) -> None:
    engine.text = (
        "<think>Hm.</think>A <ref>red circle</ref><box>[[97, 90, 258, 378]]</box>, a [link](#x)."
        "\n\n| a | b |\n| - | - |\n| 1 | `two` |"
    )
    visitor.attach("image", EXAMPLES / "shapes.png")
    visitor.ask("What is it?")
    visitor.wait_for("done")
    visitor.page.locator("#chat details.numbers summary").last.click()


@schemes
def test_the_empty_page(visit, scheme):
    page = visit(scheme=scheme).page
    # Gradio draws the tabs a moment before what they are for.
    page.wait_for_selector("#tab-image")
    assert not faults(page)


@schemes
def test_a_conversation(visit, engine, scheme):
    visitor = visit(scheme=scheme)
    conversation(visitor, engine)
    visitor.page.mouse.move(0, 0)
    assert not faults(visitor.page)


@schemes
def test_files_before_they_are_asked_about(visit, scheme):
    visitor = visit(scheme=scheme)
    visitor.attach("images", EXAMPLES / "pair-1.png", EXAMPLES / "pair-2.png")
    visitor.attach("video", EXAMPLES / "clip.mp4")
    visitor.page.wait_for_selector("#preview .seen .film")
    visitor.page.wait_for_selector("#meter .bar")
    assert not faults(visitor.page)


@schemes
def test_an_error_and_the_side_bars(visit, engine, scheme):
    visitor = visit(scheme=scheme)
    engine.fail_after = 1
    visitor.ask("Hello?")
    visitor.wait_for("error")
    visitor.page.click("#settings .toggle-button")
    visitor.page.click("#conversations .toggle-button")
    visitor.page.wait_for_selector("#settings.open #system")
    visitor.page.wait_for_timeout(600)  # The side bars slide; axe measures what stands still.
    assert not faults(visitor.page)


@schemes
@pytest.mark.parametrize("name", [strings.PAGE_COMPARE, strings.PAGE_BATCH])
def test_the_other_pages_before_and_after(visit, engine, scheme, name):
    visitor = visit(scheme=scheme)
    page = visitor.page
    page.click(f"#pages >> text={name}")
    page.wait_for_selector(".sheet-page .card")
    visitor.wait_for("idle")
    assert not faults(page)
    page.goto(f"{page.url}?showcase={'tiles' if name == strings.PAGE_COMPARE else 'batch'}")
    visitor.wait_for("done")
    assert not faults(page)
