"""A conversation as a JSON document and back.

A document may come from anywhere, so reading it trusts nothing: what it holds must have the
types of ``conversation``'s own fields, numbers must be sane, turns must alternate. It names files
by keys, and only whoever reads it says which file a key stands for.
"""

import math
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from internvl_ui.conversation import Conversation, Image, Message, Part, Text, Video
from internvl_ui.errors import UserError

FORMAT = "internvl-ui conversation"
VERSION = 1

_KINDS: Mapping[str, type[Part]] = {"text": Text, "image": Image, "video": Video}
_RANGES = {
    "max_tiles": (1, 100),
    "frames": (1, 1000),
    "start": (0, 1e6),
    "end": (0, 1e6),
    "left_out": (0, 1e6),
}
_ANY_NUMBER = (-1e15, 1e15)
_LONGEST_NAME = 255


class DocumentError(UserError):
    """A document that holds no conversation."""


def save(conversation: Conversation, keys: Mapping[Path, str]) -> dict[str, Any]:
    """``conversation`` in values that JSON has, each file by its key."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "system": conversation.system,
        "left_out": conversation.left_out,
        "messages": [_saved(message, keys) for message in conversation.messages],
    }


def load(document: Any, files: Mapping[str, Path]) -> Conversation:
    """The conversation in a document, each key of a file replaced by what ``files`` says.

    Raises DocumentError, with a sentence, if it is not one, or of a later version.
    """
    document = _known(document)
    entries = document.get("messages")
    if not isinstance(entries, list):
        raise _damaged()
    messages = tuple(_message(_mapping(entry), files) for entry in entries)
    for place, message in enumerate(messages):
        if message.role != ("user", "assistant")[place % 2]:
            raise _damaged()
        if message.role == "assistant" and message.media:
            raise _damaged()
    if len(messages) % 2:
        raise _damaged()
    left_out = _value(int, document.get("left_out", 0), "left_out", files)
    if left_out > len(messages) // 2:
        raise _damaged()
    system = _value(str | None, document.get("system"), "system", files)
    return Conversation(messages, system, left_out)


def media(document: Any) -> dict[str, type[Part]]:
    """The keys of the files that a document's messages name, and what each is said to be. Raises
    DocumentError as ``load`` does."""
    found: dict[str, type[Part]] = {}
    for message in _list(_known(document).get("messages")):
        for part in _list(_mapping(message).get("parts")):
            key, kind = _mapping(part).get("path"), _KINDS.get(str(part.get("type")))
            if isinstance(key, str) and kind in (Image, Video):
                found.setdefault(key, kind)
    return found


def _known(document: Any) -> Mapping[str, Any]:
    """The document, if it is of the format and version that are read here."""
    if not isinstance(document, Mapping) or document.get("format") != FORMAT:
        raise DocumentError("This is no conversation that was saved here.")
    if document.get("version") != VERSION:
        raise DocumentError(
            "This conversation was saved by another version of the page; it cannot be read here."
        )
    return document


def _saved(value: Any, keys: Mapping[Path, str]) -> Any:
    """A dataclass of ``conversation`` as a mapping, what has its default left out."""
    if isinstance(value, Path):
        return keys[value]
    if isinstance(value, tuple):
        return [_saved(item, keys) for item in value]
    if not is_dataclass(value):
        return value
    own = {
        field.name: _saved(getattr(value, field.name), keys)
        for field in fields(value)
        if getattr(value, field.name) != field.default
    }
    kinds = [name for name, kind in _KINDS.items() if isinstance(value, kind)]
    return {"type": kinds[0], **own} if kinds else own


def _message(entry: Mapping[str, Any], files: Mapping[str, Path]) -> Message:
    parts = []
    for part in _list(entry.get("parts")):
        kind = _KINDS.get(str(_mapping(part).get("type")))
        if kind is None:
            raise _damaged()
        parts.append(_read(kind, part, files))
    others = {name: value for name, value in entry.items() if name != "parts"}
    return _read(Message, others, files, parts=tuple(parts))


def _read(
    kind: type[Any], entry: Mapping[str, Any], files: Mapping[str, Path], **ready: Any
) -> Any:
    """An instance of a dataclass from a mapping. What the class does not know is left out."""
    types = get_type_hints(kind)
    values = dict(ready)
    for field in fields(kind):
        if field.name in entry:
            value = entry[field.name]
            values[field.name] = _value(types[field.name], value, field.name, files)
        elif field.name not in values and field.default is MISSING:
            raise _damaged()
    return kind(**values)


def _value(kind: Any, value: Any, name: str, files: Mapping[str, Path]) -> Any:
    """``value`` if it is a ``kind``. Raises DocumentError otherwise."""
    if get_origin(kind) in (Union, UnionType):
        if value is None and NoneType in get_args(kind):
            return None
        (kind,) = [option for option in get_args(kind) if option is not NoneType]
    if get_origin(kind) is Literal:
        if isinstance(value, str) and value in get_args(kind):
            return value
    elif is_dataclass(kind) and isinstance(kind, type):
        return _read(kind, _mapping(value), files)
    elif kind is Path:
        if isinstance(value, str) and value in files:
            return files[value]
    elif kind is bool:
        if isinstance(value, bool):
            return value
    elif kind is str:
        if isinstance(value, str):
            return value[:_LONGEST_NAME] if name == "name" else value
    elif isinstance(value, int | float) and not isinstance(value, bool):
        least, most = _RANGES.get(name, _ANY_NUMBER)
        if least <= value <= most and (kind is float or isinstance(value, int)):
            return float(value) if kind is float and math.isfinite(value) else value
    raise _damaged()


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _damaged()
    return value


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise _damaged()
    return value


def _damaged() -> DocumentError:
    return DocumentError("This conversation is damaged or incomplete and cannot be read.")
