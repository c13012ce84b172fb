"""What was said: messages and their parts, the options of a request, and pure edits of both.

Knows nothing of files' contents, models or pages. Everything here is immutable; an edit
returns a new conversation.
"""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

Role = Literal["user", "assistant"]


@dataclass(frozen=True, slots=True)
class Text:
    """Words. In a user's message they are never tags, whatever they look like."""

    text: str


@dataclass(frozen=True, slots=True)
class Image:
    """A picture where the visitor put it. ``max_tiles`` is fixed when the question is asked,
    so that a later change of the settings does not alter what the model has seen."""

    path: Path
    name: str
    max_tiles: int = 12


@dataclass(frozen=True, slots=True)
class Video:
    """A video, seen as ``frames`` frames spread over ``start`` to ``end`` seconds (None: its
    beginning, its end), each cut into at most ``max_tiles`` tiles."""

    path: Path
    name: str
    frames: int = 8
    start: float | None = None
    end: float | None = None
    max_tiles: int = 1


Part = Text | Image | Video


@dataclass(frozen=True, slots=True)
class Usage:
    """What one answer cost. Times in seconds; ``prompt_tokens`` includes ``visual_tokens``."""

    prompt_tokens: int
    visual_tokens: int
    tiles: int
    answer_tokens: int
    time_to_first_token: float
    total_time: float
    reused_tokens: int = 0

    @property
    def tokens_per_second(self) -> float:
        """Speed of writing after the first token; 0 when there was no second one."""
        writing = self.total_time - self.time_to_first_token
        return (self.answer_tokens - 1) / writing if self.answer_tokens > 1 and writing > 0 else 0.0

    def continued(self, more: "Usage") -> "Usage":
        """Of an answer and what was written on to it. Reading the prompt again is no writing."""
        return replace(
            self,
            answer_tokens=self.answer_tokens + more.answer_tokens,
            total_time=self.total_time + more.total_time - more.time_to_first_token,
        )


@dataclass(frozen=True, slots=True)
class Note:
    """How an answer came about. ``seed`` is None if nothing was left to chance; ``thought`` are
    the seconds spent between `<think>` and `</think>`; ``liked`` is the visitor's thumb."""

    model: str
    reason: Literal["end", "length", "stopped"]
    usage: Usage
    seed: int | None = None
    thought: float = 0.0
    liked: bool | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One turn's half. ``combined``: the message's images share one tag and are not numbered.
    Two messages that say the same are equal, whatever their ``note``."""

    role: Role
    parts: tuple[Part, ...]
    combined: bool = False
    note: Note | None = field(default=None, compare=False)

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def media(self) -> tuple[Image | Video, ...]:
        return tuple(part for part in self.parts if not isinstance(part, Text))


@dataclass(frozen=True, slots=True)
class Conversation:
    """Messages in turn, user first. ``system=None`` means the checkpoint's own system prompt.
    ``left_out``: so many of the earliest turns (a question and its answer) are kept, but no longer
    put to the model. What they showed keeps its numbers."""

    messages: tuple[Message, ...] = ()
    system: str | None = None
    left_out: int = 0

    @property
    def asked(self) -> tuple[Message, ...]:
        """The messages that are put to the model."""
        return self.messages[2 * self.left_out :]


@dataclass(frozen=True, slots=True)
class GenerationOptions:
    max_new_tokens: int = 1024
    do_sample: bool = False
    temperature: float = 0.7
    top_p: float = 0.9
    top_k: int = 50
    repetition_penalty: float = 1.0
    seed: int | None = None


def user(*parts: Part | str, combined: bool = False) -> Message:
    return Message("user", _parts(parts), combined)


def assistant(text: str, note: Note | None = None) -> Message:
    return Message("assistant", (Text(text),), note=note)


def append(conversation: Conversation, *messages: Message) -> Conversation:
    # Of a conversation that has become shorter, no more can be left out than there is.
    left_out = min(conversation.left_out, len(conversation.messages) // 2)
    return replace(conversation, messages=conversation.messages + messages, left_out=left_out)


def reworded(message: Message, text: str) -> Message:
    """``message`` with ``text`` where its first words were, or at its end; its files as before."""
    places = [i for i, part in enumerate(message.parts) if isinstance(part, Text)]
    first = places[0] if places else len(message.parts)
    kept = [part for i, part in enumerate(message.parts) if i not in places[1:]]
    return replace(message, parts=(*kept[:first], Text(text), *kept[first + 1 :]))


def image_numbers(message: Message, before: int) -> tuple[int, ...]:
    """The number of each of the message's images, ``before`` being how many there were earlier.

    Combined images share one, unless a video stands between them: they take one place in the
    prompt, and a place's tiles are neighbours.
    """
    numbers: list[int] = []
    number = before
    previous: type[Part] | None = None
    for part in message.media:
        if isinstance(part, Image):
            if not (message.combined and previous is Image):
                number += 1
            numbers.append(number)
        previous = type(part)
    return tuple(numbers)


def count_images(conversation: Conversation) -> int:
    """The number of the conversation's last image."""
    count = 0
    for message in conversation.messages:
        count = max((count, *image_numbers(message, count)))
    return count


def _parts(parts: tuple[Part | str, ...]) -> tuple[Part, ...]:
    return tuple(Text(part) if isinstance(part, str) else part for part in parts)
