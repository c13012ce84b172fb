"""What the page costs the processor while an answer comes in quickly and much has been said."""

import asyncio
import contextlib
import shutil
import threading
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from typing import Any

from benchmarks.measure import Result, Size
from benchmarks.media import photo
from internvl_ui.conversation import Image, Usage, Video
from internvl_ui.engines.base import Counting, Delta, Event, Finished, Request
from internvl_ui.engines.batching import one_after_another
from internvl_ui.engines.pacing import paced
from internvl_ui.media.visuals import Visual, load_visual
from internvl_ui.settings import read_settings
from internvl_ui.ui.page import build_page
from internvl_ui.ui.serve import serve

WHAT = "1,000 tokens at 300 a second after 40 messages and 8 images, share of a core"
GOAL = "at most 10 % of a core"
_RATE = 300
_CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ALONE = ["--no-sandbox", "--disable-gpu"]
_PATIENCE = 120_000


class _Writer:
    """Writes a long answer when told to, at a model's pace; short ones at once."""

    name = "writer"
    precision = "bf16"

    def __init__(self, tokens: int, *, pacing: bool) -> None:
        self._tokens = tokens
        self._pacing = pacing
        self.shares: list[float] = []

    async def stream(
        self, request: Request, *, stop: threading.Event
    ) -> AsyncGenerator[Event, None]:
        if request.conversation.messages[-1].text != "Write":
            yield Delta("A short answer, with **some** words in it.")
            yield Finished("end", Usage(9, 0, 0, 9, 0.1, 0.2))
            return
        begun, used = time.perf_counter(), time.process_time()
        if self._pacing:
            pieces: asyncio.Queue[Event] = asyncio.Queue()
            writing = asyncio.create_task(self._write(pieces))
            async for event in paced(pieces):
                yield event
            await writing
        else:
            async for event in self._tokens_in_time():
                yield event
        self.shares.append((time.process_time() - used) / (time.perf_counter() - begun))

    async def _write(self, pieces: "asyncio.Queue[Event]") -> None:
        async for event in self._tokens_in_time():
            pieces.put_nowait(event)

    async def _tokens_in_time(self) -> AsyncGenerator[Event, None]:
        begun = time.perf_counter()
        for number in range(self._tokens):
            await asyncio.sleep(begun + number / _RATE - time.perf_counter())
            yield Delta(f"word{number % 10} " if number % 40 else "\n\n")
        yield Finished("end", Usage(9, 0, 0, self._tokens, 0.1, self._tokens / _RATE))

    def batch(
        self, requests: Sequence[Request], *, stop: threading.Event
    ) -> AsyncGenerator[tuple[int, Event], None]:
        return one_after_another(self, requests, stop=stop)

    def prepare(self, media: Sequence[Image | Video]) -> None:
        pass

    async def counting(self) -> Counting:
        return Counting(448, 256, 32768, lambda conversation, tile_counts: 9)

    async def look(self, part: Image | Video) -> Visual:
        return await asyncio.to_thread(load_visual, part, tile_size=448)

    def close(self) -> None:
        pass


def run(size: Size) -> Result:
    tokens, messages, images = (60, 4, 1) if size.quick else (1000, 40, 8)
    ways = {
        "one update a token": _Writer(tokens, pacing=False),
        "this project": _Writer(tokens, pacing=True),
    }
    with contextlib.ExitStack() as stack:
        browser = stack.enter_context(_browser())
        tabs = [
            stack.enter_context(_tab(browser, writer, messages, images)) for writer in ways.values()
        ]
        for _ in range(size.repeats()):
            for tab in tabs:
                # The long answer goes away again, so that each finds what the one before found.
                _ask(tab, "Write")
                tab.get_by_label("Undo").last.click()
                tab.wait_for_selector('#chat .user-row:has-text("Write")', state="detached")
                tab.fill("#question textarea", "")
    medians = {name: sorted(w.shares)[len(w.shares) // 2] for name, w in ways.items()}
    plain, ours = medians.values()
    return Result(
        ("way", "median share of a core", "least", "most", "runs"),
        tuple(
            (
                name,
                *(f"{share:.1%}" for share in (medians[name], min(w.shares), max(w.shares))),
                str(len(w.shares)),
            )
            for name, w in ways.items()
        ),
        plain / ours,
        "times less of a core",
        "All the server does is counted, and the writing of the tokens too; the browser is not.",
    )


@contextlib.contextmanager
def _browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    path = next(filter(None, map(shutil.which, _CHROMIUMS)), None)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ALONE)
        yield browser
        browser.close()


@contextlib.contextmanager
def _tab(browser: Any, engine: _Writer, messages: int, images: int) -> Iterator[Any]:
    """A tab with so much said in it already."""
    settings = read_settings(["--port", "0"], {})
    page = build_page(engine, settings)
    try:
        tab = browser.new_page()
        tab.set_default_timeout(_PATIENCE)
        tab.goto(serve(page, settings))
        tab.wait_for_selector('#status [data-state="idle"]')
        for number in range(messages // 2):
            if number < images:
                tab.set_input_files("#image input[type=file]", photo(number, quick=True))
                tab.wait_for_selector("#image img")
            _ask(tab, f"Question {number}")
        yield tab
    finally:
        page.close()


def _ask(tab: Any, question: str) -> None:
    answers = tab.locator("#chat .bot-row").count()
    tab.fill("#question textarea", question)
    tab.click("#send")
    tab.wait_for_function(
        "n => document.querySelectorAll('#chat .bot-row').length > n"
        " && document.querySelector('#status [data-state=\"done\"]')",
        arg=answers,
    )
