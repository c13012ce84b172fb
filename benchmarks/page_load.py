"""What the page costs the processor while an answer comes in quickly and much has been said."""

import asyncio
import contextlib
import shutil
import threading
import time
from collections.abc import AsyncGenerator, Iterator, Sequence
from statistics import median
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
_WATCH = """() => {
  window.seen = [];
  new MutationObserver(() => {
    const last = [...document.querySelectorAll("#chat .bot-row")].at(-1)?.textContent;
    const word = last?.match(/word(\\d+)\\s*$/)?.[1];
    if (word && seen.at(-1)?.[1] !== +word) seen.push([Date.now() / 1000, +word]);
  }).observe(document.body, { childList: true, subtree: true, characterData: true });
}"""


class _Writer:
    """Writes a long answer when told to, at a model's pace; short ones at once."""

    name = "writer"
    precision = "bf16"

    def __init__(self, tokens: int, *, pacing: bool) -> None:
        self._tokens = tokens
        self._pacing = pacing
        self._given: list[float] = []
        self.shares: list[float] = []
        """Of a core, all that the server does."""
        self.updates: list[float] = []
        """Seconds of the processor for each update: what writing to nobody takes is not counted."""
        self.delays: list[float] = []
        """Seconds from a token to its being seen, the median of an answer."""

    async def stream(
        self, request: Request, *, stop: threading.Event
    ) -> AsyncGenerator[Event, None]:
        if request.conversation.messages[-1].text != "Write":
            yield Delta("A short answer, with **some** words in it.")
            yield Finished("end", Usage(9, 0, 0, 9, 0.1, 0.2))
            return
        used = time.process_time()
        updates = [event async for event in self._written()]
        unseen = time.process_time() - used
        begun, used = time.perf_counter(), time.process_time()
        async for event in self._written():
            yield event
        used = time.process_time() - used
        self.shares.append(used / (time.perf_counter() - begun))
        self.updates.append((used - unseen) / len(updates))

    async def _written(self) -> AsyncGenerator[Event, None]:
        if self._pacing:
            pieces: asyncio.Queue[Event] = asyncio.Queue()
            writing = asyncio.create_task(self._write(pieces))
            async for event in paced(pieces):
                yield event
            await writing
        else:
            async for event in self._tokens_in_time():
                yield event

    async def _write(self, pieces: "asyncio.Queue[Event]") -> None:
        async for event in self._tokens_in_time():
            pieces.put_nowait(event)

    async def _tokens_in_time(self) -> AsyncGenerator[Event, None]:
        self._given.clear()
        begun = time.perf_counter()
        for number in range(self._tokens):
            await asyncio.sleep(begun + number / _RATE - time.perf_counter())
            self._given.append(time.time())
            yield Delta(f"word{number} " if number % 40 else f"\n\nword{number} ")
        yield Finished("end", Usage(9, 0, 0, self._tokens, 0.1, self._tokens / _RATE))

    def seen(self, words: Sequence[tuple[float, int]]) -> None:
        """``words``: when the page had changed, and the last word that stood there then."""
        self.delays.append(median(at - self._given[word] for at, word in words))

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
            for writer, tab in zip(ways.values(), tabs, strict=True):
                tab.bring_to_front()
                tab.evaluate(_WATCH)
                # The long answer goes away again, so that each finds what the one before found.
                _ask(tab, "Write")
                writer.seen(tab.evaluate("seen"))
                tab.get_by_label("Undo").last.click()
                tab.wait_for_selector('#chat .user-row:has-text("Write")', state="detached")
                tab.fill("#question textarea", "")
    plain, ours = (median(w.shares) for w in ways.values())
    return Result(
        ("way", "median share of a core", "least", "most", "an update", "behind", "runs"),
        tuple(
            (
                name,
                *(f"{share:.1%}" for share in (median(w.shares), min(w.shares), max(w.shares))),
                f"{1000 * median(w.updates):.1f} ms",
                f"{1000 * median(w.delays):.0f} ms",
                str(len(w.shares)),
            )
            for name, w in ways.items()
        ),
        plain / ours,
        "times less of a core",
        "All the server does is counted, and the writing of the tokens too; the browser is not. "
        "Behind: from a token until it is seen in the browser, on the same cores.",
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
