"""The questions that the empty page offers, as written in ``assets/examples/examples.json``."""

import json
from dataclasses import dataclass
from pathlib import Path

from internvl_ui.ui.convert import Attachment

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "examples"


@dataclass(frozen=True, slots=True)
class Example:
    title: str
    question: str
    files: tuple[Attachment, ...]


def load_examples(folder: Path = FOLDER) -> tuple[Example, ...]:
    entries = json.loads((folder / "examples.json").read_text(encoding="utf-8"))
    return tuple(
        Example(
            title=entry["title"],
            question=entry["question"],
            files=tuple(Attachment(folder / name, name) for name in entry["files"]),
        )
        for entry in entries
    )
