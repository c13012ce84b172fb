"""The batch page's layout and which handler answers which event."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from internvl_ui.engines.base import Engine
from internvl_ui.settings import Settings
from internvl_ui.ui import strings
from internvl_ui.ui.batch import Batch
from internvl_ui.ui.controls import files_panel, slider
from internvl_ui.ui.examples import Example
from internvl_ui.ui.navigation import page_header
from internvl_ui.ui.preferences import MAX_NEW_TOKENS, MAX_TILES
from internvl_ui.ui.status import status_html
from internvl_ui.ui.welcome import fill

_KEPT_AS = "internvl-ui-batch"
"""Where the browser keeps which batch is the visitor's."""


def add_batch_page(
    page: gr.Blocks,
    engine: Engine,
    settings: Settings,
    examples: Sequence[Example],
    keep_track: Callable[[Path], object],
) -> None:
    """Add the page and its endpoint to ``page``, outside of its context."""
    do = Batch(
        engine,
        limit=settings.max_queue,
        most_rows=settings.max_batch_rows,
        most_bytes=4 * settings.max_upload_mb << 20,
        keep_track=keep_track,
    )
    with page.route(strings.PAGE_BATCH, "/batch", show_in_navbar=False):
        # The key alone: what lies under it on the server goes with the visitor's files.
        key = gr.BrowserState("", storage_key=_KEPT_AS, secret="internvl-ui")
        with gr.Row(elem_id="header"):
            page_header(page, engine, strings.PAGE_BATCH)
        with gr.Column(elem_id="batch", elem_classes="sheet-page"):
            gr.HTML(f"<h1>{strings.BATCH_INTRO}</h1><p>{strings.BATCH_HELP}</p>", padding=False)
            with gr.Column(elem_classes="card"):
                files = files_panel(strings.BATCH_FILES, "batch-files")
                questions = gr.Textbox(
                    "",
                    elem_id="batch-questions",
                    label=strings.BATCH_QUESTIONS,
                    placeholder=strings.BATCH_QUESTIONS_PLACEHOLDER,
                    lines=2,
                    max_lines=8,
                )
                with gr.Accordion(strings.BATCH_SETTINGS, open=False, elem_id="batch-settings"):
                    max_tiles = slider(MAX_TILES, strings.MAX_TILES, strings.MAX_TILES_HELP)
                    max_new_tokens = slider(
                        MAX_NEW_TOKENS, strings.MAX_NEW_TOKENS, strings.MAX_NEW_TOKENS_HELP
                    )
                    system = gr.Textbox("", label=strings.SYSTEM, info=strings.SYSTEM_HELP, lines=2)
                with gr.Row(elem_classes="actions"):
                    status = gr.HTML(
                        status_html("idle", strings.BATCH_READY), elem_id="status", padding=False
                    )
                    start = gr.Button(
                        strings.BATCH_START, variant="primary", min_width=0, elem_id="batch-start"
                    )
                    pause = gr.Button(strings.BATCH_PAUSE, min_width=0, elem_id="batch-pause")
                    resume = gr.Button(
                        strings.BATCH_RESUME, variant="primary", min_width=0, elem_id="batch-resume"
                    )
                    again = gr.Button(strings.BATCH_AGAIN, min_width=0, elem_id="batch-again")
                    new = gr.Button(strings.BATCH_NEW, min_width=0, elem_id="batch-new")
            links = gr.HTML("", elem_id="batch-links", padding=False)
            sheet = gr.HTML("", elem_id="batch-sheet", padding=False)

        shown = [status, sheet, links]
        private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        runs: dict[str, Any] = {**private, "concurrency_limit": None}
        start.click(
            do.begin, [files, questions, max_tiles, max_new_tokens, system], [key, *shown], **runs
        )
        gr.on([files.change, questions.input], do.calm, [status], [status], **runs)
        resume.click(do.resume, [key], shown, **runs)
        again.click(do.again, [key], shown, **runs)
        pause.click(do.pause, [key], queue=False, **private)
        # Gradio writes no empty value to the browser, so what is there has to be taken away.
        new.click(do.clear, [key], [key, *shown], **runs).then(
            None, js=f"() => localStorage.removeItem('{_KEPT_AS}')", **private
        )
        page.load(do.restore, [key], shown, **runs)
        page.unload(do.leave)
        fill(page, examples, [files, questions], [], unless=key, press="#batch-start")
        gr.api(do.batch, api_name="batch", concurrency_limit=None)
