"""A real browser on the real page. Every wait is for something that the page shows."""

import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from internvl_ui.engines.base import Engine
from internvl_ui.settings import read_settings
from internvl_ui.ui.page import build_page
from internvl_ui.ui.serve import serve
from tests.fakes import FakeEngine

EXAMPLES = Path(__file__).parents[2] / "assets" / "examples"
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
PATIENCE = 60_000
"""Milliseconds: the machine may have other work."""

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    # A camera that shows a test picture, and visitors who allow it.
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
]


# Not for the session: while Playwright runs, no other test could run an event loop of its own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        advice = "No browser to test the page with: apt install chromium, or Chrome in the PATH."
        (pytest.fail if os.environ.get("CI") else pytest.skip)(advice)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
        yield browser
        browser.close()


class Visitor:
    """Somebody with the page open."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.hosts: set[str] = set()
        context.set_default_timeout(PATIENCE)
        self.page: Page = context.new_page()
        self.page.on("request", lambda request: self.hosts.add(request.url.split("/")[2]))
        self.page.goto(address)
        self.wait_for("idle")

    @property
    def box(self) -> Locator:
        return self.page.locator("#question textarea")

    @property
    def answers(self) -> Locator:
        """Their words, without thoughts, pictures and numbers."""
        return self.page.locator("#chat .bot-row .prose:not(:has(> :is(.beside, .pointing)))")

    @property
    def questions(self) -> Locator:
        return self.page.locator("#chat .user-row")

    @property
    def status(self) -> Locator:
        return self.page.locator("#status .status")

    @property
    def state(self) -> str:
        return self.status.get_attribute("data-state") or ""

    def wait_for(self, *states: str) -> None:
        selector = ", ".join(f'#status [data-state="{state}"]' for state in states)
        self.page.wait_for_selector(selector)

    def wait_until(self, answer: str, arg: object = None) -> None:
        """Until ``answer``, the source of an async function, gives true. Playwright's own
        ``wait_for_function`` takes the promise itself for a yes."""
        end = time.monotonic() + PATIENCE / 1000
        while not self.page.evaluate(answer, arg):
            assert time.monotonic() < end, answer
            self.page.wait_for_timeout(50)

    def attach(self, panel: str, *files: Path) -> None:
        """Choose files in the panel "image", "images" or "video" and see them there."""
        self.choose(panel, *files)
        inside = {"image": "#image img", "images": "#gallery img", "video": "#video video"}[panel]
        expect(self.page.locator(inside)).to_have_count(len(files), timeout=PATIENCE)
        self.wait_for("idle", "done")

    def choose(self, panel: str, *files: Path) -> None:
        self.page.click(f"#tab-{panel}-button")
        element = "#gallery" if panel == "images" else f"#{panel}"
        self.page.set_input_files(f"{element} input[type=file]", list(files))

    def ask(self, text: str) -> None:
        self.box.fill(text)
        self.page.click("#send")

    def watch_the_answer(self) -> None:
        """From now on ``steps`` has every text that the first answer shows."""
        self.page.evaluate(
            """() => {
                window.steps = new Set();
                new MutationObserver(() => {
                    const answer = document.querySelector("#chat .bot-row .prose");
                    if (answer) window.steps.add(answer.textContent.trim());
                }).observe(document.body, {subtree: true, childList: true, characterData: true});
            }"""
        )

    @property
    def steps(self) -> list[str]:
        """The texts seen since ``watch_the_answer``, in their order and without the empty one."""
        return self.page.evaluate("[...window.steps].filter(Boolean)")

    def stop(self) -> None:
        self.page.click("#stop")

    def clear(self) -> None:
        self.page.click("#clear")

    def leave(self) -> None:
        self.page.context.close()


Visit = Callable[..., Visitor]


@pytest.fixture
def house() -> Iterator[Callable[..., str]]:
    """Serves the page for an engine, with command line arguments, and others to compare with it;
    gives its address."""
    pages = []

    def open_house(engine: Engine, *arguments: str, others: Sequence[Engine] = ()) -> str:
        settings = read_settings(["--port", "0", *arguments], {})
        pages.append(build_page(engine, settings, others))
        return serve(pages[-1], settings)

    yield open_house
    for page in pages:
        page.close()


@pytest.fixture
def enter(browser: Browser) -> Iterator[Visit]:
    """Opens the page at an address. Nobody's browser may ask another host for anything."""
    visitors: list[Visitor] = []

    def enter(
        address: str,
        viewport: dict[str, int] = DESKTOP,
        scheme: str = "light",
        language: str = "en-US",
    ) -> Visitor:
        context = browser.new_context(viewport=viewport, color_scheme=scheme, locale=language)
        visitors.append(Visitor(context, address))
        return visitors[-1]

    yield enter
    for visitor in visitors:
        visitor.leave()
    hosts = set().union(*(visitor.hosts for visitor in visitors))
    assert {host.split(":")[0] for host in hosts} <= {"127.0.0.1", ""}


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def visit(house: Callable[..., str], enter: Visit, engine: FakeEngine) -> Visit:
    """Opens the page that the fake engine answers on."""
    address: list[str] = []

    def visit(**options: object) -> Visitor:
        if not address:
            address.append(house(engine))
        return enter(address[0], **options)

    return visit
