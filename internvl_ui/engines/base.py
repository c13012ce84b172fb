"""The seam between the page and whatever answers: one request in, a stream of events out.

An engine knows conversations and options; it knows nothing of the page.
"""

import threading
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from internvl_ui.conversation import Conversation, GenerationOptions, Image, Usage, Video
from internvl_ui.media.visuals import Visual


@dataclass(frozen=True, slots=True)
class Request:
    """A conversation and how to answer its last message: the user's question, or an answer that
    was cut off and is to go on; then the events bring only what is new."""

    conversation: Conversation
    options: GenerationOptions = GenerationOptions()


@dataclass(frozen=True, slots=True)
class Progress:
    """What happens before the first token. ``loading``: ``done`` of ``total`` hundredths of the
    model are read, 0 of 0 before that is known, ``name`` being the model's if it takes the place
    of another; ``queued``: ``done`` is 0 and ``total`` the number
    of requests ahead; ``media``: file ``done`` of ``total`` is being read; ``prefill``: the
    model reads the prompt."""

    stage: Literal["loading", "queued", "media", "prefill"]
    done: int = 0
    total: int = 0
    name: str = ""


@dataclass(frozen=True, slots=True)
class Delta:
    """The next piece of the answer, never empty. ``tokens``: how many have been written with it,
    0 if the engine cannot tell."""

    text: str
    tokens: int = 0


@dataclass(frozen=True, slots=True)
class Finished:
    """The end of an answer: it ended by itself, reached max_new_tokens, or was stopped. ``seed``
    gives the same answer again; None if nothing was left to chance, or the engine cannot tell."""

    reason: Literal["end", "length", "stopped"]
    usage: Usage
    seed: int | None = None


@dataclass(frozen=True, slots=True)
class Failed:
    """No (further) answer. ``reason`` is a sentence for the visitor that says what to do."""

    reason: str


Event = Progress | Delta | Finished | Failed

NOTHING = Usage(0, 0, 0, 0, 0.0, 0.0)
"""What an answer cost that was never begun."""


@dataclass(frozen=True, slots=True)
class Counting:
    """What it takes to say beforehand what a question costs. ``tile_size``: the side of a tile in
    pixels; ``context_length``: tokens that a prompt may have together with its answer.

    ``prompt_tokens(conversation, tile_counts)``: the length of the prompt that the conversation's
    last question would make, ``tile_counts`` being the tiles of each picture of each of its files
    in order. It may take milliseconds, is safe to call from any thread, and raises PromptError
    for what would be refused."""

    tile_size: int
    tokens_per_tile: int
    context_length: int
    prompt_tokens: Callable[[Conversation, Sequence[Sequence[int]]], int]


class Engine(Protocol):
    @property
    def name(self) -> str:
        """What answers, in words for the page, e.g. the checkpoint's name. It may change between
        two answers, never within one."""
        ...

    @property
    def precision(self) -> str:
        """In which numbers it computes, e.g. "bf16"; "" as long as that is not known."""
        ...

    def stream(self, request: Request, *, stop: threading.Event) -> AsyncGenerator[Event, None]:
        """Answer ``request``: any number of Progress and Delta, then one Finished or Failed.

        Never raises for anything that the request may cause. ``stop`` is read at least once a
        token and ends the answer with ``Finished("stopped", …)``; closing the iterator has the
        same effect without the last event. Runs inside an event loop and never blocks it.
        """
        ...

    def batch(
        self, requests: Sequence[Request], *, stop: threading.Event
    ) -> AsyncGenerator[tuple[int, Event], None]:
        """Answer requests that do not depend on each other, together where that is quicker.

        Each event comes with the index of its request, and each request gets one Finished or
        Failed; those that ``stop`` leaves unanswered ``Finished("stopped", …)``. Progress may
        tell of several requests at once and comes with the first of them. The rest is as for
        ``stream``. Others who ask meanwhile get their turn between.
        """
        ...

    def prepare(self, media: Sequence[Image | Video]) -> None:
        """Make files ready for a question that may come about them. Returns at once and raises
        nothing: what is wrong with a file is said when the question comes."""
        ...

    async def counting(self) -> Counting:
        """How the model counts, as soon as that is known, which may take until it is loaded.
        Raises UserError if it could not be loaded."""
        ...

    async def look(self, part: Image | Video) -> Visual:
        """The tiles of a file just as the model gets them, as soon as they are ready. Raises
        UserError if the file cannot be read or the model could not be loaded."""
        ...

    def close(self) -> None:
        """Give back what the engine holds. Requests under way end as if stopped."""
        ...
