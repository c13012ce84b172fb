"""The picture with an answer's boxes, and the boxes as JSON, as files that are made when asked
for: a photograph takes a second to draw and to save."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gradio as gr

from internvl_ui import grounding
from internvl_ui.conversation import Image
from internvl_ui.errors import UserError
from internvl_ui.media.images import image_size, open_image
from internvl_ui.ui import pointing, strings, views
from internvl_ui.ui.talk import Talk

_PHOTOGRAPHS = {".jpg", ".jpeg", ".webp"}


class Drawings:
    """The page's event handler. ``keep_track`` is told every file made here."""

    def __init__(self, *, keep_track: Callable[[Path], object]) -> None:
        self._keep_track = keep_track

    def fetch(self, wish: str, talk: Talk) -> Any:
        """→ the address of a file for the visitor's browser to save.

        wish: "3/0", the first picture that the conversation's message 3 points at, with its
        boxes; or "3", all its boxes as JSON.
        """
        number, _, place = wish.partition("/")
        messages = talk.conversation.messages
        if not number.isdecimal() or int(number) >= len(messages):
            return gr.skip()
        answer, asked = messages[int(number)], messages[: int(number)]
        found = pointing.pointed(grounding.parse(answer.text), asked)
        try:
            if not place:
                made = _as_json(found)
            elif place.isdecimal() and int(place) < len(found.pictures):
                made = _drawn(*found.pictures[int(place)])
            else:
                return gr.skip()
        except UserError as error:
            gr.Warning(strings.said(error))
            return gr.skip()
        self._keep_track(made)
        return f"gradio_api/file={made}"


def _drawn(image: Image, spots: tuple[pointing.Spot, ...]) -> Path:
    """The picture at its full size with boxes."""
    picture = open_image(image.path, name=image.name)
    marks = [(spot.label, spot.colour, spot.box) for spot in spots]
    suffix = ".jpg" if Path(image.name).suffix.lower() in _PHOTOGRAPHS else ".png"
    # The browser takes the name from the server, which takes it from the file's.
    stem = re.sub(r"[^\w-]+", "-", Path(image.name).stem)[:60]
    path = views.new_file(f"{stem}-{strings.BOXES_FILE}{suffix}")
    grounding.draw(picture, marks).save(path, quality=95)
    return path


def _as_json(found: pointing.Pointed) -> Path:
    sizes = {image: image_size(image.path, name=image.name) for image, _ in found.pictures}
    path = views.new_file(f"{strings.BOXES_FILE}.json")
    path.write_text(pointing.as_json(found, sizes), encoding="utf-8")
    return path
