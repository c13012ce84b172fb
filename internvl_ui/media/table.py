"""A table of pictures and questions, as spreadsheets save it."""

import csv
import io
from pathlib import Path

from internvl_ui.errors import MediaError
from internvl_ui.media.files import checked

_LARGEST = 8 << 20
_PICTURE = {"image", "images", "picture", "photo", "file", "filename", "path"}
_QUESTION = {"question", "questions", "prompt", "query", "text"}


def read_table(path: str | Path, *, name: str | None = None) -> list[tuple[str, str]]:
    """(picture, question) of each row; the question may be empty.

    The columns are found by their headings, and without headings are the first two. Raises
    MediaError for a file that is no such table.
    """
    path, name = checked(path, name)
    if path.stat().st_size > _LARGEST:
        raise MediaError('"{name}" is too large for a table. Split it.', name=name)
    text = _decode(path.read_bytes(), name)
    first = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=first.count)
    try:
        rows = [row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if any(row)]
    except csv.Error as error:
        raise MediaError(
            '"{name}" is no table that can be read. Save it as CSV with the columns image and '
            "question.",
            name=name,
        ) from error
    if not rows:
        raise MediaError('"{name}" has no rows. Fill in the columns image and question.', name=name)
    headings = [cell.strip().lower() for cell in rows[0]]
    picture = next((i for i, heading in enumerate(headings) if heading in _PICTURE), None)
    question = next((i for i, heading in enumerate(headings) if heading in _QUESTION), None)
    if picture is None and question is not None:
        raise MediaError(
            '"{name}" has no column image. Name the column of the pictures image.', name=name
        )
    if picture is None:
        picture, question = 0, 1
    else:
        rows = rows[1:]

    def cell(row: list[str], column: int | None) -> str:
        return row[column].strip() if column is not None and column < len(row) else ""

    return [(cell(row, picture), cell(row, question)) for row in rows]


def _decode(data: bytes, name: str) -> str:
    """UTF-8 or, where its first bytes say so, UTF-16; else what older spreadsheets write."""
    utf_16 = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ["utf-16"] if utf_16 else ["utf-8-sig", "cp1252"]:
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text.replace("\r\n", "\n").replace("\r", "\n")
    raise MediaError('"{name}" is no text. Save the table as CSV in UTF-8.', name=name)
