"""A batch's rows: planned, answered, kept, shown and taken away."""

import csv
import io
import json
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import PIL.Image
import pytest

from internvl_ui.conversation import Image, Text, Usage
from internvl_ui.engines.base import Failed, Finished
from internvl_ui.ui import sheet_store, strings
from internvl_ui.ui.sheet import (
    Asking,
    Found,
    NoSheet,
    Row,
    Sheet,
    answered,
    asked_again,
    from_record,
    plan,
    questions_of,
    request_of,
    sheet_html,
    time_left,
    to_record,
    without_the_gone,
)
from internvl_ui.ui.sheet_files import as_csv, as_jsonl, as_xlsx, gather
from internvl_ui.ui.sheet_store import SheetStore
from internvl_ui.ui.talk import Attachment

A, B = Attachment(Path("/u/1/a.png"), "a.png"), Attachment(Path("/u/2/x.png"), "in/b.PNG")
DONE = Row("a.png", "What?", Path("/u/1/a.png"), "done", "A cat.", tiles=3, tokens=4)
USAGE = Usage(20, 16, 1, 4, 0.1, 0.2)


def pairs(rows: tuple[Row, ...]) -> list[tuple[str, str]]:
    return [(row.image, row.question) for row in rows]


# Planning


def test_every_picture_gets_every_question() -> None:
    rows = plan(Found((A, B)), questions_of("What?\n\n  Where? \n"), most_rows=4)
    assert pairs(rows) == [
        ("a.png", "What?"),
        ("a.png", "Where?"),
        ("in/b.PNG", "What?"),
        ("in/b.PNG", "Where?"),
    ]
    assert {row.state for row in rows} == {"waiting"}


def test_a_table_says_which_picture_is_asked_what() -> None:
    found = Found((A, B), (("A.PNG", "One?"), ("b.png", ""), ("c.png", "Two?"), ("", "x")),
                  has_table=True)  # fmt: skip
    rows = plan(found, ["All?"], most_rows=10)
    assert pairs(rows[:2]) == [("A.PNG", "One?"), ("b.png", "All?")]
    assert [row.path for row in rows] == [A.path, B.path, None, None]
    assert [row.note for row in rows[2:]] == [
        strings.BATCH_MISSING.format(name="c.png"),
        strings.BATCH_NO_IMAGE,
    ]
    (no_question,) = plan(Found((A,), (("a.png", ""),), has_table=True), [], most_rows=10)
    assert no_question.note == strings.BATCH_ROW_NO_QUESTION


def test_names_that_are_not_clear_and_pictures_that_no_row_names() -> None:
    twin = Attachment(Path("/u/3/a.png"), "more/a.png")
    found = Found((A, twin, B), (("a.png", "x"), ("more/a.png", "y")), has_table=True)
    rows = plan(found, [], most_rows=10)
    assert rows[0].note == strings.BATCH_AMBIGUOUS.format(name="a.png")
    assert rows[1].path == twin.path
    assert (rows[2].image, rows[2].note) == ("in/b.PNG", strings.BATCH_NOT_IN_TABLE)


def test_what_cannot_be_used_is_a_row_with_its_sentence() -> None:
    rows = plan(Found((A,), refused=(("x.txt", "No picture."),)), ["What?"], most_rows=10)
    assert rows[1] == Row("x.txt", "", None, "failed", note="No picture.")


def test_what_makes_no_batch_is_refused() -> None:
    with pytest.raises(NoSheet, match=strings.BATCH_NO_FILES):
        plan(Found(), ["What?"], most_rows=10)
    with pytest.raises(NoSheet, match=strings.NO_QUESTION):
        plan(Found((A,)), [], most_rows=10)
    with pytest.raises(NoSheet, match="more than 3 rows"):
        plan(Found((A, B)), ["1", "2"], most_rows=3)


def test_files_are_told_apart_by_what_is_in_them(tmp_path: Path) -> None:
    PIL.Image.new("RGB", (20, 20), "red").save(tmp_path / "a.png")
    picture = (tmp_path / "a.png").read_bytes()
    with zipfile.ZipFile(tmp_path / "z", "w") as archive:
        archive.writestr("in/b.png", picture)
        archive.writestr("in/notes.txt", "words")
        archive.writestr("t.csv", "image,question\nb.png,Why?\n")
    (tmp_path / "c.xlsx").write_bytes((tmp_path / "z").read_bytes())
    (tmp_path / "broken.zip").write_bytes(b"PK\3\4")
    files = [Attachment(tmp_path / n, n) for n in ("a.png", "z", "c.xlsx", "broken.zip")]
    out = tmp_path / "out"
    found = gather(files, out, most_files=10, most_bytes=10_000)
    assert [picture.name for picture in found.pictures] == ["a.png", "in/b.png"]
    assert (found.pairs, found.has_table) == ((("b.png", "Why?"),), True)
    assert [name for name, _ in found.refused] == ["in/notes.txt", "c.xlsx", "broken.zip"]
    assert [path for path in out.rglob("*") if path.is_file()] == [found.pictures[1].path]


# Answering


def test_what_a_row_asks() -> None:
    row = Row("a.png", "<image> What?", A.path)
    request = request_of(row, Asking(max_tiles=4, max_new_tokens=9, system=" Be brief. "))
    (message,) = request.conversation.messages
    assert message.parts == (Image(A.path, "a.png", max_tiles=4), Text("<image> What?"))
    assert (request.conversation.system, request.options.max_new_tokens) == ("Be brief.", 9)
    assert request_of(row, Asking()).conversation.system is None


def test_a_row_after_its_last_event() -> None:
    row = replace(DONE, state="waiting", answer="", tiles=0, tokens=0)
    done = answered(row, " A cat.\n", Finished("end", USAGE))
    assert (done.state, done.answer, done.tiles, done.tokens) == ("done", "A cat.", 1, 4)
    assert answered(row, "A", Finished("length", USAGE)).note == strings.LENGTH
    assert answered(row, "A", Finished("stopped", USAGE)) == row
    assert answered(row, "A", Failed("Too long.")).note == "Too long."
    assert answered(row, " ", Finished("end", USAGE)).note == strings.NO_ANSWER


def test_rows_whose_picture_is_gone_say_so(tmp_path: Path) -> None:
    here = tmp_path / "a.png"
    here.touch()
    waiting = replace(DONE, state="waiting")
    sheet = Sheet((replace(waiting, path=here), waiting, DONE))
    checked = without_the_gone(sheet)
    assert [row.state for row in checked.rows] == ["waiting", "failed", "done"]
    assert checked.rows[1].note == strings.VANISHED.format(name="a.png")
    lost = Row("x", "", None, "failed", note="No picture.")
    again = asked_again(Sheet((*checked.rows, lost)))
    assert [row.state for row in again.rows] == ["waiting", "waiting", "done", "failed"]


def test_time_left_in_words() -> None:
    assert time_left(0, 0, 5) == time_left(5, 5, 0) == ""
    assert time_left(10, 5, 10) == "about 20 s left"
    assert time_left(60, 1, 5) == "about 5 min left"
    assert time_left(3600, 1, 2) == "about 2.0 h left"


# Keeping


def test_a_sheet_survives_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_store, "get_upload_folder", lambda: str(tmp_path))
    made: list[Path] = []
    store = SheetStore(made.append)
    key = store.new_key()
    waiting = Row("ä \u2028.png", "What?\nWhy? \ud800", A.path)
    sheet = Sheet((waiting, Row("x", "", None, "failed", note="No.")), Asking(max_tiles=3))
    store.save(key, sheet)
    assert store.load(key) == sheet
    store.note(key, 0, DONE)
    assert store.load(key) == Sheet((DONE, sheet.rows[1]), sheet.asking)
    with made[0].open("a") as file:
        file.write('{"index": 1, "ro')
    assert store.load(key) == Sheet((DONE, sheet.rows[1]), sheet.asking)
    assert from_record(json.loads(json.dumps(to_record(waiting)))) == waiting


@pytest.mark.parametrize("key", [None, "", "../x", "0" * 32, "g" * 32, 7, ["a"], {"a": 1}])
def test_a_key_that_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: Any) -> None:
    monkeypatch.setattr(sheet_store, "get_upload_folder", lambda: str(tmp_path))
    assert SheetStore(lambda path: None).load(key) is None


# Showing and taking away


def test_nothing_of_a_visitor_or_a_model_becomes_html() -> None:
    evil = "<img src=x onerror=alert(1)>"
    row = Row(evil, evil, None, "done", answer=evil, note=evil, thumbnail='"' + evil)
    shown = sheet_html(Sheet((row, replace(DONE, state="waiting"))))
    assert evil not in shown and shown.count("&lt;img src=x") == 5
    assert "1 of 2 answered" in shown and strings.BATCH_WAITING in shown


def test_a_long_answer_is_whole_in_the_files() -> None:
    row = replace(DONE, answer="x" * 5000)
    assert strings.BATCH_CLIPPED in sheet_html(Sheet((row,)))
    assert b"x" * 5000 in as_csv([row])


FORMULAS = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1", "＝1+1", "\r=1"]


def test_no_cell_of_a_csv_is_computed() -> None:
    rows = [replace(DONE, question=formula, answer=formula) for formula in FORMULAS]
    data = as_csv([DONE, *rows])
    assert data.startswith(b"\xef\xbb\xbf")
    lines = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    assert lines[0]["answer"] == "A cat." and lines[0]["tokens"] == "4"
    assert [line["answer"] for line in lines[1:]] == [f"'{formula}" for formula in FORMULAS]


def test_json_lines_have_the_words_as_they_are() -> None:
    lines = [
        json.loads(line) for line in as_jsonl([DONE, replace(DONE, answer="=1 ü")]).splitlines()
    ]
    assert lines[0] == {
        "image": "a.png",
        "question": "What?",
        "answer": "A cat.",
        "note": "",
        "state": "done",
        "tiles": 3,
        "tokens": 4,
    }
    assert lines[1]["answer"] == "=1 ü"


def test_a_workbook_holds_strings_and_numbers_only() -> None:
    long = "x" * 40_000
    rows = [replace(DONE, answer=answer) for answer in [*FORMULAS, "a\0b <c> & \u2028", long]]
    with zipfile.ZipFile(io.BytesIO(as_xlsx(rows))) as book:
        for name in book.namelist():
            ElementTree.fromstring(book.read(name))
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    space = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
    cells = [list(row) for row in sheet.iter(f"{space}row")]
    assert not list(sheet.iter(f"{space}f"))
    assert {cell.get("t") for row in cells for cell in row} == {"inlineStr", None}
    answers = ["".join(row[2].itertext()) for row in cells[1:]]
    assert [answer.strip() for answer in answers[:5]] == [f.strip() for f in FORMULAS[:5]]
    assert answers[-2] == "a\ufffdb <c> & \u2028"
    assert len(answers[-1]) == 32_767 and answers[-1].endswith(strings.CELL_CLIPPED)
