"""What happens when a file arrives: one that cannot be read is named at once, any other is made
ready while the question is typed."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import gradio as gr

from internvl_ui.engines.base import Engine
from internvl_ui.errors import UserError
from internvl_ui.ui import convert, strings, views
from internvl_ui.ui.jobs import Jobs
from internvl_ui.ui.status import status_html
from internvl_ui.ui.talk import Attachment


class Uploads:
    """The panels' event handlers. ``keep_track`` is told every file made here."""

    def __init__(self, engine: Engine, jobs: Jobs, *, keep_track: Callable[[Path], object]) -> None:
        self._engine = engine
        self._jobs = jobs
        self._keep_track = keep_track

    def check_image(
        self,
        image: Attachment | None,
        request: gr.Request,
        max_tiles: float | None = None,
        frames: float | None = None,
    ) -> tuple[Any, Any]:
        """→ image, status: a picture that cannot be read is taken out again."""
        before = [image] if image else []
        good, sentence = self._checked(before)
        self._prepare(good, "image", max_tiles, frames)
        panel = gr.skip() if good == before else (good[0] if good else None)
        return panel, notice(self._jobs, request, sentence)

    def check_gallery(
        self,
        gallery: list[Attachment],
        request: gr.Request,
        max_tiles: float | None = None,
        frames: float | None = None,
    ) -> tuple[Any, Any]:
        """→ gallery, status: the pictures that can be read stay."""
        good, sentence = self._checked(gallery)
        self._prepare(good, "image", max_tiles, frames)
        return gr.skip() if good == gallery else good, notice(self._jobs, request, sentence)

    def check_video(
        self,
        video: Attachment | None,
        request: gr.Request,
        max_tiles: float | None = None,
        frames: float | None = None,
    ) -> tuple[Any, Any]:
        """→ video, status: a file that is no video is taken out again."""
        if video is None:
            return gr.skip(), notice(self._jobs, request, None)
        try:
            ready = views.describe_video(video)
        except UserError as error:
            return None, notice(self._jobs, request, strings.said(error))
        self._prepare([video], "video", max_tiles, frames)
        return gr.skip(), notice(self._jobs, request, None, ready=ready)

    def _prepare(
        self,
        files: Sequence[Attachment],
        kind: Literal["image", "video"],
        max_tiles: float | None,
        frames: float | None,
    ) -> None:
        """As the question would have them if it came now; asked otherwise, nothing is lost."""
        options = convert.media_options(max_tiles, frames, convert.COMBINED)
        message = convert.to_message("", [(file, kind) for file in files], options)
        self._engine.prepare(message.media)

    def _checked(self, files: Sequence[Attachment]) -> tuple[list[Attachment], str | None]:
        """The readable files, in a form that browsers draw, and a sentence about the others."""
        good, sentences = [], []
        for file in files:
            try:
                shown = views.drawable(file)
            except UserError as error:
                sentences.append(strings.said(error))
                continue
            if shown != file:
                self._keep_track(shown.path)
            good.append(shown)
        return good, " ".join(sentences) or None


def notice(
    jobs: Jobs, request: gr.Request, sentence: str | None, *, ready: str | None = None
) -> Any:
    """The status line: what is wrong, or ``ready``. While an answer is written the line stays as
    it is, since Stop hangs on it, and a sentence floats above the page instead."""
    if jobs.busy(session_of(request)):
        if sentence:
            gr.Warning(sentence)
        return gr.skip()
    if sentence:
        return status_html("error", sentence)
    return status_html("idle", ready or strings.READY)


def session_of(request: gr.Request) -> str:
    return request.session_hash or ""
