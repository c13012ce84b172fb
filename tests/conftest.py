"""What several test modules share: the reference checkpoints, loaded once."""

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from internvl_ui.engines.local import LocalEngine

REFERENCE = Path(__file__).parent / "reference"
MEDIA = Path(__file__).parent / "media"
CHECKPOINTS = ("qwen2-vit300m", "qwen2-vit6b", "internlm2-vit300m")


@cache
def expected(checkpoint: str) -> dict[str, Any]:
    return json.loads((REFERENCE / checkpoint / "expected.json").read_text())


@pytest.fixture(scope="session")
def loaded() -> Callable[[str], tuple[Any, Any]]:
    """(model, tokenizer) of a reference checkpoint in float32; tests must not change them."""
    import torch

    from internvl_ui import load_model

    torch.set_num_threads(1)  # Several threads on a busy machine wait for each other.

    @cache
    def load(checkpoint: str) -> tuple[Any, Any]:
        return load_model(REFERENCE / checkpoint, dtype="float32", device="cpu")

    return load


@pytest.fixture(scope="session")
def tiny(loaded: Callable[[str], tuple[Any, Any]]) -> tuple[Any, Any]:
    return loaded("qwen2-vit300m")


@pytest.fixture
def engine(tiny: tuple[Any, Any]) -> Iterator[LocalEngine]:
    """The engine in this process. Modules that drive another define their own."""
    from tests.questions import engine_of

    with engine_of(tiny) as engine:
        yield engine
