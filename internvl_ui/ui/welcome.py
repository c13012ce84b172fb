"""The empty page: what it invites to, and the showcases, each one click."""

import html
from collections.abc import Sequence
from typing import Any

import gradio as gr

from internvl_ui.engines.base import Engine
from internvl_ui.engines.switching import Switching
from internvl_ui.grounding import without_tags
from internvl_ui.ui import strings
from internvl_ui.ui.examples import Example

PARAMETER = "showcase"
"""Of the address of another page: the name of the showcase that it is to show."""


def welcome_panel(
    page: gr.Blocks, engine: Engine, examples: Sequence[Example], *, after: Sequence[Any]
) -> None:
    """``after``: events upon which another model may answer than before."""
    panel = gr.HTML(welcome_html(examples, engine.name), elem_id="welcome", padding=False)
    if isinstance(engine, Switching):
        gr.on(
            [page.load, *after],
            lambda: welcome_html(examples, engine.name),
            None,
            panel,
            api_visibility="private",
            show_progress="hidden",
            concurrency_limit=None,
        )


def welcome_html(examples: Sequence[Example], model: str) -> str:
    """``model``: the name of the one that answers. Its limits are on the cards, and what is beyond
    them comes last."""
    within_first = sorted(examples, key=lambda example: example.is_beyond(model))
    cards = "".join(f"<li>{_card(example, model)}</li>" for example in within_first)
    return (
        f'<div class="welcome"><h1>{html.escape(strings.WELCOME)}</h1>'
        f"<p>{html.escape(strings.WELCOME_HELP)} "
        f'<span class="or">{html.escape(strings.WELCOME_SHOWCASES)}</span></p>'
        f'<ul class="showcases" aria-label="{html.escape(strings.EXAMPLES)}">{cards}</ul></div>'
    )


def _card(example: Example, model: str) -> str:
    inside = (
        f'<img src="gradio_api/file={html.escape(str(example.card))}" alt="" '
        'width="480" height="300">'
        f'<span class="title">{html.escape(example.title)}</span>'
        f'<span class="asks">{html.escape(without_tags(example.question))}</span>'
    )
    if example.is_beyond(model):
        inside += f'<span class="beyond">{html.escape(strings.NEEDS_LARGER)}</span>'
    if example.page == "chat":
        return f'<button type="button" data-showcase="{example.name}">{inside}</button>'
    return f'<a href="{example.page}?{PARAMETER}={example.name}">{inside}</a>'


def fill(
    page: gr.Blocks,
    examples: Sequence[Example],
    outputs: Sequence[gr.components.Component],
    values: Sequence[Any],
    *,
    press: str,
    unless: gr.BrowserState | None = None,
) -> None:
    """Fill in the showcase that the page's address names, inside of the page's context.

    ``outputs``: files, question, and what takes ``values``. Then the button ``press`` is pressed,
    unless there is something in ``unless``, which would be lost.
    """
    by_name = {example.name: example for example in examples}
    wish = gr.Textbox(visible=False)

    def filled(name: str) -> tuple[Any, ...]:
        example = by_name.get(name)
        if example is None:
            return "", *(gr.skip(),) * len(outputs)
        return name, list(example.files), example.question, *values

    private: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
    page.load(
        filled,
        [wish],
        [wish, *outputs],
        js="() => [window.showcases.arrived()]",
        concurrency_limit=None,
        **private,
    ).then(
        None,
        [wish, *([unless] if unless else [])],
        None,
        js=f'(name, kept) => window.showcases.press(name, kept, "{press}")',
        **private,
    )
