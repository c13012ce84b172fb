"""A talk as one page of HTML that opens anywhere, offline, and as Markdown."""

import html
import io
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import PIL.Image
from markdown_it import MarkdownIt

from internvl_ui import grounding
from internvl_ui.conversation import Image, Message, Note
from internvl_ui.errors import MediaError
from internvl_ui.media.images import open_image
from internvl_ui.ui import answers, keeping, pointing, strings
from internvl_ui.ui.convert import literal
from internvl_ui.ui.talk import Talk, Thumbnail

_SIDE = 1600
"""Longest side of a picture in pixels: sharp on any screen, a few hundred kilobytes."""

# An answer's own HTML stays text, and addresses of scripts are no links.
_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])

_STYLE = """
:root { color-scheme: light dark; --quiet: #667; --line: #8884; }
body { max-width: 820px; margin: 0 auto; padding: 32px 20px 64px; }
body { font: 16px/1.55 system-ui, sans-serif; }
header { margin-bottom: 32px; border-bottom: 1px solid var(--line); }
h1 { font-size: 24px; line-height: 1.25; margin: 0 0 4px; }
header p, figcaption, .note { color: var(--quiet); font-size: 13px; }
section { margin: 0 0 28px; }
h2 { font-size: 13px; color: var(--quiet); margin: 0 0 6px; }
.question { padding: 14px 18px; border-radius: 16px; background: #8881; }
.said { margin: 0; font: inherit; white-space: pre-wrap; overflow-wrap: anywhere; }
.tag { display: none; }
.media { display: flex; flex-wrap: wrap; gap: 12px; margin: 0 0 10px; }
figure { margin: 0; }
img { display: block; max-width: 100%; max-height: 480px; border-radius: 10px; }
pre, table { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; display: block; }
th, td { text-align: left; padding: 4px 14px 4px 0; border-bottom: 1px solid var(--line); }
.answer { overflow-wrap: anywhere; }
details { margin: 8px 0 0; color: var(--quiet); font-size: 13px; }
summary { cursor: pointer; }
dl { margin: 6px 0 0; columns: 2 220px; column-gap: 24px; }
dl div { display: flex; justify-content: space-between; gap: 12px; }
dd { margin: 0; text-align: right; }
"""

_PAGE = """<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<header><h1>{title}</h1><p>{made}</p></header>
{body}
</body>
</html>
"""


def as_html(talk: Talk, *, model: str, now: datetime) -> str:
    """One page with its pictures inside, which asks no other host for anything. ``model``: what
    answered where an answer does not say so itself."""
    body = []
    if talk.conversation.system:
        body.append(
            f'<section><h2>{strings.SYSTEM}</h2><pre class="said">'
            f"{html.escape(talk.conversation.system)}</pre></section>"
        )
    messages = talk.conversation.messages
    for place, message in enumerate(messages):
        if message.role == "user":
            left_out = place < 2 * talk.conversation.left_out
            note = f'<p class="note">{strings.LEFT_OUT}</p>' if left_out else ""
            body.append(
                f'<section class="question"><h2>{strings.YOU}</h2>{note}'
                f"{_figures(message, talk.thumbnails, messages[:place])}"
                f'<pre class="said">{html.escape(message.text)}</pre></section>'
            )
        else:
            body.append(
                f'<section class="answer"><h2>{html.escape(_by(message.note, model))}</h2>'
                f"{_answer(message.text, messages[:place], talk.thumbnails)}"
                f"{answers.numbers(message.note) if message.note else ''}</section>"
            )
    return _PAGE.format(
        language=strings.LANGUAGE,
        title=html.escape(keeping.title(talk)),
        style=_STYLE,
        made=html.escape(_made(talk, model, now)),
        body="\n".join(body),
    )


def as_markdown(talk: Talk, *, model: str, now: datetime) -> str:
    """Words and the names of files; questions are quoted as they were typed."""
    lines = [f"# {keeping.title(talk)}", "", _made(talk, model, now), ""]
    if talk.conversation.system:
        lines += [f"**{strings.SYSTEM}**", "", *_quoted(talk.conversation.system), ""]
    messages = talk.conversation.messages
    for place, message in enumerate(messages):
        if message.role == "user":
            lines += [f"## {strings.YOU}", ""]
            if place < 2 * talk.conversation.left_out:
                lines += [f"*{strings.LEFT_OUT}*", ""]
            lines += [f"- {name}" for name in _called(message, messages[:place])]
            lines += [""] if message.media else []
            lines += [*_quoted(message.text), ""]
        else:
            lines += [f"## {_by(message.note, model)}", "", message.text.strip(), ""]
            lines += [_numbers(message.note), ""] if message.note else []
    return "\n".join(lines)


def _made(talk: Talk, model: str, now: datetime) -> str:
    said = [message for message in talk.conversation.messages if message.role == "assistant"]
    models = dict.fromkeys(_by(message.note, model) for message in said)
    names = ", ".join(models) or model
    return strings.EXPORTED.format(model=names, when=now.strftime("%Y-%m-%d %H:%M"))


def _by(note: Note | None, model: str) -> str:
    """What gave an answer; ``model`` if that is not known."""
    return note.model if note else model


def _numbers(note: Note) -> str:
    """What an answer cost, in one line of Markdown that stands apart from the answer."""
    summary, rows = answers.figures(note)
    rows.pop(strings.ROW_SPEED, None)  # The summary has it.
    return " · ".join([summary, *(f"{name}: {value}" for name, value in rows.items())])


def _quoted(text: str) -> list[str]:
    return [f"> {line}" for line in text.splitlines()]


def _called(message: Message, asked: Sequence[Message]) -> list[str]:
    """The names of the message's files, before each the one by which the prompt calls it where
    there are several."""
    images = list(grounding.numbered_images((*asked, message)))
    new = iter(images[len(images) - sum(isinstance(part, Image) for part in message.media) :])
    names = []
    for part in message.media:
        number = next(new)[0] if isinstance(part, Image) else 0
        called = f"{strings.IMAGE_NUMBER.format(number=number)}: " if number else ""
        names.append((called if images[-1:] and images[-1][0] > 1 else "") + part.name)
    return names


def _figures(
    message: Message, thumbnails: Mapping[Path, Thumbnail], asked: Sequence[Message]
) -> str:
    figures = []
    for part, name in zip(message.media, _called(message, asked), strict=True):
        thumbnail = thumbnails.get(part.path)
        picture = _opened(part.path if isinstance(part, Image) else None, thumbnail)
        caption = (thumbnail.caption if thumbnail else "") or name
        shown = f'<img src="{_embedded(picture)}" alt="{literal(part.name)}">' if picture else ""
        figures.append(f"<figure>{shown}<figcaption>{literal(caption)}</figcaption></figure>")
    return f'<div class="media">{"".join(figures)}</div>' if figures else ""


def _answer(text: str, asked: Sequence[Message], thumbnails: Mapping[Path, Thumbnail]) -> str:
    """An answer's words without the numbers of its boxes, and its pictures with them drawn."""
    regions = grounding.parse(text)
    changes = [(span, "") for region in regions for span in region.box_spans]
    changes += [(region.label_span, region.label) for region in regions]
    words = text
    for (start, end), replacement in sorted(changes, reverse=True):
        words = words[:start] + replacement + words[end:]
    figures = []
    for image, spots in pointing.pointed(regions, asked).pictures:
        picture = _opened(image.path, thumbnails.get(image.path))
        if picture is not None:
            marks = [(spot.label, spot.colour, spot.box) for spot in spots]
            alt = literal(", ".join(spot.label for spot in spots) or image.name)
            source = _embedded(grounding.draw(picture, marks))
            figures.append(f'<figure><img src="{source}" alt="{alt}"></figure>')
    drawn = f'<div class="media">{"".join(figures)}</div>' if figures else ""
    rendered = (
        _folded(piece) if thinking else _MARKDOWN.render(piece)
        for thinking, piece, _ in answers.thoughts(words)
    )
    return "".join(rendered) + drawn


def _folded(thought: str) -> str:
    inside = _MARKDOWN.render(thought)
    return f"<details><summary>{strings.THOUGHTS}</summary>{inside}</details>"


def _opened(path: Path | None, thumbnail: Thumbnail | None) -> PIL.Image.Image | None:
    """A picture no larger than a screen needs, or its thumbnail where it is here no more."""
    for file in (path, keeping.thumbnail_path(thumbnail) if thumbnail else None):
        if file is not None:
            with suppress(MediaError):
                picture = open_image(file)
                picture.thumbnail((_SIDE, _SIDE))
                return picture
    return None


def _embedded(picture: PIL.Image.Image) -> str:
    """A picture as an address that holds it."""
    content = io.BytesIO()
    picture.save(content, "webp", quality=88)
    return keeping.data_url(content.getvalue(), "image/webp")
