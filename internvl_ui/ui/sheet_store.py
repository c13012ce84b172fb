"""A batch on this server's disk, so that a closed tab loses nothing.

It lies among the visitor's uploads and goes away with them. Its key is the one thing that the
browser keeps: whoever has not got it cannot guess it.
"""

import json
import re
import secrets
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from gradio.utils import get_upload_folder

from internvl_ui.ui.sheet import Asking, Row, Sheet, from_record, to_record

_KEY = re.compile(r"[0-9a-f]{32}")
_FILE = "batch.jsonl"


class SheetStore:
    """``keep_track`` is told every file made here, so that it is deleted in time."""

    def __init__(self, keep_track: Callable[[Path], object]) -> None:
        self._keep_track = keep_track

    def new_key(self) -> str:
        key = secrets.token_hex(16)
        self.folder(key).mkdir(parents=True)
        return key

    def folder(self, key: str) -> Path:
        """Where a batch's files lie. ``key`` comes from ``new_key``."""
        assert _KEY.fullmatch(key)
        return Path(get_upload_folder()) / key

    def save(self, key: str, sheet: Sheet) -> None:
        """The whole sheet, once."""
        path = self.folder(key) / _FILE
        lines = [asdict(sheet.asking), *map(to_record, sheet.rows)]
        path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
        self._keep_track(path)

    def note(self, key: str, index: int, row: Row) -> None:
        """One row that has changed: a line at the end of the file."""
        with (self.folder(key) / _FILE).open("a", encoding="utf-8") as file:
            file.write(f"{json.dumps({'index': index, 'row': to_record(row)})}\n")

    def load(self, key: object) -> Sheet | None:
        """The sheet as it is now, or None: there is none under that key, which may be anything."""
        if not isinstance(key, str) or not _KEY.fullmatch(key):
            return None
        try:
            text = (self.folder(key) / _FILE).read_text(encoding="utf-8")
        except OSError:
            return None
        rows: list[Row] = []
        asking: Asking | None = None
        # A line without its end was being written when the server stopped.
        for line in text[: text.rfind("\n") + 1].splitlines():
            entry = json.loads(line)
            if asking is None:
                asking = Asking(**entry)
            elif "index" in entry:
                rows[entry["index"]] = from_record(entry["row"])
            else:
                rows.append(from_record(entry))
        return None if asking is None else Sheet(tuple(rows), asking)
