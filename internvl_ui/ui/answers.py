"""An answer as the chatbot shows it: thoughts folded, formulas marked, numbers below.

An answer is Markdown from a model. Gradio cleans the HTML that comes of it; what is added here is
escaped here. Pure.
"""

import html
import re
from collections.abc import Iterator, Mapping
from typing import Any

from internvl_ui.conversation import Note
from internvl_ui.ui import strings
from internvl_ui.ui.status import rate

INLINE = ("\ue000", "\ue001")
DISPLAY = ("\ue002", "\ue003")
"""Signs of no language stand around formulas. With ``$`` for a sign, "costs $5 and $6" would
lose its dollars, and code its own."""

LATEX = [
    {"left": INLINE[0], "right": INLINE[1], "display": False},
    {"left": DISPLAY[0], "right": DISPLAY[1], "display": True},
]
"""The chatbot's ``latex_delimiters``."""

_THOUGHT = re.compile(r"(?:\A|(?<=\n))[ \t]*<think>(?P<thought>.*?)(?:</think>|\Z)", re.DOTALL)
_FOLDS = re.compile(r"<(?=/?(?:details|summary)\b)", re.IGNORECASE)
_FORMULA = re.compile(
    r"""
    (?P<code>
        (?:^|(?<=\n))[ ]{0,3}(?P<fence>`{3,}|~{3,})[^\n]*(?:\n.*?)?(?:\n[ ]{0,3}(?P=fence)|\Z)
      | (?<!`)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`)
      | \\[$`\\]
    )
    | (?<!\$)\$\$(?!\$)(?P<dollars>(?:(?!\n\s*\n).)+?)(?<!\$)\$\$(?!\$)
    | \\\[(?P<bracket>(?:(?!\n\s*\n).)+?)\\\]
    | \\\((?P<parenthesis>(?:(?!\n\s*\n).)+?)\\\)
    | (?<![\w$])\$(?=[^\s$])(?![\d.,]+\s+[^\W\d_]{2})  # "$5 for the 6$ one" is money.
      (?P<dollar>(?:\\.|[^$\\\n])+?)(?<!\s)\$(?![\w$])
    """,
    re.DOTALL | re.VERBOSE,
)


def parts(
    text: str,
    note: Note | None = None,
    *,
    pictures: str = "",
    thought: float = 0.0,
    writing: bool = False,
) -> list[str]:
    """The pieces of Markdown that an answer is shown as, one below the other: thoughts and words
    in their order, ``pictures`` (HTML), the numbers.

    ``thought``: for how many seconds there has been thinking. ``writing``: more is to come; the
    place of the numbers is held free, so that nothing moves when they come.
    """
    pieces = [
        _folded(piece, closed, thought) if thinking else formulas(piece)
        for thinking, piece, closed in thoughts(text)
    ]
    if not pieces:
        pieces = [""]
    if pictures:
        pieces.append(pictures)
    if writing:
        pieces.append('<div class="beside pending"></div>')
    elif note is not None:
        pieces.append(numbers(note))
    return pieces


def is_thinking(text: str) -> bool:
    """Whether ``text`` ends inside a thought."""
    return "<think>" in text and any(not closed for _, _, closed in thoughts(text))


def formulas(text: str) -> str:
    r"""Markdown in which ``$…$``, ``\(…\)``, ``$$…$$`` and ``\[…\]`` stand between the signs of
    LATEX, and amounts of dollars and code are as they were."""

    if not _MAY_HAVE.search(text):
        return text

    def marked(found: re.Match[str]) -> str:
        if found["code"] is not None:
            return found[0]
        inline = found["dollar"] or found["parenthesis"]
        formula = inline or found["dollars"] or found["bracket"]
        left, right = INLINE if inline else DISPLAY
        # Gradio puts formulas back as they are after the Markdown has become HTML.
        return left + html.escape(formula, quote=False) + right

    return _FORMULA.sub(marked, text.translate(_NO_SIGNS))


_MAY_HAVE = re.compile(r"[$\\\ue000-\ue003]")
_NO_SIGNS = dict.fromkeys(map(ord, (*INLINE, *DISPLAY)))


def figures(note: Note) -> tuple[str, dict[str, str]]:
    """What an answer cost: in a few words, and in full by name."""
    used = note.usage
    count = strings.TOKENS_ONE if used.answer_tokens == 1 else strings.TOKENS
    summary = [count.format(tokens=used.answer_tokens)]
    rows = {
        strings.ROW_TILES: f"{used.tiles:,}",
        strings.ROW_VISUAL: f"{used.visual_tokens:,}",
        strings.ROW_TEXT: f"{used.prompt_tokens - used.visual_tokens:,}",
        strings.ROW_REUSED: f"{used.reused_tokens:,}",
    }
    if used.time_to_first_token:
        rows[strings.ROW_FIRST] = strings.SECONDS.format(seconds=used.time_to_first_token)
    if used.tokens_per_second:
        summary.append(strings.SPEED.format(speed=rate(used.tokens_per_second)))
        rows[strings.ROW_SPEED] = strings.SPEED.format(speed=rate(used.tokens_per_second))
    if note.reason != "end":
        summary.append(strings.CUT_OFF[note.reason])
    rows[strings.ROW_MODEL] = note.model
    rows[strings.ROW_SEED] = strings.NO_SEED if note.seed is None else str(note.seed)
    return " · ".join(summary), rows


def numbers(note: Note) -> str:
    """What an answer cost, folded: a line of HTML."""
    summary, rows = figures(note)
    return (
        f'<details class="beside numbers"><summary>{summary}</summary>'
        f"<dl>{_rows(rows)}</dl></details>"
    )


def _rows(rows: Mapping[str, Any]) -> str:
    return "".join(
        f"<div><dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd></div>"
        for name, value in rows.items()
    )


def thoughts(text: str) -> Iterator[tuple[bool, str, bool]]:
    """(whether it is a thought, its text, whether it is finished) in the order of ``text``."""
    end = 0
    for found in _THOUGHT.finditer(text):
        if words := text[end : found.start()].strip("\n"):
            yield False, words, True
        yield True, found["thought"].strip(), found[0].endswith("</think>")
        end = found.end()
    rest = text[end:].lstrip() if end else text
    # The tag's own beginning is no word.
    if rest and not "<think>".startswith(rest.strip()):
        yield False, rest, True


def _folded(thought: str, closed: bool, seconds: float) -> str:
    template = strings.THOUGHT if closed else strings.THINKING
    summary = template.format(seconds=int(seconds)) if seconds >= 1 else strings.THOUGHTS
    inside = formulas(_FOLDS.sub("&lt;", thought))
    fold = f'<details class="beside thoughts"><summary>{summary}</summary>\n\n{inside}'
    # Open at its end while it grows: of text that is only added to, what was added travels.
    return f"{fold}\n\n</details>" if closed else fold
