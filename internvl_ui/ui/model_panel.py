"""The model's part of the settings: the family on this machine, and the way to another model."""

from typing import Any

import gradio as gr

from internvl_ui.engines.base import Engine
from internvl_ui.engines.switching import Switching
from internvl_ui.settings import Settings
from internvl_ui.ui import strings
from internvl_ui.ui.models import models_html, running_html
from internvl_ui.ui.switch import Switch

_PRIVATE: dict[str, Any] = {
    "api_visibility": "private",
    "show_progress": "hidden",
    "concurrency_limit": None,
}


def model_panel(engine: Engine, settings: Settings) -> gr.HTML:
    """The panel, built where it is called. Gives what says what answers; the rest is looked up
    when it is opened."""
    with gr.Accordion(strings.MODEL, open=False, elem_id="model") as panel:
        with gr.Column(visible=False, elem_id="switch") as controls:
            model = gr.Dropdown(
                [],
                label=strings.SWITCH_MODEL,
                info=strings.SWITCH_MODEL_HELP,
                elem_id="switch-model",
            )
            precision = gr.Radio(
                [],
                label=strings.SWITCH_PRECISION,
                info=strings.SWITCH_PRECISION_HELP,
                elem_id="switch-precision",
            )
            switch = gr.Button(strings.SWITCH, size="sm", min_width=0, elem_id="switch-button")
            line = gr.HTML("", elem_id="switch-line", padding=False)
        family = gr.HTML(running_html(engine), elem_id="family", padding=False)
    if not isinstance(engine, Switching):
        panel.expand(lambda: models_html(engine), None, family, **_PRIVATE)
        return family
    do = Switch(engine, settings)
    panel.expand(do.look, None, [line, family, controls, model, precision], **_PRIVATE)
    model.input(do.precisions, [model], [precision], **_PRIVATE)
    switch.click(do.switch, [model, precision], [line, family], **_PRIVATE)
    return family
