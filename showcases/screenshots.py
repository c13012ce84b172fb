"""``python -m showcases.screenshots``: photographs the page in twelve states.

A real browser on a real server with the bundled model. Two states are staged: ``boxes`` is
answered by the tests' engine, because the bundled model need not be able to point, and while
``streaming`` is photographed, the bundled model's words are held back.
"""

import argparse
import asyncio
import shutil
import tempfile
import threading
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import ExitStack, aclosing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from app import switching_engine
from internvl_ui.engines.base import Delta, Engine, Event, Request
from internvl_ui.settings import read_settings
from internvl_ui.ui.examples import FOLDER
from internvl_ui.ui.page import build_page
from internvl_ui.ui.serve import serve
from tests.fakes import FakeEngine
from training.examples import SHAPES
from training.scenes import box_of

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_DESKTOP, _PHONE = (1440, 900), (390, 844)
_HELD_AFTER = 12
"""Words of an answer after which the streaming page is photographed."""


class _HeldBack:
    """An engine whose answers stop after a few words until ``go_on`` is set."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.go_on = threading.Event()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    async def stream(
        self, request: Request, *, stop: threading.Event
    ) -> AsyncGenerator[Event, None]:
        text = ""
        async with aclosing(self._engine.stream(request, stop=stop)) as events:
            async for event in events:
                text += event.text if isinstance(event, Delta) else ""
                yield event
                if len(text.split()) > _HELD_AFTER:
                    await asyncio.to_thread(self.go_on.wait)


@dataclass(frozen=True, slots=True)
class _State:
    """``act`` brings a page that was just opened into the state; it may open another."""

    act: Callable[[Page], object]
    size: tuple[int, int] = _DESKTOP
    dark: bool = False
    locale: str = "en-US"
    answers: str = "bundled"
    """Which engine: "bundled", "held" or "pointing"."""


def _showcase(name: str) -> Callable[[Page], object]:
    def act(page: Page) -> None:
        page.click(f"[data-showcase={name}], a[href$='showcase={name}']")
        page.wait_for_selector("#status [data-state=done]")

    return act


def _attached(panel: str, file: str, question: str) -> Callable[[Page], object]:
    def act(page: Page) -> None:
        page.click(f"#tab-{panel}-button")
        page.set_input_files(f"#{panel} input[type=file]", FOLDER / file)
        page.wait_for_selector("#preview .seen")
        page.wait_for_selector("#meter .bar")
        page.fill("#question textarea", question)

    return act


def _streaming(page: Page) -> None:
    _attached("image", "shapes.png", "What do you see?")(page)
    page.click("#send")
    page.wait_for_function(
        f"document.querySelector('#chat .bot-row')?.innerText.split(' ').length >= {_HELD_AFTER}"
    )


def _compare(page: Page) -> None:
    _showcase("tiles")(page)
    page.locator(".answers").evaluate("(row) => row.scrollIntoView({ block: 'end' })")


def _settings(page: Page) -> None:
    _showcase("pair")(page)
    page.click("#settings .toggle-button")
    page.wait_for_selector("#settings.open #system")


def _error(page: Page) -> None:
    """A text that calls itself a picture."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "holiday.png"
        file.write_text("no picture")
        page.set_input_files("#image input[type=file]", file)
        page.wait_for_selector("#status [data-state=error]")
    page.fill("#question textarea", "Where was this taken?")


def _conversation(page: Page) -> None:
    _showcase("describe")(page)
    page.fill("#question textarea", "What colour is the star?")
    page.click("#send")
    page.wait_for_function("document.querySelectorAll('#chat .user-row').length === 2")
    page.wait_for_selector("#status [data-state=done]")


_STATES = {
    "empty": _State(lambda page: None),
    "tiles": _State(_attached("image", "shapes.png", "Describe the image.")),
    "streaming": _State(_streaming, answers="held"),
    "boxes": _State(_showcase("describe"), answers="pointing"),
    "video": _State(_attached("video", "clip.mp4", "What happens in the video?")),
    "compare": _State(_compare),
    "batch": _State(_showcase("batch")),
    "settings": _State(_settings),
    "error": _State(_error),
    "phone": _State(_conversation, size=_PHONE),
    "dark": _State(_conversation, dark=True),
    "chinese": _State(lambda page: None, locale="zh-CN"),
}


def _pointing() -> FakeEngine:
    """Points at each shape of the drawing, where it is."""
    words = ", ".join(
        f"<ref>the {shape.colour} {shape.shape}</ref><box>[[{', '.join(map(str, box))}]]</box>"
        for shape in SHAPES.shapes
        for box in [box_of(shape, SHAPES)]
    )
    return FakeEngine(f"The picture shows {words}.", pace=0, name="A staged answer")


@contextmanager
def _house(engine: Engine) -> Iterator[str]:
    settings = read_settings(["--port", "0"], {})
    page = build_page(engine, settings)
    yield serve(page, settings)
    page.close()


def _photograph(browser: Browser, address: str, state: _State, target: Path) -> None:
    context = browser.new_context(
        viewport={"width": state.size[0], "height": state.size[1]},
        color_scheme="dark" if state.dark else "light",
        locale=state.locale,
        reduced_motion="reduce",
    )
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("#status [data-state=idle]")
    state.act(page)
    page.evaluate("document.fonts.ready")
    page.wait_for_function("[...document.images].every((image) => image.complete)")
    page.mouse.move(0, 0)
    # One more breath: styles that follow what has just arrived, and the page's own scrolling.
    page.wait_for_timeout(400)
    page.screenshot(path=target, animations="disabled", caret="hide")
    context.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("states", nargs="*", metavar="state", help=f"of {', '.join(_STATES)}")
    parser.add_argument("--target", type=Path, default=Path("docs/screenshots"))
    arguments = parser.parse_args()
    arguments.target.mkdir(parents=True, exist_ok=True)
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        parser.error("no browser: apt install chromium, or Chrome in the PATH")
    with ExitStack() as stack:
        engine = switching_engine(read_settings([], {}))
        stack.callback(engine.close)
        engine.wait_loaded()
        held = _HeldBack(engine)
        stack.callback(held.go_on.set)
        engines: dict[str, Any] = {"bundled": engine, "held": held, "pointing": _pointing()}
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        stack.callback(browser.close)
        addresses: dict[str, str] = {}
        for name in arguments.states or _STATES:
            state = _STATES[name]
            if state.answers not in addresses:
                addresses[state.answers] = stack.enter_context(_house(engines[state.answers]))
            _photograph(browser, addresses[state.answers], state, arguments.target / f"{name}.png")
            print(name)


if __name__ == "__main__":
    main()
