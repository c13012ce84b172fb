"""The page's layout and which handler answers which event."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from internvl_ui.engines.base import Engine
from internvl_ui.settings import Settings
from internvl_ui.ui import region, strings
from internvl_ui.ui.answers import LATEX
from internvl_ui.ui.asking import asking_html, moved
from internvl_ui.ui.batch_page import add_batch_page
from internvl_ui.ui.compare_page import add_compare_page
from internvl_ui.ui.components import GalleryPanel, ImagePanel, MessageInput, VideoPanel
from internvl_ui.ui.drawings import Drawings
from internvl_ui.ui.examples import load_examples
from internvl_ui.ui.handlers import Handlers
from internvl_ui.ui.jobs import Jobs
from internvl_ui.ui.keeping_panel import Keeping, connect, keeping_panel
from internvl_ui.ui.localised import Page
from internvl_ui.ui.navigation import page_header
from internvl_ui.ui.preview_api import preview_endpoint
from internvl_ui.ui.preview_handlers import Preview
from internvl_ui.ui.preview_panel import connect_preview, media_choices, meter_panel, preview_panel
from internvl_ui.ui.settings_panel import settings_panel
from internvl_ui.ui.status import status_html
from internvl_ui.ui.talk import Talk
from internvl_ui.ui.uploads import Uploads
from internvl_ui.ui.welcome import welcome_panel

_PICTURES = ["image", ".heic", ".heif", ".avif", ".tif", ".tiff", ".jp2"]
_VIDEOS = ["video", ".mkv", ".ts", ".mts", ".m2ts", ".gif"]


def build_page(engine: Engine, settings: Settings, others: Sequence[Engine] = ()) -> gr.Blocks:
    """The page for one engine, in every language. ``others`` can be compared with it. Serving it
    is another's duty."""
    named = by_name(engine, others)
    page = _build(engine, settings, named)
    page.again = lambda: _build(engine, settings, named)
    return page


def by_name(engine: Engine, others: Sequence[Engine]) -> dict[str, Engine]:
    """``others`` by their names, each of which is there once."""
    named: dict[str, Engine] = {}
    for other in others:
        same = sum(earlier.name == other.name for earlier in (engine, *named.values()))
        named[f"{other.name} ({same + 1})" if same else other.name] = other
    return named


def _build(engine: Engine, settings: Settings, others: Mapping[str, Engine]) -> Page:
    examples = load_examples()
    kept = int(settings.keep_files_hours * 3600)
    with Page(
        title=f"{engine.name} · {strings.TITLE}",
        analytics_enabled=False,
        fill_width=True,
        fill_height=True,
        delete_cache=(min(kept, 3600), kept),
    ) as page:
        talk = gr.State(Talk())
        with gr.Sidebar(position="left", open=False, width=300, elem_id="conversations"):
            conversations = keeping_panel()
        with gr.Sidebar(position="right", open=False, width=340, elem_id="settings"):
            choices = settings_panel(page, engine, settings)
        with gr.Row(elem_id="header"):
            page_header(page, engine, strings.PAGE_CHAT, after=[talk.change, choices.family.change])
            clear = gr.Button(strings.NEW_CONVERSATION, size="sm", min_width=0, elem_id="clear")
        welcome_panel(page, engine, examples, after=[choices.family.change])
        chatbot = gr.Chatbot(
            elem_id="chat",
            show_label=False,
            container=False,
            scale=1,
            height=None,
            layout="bubble",
            buttons=["copy"],
            feedback_options=("Like", "Dislike"),
            editable="user",
            autoscroll=False,
            latex_delimiters=LATEX,
            allow_tags=True,
            placeholder=" ",
        )
        with gr.Column(elem_id="composer", scale=0):
            with gr.Tabs(elem_id="panels"):
                with gr.Tab(strings.PANEL_IMAGE, elem_id="tab-image"):
                    image = ImagePanel(
                        elem_id="image",
                        sources=["upload", "webcam"],
                        type="filepath",
                        show_label=False,
                        buttons=[],
                        height=96,
                        container=False,
                        interactive=True,
                    )
                with gr.Tab(strings.PANEL_IMAGES, elem_id="tab-images"):
                    gallery = GalleryPanel(
                        elem_id="gallery",
                        file_types=_PICTURES,
                        show_label=False,
                        buttons=[],
                        columns=6,
                        height=96,
                        allow_preview=False,
                        object_fit="cover",
                        container=False,
                        interactive=True,
                    )
                with gr.Tab(strings.PANEL_VIDEO, elem_id="tab-video"):
                    video = VideoPanel(
                        elem_id="video",
                        sources=["upload"],
                        show_label=False,
                        buttons=[],
                        height=96,
                        container=False,
                        interactive=True,
                    )
            gr.Button(strings.DRAW_REGION, size="sm", min_width=0, elem_id="draw-region")
            gr.HTML(region.dialog(), elem_id="region", padding=False)
            gr.HTML(asking_html(), padding=False, elem_id="beside-question")
            move = gr.Textbox(elem_id="move", visible="hidden", show_label=False)
            sight = preview_panel()
            with gr.Row(elem_id="ask"):
                question = gr.Textbox(
                    elem_id="question",
                    label=strings.QUESTION,
                    placeholder=strings.QUESTION_PLACEHOLDER,
                    show_label=False,
                    container=False,
                    lines=1,
                    max_lines=6,
                    scale=1,
                    autofocus=True,
                )
                send = gr.Button(strings.SEND, variant="primary", min_width=0, elem_id="send")
                stop = gr.Button(strings.STOP, variant="stop", min_width=0, elem_id="stop")
            status = gr.HTML(status_html("idle", strings.READY), elem_id="status", padding=False)
            meter = meter_panel()
        message = MessageInput(visible=False, file_types=[*_PICTURES, *_VIDEOS])
        reply = gr.Textbox(visible=False, label="answer")
        keep = gr.Button(visible="hidden", elem_id="keep")
        made = gr.Textbox(visible="hidden", label="file")
        show = gr.Button(visible="hidden", elem_id="show")
        wish = gr.Textbox(visible="hidden", label="showcase")

        def keep_track(path: Path) -> None:
            chatbot.temp_files.add(str(path))

        jobs = Jobs(limit=settings.max_queue + 1)
        do = Handlers(engine, jobs, examples=examples, keep_track=keep_track)
        uploads = Uploads(engine, jobs, keep_track=keep_track)
        box = [question, image, gallery, video]
        preview = Preview(engine, jobs, keep_track=keep_track)
        seen = media_choices(sight, choices)
        private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        # Quick things wait for nobody; answers share one limit, and the engine their order.
        quick: dict[str, Any] = {**private, "concurrency_limit": None}
        answers: dict[str, Any] = {
            "concurrency_id": "answers",
            "concurrency_limit": settings.max_queue + 1,
        }

        def then_answer(asked: Any) -> None:
            asked.then(
                do.answer,
                choices.generation,
                [chatbot, status, talk],
                postprocess=False,
                **private,
                **answers,
            ).then(do.settle, box, box, **quick)

        sent = gr.on(
            [question.submit, send.click],
            do.send,
            [*box, *seen[:3], talk, *seen[3:]],
            [*box, status],
            **quick,
        )
        then_answer(sent)
        connect_preview(
            preview,
            sight,
            meter,
            box=box,
            chatbot=chatbot,
            talk=talk,
            status=status,
            choices=choices,
            sent=sent,
        )
        then_answer(
            show.click(
                do.send_example,
                [wish, talk, *choices.media, *choices.generation],
                [chatbot, status, talk],
                js="(_, ...others) => [window.showcases.wish, ...others]",
                **quick,
            )
        )
        then_answer(chatbot.retry(do.retry, [talk], [status], **quick))
        then_answer(chatbot.option_select(do.go_on, [talk], [status], **quick))
        then_answer(chatbot.edit(do.edit, [talk], [chatbot, status], **quick))
        chatbot.like(do.like, [talk], [talk], **quick)
        talk.change(do.thumbs, [talk], [chatbot], **quick)
        move.change(moved, [gallery, move], [gallery], **quick)
        chatbot.undo(do.undo, [talk, *box], [chatbot, status, talk, *box], **quick)
        arrival = choices.media[:2]
        image.upload(uploads.check_image, [image, *arrival], [image, status], **quick)
        gallery.upload(uploads.check_gallery, [gallery, *arrival], [gallery, status], **quick)
        video.upload(uploads.check_video, [video, *arrival], [video, status], **quick)
        stop.click(do.stop, queue=False, **private)
        clear.click(do.start_over, None, [chatbot, status, talk], **quick)
        drawings = Drawings(keep_track=keep_track)
        keep.click(
            drawings.fetch,
            [made, talk],
            [made],
            js="(_, talk) => [window.pointing.wish, talk]",
            **quick,
        ).then(None, [made], None, js="(address) => window.pointing.save(address)", **private)
        page.unload(do.leave)

        keeping = Keeping(jobs, settings, engine=engine, keep_track=keep_track)
        connect(page, keeping, conversations, [chatbot, status, talk])

        message.submit(
            do.chat,
            [message, talk],
            [reply, talk],
            api_name="chat",
            show_progress="hidden",
            **answers,
        )
        preview_endpoint(engine)
        # Programs press it; nothing on the page does, as the change of a component might.
        forget = gr.Button(visible=False)
        forget.click(do.forget, None, [talk], api_name="clear", concurrency_limit=None)
    add_compare_page(page, engine, settings, examples, keep_track, others)
    add_batch_page(page, engine, settings, examples, keep_track)
    page.queue(max_size=None)
    # Gradio looks a thousand times a second whether there is something to do. That alone takes
    # three hundredths of a core, which on a small machine is the model's.
    page._queue.sleep_when_free = 0.005
    return page
