"""The top of every page: what answers, and the way to the other pages."""

import html
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from internvl_ui.engines.base import Engine
from internvl_ui.engines.switching import Switching
from internvl_ui.ui import strings

_MARK = Path(__file__).resolve().parents[2] / "assets" / "mark.svg"
_PAGES = {
    strings.PAGE_CHAT: "./",
    strings.PAGE_COMPARE: "compare",
    strings.PAGE_BATCH: "batch",
}


_NAME_TAB = """(brand) => {
  const model = new DOMParser().parseFromString(brand, "text/html").querySelector(".model");
  document.title = document.title.replace(/^.*(?= · )/, () => model.textContent);
}"""
_QUICK: dict[str, Any] = {
    "api_visibility": "private",
    "show_progress": "hidden",
    "concurrency_limit": None,
}


def page_header(
    page: gr.Blocks, engine: Engine, current: str, *, after: Sequence[Any] = ()
) -> None:
    """The left part of the header's row, for a ``gr.Row(elem_id="header")``. ``after``: events
    upon which another model may answer than before."""
    brand = gr.HTML(_brand_html(engine.name), elem_id="brand", padding=False)
    gr.HTML(_pages_html(current), elem_id="pages", padding=False)
    if isinstance(engine, Switching):
        gr.on([page.load, *after], lambda: _brand_html(engine.name), None, brand, **_QUICK)
        brand.change(None, brand, js=_NAME_TAB, api_visibility="private", show_progress="hidden")


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
