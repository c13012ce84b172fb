"""The family in the settings' side bar: what runs, what this machine has room for, and why not."""

import html
from collections.abc import Sequence
from pathlib import Path

from internvl_ui.catalog import find
from internvl_ui.engines.base import Engine
from internvl_ui.engines.switching import Change
from internvl_ui.offers import PRECISIONS, Offer
from internvl_ui.standing import Room, Standing, room, standings
from internvl_ui.ui import strings


def running_html(engine: Engine) -> str:
    """The model that answers and its precision, as far as that is known."""
    words = [engine.name, *([engine.precision] if engine.precision else [])]
    return f'<p class="running">{html.escape(" · ".join(words))}</p>'


def models_html(engine: Engine) -> str:
    """The family on this machine as it is now. May take seconds."""
    return running_html(engine) + family_html(standings(), room(), engine.name)


def family_html(
    family: Sequence[Standing],
    here: Room,
    running: str,
    *,
    offered: Sequence[Offer] = (),
    held: int = 0,
    switching: str = "",
) -> str:
    """``running``: the name of the model that answers. ``offered``: what it may be switched to,
    ``held``: bytes that are free again then. ``switching``: who may do so, if not everybody whom
    this is shown to."""
    known = find(running)
    free = here.without(held)
    stored = {offer.family for offer in offered if not offer.download}
    rows = [_other(offer, free, offer.name == running) for offer in offered if not offer.family]
    rows += [_row(s, free, s.model == known, s.here or s.model in stored) for s in family]
    place = strings.said(here.name)
    lines = [strings.ROOM.format(free=_gb(here.free), total=_gb(here.total), name=place)]
    if here.place == "cpu":
        lines.append(strings.ROOM_CPU)
    if not offered or switching:
        lines.append(switching or strings.SWITCHING)
    help_ = "".join(f"<p>{html.escape(line)}</p>" for line in lines)
    return f'<ul class="family">{"".join(rows)}</ul><div class="family-help">{help_}</div>'


def change_words(change: Change, running: str, *, download: int = 0, here: int = 0) -> str:
    """How far a switch has come. ``running`` answers as long as there is something to be fetched:
    ``download`` bytes or 0, of which so many are ``here``."""
    if change.stage == "fetching" and download:
        return strings.SWITCH_DOWNLOADING.format(
            name=change.name, done=_gb(min(here, download)), size=_gb(download), running=running
        )
    if change.stage == "fetching":
        return strings.SWITCH_FETCHING.format(name=change.name)
    if change.stage == "ending":
        return strings.SWITCH_ENDING.format(name=change.name)
    if not change.total:
        return strings.LOADING_NAMED.format(name=change.name)
    return strings.LOADING_NAMED_PART.format(name=change.name, percent=change.done)


def _row(standing: Standing, here: Room, loaded: bool, stored: object) -> str:
    model = standing.model
    size = strings.MODEL_SIZE.format(size=_gb(model.memory("bf16")))
    where = strings.MODEL_HERE if stored else strings.MODEL_DOWNLOAD
    fitting = standing.fitting(here)
    return _listed(
        model.name,
        size if loaded else f"{size} · {where}",
        *_fit(fitting, standing.least(here), here, loaded),
    )


def _other(offer: Offer, here: Room, loaded: bool) -> str:
    local = Path(offer.model).expanduser().exists()
    where = strings.MODEL_LOCAL if local else strings.MODEL_DOWNLOAD
    if offer.reason:
        return _listed(offer.name, where, "large", strings.said(offer.reason))
    fitting = list(dict.fromkeys(PRECISIONS[precision] for precision in offer.precisions))
    return _listed(offer.name, where, *_fit(fitting, offer.needs, here, loaded))


def _fit(fitting: Sequence[str], least: int, here: Room, loaded: bool) -> tuple[str, str]:
    """Whether it fits: for the style, and in words."""
    if loaded:
        return "loaded", strings.MODEL_LOADED
    if fitting:
        return "fits", strings.MODEL_FITS.format(precisions=", ".join(fitting))
    if least <= here.total:
        more = _gb(least - here.free)
        return "tight", strings.MODEL_TIGHT.format(need=_gb(least), more=more)
    need, total = _gb(least), _gb(here.total)
    return "large", strings.MODEL_TOO_LARGE.format(need=need, total=total)


def _listed(name: str, size: str, state: str, fit: str) -> str:
    return (
        f'<li data-state="{state}"><span class="name">{html.escape(name)}</span>'
        f'<span class="size">{size}</span><span class="fit">{html.escape(fit)}</span></li>'
    )


def _gb(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
