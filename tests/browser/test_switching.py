"""Another model on the same page, with real checkpoints: what is said stays, who asks waits."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from playwright.sync_api import expect

import app
from internvl_ui.engines.base import Engine
from internvl_ui.engines.switching import Switching
from internvl_ui.model import loading
from internvl_ui.settings import Settings, read_settings
from internvl_ui.ui import strings
from internvl_ui.ui.page import build_page
from internvl_ui.ui.serve import serve
from tests.browser.conftest import EXAMPLES, PATIENCE, PHONE, Visit, Visitor
from tests.browser.test_keeping import wait_until_kept
from tests.conftest import REFERENCE
from tests.fakes import FakeEngine

FIRST, SECOND = "qwen2-vit300m", "internlm2-vit300m"


@pytest.fixture
def open_house() -> Iterator[Callable[..., tuple[Switching, str]]]:
    """Serves the page with the real engine; gives both."""
    opened: list[tuple[Any, Engine]] = []

    def open_house(*arguments: str, others: Sequence[Engine] = ()) -> tuple[Switching, str]:
        settings: Settings = read_settings(
            [
                *("--model", str(REFERENCE / FIRST), "--models-folder", str(REFERENCE)),
                *("--port", "0", *arguments),
            ],
            {},
        )
        engine = app.switching_engine(settings)
        page = build_page(engine, settings, others)
        opened.append((page, engine))
        return engine, serve(page, settings)

    yield open_house
    for page, engine in opened:
        page.close()
        engine.close()


def open_models(visitor: Visitor) -> None:
    visitor.page.click("#settings .toggle-button")
    visitor.page.click("#model > button")
    expect(visitor.page.locator("#family li").first).to_be_visible(timeout=PATIENCE)


def choose(visitor: Visitor, name: str) -> None:
    visitor.page.click("#switch-model input")
    visitor.page.get_by_role("option", name=name, exact=True).click()
    visitor.page.click("#switch-button")


def shorter_answers(visitor: Visitor) -> None:
    field = visitor.page.locator("#max-new-tokens input[type=number]")
    field.fill("12")
    field.press("Tab")


def model_of_answer(visitor: Visitor, number: int) -> str:
    numbers = visitor.page.locator("#chat .numbers").nth(number)
    return numbers.locator("dd").nth(-2).text_content() or ""


def test_the_compare_page_calls_the_model_by_its_new_name(open_house, enter):
    engine, address = open_house(others=[FakeEngine()])
    engine.wait_loaded(120)
    visitor = enter(address)
    open_models(visitor)
    choose(visitor, SECOND)
    expect(visitor.page.locator("#brand .model")).to_have_text(SECOND, timeout=PATIENCE)
    visitor.page.click(f"#pages >> text={strings.PAGE_COMPARE}")
    expect(visitor.page.locator("#way-A .which-model input")).to_have_value(SECOND)
    expect(visitor.page.locator("#way-B .which-model input")).to_have_value("Fake-1B")


def test_a_conversation_stays_and_the_other_model_answers_its_next_question(open_house, enter):
    engine, address = open_house()
    engine.wait_loaded(120)
    visitor = enter(address)
    open_models(visitor)
    shorter_answers(visitor)
    expect(visitor.page.locator("#brand .model")).to_have_text(FIRST)
    visitor.attach("image", EXAMPLES / "shapes.png")
    visitor.ask("What is in the picture?")
    visitor.wait_for("done")
    choose(visitor, SECOND)
    line = visitor.page.locator("#switch-line .switching")
    expect(line).to_have_attribute("data-state", "done", timeout=PATIENCE)
    expect(line).to_have_text(strings.SWITCHED.format(name=SECOND))
    expect(visitor.page.locator("#family li[data-state=loaded] .name")).to_have_text(SECOND)
    expect(visitor.page.locator("#brand .model")).to_have_text(SECOND)
    expect(visitor.page).to_have_title(f"{SECOND} · {strings.TITLE}")
    expect(visitor.questions).to_have_count(1)
    visitor.ask("And now?")
    expect(visitor.questions).to_have_count(2, timeout=PATIENCE)
    visitor.wait_for("done")
    expect(visitor.page.locator("#chat .numbers")).to_have_count(2, timeout=PATIENCE)
    assert model_of_answer(visitor, 0) == FIRST and model_of_answer(visitor, 1) == SECOND
    wait_until_kept(visitor, "And now?", turns=2)
    visitor.page.reload()
    expect(visitor.page.locator("#brand .model")).to_have_text(SECOND, timeout=PATIENCE)
    expect(visitor.questions).to_have_count(2, timeout=PATIENCE)


def test_another_visitor_sees_which_model_is_loaded_and_is_then_answered(
    open_house, enter, monkeypatch
):
    engine, address = open_house()
    engine.wait_loaded(120)
    load, may_load = loading.load_model, threading.Event()

    def slow(*given: Any, **options: Any) -> Any:
        assert may_load.wait(60)
        return load(*given, **options)

    monkeypatch.setattr(loading, "load_model", slow)
    operator, other = enter(address), enter(address)
    open_models(operator)
    open_models(other)
    shorter_answers(other)
    choose(operator, SECOND)
    expect(operator.page.locator("#switch-line")).to_contain_text(
        strings.LOADING_NAMED.format(name=SECOND), timeout=PATIENCE
    )
    other.ask("Who are you?")
    expect(other.status).to_contain_text(
        strings.LOADING_NAMED.format(name=SECOND), timeout=PATIENCE
    )
    choose(other, FIRST)
    expect(other.page.locator("#switch-line [data-state=error]")).to_contain_text(
        f"{SECOND} is being loaded", timeout=PATIENCE
    )
    may_load.set()
    other.wait_for("done")
    assert model_of_answer(other, 0) == SECOND
    expect(operator.page.locator("#switch-line [data-state=done]")).to_be_visible(timeout=PATIENCE)


def test_a_model_that_cannot_be_loaded_leaves_the_one_of_before(open_house, enter, monkeypatch):
    engine, address = open_house()
    engine.wait_loaded(120)
    load = loading.load_model

    def failing(path: Any, **options: Any) -> Any:
        if SECOND in str(path):
            raise MemoryError
        return load(path, **options)

    monkeypatch.setattr(loading, "load_model", failing)
    visitor = enter(address)
    open_models(visitor)
    shorter_answers(visitor)
    choose(visitor, SECOND)
    line = visitor.page.locator("#switch-line [data-state=error]")
    expect(line).to_contain_text(strings.SWITCH_STILL.format(name=FIRST), timeout=PATIENCE)
    visitor.ask("Who are you?")
    visitor.wait_for("done")
    assert model_of_answer(visitor, 0) == FIRST


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_everything_fits(open_house, enter: Visit, scheme):
    engine, address = open_house()
    visitor = enter(address, viewport=PHONE, scheme=scheme)
    open_models(visitor)
    for element in ("#switch-model input", "#switch-precision label >> nth=0", "#switch-button"):
        visitor.page.locator(element).scroll_into_view_if_needed()
        expect(visitor.page.locator(element)).to_be_in_viewport(ratio=0.99, timeout=PATIENCE)


def test_where_nobody_may_switch_the_list_says_so(open_house, enter):
    _, address = open_house("--switching", "off")
    visitor = enter(address)
    open_models(visitor)
    expect(visitor.page.locator("#family .family-help")).to_contain_text("--switching on")
    expect(visitor.page.locator("#switch")).to_be_hidden()
