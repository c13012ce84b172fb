"""The top of every page: what answers, and the way to the other pages."""

import html
from pathlib import Path

import gradio as gr

from internvl_ui.ui import strings

_MARK = Path(__file__).resolve().parents[2] / "assets" / "mark.svg"
_PAGES = {
    strings.PAGE_CHAT: "./",
    strings.PAGE_COMPARE: "compare",
    strings.PAGE_BATCH: "batch",
}


def page_header(model: str, current: str) -> None:
    """The left part of the header's row, for a ``gr.Row(elem_id="header")``."""
    gr.HTML(_brand_html(model), elem_id="brand", padding=False)
    gr.HTML(_pages_html(current), elem_id="pages", padding=False)


def _brand_html(model: str) -> str:
    mark = _MARK.read_text(encoding="utf-8")
    return (
        f'<div class="brand">{mark}<div><div class="model">{html.escape(model)}</div>'
        f'<div class="subtitle">{strings.SUBTITLE}</div></div></div>'
    )


def _pages_html(current: str) -> str:
    links = "".join(
        f'<a href="{address}"{" aria-current=page" if name == current else ""}>{name}</a>'
        for name, address in _PAGES.items()
    )
    return f'<nav aria-label="{strings.PAGES}">{links}</nav>'
