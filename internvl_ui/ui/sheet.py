"""A batch as a sheet of rows, each a picture and a question: pure."""

import html
import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from internvl_ui.conversation import Conversation, GenerationOptions, Image, user
from internvl_ui.engines.base import Failed, Finished, Request
from internvl_ui.errors import UserError
from internvl_ui.ui import strings
from internvl_ui.ui.talk import Attachment

RowState = Literal["waiting", "done", "failed"]
_SHOWN = 1500
"""Characters of an answer on the page; the files have all of them."""


class NoSheet(UserError):
    """What was given makes no batch."""


@dataclass(frozen=True, slots=True)
class Row:
    """``path``: where the picture lies, None if there is none to ask about. ``note``: why it
    failed, or what is to be said about the answer. ``thumbnail``: an address, once there is one."""

    image: str
    question: str
    path: Path | None
    state: RowState = "waiting"
    answer: str = ""
    note: str = ""
    tiles: int = 0
    tokens: int = 0
    thumbnail: str = ""


@dataclass(frozen=True, slots=True)
class Asking:
    """How every row of a sheet is asked."""

    max_tiles: int = 12
    max_new_tokens: int = GenerationOptions().max_new_tokens
    system: str = ""


@dataclass(frozen=True, slots=True)
class Sheet:
    rows: tuple[Row, ...]
    asking: Asking = Asking()

    def count(self, state: RowState) -> int:
        return sum(row.state == state for row in self.rows)


@dataclass(frozen=True, slots=True)
class Found:
    """What the visitor's files hold: pictures, tables as (picture, question), and what is
    neither, each with its sentence."""

    pictures: tuple[Attachment, ...] = ()
    pairs: tuple[tuple[str, str], ...] = ()
    refused: tuple[tuple[str, str], ...] = ()
    has_table: bool = False


def questions_of(text: str) -> list[str]:
    """One question a line; empty lines are none."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def plan(found: Found, questions: Sequence[str], *, most_rows: int) -> tuple[Row, ...]:
    """Every picture with every question; with a table, the table's rows, and ``questions`` only
    where a row has none. What cannot be asked is a failed row, at the end.

    Raises NoSheet, with a sentence, if there is nothing to ask or more than ``most_rows``.
    """
    if not (found.pictures or found.pairs or found.refused):
        raise NoSheet(strings.BATCH_NO_FILES)
    if not questions and not found.has_table:
        raise NoSheet(strings.NO_QUESTION)
    asked = (
        _of_table(found, questions)
        if found.has_table
        else (
            Row(picture.name, question, picture.path)
            for picture in found.pictures
            for question in questions
        )
    )
    refused = (Row(name, "", None, "failed", note=note) for name, note in found.refused)
    # One more than allowed is enough to know: a sheet too long is never built.
    rows = tuple(itertools.islice(itertools.chain(asked, refused), most_rows + 1))
    if len(rows) > most_rows:
        raise NoSheet(strings.BATCH_TOO_LONG.format(most=most_rows))
    return rows


def _of_table(found: Found, questions: Sequence[str]) -> Iterable[Row]:
    by_name = _names(found.pictures)
    used: set[Path] = set()
    for image, question in found.pairs:
        matches = by_name.get(_key(image)) or by_name.get(_key(image.rsplit("/", 1)[-1]), ())
        note = ""
        if not image:
            note = strings.BATCH_NO_IMAGE
        elif not matches:
            note = strings.BATCH_MISSING.format(name=image)
        elif len(matches) > 1:
            note = strings.BATCH_AMBIGUOUS.format(name=image)
        elif not question and not questions:
            note = strings.BATCH_ROW_NO_QUESTION
        used.update(matches)
        if note:
            yield Row(image, question, None, "failed", note=note)
            continue
        for words in [question] if question else questions:
            yield Row(image, words, matches[0])
    for picture in found.pictures:
        if picture.path not in used:
            yield Row(picture.name, "", None, "failed", note=strings.BATCH_NOT_IN_TABLE)


def _names(pictures: Sequence[Attachment]) -> Mapping[str, tuple[Path, ...]]:
    """Pictures by their whole name and by the last part of it, letter case aside."""
    named: dict[str, tuple[Path, ...]] = {}
    for picture in pictures:
        for key in {_key(picture.name), _key(picture.name).rsplit("/", 1)[-1]}:
            named[key] = (*named.get(key, ()), picture.path)
    return named


def _key(name: str) -> str:
    return name.replace("\\", "/").removeprefix("./").strip().casefold()


def request_of(row: Row, asking: Asking) -> Request:
    """What a row asks the engine. The row has a picture."""
    assert row.path is not None
    message = user(Image(row.path, row.image, max_tiles=asking.max_tiles), row.question)
    return Request(
        Conversation((message,), asking.system.strip() or None),
        GenerationOptions(max_new_tokens=asking.max_new_tokens),
    )


def answered(row: Row, text: str, event: Finished | Failed) -> Row:
    """The row after its last event. One that was stopped waits again: half an answer is none."""
    if isinstance(event, Failed):
        return replace(row, state="failed", note=strings.said(event.reason))
    if event.reason == "stopped":
        return row
    if not text.strip():
        return replace(row, state="failed", note=strings.NO_ANSWER)
    return replace(
        row,
        state="done",
        answer=text.strip(),
        note=strings.LENGTH if event.reason == "length" else "",
        tiles=event.usage.tiles,
        tokens=event.usage.answer_tokens,
    )


def without_the_gone(sheet: Sheet) -> Sheet:
    """The sheet, in which rows that wait for a picture that is no longer there say so."""

    def checked(row: Row) -> Row:
        if row.state != "waiting" or (row.path is not None and row.path.is_file()):
            return row
        return replace(row, state="failed", note=strings.VANISHED.format(name=row.image))

    return replace(sheet, rows=tuple(map(checked, sheet.rows)))


def asked_again(sheet: Sheet) -> Sheet:
    """The sheet with its failed rows waiting, as far as they have a picture."""
    return replace(
        sheet,
        rows=tuple(
            replace(row, state="waiting", note="") if row.state == "failed" and row.path else row
            for row in sheet.rows
        ),
    )


def to_record(row: Row) -> dict[str, Any]:
    """For a file of our own; ``from_record`` reads it."""
    return asdict(row) | {"path": None if row.path is None else str(row.path)}


def from_record(record: Mapping[str, Any]) -> Row:
    path = record["path"]
    return Row(**{**record, "path": None if path is None else Path(path)})


def time_left(seconds: float, done: int, left: int) -> str:
    """In words, from how long ``done`` rows took; nothing before there is any."""
    if not done or not left:
        return ""
    estimate = seconds / done * left
    if estimate < 60:
        return strings.SECONDS_LEFT.format(seconds=max(5, 5 * round(estimate / 5)))
    if estimate < 5400:
        return strings.MINUTES_LEFT.format(minutes=round(estimate / 60))
    return strings.HOURS_LEFT.format(hours=estimate / 3600)


def sheet_html(sheet: Sheet) -> str:
    """The bar and the rows. Everything of the visitor's or the model's is escaped."""
    total = len(sheet.rows)
    done, failed = sheet.count("done"), sheet.count("failed")
    words = strings.BATCH_BAR.format(done=done, total=total)
    if failed:
        words += " · " + strings.BATCH_FAILED.format(failed=failed)
    rows = "".join(_row_html(number, row) for number, row in enumerate(sheet.rows, 1))
    heads = "".join(f'<th scope="col">{head}</th>' for head in strings.BATCH_COLUMNS)
    return (
        f'<div class="bar"><div class="ended" role="progressbar" aria-valuemin="0" '
        f'aria-valuemax="{total}" aria-valuenow="{done + failed}" '
        f'aria-label="{strings.BATCH_PROGRESS}"><i style="width:{100 * done / total:.2f}%"></i>'
        f'<i class="failed" style="width:{100 * failed / total:.2f}%"></i></div>'
        f"<span>{words}</span></div>"
        f'<div class="rows" tabindex="0" role="region" aria-label="{strings.BATCH_ROWS}">'
        f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def _row_html(number: int, row: Row) -> str:
    picture = (
        f'<img src="{html.escape(row.thumbnail)}" alt="" loading="lazy">' if row.thumbnail else ""
    )
    answer = row.answer
    if len(answer) > _SHOWN:
        answer = answer[:_SHOWN].rstrip() + strings.BATCH_CLIPPED
    note = f'<p class="note">{html.escape(row.note)}</p>' if row.note else ""
    waiting = f'<p class="note">{strings.BATCH_WAITING}</p>' if row.state == "waiting" else ""
    words = f'<p class="answer">{html.escape(answer)}</p>' if answer else ""
    return (
        f'<tr data-state="{row.state}"><td class="number">{number}</td>'
        f'<td class="picture">{picture}<span>{html.escape(row.image)}</span></td>'
        f"<td>{html.escape(row.question)}</td><td>{words}{note}{waiting}</td></tr>"
    )
