"""Many pictures, the same questions."""

import csv
import io
import json
import re
import zipfile

import pytest
from playwright.sync_api import Page, expect

from internvl_ui.ui import strings
from tests.browser.conftest import EXAMPLES, PATIENCE, PHONE, Visitor

PICTURES = [EXAMPLES / name for name in ("pair-1.png", "pair-2.png", "shapes.png")]


def open_batch(visitor: Visitor) -> Page:
    visitor.page.click(f"#pages >> text={strings.PAGE_BATCH}")
    visitor.page.wait_for_selector("#batch")
    visitor.wait_for("idle", "stopped", "done")
    return visitor.page


def choose(page: Page, *files: object) -> None:
    page.set_input_files("#batch-files input[type=file]", list(files))
    expect(page.locator("#batch-files tr.file")).to_have_count(len(files), timeout=PATIENCE)


def begin(page: Page, questions: str, *files: object) -> None:
    choose(page, *files)
    page.fill("#batch-questions textarea", questions)
    page.click("#batch-start")


def done(page: Page, count: int) -> None:
    rows = page.locator("#batch-sheet tr[data-state=done]")
    expect(rows).to_have_count(count, timeout=PATIENCE)


def take(page: Page, suffix: str) -> bytes:
    with page.expect_download() as download:
        page.click(f"#batch-links >> text={suffix}")
    return download.value.path().read_bytes()


def test_rows_fill_and_can_be_taken_away(visit, engine):
    engine.text = lambda request: f"=Seen: {request.conversation.messages[0].media[0].name}"
    visitor = visit()
    page = open_batch(visitor)
    begin(page, "What?\nWhere?", *PICTURES, EXAMPLES / "clip.mp4")
    visitor.wait_for("done")
    done(page, 6)
    expect(page.get_by_text("=Seen: shapes.png").first).to_be_visible()
    expect(page.locator("#batch-sheet .bar span")).to_have_text("6 of 7 answered · 1 failed")
    bar = page.get_by_role("progressbar", name=strings.BATCH_PROGRESS)
    widths = bar.locator("i").evaluate_all("parts => parts.map((part) => part.style.width)")
    assert widths == ["85.71%", "14.29%"]
    failed = page.locator("#batch-sheet tr[data-state=failed]")
    expect(failed).to_contain_text("clip.mp4")
    assert page.locator("#batch-sheet img").first.evaluate("image => image.naturalWidth > 0")
    asked = [r.conversation.messages[0] for r in engine.requests]
    assert [message.text for message in asked] == ["What?", "Where?"] * 3
    assert [message.media[0].name for message in asked[::2]] == [p.name for p in PICTURES]
    lines = list(csv.DictReader(io.StringIO(take(page, "CSV").decode("utf-8-sig"))))
    assert lines[0]["answer"] == "'=Seen: pair-1.png" and len(lines) == 7
    records = [json.loads(line) for line in take(page, "JSONL").splitlines()]
    assert records[0]["answer"] == "=Seen: pair-1.png" and records[6]["state"] == "failed"
    with zipfile.ZipFile(io.BytesIO(take(page, "XLSX"))) as book:
        assert "xl/worksheets/sheet1.xml" in book.namelist()


def test_what_was_missing_is_said_until_it_is_there(visit):
    visitor = visit()
    page = open_batch(visitor)
    page.click("#batch-start")
    visitor.wait_for("error")
    expect(visitor.status).to_contain_text(strings.BATCH_NO_FILES)
    choose(page, PICTURES[0])
    visitor.wait_for("idle")


def test_a_zip_with_a_table(visit, engine, tmp_path):
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for picture in PICTURES[:2]:
            archive.write(picture, f"in/{picture.name}")
    (tmp_path / "t.csv").write_text("image,question\npair-1.png,One?\npair-2.png,\nno.png,Two?\n")
    visitor = visit()
    page = open_batch(visitor)
    begin(page, "All?", tmp_path / "all.zip", tmp_path / "t.csv")
    visitor.wait_for("done")
    done(page, 2)
    assert [r.conversation.messages[0].text for r in engine.requests] == ["One?", "All?"]
    expect(page.locator("tr[data-state=failed] .note")).to_have_text(
        [strings.BATCH_MISSING.format(name="no.png")]
    )


def test_pause_reload_and_resume(visit, engine):
    engine.pace = 0.1
    visitor = visit()
    page = open_batch(visitor)
    begin(page, "One?\nTwo?\nThree?", *PICTURES)
    page.wait_for_selector("#batch-sheet tr[data-state=done]")
    page.click("#batch-pause")
    visitor.wait_for("stopped")
    answered = page.locator("#batch-sheet tr[data-state=done]").count()
    assert 0 < answered < 9
    page.reload()
    visitor.wait_for("stopped")
    done(page, answered)
    engine.pace = 0.0
    page.click("#batch-resume")
    visitor.wait_for("done")
    done(page, 9)
    texts = [r.conversation.messages[0].text for r in engine.requests]
    assert len(texts) <= 10 and texts[-1] == "Three?"  # At most one was asked twice.


def test_a_closed_tab_stops_and_the_next_goes_on(visit, engine):
    engine.pace = 0.1
    visitor = visit()
    page = open_batch(visitor)
    begin(page, "One?\nTwo?\nThree?", *PICTURES)
    page.wait_for_selector("#batch-sheet tr[data-state=done]")
    page.reload()
    visitor.wait_for("stopped")
    assert engine.stopped.wait(20)
    engine.pace = 0.0
    page.click("#batch-resume")
    visitor.wait_for("done")
    done(page, 9)


def test_pictures_that_are_gone_and_failures_that_are_asked_again(visit, engine):
    engine.fail_after = 0
    visitor = visit()
    page = open_batch(visitor)
    begin(page, "What?", *PICTURES[:2])
    visitor.wait_for("done")
    expect(page.locator("tr[data-state=failed] .note")).to_have_text([engine.reason] * 2)
    engine.fail_after = None
    engine.requests[0].conversation.messages[0].media[0].path.unlink()
    page.click("#batch-again")
    done(page, 1)
    expect(page.locator("tr[data-state=failed] .note")).to_have_text(
        [strings.VANISHED.format(name="pair-1.png")]
    )
    visitor.wait_for("done")
    page.click("#batch-new")
    expect(page.locator("#batch-sheet table")).to_have_count(0, timeout=PATIENCE)
    page.wait_for_function("() => localStorage.getItem('internvl-ui-batch') === null")
    page.reload()
    visitor.wait_for("idle")
    assert page.locator("#batch-sheet table").count() == 0


def test_what_makes_no_batch_is_said(visit, engine):
    visitor = visit()
    page = open_batch(visitor)
    page.click("#batch-start")
    visitor.wait_for("error")
    expect(visitor.status.locator(".words")).to_have_text(strings.BATCH_NO_FILES)
    choose(page, PICTURES[0])
    page.click("#batch-start")
    expect(visitor.status.locator(".words")).to_have_text(strings.NO_QUESTION, timeout=PATIENCE)
    assert not engine.requests


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_is_cut_off_on_a_phone(visit, engine, scheme):
    engine.text = "wordword" * 30
    visitor = visit(viewport=PHONE, scheme=scheme)
    page = open_batch(visitor)
    begin(page, "What? " + "x" * 80, *PICTURES)
    visitor.wait_for("done")
    done(page, 3)
    overflow = "document.scrollingElement.scrollWidth - document.documentElement.clientWidth"
    assert page.evaluate(overflow) == 0
    inner = "e => e.scrollWidth - e.clientWidth"
    assert page.locator("#batch-sheet .rows").evaluate(inner) <= 0
    assert re.search("3 of 3", page.locator("#batch-sheet .bar").inner_text())
