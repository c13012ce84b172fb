"""The two areas of the page that say what the model sees and what it costs, and their events."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import gradio as gr
from gradio.components import Component
from gradio.events import Dependency

from internvl_ui.ui import strings
from internvl_ui.ui.convert import EVENLY, EVERY, MOST_FRAMES, MediaOptions
from internvl_ui.ui.meter import Offers
from internvl_ui.ui.preview_handlers import Came, Preview
from internvl_ui.ui.settings_panel import Choices
from internvl_ui.ui.status import calmed

_NOTHING = "() => []"


@dataclass(frozen=True, slots=True)
class PreviewPanel:
    """``frames`` and ``cut``: how the video is looked at, ``cut`` as ``convert.media_options``
    takes it after the general settings."""

    area: gr.Accordion
    drawing: gr.HTML
    film: gr.HTML
    frames: gr.Slider
    cut: list[Component]


@dataclass(frozen=True, slots=True)
class MeterPanel:
    """``offers``: the buttons, in the order of ``Preview.measure``'s outputs."""

    meter: gr.HTML
    offers: list[gr.Button]


def preview_panel() -> PreviewPanel:
    """The folding area, built where it is called. Style shows it once there is a file."""
    options = MediaOptions()
    with gr.Accordion(strings.PREVIEW, open=True, elem_id="preview") as area:
        drawing = gr.HTML("", elem_id="seen", padding=False)
        film = gr.HTML("", elem_id="film-style", padding=False)
        with gr.Row(elem_id="video-cut"):
            way = gr.Radio(
                [(strings.EVENLY, EVENLY), (strings.EVERY, EVERY)],
                value=EVENLY,
                label=strings.WAY,
                elem_id="video-way",
                min_width=150,
            )
            frames = _slider(
                1, MOST_FRAMES, options.frames, strings.VIDEO_FRAMES, "video-frames", step=1
            )
            every = _slider(0.1, 30, 1, strings.EVERY_SECONDS, "video-every", step=0.1)
            start = _slider(0, 1, 0, strings.VIDEO_START, "video-start", step=0.1)
            end = _slider(0, 1, 1, strings.VIDEO_END, "video-end", step=0.1)
            tiles = _slider(1, 12, options.frame_tiles, strings.FRAME_TILES, "frame-tiles", step=1)
    return PreviewPanel(area, drawing, film, frames, [way, every, start, end, tiles])


def _slider(
    least: float, most: float, value: float, label: str, elem_id: str, *, step: float
) -> gr.Slider:
    return gr.Slider(
        least,
        most,
        value,
        step=step,
        label=label,
        elem_id=elem_id,
        buttons=[],
        min_width=150,
    )


def meter_panel() -> MeterPanel:
    """The meter and, below it, what may be less."""
    shown = gr.HTML("", elem_id="meter", padding=False)
    with gr.Row(elem_id="offers"):
        offers = [
            gr.Button(visible=False, size="sm", min_width=0, elem_id=f"offer-{name}")
            for name in ("tiles", "frames", "answer")
        ]
        turn = gr.Button(
            strings.OFFER_TURN, visible=False, size="sm", min_width=0, elem_id="offer-turn"
        )
        back = gr.Button(
            strings.RESTORE_TURNS, visible=False, size="sm", min_width=0, elem_id="restore-turns"
        )
    return MeterPanel(shown, [*offers, turn, back])


def media_choices(sight: PreviewPanel, choices: Choices) -> list[Component]:
    """The components whose values ``convert.media_options`` takes."""
    max_tiles, _, several = choices.media
    return [max_tiles, sight.frames, several, *sight.cut]


def connect_preview(
    do: Preview,
    sight: PreviewPanel,
    meter: MeterPanel,
    *,
    box: Sequence[Component],
    chatbot: gr.Chatbot,
    talk: gr.State,
    status: gr.HTML,
    choices: Choices,
    sent: Dependency,
) -> None:
    """Which of ``do``'s handlers answers which event. ``box``: question, image, gallery, video,
    which ``sent`` empties."""
    question, image, gallery, video = box
    max_tiles, general_frames, _ = choices.media
    system, max_new_tokens = choices.generation[:2]
    media = media_choices(sight, choices)
    way, every, start, end, frame_tiles = sight.cut
    files = [image, gallery, video]
    copies, came, offers = gr.State({}), gr.State(Came()), gr.State(Offers())
    quick: dict[str, Any] = {
        "api_visibility": "private",
        "show_progress": "hidden",
        "concurrency_limit": None,
    }
    latest: dict[str, Any] = {**quick, "trigger_mode": "always_last"}
    # Not the video's own: only once its controls fit it is there anything to draw.
    changes = [component.change for component in (image, gallery, came, *media)]
    asked_otherwise = [*changes, talk.change, question.change, system.change, max_new_tokens.change]
    measuring: dict[str, Any] = {
        "fn": do.measure,
        "inputs": [*box, talk, system, max_new_tokens, *media],
        "outputs": [meter.meter, offers, *meter.offers],
        **latest,
    }
    # One by one the page would wait for what the same event calls; what comes "then" runs
    # side by side, and nothing else has to wait for it.
    changed = gr.on(changes, None, js=_NOTHING)
    # Of a gallery that is emptied from here, the browser does not say that it changed.
    for event in (changed, sent):
        event.then(
            do.look,
            [*files, talk, copies, *media],
            [sight.drawing, sight.area, copies],
            **latest,
        )
    changed.then(do.frames, [*files, *media], [sight.film], **latest)
    gr.on(asked_otherwise, None, js=_NOTHING).then(**measuring)
    video.change(
        do.video_came,
        [video, came, general_frames],
        [came, sight.frames, way, start, end, frame_tiles],
        **quick,
    )
    general_frames.change(None, [general_frames], [sight.frames], js="(frames) => frames")
    # That a question was too long is not so any more, or the meter says so.
    fewer = [*(button.click for button in meter.offers), *(choice.change for choice in media)]
    gr.on(fewer, lambda line: calmed(line, strings.READY), [status], [status], **quick)

    tiles_less, frames_less, answer_less, turn_less, turns_back = meter.offers
    tiles_less.click(
        do.fewer_tiles, [offers, max_tiles, frame_tiles], [max_tiles, frame_tiles], **quick
    )
    frames_less.click(do.fewer_frames, [offers], [sight.frames, way], **quick)
    answer_less.click(do.shorter_answer, [offers], [max_new_tokens], **quick)
    turn_less.click(do.leave_out, [talk], [chatbot, talk], **quick)
    turns_back.click(do.bring_back, [talk], [chatbot, talk], **quick)
