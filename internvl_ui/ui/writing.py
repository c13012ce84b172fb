"""An answer while it is written: its words, how long the model has thought, how fast it writes.

Knows no clock: ``now`` is the caller's, in seconds.
"""

from internvl_ui.engines.base import Delta
from internvl_ui.ui.answers import is_thinking

_GLANCE = 0.5
"""Seconds between two looks at the speed: oftener, nobody could read it."""


class Writing:
    """``text`` and ``thought`` are what an answer that goes on had before."""

    def __init__(self, text: str = "", thought: float = 0.0) -> None:
        self.text = text
        self.speed = 0.0
        self._thought = thought
        self._thinking_since: float | None = None
        self._first: tuple[float, int] | None = None
        self._looked = 0.0

    def add(self, delta: Delta, now: float) -> None:
        thinking = is_thinking(self.text)
        self.text += delta.text
        if (thinking or is_thinking(self.text)) and self._thinking_since is None:
            self._thinking_since = now
        if self._thinking_since is not None and not is_thinking(self.text):
            self._thought += now - self._thinking_since
            self._thinking_since = None
        if self._first is None:
            self._first, self._looked = (now, delta.tokens), now
        elif now - self._looked >= _GLANCE:
            since, tokens = self._first
            self.speed, self._looked = (delta.tokens - tokens) / (now - since), now

    def thought(self, now: float) -> float:
        """Seconds of thinking so far."""
        running = 0.0 if self._thinking_since is None else now - self._thinking_since
        return self._thought + running
