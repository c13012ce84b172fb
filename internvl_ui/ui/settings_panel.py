"""The side bar in which a visitor chooses how questions are read and answered.

What is chosen is kept in the visitor's browser, never here.
"""

from dataclasses import dataclass
from typing import Any

import gradio as gr

from internvl_ui.engines.base import Engine
from internvl_ui.settings import Settings
from internvl_ui.ui import convert, preferences, strings
from internvl_ui.ui.controls import slider
from internvl_ui.ui.model_panel import model_panel
from internvl_ui.ui.preferences import DEFAULTS, SETTINGS

_BROWSER_PRESETS = {"storage_key": "internvl-ui-presets", "secret": "internvl-ui"}
"""Gradio would make up both anew at each start. What is kept is no secret from its own browser."""


@dataclass(frozen=True, slots=True)
class Choices:
    """The settings' components, in the order in which the handlers take them, and ``family``,
    which says what answers."""

    family: gr.HTML
    media: list[gr.components.Component]
    generation: list[gr.components.Component]

    @property
    def all(self) -> list[gr.components.Component]:
        """As in ``preferences.SETTINGS``."""
        return [*self.media, *self.generation]


def settings_panel(page: gr.Blocks, engine: Engine, settings: Settings) -> Choices:
    """The panel, built where it is called, and what its own buttons do."""
    gr.Markdown(f"## {strings.SETTINGS}")
    with gr.Row(elem_id="settings-tools"):
        reset = gr.Button(strings.RESET, size="sm", min_width=0, elem_id="reset-settings")
        copy = gr.Button(strings.COPY_LINK, size="sm", min_width=0, elem_id="copy-link")
    family = model_panel(engine, settings)
    preset = gr.Dropdown(
        _presets(None),
        value=next(iter(strings.PRESETS)),
        label=strings.PRESET,
        info=strings.PRESET_HELP,
        elem_id="preset",
    )
    system = gr.Textbox(
        preferences.SYSTEM.default,
        label=strings.SYSTEM,
        info=strings.SYSTEM_HELP,
        lines=2,
        max_lines=8,
        max_length=preferences.SYSTEM.longest,
        elem_id="system",
    )
    with gr.Accordion(strings.PRESETS_OWN, open=False, elem_id="own-presets"):
        title = gr.Textbox(
            label=strings.PRESET_NAME,
            info=strings.PRESET_NAME_HELP,
            max_lines=1,
            elem_id="preset-name",
        )
        with gr.Row():
            save = gr.Button(strings.PRESET_SAVE, size="sm", min_width=0, elem_id="preset-save")
            delete = gr.Button(
                strings.PRESET_DELETE, size="sm", min_width=0, elem_id="preset-delete"
            )
    gr.Markdown(f"### {strings.GROUP_PICTURES}")
    max_tiles = slider(
        preferences.MAX_TILES, strings.MAX_TILES, strings.MAX_TILES_HELP, "max-tiles"
    )
    frames = slider(preferences.FRAMES, strings.FRAMES, strings.FRAMES_HELP, "frames")
    several = gr.Radio(
        [(strings.NUMBERED, convert.NUMBERED), (strings.COMBINED, convert.COMBINED)],
        value=preferences.SEVERAL.default,
        label=strings.SEVERAL,
        info=strings.SEVERAL_HELP,
        elem_id="several",
    )
    gr.Markdown(f"### {strings.GROUP_ANSWERS}")
    max_new_tokens = slider(
        preferences.MAX_NEW_TOKENS,
        strings.MAX_NEW_TOKENS,
        strings.MAX_NEW_TOKENS_HELP,
        "max-new-tokens",
    )
    do_sample = gr.Checkbox(
        preferences.SAMPLE.default,
        label=strings.SAMPLE,
        info=strings.SAMPLE_HELP,
        elem_id="do-sample",
    )
    temperature = slider(
        preferences.TEMPERATURE, strings.TEMPERATURE, strings.TEMPERATURE_HELP, "temperature"
    )
    top_p = slider(preferences.TOP_P, strings.TOP_P, strings.TOP_P_HELP, "top-p")
    top_k = slider(preferences.TOP_K, strings.TOP_K, strings.TOP_K_HELP, "top-k")
    repetition = slider(
        preferences.REPETITION, strings.REPETITION, strings.REPETITION_HELP, "repetition"
    )
    seed = gr.Number(
        preferences.SEED.default,
        precision=0,
        minimum=preferences.SEED.least,
        label=strings.SEED,
        info=strings.SEED_HELP,
        elem_id="seed",
    )
    gr.Markdown(strings.KEPT_HERE, elem_id="kept-here")
    gr.Markdown(strings.PRIVACY.format(hours=settings.keep_files_hours), elem_id="privacy")
    choices = Choices(
        family=family,
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
    _keep(page, choices, reset, copy)
    _keep_presets(page, preset, system, title, save, delete)
    return choices


_PRIVATE: dict[str, Any] = {
    "api_visibility": "private",
    "show_progress": "hidden",
    "concurrency_limit": None,
}
_IN_BROWSER: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}


def _keep(page: gr.Blocks, choices: Choices, reset: gr.Button, copy: gr.Button) -> None:
    """The settings survive a reload, come with a link, and go back to what they were."""
    kept = gr.JSON(visible=False)
    page.load(_restore, kept, choices.all, js="() => [visitorSettings.kept()]", **_PRIVATE).then(
        None, js=preferences.as_script("visitorSettings.arrived"), **_IN_BROWSER
    )
    gr.on(
        [component.change for component in choices.all],
        None,
        choices.all,
        js=preferences.as_script("visitorSettings.keep"),
        **_IN_BROWSER,
    )
    copy.click(
        None, choices.all, js=preferences.as_script("visitorSettings.copyLink"), **_IN_BROWSER
    )
    reset.click(lambda: list(DEFAULTS.values()), None, choices.all, **_PRIVATE)


def _restore(kept: Any, request: gr.Request) -> list[Any]:
    """→ all settings: the link's before those that the browser kept. The others stay as they
    are: the visitor may have begun to change them."""
    link = preferences.read_settings(dict(request.query_params))
    if link:
        gr.Info(strings.LINK_ARRIVED)
    values = {**preferences.read_settings(kept), **link}
    return [values.get(name, gr.skip()) for name in SETTINGS]


def _presets(own: Any) -> list[tuple[str, str]]:
    """What can be chosen; the last is no preset."""
    written = (strings.PRESET_OWN_WORDS, preferences.OWN_WORDS)
    return [*preferences.preset_choices(own), written]


def _keep_presets(
    page: gr.Blocks,
    preset: gr.Dropdown,
    system: gr.Textbox,
    title: gr.Textbox,
    save: gr.Button,
    delete: gr.Button,
) -> None:
    """The visitor's own presets beside the page's."""
    own = gr.BrowserState({}, **_BROWSER_PRESETS)

    def offer(kept: Any, system: str) -> Any:
        """→ preset."""
        return gr.update(
            choices=_presets(kept),
            value=preferences.chosen_preset(system, kept),
        )

    def fill(chosen: str | None, kept: Any) -> Any:
        """→ system."""
        return preferences.system_prompts(kept).get(chosen or "", gr.skip())

    def add(typed: str, system: str, kept: Any) -> tuple[Any, ...]:
        """→ own, title, preset."""
        name = preferences.preset_title(typed)
        if name is None:
            gr.Warning(strings.PRESET_NAME_MISSING)
            return gr.skip(), gr.skip(), gr.skip()
        more = preferences.own_presets(preferences.own_presets(kept) | {name: system})
        return more, "", gr.update(choices=_presets(more), value=name)

    def remove(chosen: str | None, kept: Any) -> tuple[Any, ...]:
        """→ own, preset. The system prompt stays: it is in use."""
        fewer = preferences.own_presets(kept)
        if chosen not in fewer:
            gr.Warning(strings.PRESET_NOT_OWN)
            return gr.skip(), gr.skip()
        del fewer[chosen]
        return fewer, gr.update(choices=_presets(fewer), value=preferences.OWN_WORDS)

    system.change(offer, [own, system], preset, trigger_mode="always_last", **_PRIVATE)
    preset.input(fill, [preset, own], system, **_PRIVATE)
    save.click(add, [title, system, own], [own, title, preset], **_PRIVATE)
    title.submit(add, [title, system, own], [own, title, preset], **_PRIVATE)
    delete.click(remove, [preset, own], [own, preset], **_PRIVATE)
    page.load(offer, [own, system], preset, **_PRIVATE)
