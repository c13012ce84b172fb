"""The page in the language of whoever opens it.

It is built once for each language. English is the one that is served and answers; the others lend
it their words, so that nothing on the page has to know which of its words will be translated.
"""

import json
import threading
from collections.abc import Callable
from typing import Any

import gradio as gr
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from internvl_ui.ui.languages import Language, language_of, speaking, spoken

_WITH_WORDS = ("title", "components")
"""What a visitor reads of that which Gradio tells a browser about a page."""


class Page(gr.Blocks):
    """A page whose ``config``, which Gradio sends to browsers, is in the visitor's language.
    ``again`` builds a twin of it, with the words of another language, when the first visitor
    asks for one: a start, and a test, need not wait for all of them."""

    again: "Callable[[], Page] | None" = None

    @property
    def config(self) -> Any:
        language = spoken()
        if language == "en" or self.again is None:
            return self._own
        with self._building:
            if language not in self._translated:
                with speaking(language):
                    other = self.again()._own
                if _kinds(other) != _kinds(self._own):
                    return self._own  # Something else was built at the same moment.
                words = {key: worded(self._own[key], other[key]) for key in _WITH_WORDS}
                self._translated[language] = {**self._own, **words}
            return self._translated[language]

    @config.setter
    def config(self, own: Any) -> None:
        self._own = own
        self._translated: dict[Language, Any] = {}
        self._building = threading.Lock()


def _kinds(config: Any) -> list[str]:
    return [component["type"] for component in config["components"]]


def worded(own: Any, other: Any) -> Any:
    """``own`` with the words of ``other``, which was built in the same way. Numbers, by which
    the parts of a page know each other, remain its own."""
    if isinstance(own, str) and isinstance(other, str):
        return other
    if isinstance(own, dict) and isinstance(other, dict):
        return {key: worded(value, other.get(key)) for key, value in own.items()}
    if isinstance(own, list | tuple) and isinstance(other, list | tuple):
        if len(own) == len(other):
            return type(own)(map(worded, own, other))
    return own


class Localised:
    """Answers each request in its language: the page's frame says which one it is, to readers and
    to Gradio, which has words of its own and asks the browser."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        language = language_of(Headers(scope=scope))
        head: list[Message] = []
        body = b""

        async def send_in_language(message: Message) -> None:
            nonlocal body
            if message["type"] == "http.response.start":
                if Headers(scope=message).get("content-type", "").startswith("text/html"):
                    head.append(message)
                    return
            elif head:
                body += message.get("body", b"")
                if message.get("more_body"):
                    return
                start = head.pop()
                whole = framed(body, language)
                headers = MutableHeaders(scope=start)
                headers["content-length"] = str(len(whole))
                headers["content-language"] = language
                headers["vary"] = "Cookie, Accept-Language"
                await send(start)
                await send({**message, "body": whole})
                return
            await send(message)

        with speaking(language):
            await self._app(scope, receive, send_in_language)


def framed(page: bytes, language: Language) -> bytes:
    """The HTML of ``page`` that says its language before anything in it runs."""
    tag = json.dumps(language)
    script = (
        "<script>for (const [name, value] of "
        f"[['language', {tag}], ['languages', [{tag}]]])"
        "Object.defineProperty(navigator, name, {get: () => value, configurable: true});</script>"
    )
    page = page.replace(b'lang="en"', f'lang="{language}"'.encode(), 1)
    return page.replace(b"<head>", f"<head>{script}".encode(), 1)
