"""Gradio components that hand on the file itself and the name the visitor gave it.

The stock ones open, re-encode or refuse the file before any code of ours runs; what a file is
worth is for ``media`` to say.
"""

from abc import ABCMeta
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.component_meta import ComponentMeta
from gradio.components.gallery import GalleryData, GalleryImage, GalleryVideo
from gradio.components.multimodal_textbox import MultimodalData
from gradio.data_classes import FileData, ImageData, ListFiles

from internvl_ui.ui.talk import Attachment


class _WithoutStub(ComponentMeta):
    """Gradio's own metaclass also writes a .pyi file beside the source. These classes add no
    events and no __init__, so nothing else of its work is needed."""

    def __new__(cls, name: str, bases: tuple[type, ...], attrs: dict[str, Any]) -> type:
        return ABCMeta.__new__(cls, name, bases, attrs)


def _attachment(file: FileData | ImageData) -> Attachment:
    path = Path(file.path or "")
    return Attachment(path, file.orig_name or path.name)


class ImagePanel(gr.Image, metaclass=_WithoutStub):
    is_template = True

    def preprocess(self, payload: ImageData | None) -> Attachment | None:
        return _attachment(payload) if payload and payload.path else None

    def postprocess(self, value: Attachment | None) -> ImageData | None:
        return ImageData(path=str(value.path), orig_name=value.name) if value else None


class GalleryPanel(gr.Gallery, metaclass=_WithoutStub):
    is_template = True

    def preprocess(self, payload: GalleryData | None) -> list[Attachment]:
        entries = payload.root if payload else []
        return [
            _attachment(entry.video if isinstance(entry, GalleryVideo) else entry.image)
            for entry in entries
        ]

    def postprocess(self, value: list[Attachment] | None) -> GalleryData:
        return GalleryData(
            root=[
                GalleryImage(image=ImageData(path=str(file.path), orig_name=file.name))
                for file in value or []
            ]
        )


class VideoPanel(gr.Video, metaclass=_WithoutStub):
    is_template = True

    def preprocess(self, payload: FileData | None) -> Attachment | None:
        return _attachment(payload) if payload and payload.path else None

    def postprocess(self, value: Attachment | None) -> FileData | None:
        return FileData(path=str(value.path), orig_name=value.name) if value else None


class FilesPanel(gr.File, metaclass=_WithoutStub):
    """Any number of files of any kind."""

    is_template = True

    def preprocess(self, payload: ListFiles | None) -> list[Attachment]:
        return [_attachment(file) for file in payload] if payload else []

    def postprocess(self, value: list[Attachment] | None) -> ListFiles | None:
        if not value:
            return None
        return ListFiles(
            root=[
                FileData(path=str(file.path), orig_name=file.name, size=file.path.stat().st_size)
                for file in value
            ]
        )


class MessageInput(gr.MultimodalTextbox, metaclass=_WithoutStub):
    """What a program sends: ``{"text": …, "files": […]}``. Never seen on the page."""

    is_template = True

    def preprocess(self, payload: MultimodalData | None) -> dict[str, Any]:
        if payload is None:
            return {"text": "", "files": []}
        return {"text": payload.text, "files": [_attachment(file) for file in payload.files]}


class FileInput(gr.File, metaclass=_WithoutStub):
    """One file that a program sends. Never seen on the page."""

    is_template = True

    def preprocess(self, payload: FileData | None) -> Attachment | None:
        return _attachment(payload) if payload and payload.path else None
