"""What was said: messages and their parts, the options of a request, and pure edits of both.

Knows nothing of files' contents, models or pages. Everything here is immutable; an edit
returns a new conversation.
"""

from dataclasses import dataclass, replace
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
class Message:
    """One turn's half. ``combined``: the message's images share one tag and are not numbered."""

    role: Role
    parts: tuple[Part, ...]
    combined: bool = False

    @property
    def text(self) -> str:
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def media(self) -> tuple[Image | Video, ...]:
        return tuple(part for part in self.parts if not isinstance(part, Text))


@dataclass(frozen=True, slots=True)
class Conversation:
    """Messages in turn, user first. ``system=None`` means the checkpoint's own system prompt."""

    messages: tuple[Message, ...] = ()
    system: str | None = None


@dataclass(frozen=True, slots=True)
class GenerationOptions:
    max_new_tokens: int = 1024
    do_sample: bool = False
    temperature: float = 0.7
    top_p: float = 0.9
    top_k: int = 50
    repetition_penalty: float = 1.0
    seed: int | None = None


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


def user(*parts: Part | str, combined: bool = False) -> Message:
    return Message("user", _parts(parts), combined)


def assistant(text: str) -> Message:
    return Message("assistant", (Text(text),))


def append(conversation: Conversation, *messages: Message) -> Conversation:
    return replace(conversation, messages=conversation.messages + messages)


def _parts(parts: tuple[Part | str, ...]) -> tuple[Part, ...]:
    return tuple(Text(part) if isinstance(part, str) else part for part in parts)
