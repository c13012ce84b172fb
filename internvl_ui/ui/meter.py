"""What a question costs before it is sent, and what could be less where that is too much. Pure."""

import html
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from internvl_ui.conversation import Conversation, Message, Video
from internvl_ui.engines.base import Counting
from internvl_ui.ui import strings
from internvl_ui.ui.convert import MediaOptions

_SHORTEST_ANSWER = 16
"""Tokens below which an answer is not worth offering."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Tokens. ``visual``: the question's tiles; ``text``: its words, the system prompt and what
    stands around them; ``history``: the turns before; ``answer``: the most that may be written;
    ``context``: what the model holds."""

    visual: int
    text: int
    history: int
    answer: int
    context: int

    @property
    def total(self) -> int:
        return self.visual + self.text + self.history + self.answer

    @property
    def fits(self) -> bool:
        return self.total <= self.context


@dataclass(frozen=True, slots=True)
class Offers:
    """What would make a question fit, each by itself where that is possible: at most so many
    tiles, frames or tokens of an answer, the earliest turn left out. None: no help."""

    tiles: int | None = None
    frames: int | None = None
    answer: int | None = None
    turn: bool = False


def cost(
    counting: Counting,
    asked: Conversation,
    tile_counts: Sequence[Sequence[int]],
    *,
    max_new_tokens: int,
) -> Cost:
    """What ``asked`` costs, whose last message is the question. ``tile_counts`` is as
    ``Counting.prompt_tokens`` takes it. Raises PromptError for what would be refused."""
    *earlier, question = asked.asked
    own = list(tile_counts)[len(tile_counts) - len(question.media) :]
    alone = counting.prompt_tokens(replace(asked, messages=(question,), left_out=0), own)
    whole = counting.prompt_tokens(asked, tile_counts) if earlier else alone
    visual = counting.tokens_per_tile * sum(map(sum, own))
    return Cost(visual, alone - visual, whole - alone, max_new_tokens, counting.context_length)


def offers(
    now: Cost,
    question: Message,
    options: MediaOptions,
    cost_with: Callable[[MediaOptions], Cost],
    *,
    turns: int,
) -> Offers:
    """What to offer for a question that costs ``now``. ``cost_with`` says what it would cost if
    its files were looked at otherwise; ``turns``: how many earlier ones it is put with."""
    if now.fits:
        return Offers()
    most_tiles = max((part.max_tiles for part in question.media), default=1)
    most_frames = max((p.frames for p in question.media if isinstance(p, Video)), default=1)
    room = now.context - (now.total - now.answer)
    return Offers(
        tiles=_most(most_tiles, lambda tiles: cost_with(with_tiles(options, tiles)).fits),
        frames=_most(most_frames, lambda frames: cost_with(with_frames(options, frames)).fits),
        answer=room if _SHORTEST_ANSWER <= room else None,
        # No turn left out makes a question shorter that is too long by itself.
        turn=turns > 0 and now.text + _SHORTEST_ANSWER <= now.context,
    )


def with_tiles(options: MediaOptions, tiles: int) -> MediaOptions:
    """``options`` with at most ``tiles`` tiles a picture and a frame."""
    return replace(
        options,
        max_tiles=min(options.max_tiles, tiles),
        frame_tiles=min(options.frame_tiles, tiles),
    )


def with_frames(options: MediaOptions, frames: int) -> MediaOptions:
    return replace(options, frames=frames, every=None)


def _most(now: int, fits: Callable[[int], bool]) -> int | None:
    """The largest number below ``now`` that fits, or 1 where none does; None if there is none
    below. More never costs less, so half of what is left can be ruled out at a time."""
    if now <= 1:
        return None
    low, high = 1, now - 1
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if fits(middle) else (low, middle - 1)
    return low


def _over(now: Cost) -> str:
    if now.text + _SHORTEST_ANSWER > now.context:
        return strings.METER_TEXT_OVER.format(text=now.text, context=now.context)
    return strings.METER_OVER.format(total=now.total, context=now.context)


def meter_html(now: Cost) -> str:
    """The meter: a bar of four parts, and the same in words."""
    words = [
        (name, template.format(tokens=tokens), tokens)
        for name, template, tokens in (
            ("visual", strings.METER_VISUAL, now.visual),
            ("text", strings.METER_TEXT, now.text),
            ("history", strings.METER_HISTORY, now.history),
            ("answer", strings.METER_ANSWER, now.answer),
        )
        if tokens
    ]
    whole = max(now.total, now.context)
    bar = "".join(
        f'<i class="{name}" style="width:{100 * tokens / whole:.2f}%"></i>'
        for name, _, tokens in words
    )
    listed = "".join(
        f'<span class="{name}"><b></b>{html.escape(said)}</span>' for name, said, _ in words
    )
    total = strings.METER_TOTAL.format(total=now.total, context=now.context)
    over = "" if now.fits else '<p class="over" role="alert">' + html.escape(_over(now)) + "</p>"
    return (
        f'<div class="meter" data-fits="{str(now.fits).lower()}">'
        f'<div class="bar" aria-hidden="true">{bar}</div>'
        f'<div class="words">{listed}<span class="total">{html.escape(total)}</span></div>'
        f"{over}</div>"
    )
