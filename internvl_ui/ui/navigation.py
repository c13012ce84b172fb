"""The top of every page: what answers, and the way to the other pages."""

import html
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from internvl_ui.engines.base import Engine
from internvl_ui.engines.switching import Switching
from internvl_ui.ui import strings
from internvl_ui.ui.languages import COOKIE, NAMES

_MARK = Path(__file__).resolve().parents[2] / "assets" / "mark.svg"


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
    """What every page's header has, for a ``gr.Row(elem_id="header")``. ``after``: events
    upon which another model may answer than before."""
    brand = gr.HTML(_brand_html(engine.name), elem_id="brand", padding=False)
    gr.HTML(_pages_html(current), elem_id="pages", padding=False)
    gr.HTML(_languages_html(), elem_id="languages", padding=False)
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
    pages = {
        strings.PAGE_CHAT: "./",
        strings.PAGE_COMPARE: "compare",
        strings.PAGE_BATCH: "batch",
    }
    links = "".join(
        f'<a href="{address}"{" aria-current=page" if name == current else ""}>{name}</a>'
        for name, address in pages.items()
    )
    return f'<nav aria-label="{strings.PAGES}">{links}</nav>'


def _languages_html() -> str:
    """Which language, each by its own name. What the choice does is in languages.js."""
    options = "".join(
        f'<option value="{tag}" lang="{tag}"{" selected" if tag == strings.LANGUAGE else ""}>'
        f"{name}</option>"
        for tag, name in NAMES.items()
    )
    label = html.escape(strings.LANGUAGE_SWITCH)
    toasts = html.escape(json.dumps(strings.TOASTS, ensure_ascii=False))
    return (
        f'<select aria-label="{label}" data-cookie="{COOKIE}" data-toasts="{toasts}">'
        f"{options}</select>"
    )
