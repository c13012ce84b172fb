"""Where an answer points, as the page shows it: names in colour, and the picture with its boxes.

Gradio cleans the HTML in an answer and leaves neither data- nor aria- attributes: `name` ties a
name in the text to its boxes, and `value` says what a button is for. Pure.
"""

import html
import json
import string
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from internvl_ui import grounding
from internvl_ui.conversation import Image, Message
from internvl_ui.grounding import Box, Region
from internvl_ui.ui import moments, strings
from internvl_ui.ui.talk import Talk, Thumbnail

_UNDER_AN_ANSWER = 480, 360
_IN_A_QUESTION = 320, 240
"""Pixels of the page that a picture with boxes takes at most: across, down."""
_CROWD = 6
"""Boxes above which their labels show only when they are pointed at."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A box on a picture. ``name`` is its region's, ``colour`` too."""

    name: str
    label: str
    colour: str
    box: Box


@dataclass(frozen=True, slots=True)
class Pointed:
    """What an answer points at: boxes by picture, and what cannot be drawn, as it is written."""

    pictures: tuple[tuple[Image, tuple[Spot, ...]], ...]
    odd: tuple[tuple[str, str], ...]


def pointed(regions: Sequence[Region], asked: Sequence[Message]) -> Pointed:
    """What ``regions`` of an answer to ``asked`` point at."""
    pictures: dict[Image, list[Spot]] = {}
    odd = [(region.label, written) for region in regions for written in region.odd]
    images = grounding.images_of(regions, asked)
    shades = grounding.colours(regions)
    for number, (region, image, colour) in enumerate(zip(regions, images, shades, strict=True)):
        for box in region.boxes:
            if image is None:
                odd.append((region.label, f"[{numbers(box)}]"))
                continue
            spot = Spot(f"{len(asked)}-{number}", region.label, colour, box)
            pictures.setdefault(image, []).append(spot)
    return Pointed(tuple((image, tuple(spots)) for image, spots in pictures.items()), tuple(odd))


def shown(answer: str, talk: Talk, *, finished: bool) -> tuple[str, str]:
    """An answer to ``talk`` as Markdown, and HTML of the pictures it points at, which is empty if
    there are none. Only what is ``finished`` can be kept as a file."""
    asked = talk.conversation.messages
    if not any(message.media for message in asked):
        return answer, ""
    regions: list[Region] = []
    if "[" in answer or "<" in answer:
        regions = grounding.parse(answer, finished=finished)
    shades = grounding.colours(regions)
    changes = []
    for number, (region, colour) in enumerate(zip(regions, shades, strict=True)):
        changes.append((region.label_span, _name(region, colour, f"{len(asked)}-{number}")))
        changes += [(span, "") for span in region.box_spans]
    taken = [span for span, _ in changes]
    changes += moments.buttons(answer, asked, talk.frame_times, taken)
    if not changes:
        return answer, ""
    pieces, end = [], 0
    for (start, stop), replacement in sorted(changes):
        pieces += [answer[end:start], replacement]
        end = stop
    pieces.append(answer[end:])
    pictures = _pictures(pointed(regions, asked), talk.thumbnails, len(asked), finished)
    return "".join(pieces), pictures


def marked(
    message: Message, asked: Sequence[Message], thumbnails: Mapping[Path, Thumbnail]
) -> Mapping[Image, str]:
    """HTML of those images of the question ``message``, after ``asked``, that it has boxes on."""
    if "[" not in message.text:
        return {}
    regions = [replace(region, label="") for region in grounding.parse(message.text)]
    return {
        image: _canvas(image, spots, thumbnails[image.path], _IN_A_QUESTION)
        for image, spots in pointed(regions, (*asked, message)).pictures
        if image in message.parts and image.path in thumbnails
    }


def as_json(found: Pointed, sizes: Mapping[Image, tuple[int, int]]) -> str:
    """The boxes of an answer for a program. ``sizes``: of each picture, in pixels."""
    rows: list[dict[str, object]] = []
    for image, spots in found.pictures:
        width, height = sizes[image]
        for spot in spots:
            box = spot.box
            rows.append(
                {
                    "label": spot.label,
                    "image": image.name,
                    "width": width,
                    "height": height,
                    "box_1000": [box.left, box.top, box.right, box.bottom],
                    "box_pixels": [round(edge, 1) for edge in box.pixels(width, height)],
                }
            )
    rows += [{"label": label, "not_drawable": written} for label, written in found.odd]
    return json.dumps(rows, indent=2, ensure_ascii=False)


def numbers(box: Box) -> str:
    return ", ".join(f"{edge:g}" for edge in (box.left, box.top, box.right, box.bottom))


def _name(region: Region, colour: str, name: str) -> str:
    """A region's label in the text, without the tags and numbers."""
    label = region.label
    if not region.boxes:
        return as_words(label)
    places = "; ".join(map(numbers, region.boxes))
    return (
        f'<mark class="named" name="{name}" tabindex="0" title="{places}" '
        f'style="--mark:{colour}">{as_words(label or f"[{places}]")}</mark>'
    )


def _pictures(
    found: Pointed, thumbnails: Mapping[Path, Thumbnail], number: int, finished: bool
) -> str:
    figures, choices = [], []
    for place, (image, spots) in enumerate(found.pictures):
        thumbnail = thumbnails.get(image.path)
        if thumbnail is None:
            continue
        figures.append(f"<figure>{_canvas(image, spots, thumbnail, _UNDER_AN_ANSWER)}</figure>")
        words = strings.KEEP_PICTURE
        if len(found.pictures) > 1:
            words += f" ({as_words(image.name)})"
        choices.append(_button("keep-picture", f"{number}/{place}", words))
    lists = "".join(
        f"<li>{as_words(f'{label} {written}'.strip())}</li>" for label, written in found.odd
    )
    odd = f'<div class="odd">{strings.NOT_DRAWABLE}<ul>{lists}</ul></div>' if lists else ""
    if not figures and not odd:
        return ""
    choices.append(_button("keep-boxes", str(number), strings.KEEP_BOXES))
    keep = f'<div class="keep">{"".join(choices)}</div>' if finished else ""
    return f'<div class="pointing">{"".join(figures)}{odd}{keep}</div>'


def _canvas(
    image: Image, spots: Sequence[Spot], thumbnail: Thumbnail, room: tuple[int, int]
) -> str:
    """A picture with boxes over it."""
    crowd = " crowded" if len(spots) > _CROWD else ""
    # The largest first, so that none lies under another.
    ordered = sorted(spots, key=lambda spot: -_area(spot.box))
    alt = html.escape(" ".join(image.name.split()))
    return (
        f'<div class="canvas{crowd}" style="{_frame(thumbnail.size, room)}">'
        f'<img src="{html.escape(thumbnail.url)}" alt="{alt}">{"".join(map(_spot, ordered))}</div>'
    )


def _spot(spot: Spot) -> str:
    box = spot.box
    sides = ("left", box.left), ("top", box.top), ("width", box.right - box.left)
    place = ";".join(f"{side}:{length / 10:g}%" for side, length in sides)
    # The label stands above the box, and starts at its left, wherever there is room.
    low = "" if box.top >= 80 else " below" if box.bottom <= 920 else " inside"
    right = " right" if box.left > 600 else ""
    label = f"<span>{as_words(spot.label)}</span>" if spot.label else ""
    return (
        f'<span class="spot{low}{right}" name="{spot.name}" tabindex="0" title="{numbers(box)}" '
        f'style="{place};height:{(box.bottom - box.top) / 10:g}%;--mark:{spot.colour}">'
        f"{label}</span>"
    )


def _frame(size: tuple[int, int] | None, room: tuple[int, int]) -> str:
    """The room for a picture, so that nothing moves when it arrives."""
    if size is None:
        return ""
    width, height = size
    scale = min(room[0] / width, room[1] / height)
    return f"width:min(100%,{max(1, round(width * scale))}px);aspect-ratio:{width}/{height}"


def _button(kind: str, value: str, words: str) -> str:
    return f'<button type="button" class="{kind}" value="{value}">{words}</button>'


def _area(box: Box) -> float:
    return (box.right - box.left) * (box.bottom - box.top)


_AS_WORDS = {ord(sign): f"&#{ord(sign)};" for sign in string.punctuation}


def as_words(text: str) -> str:
    """``text`` on one line, as HTML in which nothing is Markdown or a formula either."""
    return " ".join(text.split()).translate(_AS_WORDS)
