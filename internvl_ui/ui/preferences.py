"""A visitor's settings as plain values by name: where they begin, how far they go, and what is
made of values that come from a browser or a link. Pure."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from internvl_ui.conversation import GenerationOptions
from internvl_ui.ui import strings
from internvl_ui.ui.convert import (
    BY_CHANCE,
    COMBINED,
    MOST_FRAMES,
    MOST_TILES,
    NUMBERED,
    MediaOptions,
)

_LONGEST_PROMPT = 8000
_OWN_PRESETS = 100
_LONGEST_TITLE = 60


@dataclass(frozen=True, slots=True)
class Number:
    """``step`` 1 means whole numbers."""

    least: float
    most: float
    default: float
    step: float = 1

    def read(self, value: Any) -> float | None:
        """``value`` within the range, None if it is no number. Words may spell one."""
        try:
            number = float(value)
        except (TypeError, ValueError):
            return None
        if isinstance(value, bool) or not math.isfinite(number):
            return None
        number = min(max(number, self.least), self.most)
        return round(number) if self.step == 1 else number


@dataclass(frozen=True, slots=True)
class Switch:
    default: bool

    def read(self, value: Any) -> bool | None:
        if isinstance(value, bool):
            return value
        return {"true": True, "false": False}.get(value) if isinstance(value, str) else None


@dataclass(frozen=True, slots=True)
class Choice:
    options: tuple[str, ...]

    @property
    def default(self) -> str:
        return self.options[0]

    def read(self, value: Any) -> str | None:
        return value if value in self.options else None


@dataclass(frozen=True, slots=True)
class Words:
    longest: int = _LONGEST_PROMPT
    default: str = ""

    def read(self, value: Any) -> str | None:
        return value[: self.longest] if isinstance(value, str) else None


_MEDIA, _ANSWER = MediaOptions(), GenerationOptions()

MAX_TILES = Number(1, MOST_TILES, _MEDIA.max_tiles)
FRAMES = Number(1, MOST_FRAMES, _MEDIA.frames)
SEVERAL = Choice((NUMBERED, COMBINED))
SYSTEM = Words()
MAX_NEW_TOKENS = Number(1, 8192, _ANSWER.max_new_tokens)
SAMPLE = Switch(_ANSWER.do_sample)
TEMPERATURE = Number(0.05, 2.0, _ANSWER.temperature, 0.05)
TOP_P = Number(0.05, 1.0, _ANSWER.top_p, 0.05)
TOP_K = Number(0, 200, _ANSWER.top_k)
REPETITION = Number(1.0, 2.0, _ANSWER.repetition_penalty, 0.05)
SEED = Number(BY_CHANCE, 2**53 - 1, BY_CHANCE)  # The largest whole number of a browser's.

OWN_WORDS = ""
"""In place of a preset's name: the visitor wrote the system prompt."""

Setting = Number | Switch | Choice | Words
SETTINGS: Mapping[str, Setting] = {
    "max_tiles": MAX_TILES,
    "frames": FRAMES,
    "several": SEVERAL,
    "system": SYSTEM,
    "max_new_tokens": MAX_NEW_TOKENS,
    "do_sample": SAMPLE,
    "temperature": TEMPERATURE,
    "top_p": TOP_P,
    "top_k": TOP_K,
    "repetition_penalty": REPETITION,
    "seed": SEED,
}
"""By the names that a link uses."""

DEFAULTS: Mapping[str, Any] = {name: setting.default for name, setting in SETTINGS.items()}


def read_settings(values: Any) -> dict[str, Any]:
    """Those of ``values`` that are settings, within their ranges. ``values`` may be anything."""
    if not isinstance(values, Mapping):
        return {}
    read = {name: setting.read(values.get(name)) for name, setting in SETTINGS.items()}
    return {name: value for name, value in read.items() if value is not None}


def system_prompts(own: Any) -> dict[str, str]:
    """Presets of the system prompt by name: the page's, then the visitor's own."""
    return dict(strings.PRESETS) | own_presets(own)


def own_presets(values: Any) -> dict[str, str]:
    """The visitor's own presets, made of what a browser kept. ``values`` may be anything."""
    if not isinstance(values, Mapping):
        return {}
    kept = {
        title: text[:_LONGEST_PROMPT]
        for title, text in values.items()
        if isinstance(title, str) and isinstance(text, str) and preset_title(title) == title
    }
    return dict(list(kept.items())[-_OWN_PRESETS:])


def preset_title(typed: str) -> str | None:
    """``typed`` as the title of a preset of one's own; None if it can be none."""
    title = " ".join(typed.split())[:_LONGEST_TITLE].strip()
    taken = {name for words in strings.MODULES.values() for name in words.PRESET_NAMES.values()}
    return title if title and title not in taken else None


def chosen_preset(system: str, own: Any) -> str:
    """The name of the preset that ``system`` is, in whichever language it was chosen; OWN_WORDS
    if it is none."""
    known = (words.PRESETS for words in strings.MODULES.values())
    presets = [pair for prompts in (*known, own_presets(own)) for pair in prompts.items()]
    names = [name for name, text in presets if text == system]
    return names[0] if names else OWN_WORDS


def preset_choices(own: Any) -> list[tuple[str, str]]:
    """What the presets are called, and their names."""
    return [(strings.PRESET_NAMES.get(name, name), name) for name in system_prompts(own)]


def as_script(function: str) -> str:
    """The call of ``function(names, defaults, values)`` for an event that all settings go into."""
    names, defaults = json.dumps(list(SETTINGS)), json.dumps(list(DEFAULTS.values()))
    return f"(...values) => {function}({names}, {defaults}, values)"
