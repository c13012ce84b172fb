"""The compare page's layout and which handler answers which event."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from internvl_ui.engines.base import Engine
from internvl_ui.engines.switching import Switching
from internvl_ui.settings import Settings
from internvl_ui.ui import comparisons, strings
from internvl_ui.ui.answers import LATEX
from internvl_ui.ui.columns import LETTERS, MOST
from internvl_ui.ui.compare import Compare
from internvl_ui.ui.controls import files_panel, slider
from internvl_ui.ui.convert import BY_CHANCE
from internvl_ui.ui.examples import Example
from internvl_ui.ui.navigation import page_header
from internvl_ui.ui.preferences import (
    FRAMES,
    MAX_NEW_TOKENS,
    MAX_TILES,
    TEMPERATURE,
    preset_choices,
)
from internvl_ui.ui.status import status_html
from internvl_ui.ui.welcome import PARAMETER, fill

_FEWEST = 2
_KEPT_AS, _CHOSEN_AS = "internvl-ui-comparisons", "internvl-ui-compare-settings"
"""By the tab, until it is closed."""
_KEPT = f'() => sessionStorage.getItem("{_KEPT_AS}") ?? ""'
_KEEP = f"""(text) => {{
  // Where a tab has no more room, what it has stays.
  try {{ sessionStorage.setItem("{_KEPT_AS}", text); }} catch {{}}
}}"""
# A showcase's link brings settings of its own.
_CHOSEN = f"""() => {{
  if (new URLSearchParams(location.search).has("{PARAMETER}")) return "";
  return sessionStorage.getItem("{_CHOSEN_AS}") ?? "";
}}"""
_CHOOSE = f"""(...chosen) => {{
  try {{ sessionStorage.setItem("{_CHOSEN_AS}", JSON.stringify(chosen)); }} catch {{}}
}}"""


def add_compare_page(
    page: gr.Blocks,
    engine: Engine,
    settings: Settings,
    examples: Sequence[Example],
    keep_track: Callable[[Path], object],
    others: Mapping[str, Engine],
) -> None:
    """Add the page to ``page``, outside of its context."""
    do = Compare(engine, limit=settings.max_queue, keep_track=keep_track, others=others)
    with page.route(strings.PAGE_COMPARE, "/compare", show_in_navbar=False):
        rounds = gr.State(())
        with gr.Row(elem_id="header"):
            page_header(page, engine, strings.PAGE_COMPARE, after=[rounds.change])
        with gr.Column(elem_id="compare", elem_classes="sheet-page"):
            gr.HTML(f"<h1>{strings.COMPARE_INTRO}</h1><p>{strings.COMPARE_HELP}</p>", padding=False)
            with gr.Column(elem_classes="card"):
                files = files_panel(strings.COMPARE_FILES, "compare-files")
                question = gr.Textbox(
                    "",
                    elem_id="compare-question",
                    label=strings.QUESTION,
                    placeholder=strings.QUESTION_PLACEHOLDER,
                    lines=1,
                    max_lines=6,
                )
                with gr.Row(elem_classes="choices"):
                    count = gr.Radio(
                        list(range(_FEWEST, MOST + 1)),
                        value=_FEWEST,
                        label=strings.COMPARE_COUNT,
                        elem_id="compare-count",
                    )
                    blind = gr.Checkbox(
                        label=strings.COMPARE_BLIND,
                        info=strings.COMPARE_BLIND_HELP,
                        elem_id="compare-blind",
                    )
                with gr.Row(elem_classes="ways"):
                    ways, values = [], []
                    for number, letter in enumerate(LETTERS):
                        with gr.Column(
                            visible=number < _FEWEST, min_width=220, elem_id=f"way-{letter}"
                        ) as column:
                            ways.append(column)
                            values += _way(number, letter, engine, others)
                with gr.Row(elem_classes="actions"):
                    status = gr.HTML(
                        status_html("idle", strings.READY), elem_id="status", padding=False
                    )
                    start = gr.Button(
                        strings.COMPARE_START,
                        variant="primary",
                        min_width=0,
                        elem_id="compare-start",
                    )
                    stop = gr.Button(strings.STOP, min_width=0, elem_id="compare-stop")
            asked = gr.HTML("", padding=False)
            places: list[gr.components.Component] = []
            votes = []
            with gr.Row(elem_classes="answers"):
                for number in range(MOST):
                    with gr.Column(min_width=240, elem_classes="answer"):
                        places += _place(number)
                        votes.append(gr.Button(strings.COMPARE_VOTE, elem_classes="vote"))
            tie = gr.Button(strings.COMPARE_VOTE_TIE, elem_classes="vote", elem_id="compare-tie")
            results = gr.HTML("", elem_id="compare-results", padding=False)

        private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        quick: dict[str, Any] = {**private, "concurrency_limit": None}
        gr.on(
            [start.click, question.submit],
            do.compare,
            [files, question, count, blind, rounds, *values],
            [status, asked, *places, results, rounds],
            **quick,
        )
        count.change(_shown, [count], ways[_FEWEST:], **quick)
        stop.click(do.stop, queue=False, **private)
        for best, button in [*enumerate(votes), (-1, tie)]:
            button.click(
                partial(do.vote, best), [rounds], [status, *places, results, rounds], **quick
            )
        page.unload(do.leave)
        kept, chosen = gr.Textbox(visible=False), gr.Textbox(visible=False)
        page.load(do.restore, [kept], [status, asked, *places, results, rounds], js=_KEPT, **quick)
        settings_of = [count, blind, *values]
        page.load(do.choose, [chosen], settings_of, js=_CHOSEN, **quick)
        changes = [component.change for component in settings_of]
        gr.on(changes, None, settings_of, js=_CHOOSE, **private)
        rounds.change(comparisons.dump, [rounds], [kept], **quick).success(
            None,
            [kept],
            js=_KEEP,
            **private,
        )
        if others and isinstance(engine, Switching):
            models = values[:: len(values) // MOST]
            page.load(
                lambda: [gr.update(choices=_models(engine, others))] * MOST, None, models, **quick
            )
        # The second column sees one tile, and is like the first in all else.
        second = values[len(values) // MOST :]
        fill(
            page,
            examples,
            [files, question, *second[:4]],
            ["", next(iter(strings.PRESETS)), "", 1],
            press="#compare-start",
        )


def _way(
    number: int, letter: str, engine: Engine, others: Mapping[str, Engine]
) -> list[gr.components.Component]:
    """A column's settings, in the order in which ``compare.way`` takes them. Each column begins
    with something of its own to compare: another model, where there are several."""
    names = ["", *others]
    model = gr.Dropdown(
        _models(engine, others),
        value=names[number % len(names)],
        label=strings.COMPARE_WAY.format(letter=letter),
        info=strings.MODEL,
        visible=bool(others),
        elem_classes="which-model",
    )
    preset = gr.Dropdown(
        preset_choices(None),
        value="Thinking" if number == 1 and not others else next(iter(strings.PRESETS)),
        label=strings.PRESET if others else strings.COMPARE_WAY.format(letter=letter),
        info=None if others else strings.PRESET,
    )
    max_tiles = slider(
        MAX_TILES, strings.MAX_TILES, value=1 if number == 2 and not others else None
    )
    with gr.Accordion(strings.COMPARE_MORE, open=False):
        system = gr.Textbox("", label=strings.COMPARE_SYSTEM, lines=2)
        frames = slider(FRAMES, strings.FRAMES)
        longest = slider(MAX_NEW_TOKENS, strings.MAX_NEW_TOKENS)
        sample = gr.Checkbox(number == 3, label=strings.SAMPLE)
        temperature = slider(TEMPERATURE, strings.TEMPERATURE)
        seed = gr.Number(BY_CHANCE, precision=0, minimum=BY_CHANCE, label=strings.COMPARE_SEED)
    return [model, preset, system, max_tiles, frames, longest, sample, temperature, seed]


def _models(engine: Engine, others: Mapping[str, Engine]) -> list[tuple[str, str]]:
    """What the page's own model is called just now is no name to ask for it by."""
    return [(name or engine.name, name) for name in ("", *others)]


def _place(number: int) -> list[gr.components.Component]:
    """A heading, an answer, its numbers."""
    return [
        gr.HTML("", padding=False, elem_classes="head"),
        gr.Chatbot(
            show_label=False,
            container=False,
            height=None,
            layout="panel",
            buttons=["copy"],
            feedback_options=None,
            allow_tags=True,
            latex_delimiters=LATEX,
            placeholder=" ",
            elem_id=f"answer-{number + 1}",
        ),
        gr.HTML("", padding=False, elem_classes="numbers"),
    ]


def _shown(count: int) -> list[Any]:
    """→ the columns that are not always there."""
    return [gr.update(visible=number < count) for number in range(_FEWEST, MOST)]
