"""Gradio values to messages and back. Pure: reads no file."""

import html
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from internvl_ui import grounding
from internvl_ui.conversation import (
    Conversation,
    GenerationOptions,
    Image,
    Message,
    Note,
    Video,
    user,
)
from internvl_ui.ui import answers, moments, pointing, strings
from internvl_ui.ui.talk import Attachment, Talk, Thumbnail

_PLAYED_BY_BROWSERS = {".mp4", ".m4v", ".mov", ".webm", ".ogv"}

BY_CHANCE = -1
"""The seed field's value for no seed: Gradio's number field has no empty state."""


MOST_TILES = 24
"""Tiles that a picture may be cut into, the whole of it not counted."""
MOST_FRAMES = 64
"""Frames that a video may be seen as."""

NUMBERED, COMBINED = "Numbered", "Combined"
EVENLY, EVERY = "Evenly", "Every so often"
"""What the page's choices stand for, in every language; kept settings and links hold them too."""


@dataclass(frozen=True, slots=True)
class MediaOptions:
    """How files are looked at. Of a video: ``frames`` spread evenly, or one ``every`` so many
    seconds, from ``start`` to ``end`` seconds (None: its beginning, its end), each cut into at
    most ``frame_tiles`` tiles."""

    max_tiles: int = 12
    frames: int = 8
    combined: bool = False
    every: float | None = None
    start: float | None = None
    end: float | None = None
    frame_tiles: int = 1


def media_options(
    max_tiles: float | None,
    frames: float | None,
    several: str,
    way: str = EVENLY,
    every: float | None = None,
    start: float | None = None,
    end: float | None = None,
    frame_tiles: float | None = None,
) -> MediaOptions:
    """From the settings' values and a video's own; an emptied field means its default."""
    default = MediaOptions()
    return MediaOptions(
        max_tiles=default.max_tiles if max_tiles is None else max(1, int(max_tiles)),
        frames=default.frames if frames is None else max(1, int(frames)),
        combined=several == COMBINED,
        every=every if way == EVERY and every and every > 0 else None,
        start=start,
        end=end,
        frame_tiles=default.frame_tiles if frame_tiles is None else max(1, int(frame_tiles)),
    )


def for_length(options: MediaOptions, duration: float) -> MediaOptions:
    """``options`` for a video of ``duration`` seconds: a number of frames instead of ``every``,
    MOST_FRAMES at most, and None for a ``start`` or ``end`` that is the video's own."""
    start = options.start if options.start and options.start > 0 else None
    end = options.end if options.end is not None and options.end < duration else None
    frames = options.frames
    if options.every is not None:
        length = (duration if end is None else end) - (start or 0.0)
        frames = round(min(MOST_FRAMES, max(1.0, length / options.every)))
    return replace(options, frames=frames, every=None, start=start, end=end)


def generation_options(
    max_new_tokens: float | None,
    do_sample: bool,
    temperature: float | None,
    top_p: float | None,
    top_k: float | None,
    repetition_penalty: float | None,
    seed: float | None,
) -> GenerationOptions:
    """From the settings' values; an emptied field means its default."""
    default = GenerationOptions()

    def given(value: float | None, otherwise: float) -> float:
        return otherwise if value is None else value

    return GenerationOptions(
        max_new_tokens=max(1, int(given(max_new_tokens, default.max_new_tokens))),
        do_sample=bool(do_sample),
        temperature=given(temperature, default.temperature),
        top_p=given(top_p, default.top_p),
        top_k=max(0, int(given(top_k, default.top_k))),
        repetition_penalty=given(repetition_penalty, default.repetition_penalty),
        seed=None if seed is None or seed < 0 else int(seed),
    )


def to_message(
    text: str,
    files: Sequence[tuple[Attachment, Literal["image", "video"]]],
    options: MediaOptions,
    durations: Mapping[Path, float] | None = None,
) -> Message:
    """The visitor's question: the files in their order, then the words as they were typed.
    ``durations``: the seconds of videos, which a choice of moments in them needs."""
    parts: list[Image | Video] = []
    for file, kind in files:
        if kind == "image":
            parts.append(Image(file.path, file.name, max_tiles=options.max_tiles))
        else:
            cut = for_length(options, (durations or {}).get(file.path, math.inf))
            parts.append(
                Video(file.path, file.name, cut.frames, cut.start, cut.end, cut.frame_tiles)
            )
    return user(*parts, text, combined=options.combined)


def box(
    message: Message,
    text: str,
    image: Attachment | None,
    gallery: Sequence[Attachment],
    video: Attachment | None,
) -> tuple[str, Attachment | None, list[Attachment], Attachment | None]:
    """Values of the question's box and panels with ``message`` back in them, before whatever
    was typed or added there meanwhile."""
    images = [Attachment(p.path, p.name) for p in message.parts if isinstance(p, Image)]
    videos = [Attachment(p.path, p.name) for p in message.parts if isinstance(p, Video)]
    if len(images) == 1 and image is None:
        image, images = images[0], []
    words = f"{message.text}\n{text}" if text.strip() else message.text
    return words, image, [*images, *gallery], videos[0] if videos else video


def to_chat(talk: Talk) -> list[dict[str, Any]]:
    """The chatbot's value. Answers are Markdown; a visitor's words are shown as typed."""
    entries = []
    messages = talk.conversation.messages
    for place, message in enumerate(messages):
        before = replace(talk, conversation=replace(talk.conversation, messages=messages[:place]))
        if message.role == "assistant":
            entries.append(answer_entry(message.text, before, message.note, finished=True))
        else:
            left_out = place < 2 * talk.conversation.left_out
            shown = question_html(message, talk.thumbnails, messages[:place], left_out=left_out)
            entries.append(_entry("user", shown))
    if messages and can_go_on(messages[-1]):
        entries[-1]["options"] = [{"label": strings.CONTINUE, "value": strings.CONTINUE}]
    return entries


def thumbs(talk: Talk) -> list[str | None]:
    """The chatbot's ``feedback_value``: what the visitor thought of each answer."""
    words = {True: "Like", False: "Dislike"}
    said = [message for message in talk.conversation.messages if message.role == "assistant"]
    notes = [message.note for message in said]
    return [words[note.liked] if note and note.liked is not None else None for note in notes]


def can_go_on(message: Message) -> bool:
    """Whether it is an answer that was cut off."""
    return message.note is not None and message.note.reason != "end"


def answer_entry(
    text: str,
    asked: Talk,
    note: Note | None = None,
    *,
    thought: float = 0.0,
    finished: bool = False,
) -> dict[str, Any]:
    """An answer to ``asked`` as an entry of the chatbot's value; see ``answers.parts``."""
    thought = note.thought if note else thought
    words, pictures = pointing.shown(text, asked, finished=finished)
    parts = answers.parts(words, note, pictures=pictures, thought=thought, writing=not finished)
    return _entry("assistant", *parts)


def _entry(role: str, *texts: str) -> dict[str, Any]:
    # As Gradio would make it of less: while an answer is written, it does not look at all that was
    # said once more for each piece.
    content = [{"type": "text", "text": text} for text in texts]
    return {"role": role, "content": content, "metadata": None, "options": None}


def question_html(
    message: Message,
    thumbnails: Mapping[Path, Thumbnail],
    asked: Sequence[Message] = (),
    *,
    left_out: bool = False,
) -> str:
    """A question, after what was ``asked`` earlier, as one line of HTML in which nothing is
    Markdown, HTML or a formula. ``left_out``: it says that the model does not get this turn any
    more.

    ``pre`` is the one element in which neither Markdown nor formulas are looked for; line
    breaks inside are references, because a blank line would end the HTML block.
    """
    images = [part for part in message.parts if isinstance(part, Image)]
    numbered_images = list(grounding.numbered_images((*asked, message)))
    numbers = [number for number, _ in numbered_images][len(numbered_images) - len(images) :]
    numbered = bool(numbers) and numbers[-1] > 1
    number = iter(numbers)
    videos = sum(isinstance(part, Video) for earlier in asked for part in earlier.media)
    marked = pointing.marked(message, asked, thumbnails)
    figures = []
    for part in message.media:
        thumbnail = thumbnails.get(part.path)
        caption = thumbnail.caption if thumbnail else part.name
        place = next(number) if isinstance(part, Image) else 0
        if place and numbered:
            caption = strings.IMAGE_NUMBER.format(number=place)
        picture = (
            f'<img src="{html.escape(thumbnail.url)}" alt="{literal(part.name)}">'
            if thumbnail
            else ""
        )
        label = f"<figcaption>{literal(caption)}</figcaption>" if caption else ""
        if isinstance(part, Video):
            videos += 1
            kind, name = "video", f' name="{moments.player(videos)}"'
            picture = _player(part) + picture
        else:
            kind, name = "image", f' name="image-{place}"'
            picture = marked.get(part) or _enlarging(part, picture)
        figures.append(f'<figure class="{kind}"{name}>{picture}{label}</figure>')
    media = f'<div class="media">{"".join(figures)}</div>' if figures else ""
    words = f'<pre class="said">{_without_tags(message.text)}</pre>' if message.text else ""
    note = f'<div class="left-out">{strings.LEFT_OUT}</div>' if left_out else ""
    return note + media + words


def _player(video: Video) -> str:
    """A player where the browser is likely to have one. The page shows the still picture beside
    it instead when it turns out that it cannot play this one."""
    if video.path.suffix.lower() not in _PLAYED_BY_BROWSERS:
        return ""
    # Half a frame in: some browsers show nothing of a video that stands at its very beginning.
    source = f"gradio_api/file={quote(str(video.path))}#t=0.01"
    return f'<video controls playsinline preload="metadata" src="{source}"></video>'


def _enlarging(image: Image, thumbnail: str) -> str:
    """A button that shows the whole image. Of attributes that may say where it is, Gradio leaves
    a button its ``value``."""
    if not thumbnail:
        return ""
    return f'<button class="enlarge" value="{quote(str(image.path))}">{thumbnail}</button>'


def literal(text: str) -> str:
    """``text`` as HTML that stays on one line."""
    escaped = html.escape(text)
    return escaped.replace("\r\n", "&#10;").replace("\n", "&#10;").replace("\r", "&#10;")


def _without_tags(text: str) -> str:
    """As ``literal``, with what is meant for the model in elements that the page does not show:
    copied or edited, it is still there."""
    pieces, end = [], 0
    for tagged in grounding.TAGGED.finditer(text):
        name = tagged[1]
        pieces += [
            literal(text[end : tagged.start()]),
            f"{_tag('<ref>')}{literal(name)}{_tag('</ref>')}" if name else _tag(tagged[0], "box"),
        ]
        end = tagged.end()
    return "".join([*pieces, literal(text[end:])])


def _tag(text: str, kind: str = "") -> str:
    return f'<span class="tag {kind}">{literal(text)}</span>'


def without_last_exchange(conversation: Conversation) -> tuple[Conversation, Message | None]:
    """The conversation before its last question, and that question (None: there is none)."""
    for index in range(len(conversation.messages) - 1, -1, -1):
        if conversation.messages[index].role == "user":
            shorter = replace(conversation, messages=conversation.messages[:index])
            return shorter, conversation.messages[index]
    return conversation, None
