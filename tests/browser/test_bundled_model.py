"""The model that ships with the page answers the page's own examples rightly."""

import json
from collections.abc import Iterator

import pytest

from app import local_engine
from internvl_ui.engines.base import Engine
from internvl_ui.settings import read_settings
from tests.browser.conftest import EXAMPLES

ENTRIES = json.loads((EXAMPLES / "examples.json").read_text(encoding="utf-8"))
PANELS = {"image": 0, "images": 1, "video": 2}


@pytest.fixture(scope="module")
def bundled() -> Iterator[Engine]:
    engine = local_engine(read_settings([], {}))
    engine.wait_loaded(300)
    yield engine
    engine.close()


@pytest.fixture
def engine(bundled: Engine) -> Engine:
    return bundled


def assert_right(answer: str, entry: dict) -> None:
    missing = [words for words in entry["expect"] if words.lower() not in answer.lower()]
    assert not missing, f"{missing} not in: {answer}"


@pytest.mark.parametrize("number", range(3), ids=[e["title"] for e in ENTRIES])
def test_an_example_is_answered_rightly_by_one_click(visit, number):
    visitor = visit()
    visitor.page.locator("#chat .example").nth(number).click()
    visitor.wait_for("done")
    assert_right(visitor.answers.inner_text(), ENTRIES[number])


@pytest.mark.parametrize("panel", PANELS)
def test_uploaded_files_are_answered_rightly(visit, panel):
    entry = ENTRIES[PANELS[panel]]
    visitor = visit()
    visitor.attach(panel, *(EXAMPLES / name for name in entry["files"]))
    visitor.ask(entry["question"])
    visitor.wait_for("done")
    assert_right(visitor.answers.inner_text(), entry)
