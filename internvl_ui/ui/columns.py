"""A comparison: one question, several ways of asking it, and what came of each. Pure."""

import csv
import html
import io
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from internvl_ui.conversation import GenerationOptions, Usage
from internvl_ui.ui import strings
from internvl_ui.ui.sheet_files import harmless
from internvl_ui.ui.status import rate
from internvl_ui.ui.talk import Talk

MOST = 4
LETTERS = "ABCD"


@dataclass(frozen=True, slots=True)
class Way:
    """How a column is asked. ``model``: the name of one that is there to compare with, "" for
    the one that answers on the other pages; ``system``: empty for the model's own."""

    model: str
    preset: str
    system: str
    max_tiles: int
    frames: int
    max_new_tokens: int
    do_sample: bool
    temperature: float
    seed: int | None

    @property
    def options(self) -> GenerationOptions:
        return GenerationOptions(
            max_new_tokens=self.max_new_tokens,
            do_sample=self.do_sample,
            temperature=self.temperature,
            seed=self.seed,
        )


@dataclass(frozen=True, slots=True)
class Column:
    """One answer on its way. ``letter``: which of the settings; hidden while it is blind.
    ``asked``: what it answers, ``model``: what answers."""

    letter: str
    way: Way
    text: str = ""
    note: str = ""
    usage: Usage | None = None
    ended: bool = False
    asked: Talk = Talk()
    model: str = ""


@dataclass(frozen=True, slots=True)
class Round:
    """One question's columns in the order in which they stand on the page. ``vote``: the place
    of the best, -1 for a tie, None before it is given. ``stopped``: there is nothing to vote on."""

    question: str
    files: tuple[str, ...]
    columns: tuple[Column, ...]
    blind: bool
    vote: int | None = None
    stopped: bool = False

    @property
    def hidden(self) -> bool:
        return self.blind and self.vote is None and not self.stopped

    @property
    def ended(self) -> bool:
        return all(column.ended for column in self.columns)

    def with_column(self, place: int, column: Column) -> "Round":
        columns = (*self.columns[:place], column, *self.columns[place + 1 :])
        return replace(self, columns=columns)


def difference(ways: Sequence[Way]) -> list[str]:
    """What sets each way apart from the others, in words."""
    names = [field.name for field in fields(Way) if field.name not in ("model", "system")]
    differing = [n for n in names if len({getattr(way, n) for way in ways}) > 1]
    own = len({way.system for way in ways}) > 1 and "preset" not in differing
    described = []
    for way in ways:
        words = [_words(name, getattr(way, name)) for name in differing if _matters(name, way)]
        if own:
            words.append(f"“{way.system[:40]}”" if way.system else strings.OWN_SYSTEM)
        described.append(" · ".join(words) or strings.COMPARE_SAME)
    return described


def told_apart(columns: Sequence[Column]) -> list[str]:
    """The same for columns, which different models may have answered."""
    words = difference([column.way for column in columns])
    if len({column.model for column in columns if column.model}) < 2:
        return words
    return [
        " · ".join(filter(None, (column.model, word if word != strings.COMPARE_SAME else "")))
        for column, word in zip(columns, words, strict=True)
    ]


def _matters(name: str, way: Way) -> bool:
    return way.do_sample or name not in ("temperature", "seed")


def _words(name: str, value: Any) -> str:
    if name == "do_sample":
        return strings.SAMPLED if value else strings.LIKELIEST
    if name == "seed" and value is None:
        return strings.SEED_BY_CHANCE
    if name == "preset":
        value = strings.PRESET_NAMES.get(value, value)
    return strings.WAYS[name].format(value=value)


def head_html(round: Round, place: int) -> str:
    """A column's heading: its letter and what sets it apart, or just its place while blind."""
    column = round.columns[place]
    if round.hidden:
        return f"<h3>{strings.COMPARE_ANSWER.format(number=place + 1)}</h3>"
    words = told_apart(round.columns)[place]
    best = f' <span class="best">{strings.COMPARE_BEST}</span>' if round.vote == place else ""
    return f"<h3>{column.letter}{best}</h3><p>{html.escape(words)}</p>"


def numbers_html(round: Round, place: int) -> str:
    """Below a column's answer: what it cost, or why there is none."""
    column = round.columns[place]
    words = []
    if column.usage is not None and column.usage.answer_tokens and not round.hidden:
        used = column.usage
        words.append(strings.COMPARE_TOKENS.format(tokens=used.answer_tokens))
        words.append(strings.FIRST_TOKEN.format(seconds=used.time_to_first_token))
        if used.tokens_per_second:
            words.append(strings.COMPARE_SPEED.format(speed=rate(used.tokens_per_second)))
        if used.visual_tokens:
            template = strings.VISUAL_TOKENS_ONE if used.tiles == 1 else strings.VISUAL_TOKENS
            words.append(template.format(tiles=used.tiles, visual=used.visual_tokens))
        if used.reused_tokens:
            words.append(
                strings.REUSED.format(reused=used.reused_tokens, prompt=used.prompt_tokens)
            )
    note = f'<p class="note">{html.escape(column.note)}</p>' if column.note else ""
    return f"{note}<p>{' · '.join(words)}</p>" if words else note


def results(rounds: Sequence[Round]) -> list[list[str | int]]:
    """A line for each column of each round that may be shown; the first line names them."""
    lines: list[list[str | int]] = [list(strings.COMPARE_COLUMNS)]
    for number, round in enumerate(rounds, 1):
        if round.hidden:
            continue
        words = told_apart(round.columns)
        for place, column in enumerate(round.columns):
            used = column.usage
            lines.append(
                [
                    number,
                    round.question,
                    ", ".join(round.files),
                    column.letter,
                    words[place],
                    column.text or column.note,
                    used.answer_tokens if used else 0,
                    f"{used.time_to_first_token:.2f}" if used else "",
                    f"{used.tokens_per_second:.1f}" if used else "",
                    _verdict(round, place),
                ]
            )
    return lines


def _verdict(round: Round, place: int) -> str:
    if round.vote is None:
        return ""
    if round.vote < 0:
        return strings.COMPARE_TIE
    return strings.COMPARE_BEST if round.vote == place else ""


def results_html(rounds: Sequence[Round]) -> str:
    heads, *lines = results(rounds)
    if not lines:
        return ""
    top = "".join(f'<th scope="col">{name}</th>' for name in heads)
    body = ""
    for line in lines:
        cells = zip(heads, line, strict=True)
        row = "".join(f'<td data-label="{head}">{_short(cell)}</td>' for head, cell in cells)
        body += f"<tr>{row}</tr>"
    return (
        f'<div class="rows" tabindex="0" role="region" aria-label="{strings.COMPARE_RESULTS}">'
        f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _short(cell: str | int) -> str:
    text = str(cell)
    return html.escape(text if len(text) <= 160 else f"{text[:160].rstrip()}…")


def results_csv(rounds: Sequence[Round]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([harmless(cell) for cell in line] for line in results(rounds))
    return text.getvalue().encode("utf-8-sig", "replace")
