"""The model that ships with the page answers the page's own examples rightly."""

from collections.abc import Iterator

import pytest

from app import local_engine
from internvl_ui.engines.base import Engine
from internvl_ui.settings import read_settings
from internvl_ui.ui.examples import Example, load_examples
from tests.browser.conftest import EXAMPLES

SHOWCASES = {example.name: example for example in load_examples()}
PANELS = {"image": "describe", "images": "pair", "video": "video"}


@pytest.fixture(scope="module")
def bundled() -> Iterator[Engine]:
    engine = local_engine(read_settings([], {}))
    engine.wait_loaded(300)
    yield engine
    engine.close()


@pytest.fixture
def engine(bundled: Engine) -> Engine:
    return bundled


def assert_right(answer: str, example: Example) -> None:
    missing = [words for words in example.expect["en"] if words.lower() not in answer.lower()]
    assert not missing, f"{missing} not in: {answer}"


@pytest.mark.parametrize("name", PANELS.values())
def test_a_showcase_has_its_answer_by_one_click(visit, name):
    visitor = visit()
    visitor.page.click(f"[data-showcase={name}]")
    visitor.wait_for("done")
    assert_right(visitor.answers.inner_text(), SHOWCASES[name])


@pytest.mark.parametrize("panel", PANELS)
def test_uploaded_files_are_answered_rightly(visit, panel):
    example = SHOWCASES[PANELS[panel]]
    visitor = visit()
    visitor.attach(panel, *(EXAMPLES / file.name for file in example.files))
    visitor.ask(example.question)
    visitor.wait_for("done")
    assert_right(visitor.answers.inner_text(), example)
