"""The showcases that the empty page offers, as written in ``assets/examples/``, and the answers
that the bundled model gave to them."""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from internvl_ui import document
from internvl_ui.conversation import Conversation
from internvl_ui.grounding import Box, parse
from internvl_ui.settings import BUNDLED_MODEL
from internvl_ui.ui import strings
from internvl_ui.ui.talk import Attachment

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "examples"
_SAME_PLACE = 0.5
"""Intersection over union from which a box is right, as usual."""
_ENTRIES, _ANSWERS = "examples.json", "answers.json"


@dataclass(frozen=True, slots=True)
class Example:
    """``page``: where it is shown. ``expect``: what a right answer contains, in English ("en") and
    in Chinese ("zh"); ``box``: where it points, give or take. ``kept``: the question and the answer
    of the bundled model by the language of the page, where it was asked."""

    name: str
    files: tuple[Attachment, ...]
    page: Literal["chat", "compare", "batch"] = "chat"
    expect: Mapping[str, Sequence[str]] = field(default_factory=dict)
    box: Box | None = None
    kept: Mapping[str, Conversation] = field(default_factory=dict)

    @property
    def title(self) -> str:
        return strings.SHOWCASES[self.name][0]

    @property
    def question(self) -> str:
        return strings.SHOWCASES[self.name][1]

    @property
    def card(self) -> Path:
        return self.files[0].path.parent / "cards" / f"{self.name}.webp"

    def is_right(self, answer: str) -> bool:
        if self.box is not None:
            boxes = [box for region in parse(answer) for box in region.boxes]
            if len(boxes) != 1 or self.box.overlap(boxes[0]) < _SAME_PLACE:
                return False
        expected = self.expect.get(strings.LANGUAGE[:2], ())
        return all(words.lower() in answer.lower() for words in expected)

    def kept_of(self, model: str) -> Conversation | None:
        """What is kept in the visitor's language if ``model`` gave the answer and it is right."""
        return self._asked_of(model) if self._was_right else None

    def is_beyond(self, model: str) -> bool:
        """Whether ``model`` was asked and gave no right answer."""
        return self._asked_of(model) is not None and not self._was_right

    @property
    def _was_right(self) -> bool:
        kept = self.kept.get(strings.LANGUAGE)
        return kept is not None and self.is_right(kept.messages[-1].text)

    def _asked_of(self, model: str) -> Conversation | None:
        kept = self.kept.get(strings.LANGUAGE)
        note = kept.messages[-1].note if kept else None
        return kept if note is not None and note.model == model else None


def load_examples(folder: Path = FOLDER, model: Path = BUNDLED_MODEL) -> tuple[Example, ...]:
    """Kept answers come along only if they are of the very weights in ``model``."""
    entries = json.loads((folder / _ENTRIES).read_text(encoding="utf-8"))
    kept = _answers(folder, model)
    examples = []
    for entry in entries:
        files = {name: folder / name for name in entry["files"]}
        answers = kept.get(entry["name"], {})
        examples.append(
            Example(
                name=entry["name"],
                files=tuple(Attachment(path, name) for name, path in files.items()),
                page=entry.get("page", "chat"),
                expect=entry.get("expect", {}),
                box=Box(*entry["box"]) if "box" in entry else None,
                kept={tag: document.load(answer, files) for tag, answer in answers.items()},
            )
        )
    return tuple(examples)


def save_answers(
    examples: Iterable[Example], folder: Path = FOLDER, model: Path = BUNDLED_MODEL
) -> None:
    """Write down what is kept of each of ``examples``, and of which weights it is."""
    answers = {
        example.name: {
            tag: document.save(kept, {file.path: file.name for file in example.files})
            for tag, kept in example.kept.items()
        }
        for example in examples
        if example.kept
    }
    content = {"weights": _digest(model), "answers": answers}
    text = json.dumps(content, indent=1, ensure_ascii=False)
    (folder / _ANSWERS).write_text(f"{text}\n", encoding="utf-8")


def _answers(folder: Path, model: Path) -> dict[str, Any]:
    path = folder / _ANSWERS
    if not path.is_file():
        return {}
    content = json.loads(path.read_text(encoding="utf-8"))
    return content["answers"] if content["weights"] == _digest(model) else {}


def _digest(model: Path) -> str:
    path = model / "model.safetensors"
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
