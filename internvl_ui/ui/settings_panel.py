"""The side bar in which a visitor chooses how questions are read and answered."""

from dataclasses import dataclass

import gradio as gr

from internvl_ui.conversation import GenerationOptions
from internvl_ui.settings import Settings
from internvl_ui.ui import strings
from internvl_ui.ui.convert import BY_CHANCE, MediaOptions


@dataclass(frozen=True, slots=True)
class Choices:
    """The settings' components, in the order in which the handlers take them."""

    media: list[gr.components.Component]
    generation: list[gr.components.Component]


def settings_panel(settings: Settings) -> Choices:
    """The panel, built where it is called."""
    options, media = GenerationOptions(), MediaOptions()
    gr.Markdown(f"## {strings.SETTINGS}")
    system = gr.Textbox(
        label=strings.SYSTEM, info=strings.SYSTEM_HELP, lines=2, max_lines=8, elem_id="system"
    )
    gr.Markdown(f"### {strings.GROUP_PICTURES}")
    max_tiles = gr.Slider(
        1,
        24,
        media.max_tiles,
        step=1,
        label=strings.MAX_TILES,
        info=strings.MAX_TILES_HELP,
        elem_id="max-tiles",
    )
    frames = gr.Slider(
        1,
        64,
        media.frames,
        step=1,
        label=strings.FRAMES,
        info=strings.FRAMES_HELP,
        elem_id="frames",
    )
    several = gr.Radio(
        [strings.NUMBERED, strings.COMBINED],
        value=strings.NUMBERED,
        label=strings.SEVERAL,
        info=strings.SEVERAL_HELP,
        elem_id="several",
    )
    gr.Markdown(f"### {strings.GROUP_ANSWERS}")
    max_new_tokens = gr.Slider(
        1,
        8192,
        options.max_new_tokens,
        step=1,
        label=strings.MAX_NEW_TOKENS,
        info=strings.MAX_NEW_TOKENS_HELP,
        elem_id="max-new-tokens",
    )
    do_sample = gr.Checkbox(
        options.do_sample, label=strings.SAMPLE, info=strings.SAMPLE_HELP, elem_id="do-sample"
    )
    temperature = gr.Slider(
        0.05,
        2.0,
        options.temperature,
        step=0.05,
        label=strings.TEMPERATURE,
        info=strings.TEMPERATURE_HELP,
    )
    top_p = gr.Slider(
        0.05, 1.0, options.top_p, step=0.05, label=strings.TOP_P, info=strings.TOP_P_HELP
    )
    top_k = gr.Slider(0, 200, options.top_k, step=1, label=strings.TOP_K, info=strings.TOP_K_HELP)
    repetition = gr.Slider(
        1.0,
        2.0,
        options.repetition_penalty,
        step=0.05,
        label=strings.REPETITION,
        info=strings.REPETITION_HELP,
    )
    seed = gr.Number(
        BY_CHANCE, precision=0, minimum=BY_CHANCE, label=strings.SEED, info=strings.SEED_HELP
    )
    gr.Markdown(strings.PRIVACY.format(hours=settings.keep_files_hours), elem_id="privacy")
    return Choices(
        media=[max_tiles, frames, several],
        generation=[
            system,
            max_new_tokens,
            do_sample,
            temperature,
            top_p,
            top_k,
            repetition,
            seed,
        ],
    )
