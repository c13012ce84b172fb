"""What a visitor's session keeps: the conversation, and how its files are shown."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from internvl_ui.conversation import Conversation, Video


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of the visitor's: where it lies here and what the visitor calls it."""

    path: Path
    name: str


@dataclass(frozen=True, slots=True)
class Thumbnail:
    """A small picture that stands for a file in the chat. ``url`` is relative to the page;
    ``size``: width and height in pixels, of the picture itself or in its proportion."""

    url: str
    caption: str = ""
    size: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Talk:
    """What a session keeps: what was said, the small pictures of its files, and the seconds of
    the frames that its videos are seen as. ``kept_as`` is the name under which the browser has
    it, "" if it has none from here."""

    conversation: Conversation = Conversation()
    thumbnails: Mapping[Path, Thumbnail] = field(default_factory=dict)
    frame_times: Mapping[Video, tuple[float, ...]] = field(default_factory=dict)
    kept_as: str = ""

    def __hash__(self) -> int:
        """Gradio looks whether a state has changed by its hash, and a mapping has none. A thumb
        is a change, though the same is said."""
        notes = tuple(message.note for message in self.conversation.messages)
        return hash((self.conversation, notes, self.kept_as))
