"""The family in the settings' side bar: what runs, what this machine has room for, and why not."""

import html

from internvl_ui.catalog import find
from internvl_ui.engines.base import Engine
from internvl_ui.standing import Room, Standing, room, standings
from internvl_ui.ui import strings


def running_html(engine: Engine) -> str:
    """The model that answers and its precision, as far as that is known."""
    words = [engine.name, *([engine.precision] if engine.precision else [])]
    return f'<p class="running">{html.escape(" · ".join(words))}</p>'


def models_html(engine: Engine) -> str:
    """The family on this machine as it is now. May take seconds."""
    return running_html(engine) + family_html(standings(), room(), engine.name)


def family_html(family: list[Standing], here: Room, running: str) -> str:
    """``running``: the name of the model that answers."""
    known = find(running)
    rows = "".join(_row(standing, here, loaded=standing.model == known) for standing in family)
    lines = [strings.ROOM.format(free=_gb(here.free), total=_gb(here.total), name=here.name)]
    if here.place == "cpu":
        lines.append(strings.ROOM_CPU)
    lines.append(strings.SWITCHING)
    help_ = "".join(f"<p>{html.escape(line)}</p>" for line in lines)
    return f'<ul class="family">{rows}</ul><div class="family-help">{help_}</div>'


def _row(standing: Standing, here: Room, *, loaded: bool) -> str:
    model = standing.model
    fitting, least = standing.fitting(here), standing.least(here)
    if loaded:
        state, fit = "loaded", strings.MODEL_LOADED
    elif fitting:
        state, fit = "fits", strings.MODEL_FITS.format(precisions=", ".join(fitting))
    elif least <= here.total:
        more = _gb(least - here.free)
        state, fit = "tight", strings.MODEL_TIGHT.format(need=_gb(least), more=more)
    else:
        need, total = _gb(least), _gb(here.total)
        state, fit = "large", strings.MODEL_TOO_LARGE.format(need=need, total=total)
    size = strings.MODEL_SIZE.format(size=_gb(model.memory("bf16")))
    stored = strings.MODEL_HERE if standing.here else strings.MODEL_DOWNLOAD
    return (
        f'<li data-state="{state}"><span class="name">{model.name}</span>'
        f'<span class="size">{size}{"" if loaded else f" · {stored}"}</span>'
        f'<span class="fit">{html.escape(fit)}</span></li>'
    )


def _gb(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
