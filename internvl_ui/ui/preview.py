"""What the model sees, as HTML: pictures with their grids and tiles, videos as frames on a line
of time. Pure: draws from outlines and the addresses of small copies."""

import html
from collections.abc import Sequence
from dataclasses import dataclass

from internvl_ui.media.tiling import Grid
from internvl_ui.media.visuals import Outline
from internvl_ui.ui import strings


@dataclass(frozen=True, slots=True)
class Film:
    """Small pictures of a video side by side in one file. ``url`` is relative to the page;
    ``times``: the second at which each is shown, ascending."""

    url: str
    times: tuple[float, ...]


def preview_html(files: Sequence[str], kinds: Sequence[str]) -> str:
    """All files' parts of the preview. The page shows what belongs to the kinds it finds."""
    if not files:
        return ""
    label = html.escape(strings.PREVIEW)
    return (
        f'<div class="seen {" ".join(sorted(set(kinds)))}" role="group" aria-label="{label}">'
        f"{''.join(files)}</div>"
    )


def summary(tiles: int, tokens: int) -> str:
    if not tiles:
        return strings.PREVIEW
    template = strings.PREVIEW_SUM_ONE if tiles == 1 else strings.PREVIEW_SUM
    return template.format(tiles=tiles, tokens=tokens)


def sentence_html(sentence: str) -> str:
    return f'<p class="sentence">{html.escape(sentence)}</p>'


def picture_html(seen: Outline, url: str, *, number: int | None, tokens_per_tile: int) -> str:
    """A picture with the cuts drawn over it, and its tiles in the order in which they are fed.
    ``number``: by which the question calls it, if it does."""
    width, height = seen.size
    grid = seen.grid
    template = strings.PICTURE_WHOLE if grid.tiles == 1 else strings.PICTURE_CUT
    words = template.format(
        name=seen.name,
        width=width,
        height=height,
        columns=grid.columns,
        rows=grid.rows,
        tokens=grid.tiles * tokens_per_tile,
    )
    called = f"<b>{html.escape(strings.IMAGE_NUMBER.format(number=number))}</b> " if number else ""
    return (
        f'<figure class="picture" data-tiles="{grid.tiles}">'
        f'<div class="cut">{_whole(seen, url)}{_tiles(grid, url)}</div>'
        f"<figcaption>{called}{html.escape(words)}</figcaption></figure>"
    )


def video_html(
    seen: Outline, glance: Film, *, key: str, tokens_per_tile: int, notes: Sequence[str] = ()
) -> str:
    """A video's frames with their times, above a line on which they lie. Until the very frames
    are there, which ``film_css`` with the same ``key`` brings, each is shown as the one of
    ``glance`` that is nearest to it."""
    count = len(seen.frames)
    tokens = count * seen.grid.tiles * tokens_per_tile
    width, height = seen.size
    template = strings.VIDEO_ONE_FRAME if count == 1 else strings.VIDEO_CUT
    first, last = seen.frames[0][1], seen.frames[-1][1]
    words = [
        template.format(
            name=seen.name,
            width=width,
            height=height,
            frames=count,
            every=(last - first) / max(1, count - 1),
        ),
        strings.VIDEO_TOKENS.format(tiles=count * seen.grid.tiles, tokens=tokens),
        *notes,
    ]
    if seen.grid.tiles > 1:
        each = strings.FRAME_TILES_EACH.format(columns=seen.grid.columns, rows=seen.grid.rows)
        words.insert(2, each)
    frames = "".join(
        f'<li><div class="still" style="--glance:{_nearest(glance, seconds)};--fed:{place}">'
        f"{_cuts(seen.grid)}</div>"
        f"<span>{html.escape(strings.FRAME_NUMBER.format(number=place + 1))}</span>"
        f"<time>{clock(seconds)}</time></li>"
        for place, (_, seconds) in enumerate(seen.frames)
    )
    return (
        f'<figure class="video" data-frames="{count}" data-tiles="{count * seen.grid.tiles}">'
        f'<ol class="film" data-film="{key}" tabindex="0" style="'
        f"--shape:{width}/{height};--count:{len(glance.times)};"
        f"background-image:url('{glance.url}')\">{frames}</ol>"
        f"{_time_line(seen)}"
        f"<figcaption>{html.escape(' · '.join(words))}</figcaption></figure>"
    )


def film_css(film: Film, *, key: str) -> str:
    """Puts a video's very frames where ``video_html`` with the same ``key`` shows others."""
    return (
        f'<style>[data-film="{key}"]{{background-image:url("{film.url}") !important;'
        f"--count:{len(film.times)} !important}}"
        f'[data-film="{key}"] .still{{--place:var(--fed)}}</style>'
    )


def clock(seconds: float) -> str:
    """Minutes, seconds and tenths."""
    tenths = round(seconds * 10)
    return f"{tenths // 600}:{tenths // 10 % 60:02d}.{tenths % 10}"


def _whole(seen: Outline, url: str) -> str:
    grid = seen.grid
    template = strings.WHOLE_LABEL if grid.tiles == 1 else strings.GRID_LABEL
    label = template.format(name=seen.name, columns=grid.columns, rows=grid.rows)
    width, height = seen.size
    return (
        f'<div class="whole" style="--ratio:{width}/{height}">'
        f'<img src="{html.escape(url)}" alt="{html.escape(label)}">{_cuts(grid)}</div>'
    )


def _cuts(grid: Grid) -> str:
    """Lines where a picture is cut, as an overlay."""
    if grid.columns * grid.rows == 1:
        return ""
    lines = "".join(f"M{x} 0V{grid.rows}" for x in range(1, grid.columns)) + "".join(
        f"M0 {y}H{grid.columns}" for y in range(1, grid.rows)
    )
    drawn = "".join(
        f'<path class="{name}" d="{lines}" vector-effect="non-scaling-stroke"/>'
        for name in ("under", "over")
    )
    return (
        f'<svg viewBox="0 0 {grid.columns} {grid.rows}" preserveAspectRatio="none" '
        f'aria-hidden="true">{drawn}</svg>'
    )


def _tiles(grid: Grid, url: str) -> str:
    """Squares with the same cuts, numbered; the picture is stretched as it is for the model."""
    cells = [
        f'<i style="background-position:{_part(column, grid.columns)} {_part(row, grid.rows)}">'
        f"<span>{row * grid.columns + column + 1}</span></i>"
        for row in range(grid.rows)
        for column in range(grid.columns)
    ]
    whole = f'<i class="thumbnail"><span>{grid.tiles}</span></i>' if grid.thumbnail else ""
    return (
        f'<div class="tiles" aria-hidden="true" style="--columns:{grid.columns};'
        f"--rows:{grid.rows};background-image:url('{html.escape(url)}')\">"
        f'<div class="grid">{"".join(cells)}</div>{whole}</div>'
    )


def _part(place: int, count: int) -> str:
    return f"{100 * place / (count - 1):.4g}%" if count > 1 else "0"


def _time_line(seen: Outline) -> str:
    length = seen.duration or 1.0
    marks = "".join(
        f'<i style="left:{min(100.0, 100 * seconds / length):.2f}%"></i>'
        for _, seconds in seen.frames
    )
    first, last, end = (clock(s) for s in (seen.frames[0][1], seen.frames[-1][1], seen.duration))
    label = strings.TIME_LINE.format(start=first, end=last, duration=end)
    return (
        f'<div class="time-line"><time>{clock(0)}</time>'
        f'<div class="line" role="img" aria-label="{html.escape(label)}">{marks}</div>'
        f"<time>{end}</time></div>"
    )


def _nearest(glance: Film, seconds: float) -> int:
    times = glance.times
    return min(range(len(times)), key=lambda place: abs(times[place] - seconds))
