"""A talk as the text that a visitor's browser keeps, or a file carries, and back.

The browser keeps words, small pictures, and sealed names of files that lie here for a while; a
file of the visitor's carries the pictures and videos themselves. Both are one kind of document.
"""

import base64
import binascii
import contextlib
import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from gradio.utils import get_upload_folder

from internvl_ui import document, grounding
from internvl_ui.conversation import Conversation, Video
from internvl_ui.document import DocumentError
from internvl_ui.errors import MediaError
from internvl_ui.media.images import image_size, open_image
from internvl_ui.media.visuals import frame_times, media_kind
from internvl_ui.ui import strings, views
from internvl_ui.ui.references import References
from internvl_ui.ui.talk import Attachment, Talk, Thumbnail

LARGEST_CARRIED = 32 * 2**20
"""Bytes of a picture or video that a file may carry: it grows by a third there."""
_MOST_FILES = 1000
_LARGEST_THUMBNAIL = 2**20
_LARGEST_SIDE = 2048
_LONGEST_TITLE = 80
_LONGEST_CAPTION = 300


@dataclass(frozen=True, slots=True)
class Opened:
    """``gone``: what the visitor calls the files that are here no more."""

    talk: Talk
    gone: tuple[str, ...] = ()


def title(talk: Talk) -> str:
    """The first question, in one short line."""
    said = talk.conversation.messages[0].text if talk.conversation.messages else ""
    words = " ".join(grounding.without_tags(said).split())
    return words if len(words) <= _LONGEST_TITLE else words[: _LONGEST_TITLE - 1].rstrip() + "…"


def keep(talk: Talk, references: References) -> str:
    """What the browser keeps; "" for a conversation in which nothing was said. The thumbnails
    in it are addresses, which the browser replaces by what is there."""
    if not talk.conversation.messages:
        return ""

    def file(path: Path) -> dict[str, Any]:
        thumbnail = talk.thumbnails.get(path)
        shown = {"thumbnail": thumbnail.url, "caption": thumbnail.caption} if thumbnail else {}
        return {"reference": references.name(path), **shown}

    return _text(talk, file, id=talk.kept_as)


def carry(talk: Talk) -> tuple[str, tuple[str, ...]]:
    """The text of a file that works elsewhere too, and the names of the pictures and videos that
    it does not carry, because they are too large or here no more."""
    left: list[str] = []
    names = {part.path: part.name for m in talk.conversation.messages for part in m.media}

    def file(path: Path) -> dict[str, Any]:
        thumbnail = talk.thumbnails.get(path)
        own: dict[str, Any] = {"caption": thumbnail.caption} if thumbnail else {}
        small = thumbnail_path(thumbnail) if thumbnail else None
        if small and small.is_file():
            own["thumbnail"] = data_url(small.read_bytes(), "image/webp")
        if path.is_file() and path.stat().st_size <= LARGEST_CARRIED:
            own["data"] = base64.b64encode(path.read_bytes()).decode()
        else:
            left.append(names[path])
        return own

    return _text(talk, file), tuple(left)


def open_kept(
    text: str,
    references: References,
    *,
    largest: int,
    keep_track: Callable[[Path], object],
) -> Opened:
    """The talk in ``text``, whoever wrote it. ``largest``: bytes that its files may have in all;
    ``keep_track`` is told every file made here. A text that the browser has kept says as what.

    Raises DocumentError, with a sentence, if there is no conversation in it.
    """
    try:
        kept = json.loads(text)
    except (ValueError, RecursionError):
        raise DocumentError(strings.NOT_A_CONVERSATION) from None
    named = document.media(kept)
    if len(named) > _MOST_FILES:
        raise DocumentError(strings.TOO_MANY_FILES)
    entries = kept.get("files")
    paths: dict[str, Path] = {}
    thumbnails: dict[Path, Thumbnail] = {}
    missing = set()
    for key, type_ in named.items():
        kind: Literal["image", "video"] = "video" if type_ is Video else "image"
        entry = entries.get(key) if isinstance(entries, dict) else None
        entry = entry if isinstance(entry, dict) else {}
        path = references.path(entry.get("reference"))
        if path is None:
            path = _brought(entry.get("data"), kind, largest)
            if path is not None:
                largest -= path.stat().st_size
                keep_track(path)
        if path is None:
            # Where nothing is nor will be, so that each missing file is still its own.
            path = Path(get_upload_folder()) / secrets.token_hex(16) / "gone"
            missing.add(path)
        paths[key] = path
        thumbnail = _thumbnail(entry, keep_track)
        if thumbnail is None and path not in missing:
            try:
                thumbnail, made = views.thumbnail(Attachment(path, path.name), kind)
                keep_track(made)
            except MediaError:
                missing.add(path)
        if thumbnail is not None:
            thumbnails[path] = thumbnail
    conversation = document.load(kept, paths)
    gone = [part.name for m in conversation.messages for part in m.media if part.path in missing]
    times = _frame_times(conversation, missing)
    talk = Talk(conversation, thumbnails, times, _kept_as(kept.get("id")))
    return Opened(talk, tuple(dict.fromkeys(gone)))


def thumbnail_path(thumbnail: Thumbnail) -> Path:
    """Where a thumbnail that was made here lies."""
    return Path(thumbnail.url.partition("=")[2])


def data_url(content: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def _text(talk: Talk, file: Callable[[Path], Mapping[str, Any]], **more: str) -> str:
    paths = dict.fromkeys(part.path for m in talk.conversation.messages for part in m.media)
    keys = {path: str(number) for number, path in enumerate(paths, start=1)}
    whole = document.save(talk.conversation, keys) | {
        **more,
        "title": title(talk),
        "files": {key: file(path) for path, key in keys.items()},
    }
    return json.dumps(whole, ensure_ascii=False)


def _frame_times(conversation: Conversation, missing: set[Path]) -> dict[Video, tuple[float, ...]]:
    times = {}
    for part in (part for message in conversation.messages for part in message.media):
        if isinstance(part, Video) and part.path not in missing:
            with contextlib.suppress(MediaError):  # Its answers have no links, that is all.
                times[part] = frame_times(part)
    return times


def _kept_as(name: Any) -> str:
    """The name under which the browser has a text, or a new one for a text that has none."""
    known = isinstance(name, str) and re.fullmatch(r"[\w-]{1,64}", name, re.ASCII)
    return name if known else secrets.token_hex(16)


def _brought(data: Any, kind: Literal["image", "video"], largest: int) -> Path | None:
    """A new file of what a document carries; None if that is nothing of this kind that can be
    read, or more than ``largest`` bytes."""
    content = _decoded(data, largest)
    if content is None:
        return None
    path = views.new_file("brought")
    path.write_bytes(content)
    try:
        if media_kind(path) == kind:
            return path
    except MediaError:
        pass
    path.unlink()
    return None


def _thumbnail(entry: Mapping[str, Any], keep_track: Callable[[Path], object]) -> Thumbnail | None:
    """Drawn anew, so that what is served from here is a small picture whatever was sent."""
    data, caption = entry.get("thumbnail"), entry.get("caption")
    coded = re.sub(r"\Adata:image/\w+;base64,", "", data) if isinstance(data, str) else None
    content = _decoded(coded, _LARGEST_THUMBNAIL)
    if content is None:
        return None
    path = views.new_file("thumbnail.webp")
    path.write_bytes(content)
    try:
        if max(image_size(path)) > _LARGEST_SIDE:
            raise MediaError(strings.NOT_A_CONVERSATION)
        open_image(path).save(path, quality=85)
    except MediaError:
        path.unlink()
        return None
    keep_track(path)
    words = caption[:_LONGEST_CAPTION] if isinstance(caption, str) else ""
    return Thumbnail(f"gradio_api/file={path}", words, image_size(path))


def _decoded(data: Any, largest: int) -> bytes | None:
    if not isinstance(data, str) or len(data) > largest * 4 // 3 + 4:
        return None
    try:
        return base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return None
