"""Which language a visitor reads: the one chosen on the page, else the first that their browser
asks for and the page has, else English. It belongs to the request, never to the server."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from functools import lru_cache
from typing import Literal, cast

from gradio.context import LocalContext

Language = Literal["en", "zh-CN", "zh-TW"]
"""By Gradio's names, as the page must agree with what Gradio itself says in it."""

NAMES: Mapping[Language, str] = {"en": "English", "zh-CN": "简体", "zh-TW": "繁體"}
"""What each language calls itself, in the order in which the page offers them."""
COOKIE = "internvl-ui-language"

_CHOSEN = re.compile(rf"(?:^|;\s*){COOKIE}=(?P<tag>[\w-]+)")
_HANT = re.compile(r"zh-(?:hant|tw|hk|mo)\b")
_speaking: ContextVar[Language] = ContextVar("_speaking", default="en")


def language_of(headers: Mapping[str, str]) -> Language:
    """The language for a request with these headers, named in lower case."""
    chosen = _CHOSEN.search(headers.get("cookie", ""))
    if chosen and chosen["tag"] in NAMES:
        return cast(Language, chosen["tag"])
    return _asked_for(headers.get("accept-language", ""))


@contextmanager
def speaking(language: Language) -> Iterator[None]:
    """Where no event is being handled, words are in ``language`` inside this context."""
    token = _speaking.set(language)
    try:
        yield
    finally:
        _speaking.reset(token)


def spoken() -> Language:
    """The language of the visitor whose event is being handled. Gradio keeps the event's request
    for each task and thread of its own, so that visitors never meet here."""
    request = LocalContext.request.get(None)
    if request is None:
        return _speaking.get()
    return language_of(getattr(request, "headers", {}))


@lru_cache(maxsize=64)
def _asked_for(accepted: str) -> Language:
    """The best of an Accept-Language header, which may be anything."""
    best: Language = "en"
    weight = 0.0
    for entry in accepted.lower().split(","):
        tag, _, rest = entry.partition(";")
        language = _known(tag.strip())
        quality = re.fullmatch(r"\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*", rest)
        asked = float(quality[1]) if quality else 1.0
        if language and asked > weight:
            best, weight = language, asked
    return best


def _known(tag: str) -> Language | None:
    if _HANT.match(tag):
        return "zh-TW"
    if re.match(r"zh\b", tag):
        return "zh-CN"
    return "en" if re.match(r"en\b", tag) else None
