"""The side bar of the visitor's conversations: those that their browser keeps, and the ways in
and out for the one on the page."""

import html
import re
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import gradio as gr

from internvl_ui.engines.base import Engine
from internvl_ui.errors import UserError
from internvl_ui.settings import Settings
from internvl_ui.ui import convert, export, keeping, strings, views
from internvl_ui.ui.jobs import Jobs
from internvl_ui.ui.references import References
from internvl_ui.ui.status import status_html
from internvl_ui.ui.talk import Talk
from internvl_ui.ui.uploads import notice, session_of

_MOST_TEXT = 64 * 2**20
"""Characters of what a browser may have kept of one conversation: thumbnails are small."""


class Keeping:
    """The side bar's event handlers. ``keep_track`` is told every file made here."""

    def __init__(
        self,
        jobs: Jobs,
        settings: Settings,
        *,
        engine: Engine,
        keep_track: Callable[[Path], object],
    ) -> None:
        self._jobs = jobs
        self._references = References()
        self._largest = settings.max_upload_mb * 2**20
        self._engine = engine
        self._keep_track = keep_track

    def keep(self, talk: Talk) -> str:
        """→ what the browser keeps."""
        return keeping.keep(talk, self._references)

    def open(self, kept: str, request: gr.Request) -> tuple[Any, ...]:
        """→ chatbot, status, talk."""
        if not kept:
            return gr.skip(), gr.skip(), gr.skip()
        return self._open(kept, request)

    def bring(self, path: str | None, request: gr.Request) -> tuple[Any, ...]:
        """→ chatbot, status, talk: of a file that was saved here or elsewhere."""
        if path is None:
            return gr.skip(), gr.skip(), gr.skip()
        try:
            text = Path(path).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return _refused(strings.NOT_A_CONVERSATION)
        # A name of the browser's own, so that no file can take the place of what it keeps.
        return self._open(text, request, kept_as=secrets.token_hex(16))

    def save(self, kind: str, talk: Talk, request: gr.Request) -> tuple[Any, Any]:
        """→ the file's address and name for the browser, status."""
        if not talk.conversation.messages:
            return gr.skip(), notice(self._jobs, request, strings.NOTHING_TO_SAVE)
        now = datetime.now()
        left: tuple[str, ...] = ()
        if kind == "html":
            text = export.as_html(talk, model=self._engine.name, now=now)
        elif kind == "md":
            text = export.as_markdown(talk, model=self._engine.name, now=now)
        else:
            text, left = keeping.carry(talk)
        path = views.new_file(f"{_file_name(keeping.title(talk))}.{kind}")
        path.write_text(text, encoding="utf-8")
        self._keep_track(path)
        sentence = strings.NOT_CARRIED.format(names=", ".join(left)) if left else None
        file = {"address": f"gradio_api/file={path}", "name": path.name}
        return file, notice(self._jobs, request, sentence) if sentence else gr.skip()

    def _open(
        self, text: str, request: gr.Request, *, kept_as: str | None = None
    ) -> tuple[Any, ...]:
        if self._jobs.busy(session_of(request)):
            return _refused(strings.BUSY)
        try:
            if len(text) > max(_MOST_TEXT, 2 * self._largest):
                raise UserError(strings.TOO_LARGE_TO_OPEN)
            opened = keeping.open_kept(
                text, self._references, largest=self._largest, keep_track=self._keep_track
            )
        except UserError as error:
            return _refused(strings.said(error))
        words = strings.READY
        if opened.gone:
            words = strings.GONE.format(names=", ".join(opened.gone))
        talk = replace(opened.talk, kept_as=kept_as) if kept_as else opened.talk
        return convert.to_chat(talk), status_html("idle", words), talk


def _refused(sentence: str) -> tuple[Any, ...]:
    """→ chatbot, status, talk. Said at the page's edge: on a phone the side bar lies over the
    status line."""
    gr.Warning(sentence)
    return gr.skip(), gr.skip(), gr.skip()


def keeping_panel() -> tuple[gr.HTML, list[gr.Button], gr.UploadButton]:
    """The list, which the browser fills, the buttons that save the conversation on the page as
    HTML, Markdown and JSON, and the one that brings a file in."""
    gr.Markdown(f"## {strings.CONVERSATIONS}")
    kept = gr.HTML(_list_html(), elem_id="kept", padding=False)
    gr.Markdown(f"### {strings.SAVE_AS}")
    with gr.Row(elem_id="save-as"):
        buttons = [
            gr.Button(words, size="sm", min_width=0, elem_id=f"save-{kind}")
            for kind, words in strings.SAVE_KINDS.items()
        ]
    bring = gr.UploadButton(strings.BRING_IN, file_types=[".json"], size="sm", elem_id="bring-in")
    gr.Markdown(strings.KEPT_CONVERSATIONS, elem_id="kept-help")
    return kept, buttons, bring


def connect(
    page: gr.Blocks,
    do: Keeping,
    panel: tuple[gr.HTML, list[gr.Button], gr.UploadButton],
    shown: list[gr.components.Component],
) -> None:
    """What the side bar does to the page. ``shown``: chatbot, status and talk."""
    _, buttons, bring = panel
    status, talk = shown[1:]
    quick: dict[str, Any] = {
        "api_visibility": "private",
        "show_progress": "hidden",
        "concurrency_limit": None,
    }
    in_browser: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    text = gr.Textbox(visible=False)
    file = gr.JSON(visible=False)
    # The list is the browser's own; it presses this button when one of it is chosen.
    chosen = gr.Button(elem_id="open-kept", elem_classes="unseen")
    chosen.click(do.open, text, shown, js="async () => [await keptConversations.chosen()]", **quick)
    page.load(do.open, text, shown, js="async () => [await keptConversations.current()]", **quick)
    talk.change(do.keep, talk, text, **quick).success(
        None, text, js="(text) => keptConversations.keep(text)", **in_browser
    )
    bring.upload(do.bring, bring, shown, **quick)
    for button, kind in zip(buttons, strings.SAVE_KINDS, strict=True):
        button.click(_saver(do, kind), talk, [file, status], **quick).then(
            None, file, js="(file) => keptConversations.download(file)", **in_browser
        )


def _saver(do: Keeping, kind: str) -> Callable[..., Any]:
    def save(talk: Talk, request: gr.Request) -> tuple[Any, Any]:
        return do.save(kind, talk, request)

    return save


def _list_html() -> str:
    """Where the browser puts the list, with the words it needs for that."""
    words = {
        "empty": strings.NO_CONVERSATIONS,
        "untitled": strings.UNTITLED,
        "delete": strings.DELETE_CONVERSATION,
        "delete-all": strings.DELETE_ALL,
        "sure": strings.DELETE_ALL_SURE,
        "unable": strings.BROWSER_KEEPS_NOTHING,
    }
    data = "".join(f' data-{name}="{html.escape(value)}"' for name, value in words.items())
    return f'<div id="kept-list"{data}></div>'


def _file_name(title: str) -> str:
    return re.sub(r"[^\w-]+", "-", title).strip("-")[:60] or "conversation"
