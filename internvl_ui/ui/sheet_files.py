"""A sheet's files: what the visitor gave it, and what they take away."""

import csv
import io
import json
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

from internvl_ui.errors import MediaError
from internvl_ui.media.archive import is_archive, unpack
from internvl_ui.media.files import checked
from internvl_ui.media.images import image_size
from internvl_ui.media.table import read_table
from internvl_ui.ui import strings
from internvl_ui.ui.sheet import Found, Row, Sheet
from internvl_ui.ui.talk import Attachment

_DOCUMENTS = {".xlsx", ".xlsm", ".ods", ".docx", ".odt", ".pptx", ".odp", ".numbers"}
"""Zips by their bytes, which nobody means to have unpacked."""
_COLUMNS = ("image", "question", "answer", "note", "state", "tiles", "tokens")
_CELL = 32_767
"""Characters that a spreadsheet's cell holds."""
_FORMULA = tuple("=+-@\t\r\n＝＋－＠")
_NOT_IN_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def gather(files: Sequence[Attachment], folder: Path, *, most_files: int, most_bytes: int) -> Found:
    """Pictures and tables among ``files``. Those in zips are unpacked into ``folder``, at most
    ``most_files`` of each and ``most_bytes`` of all; of them only the pictures stay there."""
    pictures: list[Attachment] = []
    pairs: list[tuple[str, str]] = []
    refused: list[tuple[str, str]] = []
    has_table = False

    def take(file: Attachment) -> None:
        nonlocal has_table
        if Path(file.name).suffix.lower() in (".csv", ".tsv"):
            pairs.extend(read_table(file.path, name=file.name))
            has_table = True
        else:
            image_size(file.path, name=file.name)
            pictures.append(file)

    for number, file in enumerate(files):
        try:
            path, name = checked(file.path, file.name)
            if Path(name).suffix.lower() in _DOCUMENTS:
                raise MediaError(strings.BATCH_DOCUMENT.format(name=name))
            if not is_archive(path):
                take(file)
                continue
            inside = folder / f"zip-{number}"
            inside.mkdir(parents=True)
            unpacked = unpack(path, inside, name=name, most_files=most_files, most_bytes=most_bytes)
        except MediaError as error:
            refused.append((file.name, strings.said(error)))
            continue
        for entry in unpacked:
            if entry.path is None:
                refused.append((entry.name, strings.said(entry.refusal)))
                continue
            try:
                most_bytes -= entry.path.stat().st_size
                take(Attachment(entry.path, entry.name))
            except MediaError as error:
                refused.append((entry.name, strings.said(error)))
            if not (pictures and pictures[-1].path == entry.path):
                entry.path.unlink()
    return Found(tuple(pictures), tuple(pairs), tuple(refused), has_table)


def write_files(sheet: Sheet, folder: Path, name: str) -> list[Path]:
    """The sheet as CSV, JSON lines and a workbook in ``folder``."""
    paths = [folder / f"{name}.{suffix}" for suffix in ("csv", "jsonl", "xlsx")]
    for path, content in zip(
        paths, (as_csv(sheet.rows), as_jsonl(sheet.rows), as_xlsx(sheet.rows)), strict=True
    ):
        path.write_bytes(content)
    return paths


def record(row: Row) -> dict[str, str | int]:
    """A row as programs get it; ``note`` says why there is no answer, or that it was cut off."""
    return {column: getattr(row, column) for column in _COLUMNS}


def as_csv(rows: Sequence[Row]) -> bytes:
    """With the mark that makes spreadsheets read UTF-8, and no cell that they would compute."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for row in rows:
        writer.writerow([harmless(value) for value in record(row).values()])
    return text.getvalue().encode("utf-8-sig", "replace")


def harmless(value: str | int) -> str | int:
    """A cell that no spreadsheet takes for a formula: what begins like one gets an apostrophe."""
    text = value if isinstance(value, str) else ""
    return f"'{text}" if text.lstrip(" \xa0").startswith(_FORMULA) else value


def as_jsonl(rows: Sequence[Row]) -> bytes:
    lines = (json.dumps(record(row), ensure_ascii=False) for row in rows)
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "replace")


def as_xlsx(rows: Sequence[Row]) -> bytes:
    """One sheet in which every word is a string cell, which is never computed.

    A workbook this plain is five small files in a zip, fewer lines than a dependency needs care.
    """
    lines = [_COLUMNS, *(tuple(record(row).values()) for row in rows)]
    data = "".join(
        f'<row r="{number}">{"".join(map(_cell, line))}</row>'
        for number, line in enumerate(lines, 1)
    )
    widths = (28, 36, 80, 36, 10, 8, 8)
    columns = "".join(
        f'<col min="{n}" max="{n}" width="{width}" customWidth="1"/>'
        for n, width in enumerate(widths, 1)
    )
    files = {
        "[Content_Types].xml": (
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            '<Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-'
            'officedocument.spreadsheetml.sheet.main+xml"/>'
            '<Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.'
            'openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>'
        ),
        "_rels/.rels": _relation("officeDocument", "xl/workbook.xml"),
        "xl/workbook.xml": (
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}/relationships"><sheets>'
            f'<sheet name="{escape(strings.BATCH_SHEET)}" sheetId="1" r:id="rId1"/>'
            "</sheets></workbook>"
        ),
        "xl/_rels/workbook.xml.rels": _relation("worksheet", "worksheets/sheet1.xml"),
        "xl/worksheets/sheet1.xml": (
            f'<worksheet xmlns="{_MAIN}"><cols>{columns}</cols>'
            f"<sheetData>{data}</sheetData></worksheet>"
        ),
    }
    book = io.BytesIO()
    with zipfile.ZipFile(book, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, xml in files.items():
            archive.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>\n{xml}')
    return book.getvalue()


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"


def _relation(kind: str, target: str) -> str:
    return (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{_OFFICE}/relationships/{kind}" Target="{target}"/>'
        "</Relationships>"
    )


def _cell(value: str | int) -> str:
    if isinstance(value, int):
        return f"<c><v>{value}</v></c>"
    text = _NOT_IN_XML.sub("\ufffd", value)
    if len(text) > _CELL:
        text = text[: _CELL - len(strings.CELL_CLIPPED)] + strings.CELL_CLIPPED
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'
