"""What happens on the batch page: rows are answered while the visitor looks on, or comes back."""

import asyncio
import html
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from internvl_ui.engines.base import Delta, Engine, Finished, Progress
from internvl_ui.errors import MediaError, UserError
from internvl_ui.ui import strings, views
from internvl_ui.ui.runs import Runs
from internvl_ui.ui.sheet import (
    Asking,
    NoSheet,
    Row,
    Sheet,
    answered,
    asked_again,
    plan,
    questions_of,
    request_of,
    sheet_html,
    time_left,
    without_the_gone,
)
from internvl_ui.ui.sheet_files import gather, record, write_files
from internvl_ui.ui.sheet_store import SheetStore
from internvl_ui.ui.status import Status, calmed, progress, status_html
from internvl_ui.ui.talk import Attachment
from internvl_ui.ui.uploads import session_of

_PACE = 0.5
"""Seconds between two updates of the page: a sheet is long, and rows come quickly."""


@dataclass(frozen=True, slots=True)
class _Step:
    """How far a batch is. ``ended``: nothing more will come of this run."""

    sheet: Sheet
    state: Status
    words: str
    ended: bool = False


class Batch:
    """The batch page's event handlers, and the same for programs.

    ``most_rows``: of one batch; ``most_bytes``: of what is unpacked for one. ``keep_track`` is
    told every file made here, so that it is deleted with the visitor's own.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        limit: int,
        most_rows: int,
        most_bytes: int,
        keep_track: Callable[[Path], object],
    ) -> None:
        self._engine = engine
        self._runs = Runs(limit)
        self._most_rows = most_rows
        self._most_bytes = most_bytes
        self._keep_track = keep_track
        self._store = SheetStore(keep_track)

    # On the page: every one → status, sheet, links; begin and clear → key before them.

    async def begin(
        self,
        files: list[Attachment],
        questions: str,
        max_tiles: float | None,
        max_new_tokens: float | None,
        system: str,
        request: gr.Request,
    ) -> AsyncGenerator[tuple[Any, ...], None]:
        """Plan the rows and answer them."""
        default = Asking()
        asking = Asking(
            max_tiles=int(max_tiles or default.max_tiles),
            max_new_tokens=int(max_new_tokens or default.max_new_tokens),
            system=system,
        )
        same = gr.skip(), gr.skip()
        yield gr.skip(), status_html("reading", strings.BATCH_UNPACKING), *same
        try:
            key, sheet = await asyncio.to_thread(self._plan, files, questions_of(questions), asking)
        except UserError as error:
            yield gr.skip(), status_html("error", strings.said(error)), *same
            return
        yield key, gr.skip(), sheet_html(sheet), ""
        async with aclosing(self._shown(key, sheet, session_of(request))) as shown:
            async for outputs in shown:
                yield gr.skip(), *outputs

    async def resume(self, key: str, request: gr.Request) -> AsyncGenerator[tuple[Any, ...], None]:
        """Go on where it was paused."""
        async with aclosing(self._resumed(key, request, lambda sheet: sheet)) as shown:
            async for outputs in shown:
                yield outputs

    async def again(self, key: str, request: gr.Request) -> AsyncGenerator[tuple[Any, ...], None]:
        """Ask what failed once more."""
        async with aclosing(self._resumed(key, request, asked_again)) as shown:
            async for outputs in shown:
                yield outputs

    def restore(self, key: str) -> tuple[Any, ...]:
        """The batch of before, when the page is opened again."""
        if not key:
            return (gr.skip(),) * 3
        sheet = self._store.load(key)
        if sheet is None:
            return status_html("idle", strings.BATCH_GONE), "", ""
        sheet = self._looked_after(key, sheet)
        step = _resting(sheet)
        return (
            status_html(step.state, step.words),
            sheet_html(sheet),
            self._links(key, sheet),
        )

    def pause(self, key: str) -> None:
        if key:
            self._runs.stop(key)

    def clear(self, key: str) -> tuple[Any, ...]:
        """Forget the batch; the question and the files stay where they are."""
        self.pause(key)
        return "", status_html("idle", strings.BATCH_READY), "", ""

    def calm(self, status: str) -> str:
        """→ status: what was missing is on its way."""
        return calmed(status, strings.BATCH_READY)

    def leave(self, request: gr.Request) -> None:
        """The tab was closed."""
        self._runs.leave(session_of(request))

    # For programs

    async def batch(
        self, files: list[gr.FileData], questions: list[str], request: gr.Request
    ) -> AsyncGenerator[list[dict[str, Any]], None]:
        """Ask every picture every question.

        files: pictures, zips of pictures, and a CSV with the columns image and question if each
        picture has its own. questions: may be empty with such a CSV. Gives the rows that are
        done so far, again and again: image, question, answer, note (why there is no answer, or
        that it was cut off), state, tiles and tokens. The last time it gives all of them.
        """
        try:
            attachments = [_uploaded(file) for file in files]
            key, sheet = await asyncio.to_thread(
                self._plan, attachments, [q for q in questions if q.strip()], Asking()
            )
        except UserError as error:
            raise gr.Error(strings.said(error), print_exception=False) from None
        async with aclosing(self._paced(key, sheet, session_of(request))) as steps:
            async for step in steps:
                if step.state == "error":
                    raise gr.Error(step.words, print_exception=False)
                if rows := [record(row) for row in step.sheet.rows if row.state != "waiting"]:
                    yield rows

    # Both

    def _plan(
        self, files: Sequence[Attachment], questions: Sequence[str], asking: Asking
    ) -> tuple[str, Sheet]:
        """A new batch and its key. Raises UserError if there is nothing to ask."""
        if not files:
            raise NoSheet(strings.BATCH_NO_FILES)
        key = self._store.new_key()
        folder = self._store.folder(key)
        found = gather(files, folder, most_files=self._most_rows, most_bytes=self._most_bytes)
        for picture in found.pictures:
            self._keep_track(picture.path)
        sheet = Sheet(plan(found, questions, most_rows=self._most_rows), asking)
        self._store.save(key, sheet)
        return key, sheet

    async def _resumed(
        self, key: str, request: gr.Request, change: Callable[[Sheet], Sheet]
    ) -> AsyncGenerator[tuple[Any, ...], None]:
        sheet = await asyncio.to_thread(self._store.load, key)
        if sheet is None:
            yield status_html("error", strings.BATCH_GONE), "", ""
            return
        async with aclosing(self._shown(key, change(sheet), session_of(request))) as shown:
            async for outputs in shown:
                yield outputs

    async def _shown(
        self, key: str, sheet: Sheet, session: str
    ) -> AsyncGenerator[tuple[Any, ...], None]:
        """→ status, sheet, links."""
        async with aclosing(self._paced(key, sheet, session)) as steps:
            async for step in steps:
                changed = sheet is not step.sheet
                sheet = step.sheet
                yield (
                    status_html(step.state, step.words),
                    sheet_html(sheet) if changed or step.ended else gr.skip(),
                    self._links(key, sheet) if step.ended else "",
                )

    async def _paced(self, key: str, sheet: Sheet, session: str) -> AsyncGenerator[_Step, None]:
        """The steps that a page can follow: the first, one every so often, the last."""
        shown = float("-inf")
        async with aclosing(self._follow(key, sheet, session)) as steps:
            async for step in steps:
                if step.ended or time.monotonic() - shown >= _PACE:
                    shown = time.monotonic()
                    yield step

    async def _follow(self, key: str, sheet: Sheet, session: str) -> AsyncGenerator[_Step, None]:
        """Answer the rows that wait, and note each as soon as it is answered."""
        run = self._runs.start(key, session)
        if run is None:
            yield _Step(sheet, "error", strings.BATCH_BUSY, ended=True)
            return
        try:
            sheet = await asyncio.to_thread(self._looked_after, key, sheet)
            rows = list(sheet.rows)
            waiting = [index for index, row in enumerate(rows) if row.state == "waiting"]
            requests = [request_of(rows[index], sheet.asking) for index in waiting]
            texts = [""] * len(waiting)
            done, started = 0, time.monotonic()
            yield _Step(sheet, "prefill", strings.BATCH_RUNNING)
            async with aclosing(self._engine.batch(requests, stop=run.stop)) as events:
                async for place, event in events:
                    if isinstance(event, Delta):
                        texts[place] += event.text
                        continue
                    if isinstance(event, Progress):
                        yield _Step(sheet, *self._progress(event, started, done, len(waiting)))
                        continue
                    if isinstance(event, Finished) and event.reason == "stopped":
                        continue
                    index = waiting[place]
                    row = answered(rows[index], texts[place], event)
                    done += row.state != "waiting"
                    rows[index] = await asyncio.to_thread(self._noted, key, index, row)
                    sheet = replace(sheet, rows=tuple(rows))
                    left = time_left(time.monotonic() - started, done, len(waiting) - done)
                    words = f"{strings.BATCH_RUNNING} · {left}" if left else strings.BATCH_RUNNING
                    yield _Step(sheet, "writing", words)
        finally:
            self._runs.end(key, run)
        yield _resting(sheet)

    def _progress(
        self, event: Progress, started: float, done: int, total: int
    ) -> tuple[Status, str]:
        state, words = progress(event)
        if event.stage in ("media", "prefill"):
            # Which file of a group is read says nothing to somebody who waits for hundreds.
            state, words = "writing", strings.BATCH_RUNNING
        left = time_left(time.monotonic() - started, done, total - done)
        return state, f"{words} · {left}" if left else words

    def _looked_after(self, key: str, sheet: Sheet) -> Sheet:
        """The sheet, in which it is noted which pictures are no longer there."""
        checked = without_the_gone(sheet)
        for index, row in enumerate(checked.rows):
            if row is not sheet.rows[index]:
                self._store.note(key, index, row)
        return checked

    def _noted(self, key: str, index: int, row: Row) -> Row:
        """The row with its thumbnail, written down."""
        if row.path is not None and row.state == "done" and not row.thumbnail:
            with suppress(MediaError, OSError):
                picture, path = views.thumbnail(Attachment(row.path, row.image), "image")
                self._keep_track(path)
                row = replace(row, thumbnail=picture.url)
        self._store.note(key, index, row)
        return row

    def _links(self, key: str, sheet: Sheet) -> str:
        paths = write_files(sheet, self._store.folder(key), "answers")
        for path in paths:
            self._keep_track(path)
        links = "".join(
            f'<a href="gradio_api/file={html.escape(str(path))}" download="{path.name}">'
            f"{path.suffix[1:].upper()}</a>"
            for path in paths
        )
        again = any(row.path for row in sheet.rows if row.state == "failed")
        flag = " data-again" if again else ""
        words = strings.BATCH_TAKE
        return f'<nav class="take"{flag} aria-label="{words}">{words} {links}</nav>'


def _resting(sheet: Sheet) -> _Step:
    """How a batch is when nobody answers it."""
    if sheet.count("waiting"):
        return _Step(sheet, "stopped", strings.BATCH_PAUSED, ended=True)
    if failed := sheet.count("failed"):
        words = strings.BATCH_DONE_FAILED.format(failed=failed)
        return _Step(sheet, "done", words, ended=True)
    return _Step(sheet, "done", strings.BATCH_DONE, ended=True)


def _uploaded(file: Any) -> Attachment:
    """A program's file, which must be one that was uploaded: any other path is not its own."""
    given = file if isinstance(file, dict) else {}
    path = Path(str(given.get("path") or ""))
    name = str(given.get("orig_name") or path.name)
    if not path.resolve().is_relative_to(Path(get_upload_folder()).resolve()):
        raise MediaError(strings.BATCH_FOREIGN.format(name=Path(name).name))
    return Attachment(path, name)
