"""Another model answers: what may be chosen, who may choose it, and how far the switch has come."""

import asyncio
import html
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any, Literal, cast

import gradio as gr

from internvl_ui.catalog import Precision, find
from internvl_ui.engines.base import Engine
from internvl_ui.engines.switching import Change, Choice, Switching
from internvl_ui.errors import UserError
from internvl_ui.offers import Offer, chosen, offers
from internvl_ui.settings import Settings
from internvl_ui.standing import downloaded, room, standings
from internvl_ui.ui import strings
from internvl_ui.ui.access import may_switch
from internvl_ui.ui.models import change_words, family_html, running_html


class Switch:
    """The event handlers of the model's part of the settings.

    What may be chosen is looked up anew each time, and nothing that a visitor sends is loaded
    unless it is the name of an offer.
    """

    def __init__(self, engine: Switching, settings: Settings) -> None:
        self._engine = engine
        self._settings = settings

    async def look(self, request: gr.Request) -> tuple[Any, ...]:
        """→ line, family, controls, model, precision: as things are now. May take seconds."""
        allowed = may_switch(self._settings, request)
        family, offered = await asyncio.to_thread(self._looked, allowed)
        can = [offer for offer in offered if offer.precisions]
        if not allowed or not can:
            return "", family, gr.update(visible=False), gr.skip(), gr.skip()
        now = self._engine.choice
        running = _called(now.name, can) or can[0]
        model = gr.update(choices=[offer.name for offer in can], value=running.name)
        shown = gr.update(visible=True)
        return (
            self._line(self._engine.change, offered),
            family,
            shown,
            model,
            _precision(running, now),
        )

    async def precisions(self, name: str | None) -> Any:
        """→ precision: those in which the model that was just chosen fits."""
        offer = _called(name or "", await asyncio.to_thread(self._offers))
        return gr.skip() if offer is None else _precision(offer, self._engine.choice)

    async def switch(
        self, name: str | None, precision: str | None, request: gr.Request
    ) -> AsyncGenerator[tuple[Any, ...], None]:
        """→ line, family, again and again until the chosen model answers, or is known not to."""
        if not may_switch(self._settings, request):
            yield line_html("error", strings.SWITCH_NOT_ALLOWED), gr.skip()
            return
        offered = await asyncio.to_thread(self._offers)
        choice = chosen(name or "", precision or "", offered)
        if choice is None:
            yield line_html("error", strings.SWITCH_NOT_OFFERED), gr.skip()
            return
        try:
            if choice != self._engine.choice or self._engine.change is not None:
                async with aclosing(self._engine.switch(choice)) as changes:
                    async for change in changes:
                        yield self._line(change, offered), running_html(self._engine)
            line = line_html("done", strings.SWITCHED.format(name=choice.name))
        except UserError as error:
            words = strings.said(error)
            if self._engine.change is None and self._engine.precision:
                words = f"{words} {strings.SWITCH_STILL.format(name=self._engine.name)}"
            line = line_html("error", words)
        family, _ = await asyncio.to_thread(self._looked, True)
        yield line, family

    def _line(self, change: Change | None, offered: Sequence[Offer]) -> str:
        if change is None:
            return ""
        offer = _called(change.name, offered)
        download = offer.download if offer else 0
        here = downloaded(offer.model) if offer and download else 0
        words = change_words(change, self._engine.name, download=download, here=here)
        return line_html("loading", words)

    def _looked(self, allowed: bool) -> tuple[str, list[Offer]]:
        """The family as HTML, and what may be chosen."""
        here, family, held = room(), standings(), _held(self._engine)
        offered = offers(self._settings, family, here.without(held))
        listed = family_html(
            family,
            here,
            self._engine.name,
            offered=offered,
            held=held,
            switching="" if allowed else strings.SWITCH_NOT_ALLOWED,
        )
        return running_html(self._engine) + listed, offered

    def _offers(self) -> list[Offer]:
        return offers(self._settings, standings(), room().without(_held(self._engine)))


_SHORT = {"bfloat16": "bf16", "float16": "fp16"}
"""As the rest of the page calls them."""


def line_html(state: Literal["loading", "done", "error"], words: str) -> str:
    """How far a switch is, for people."""
    role = "alert" if state == "error" else "status"
    return f'<p class="switching" data-state="{state}" role="{role}">{html.escape(words)}</p>'


def _precision(offer: Offer, now: Choice) -> Any:
    """→ precision: those of the offer, and the one that answers just now if it is among them."""
    same = offer.name == now.name and now.precision in offer.precisions
    value = now.precision if same else offer.precisions[0] if offer.precisions else None
    choices = [(_SHORT.get(precision, precision), precision) for precision in offer.precisions]
    return gr.update(choices=choices, value=value)


def _called(name: str, offered: Sequence[Offer]) -> Offer | None:
    return next((offer for offer in offered if offer.name == name), None)


def _held(engine: Engine) -> int:
    """Bytes that the model of an engine takes, 0 if that is not known."""
    known, precision = find(engine.name), engine.precision
    if known is None or not precision:
        return 0
    return known.memory(cast(Precision, precision))
