"""Two real checkpoints, one in each layout, of which one answers after the other."""

import asyncio
import gc
import json
import shutil
import threading
import weakref
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest
from safetensors.torch import load_file, save_file

import app
from internvl_ui.conversation import Conversation, append, assistant, user
from internvl_ui.engines.base import Progress, Request
from internvl_ui.engines.switching import Change, Choice, Switching
from internvl_ui.errors import UserError
from internvl_ui.model import loading
from internvl_ui.settings import read_settings
from tests.conftest import REFERENCE
from tests.questions import GREEDY, answer, ask, finished, picture, text
from tests.tiny_checkpoints import TOKENIZER_FILES

ORIGINAL = REFERENCE / "qwen2-vit300m"


@pytest.fixture
def models(loaded: Any, tmp_path: Path) -> Path:
    """A folder with a checkpoint in the hf layout, and one that lacks a weight."""
    model, _ = loaded("internlm2-vit300m")
    model.save_pretrained(tmp_path / "other", save_original_format=False)
    for file in TOKENIZER_FILES:
        shutil.copy(REFERENCE / "internlm2-vit300m" / file, tmp_path / "other")
    torn = tmp_path / "torn"
    shutil.copytree(tmp_path / "other", torn)
    weights = load_file(torn / "model.safetensors")
    del weights["model.language_model.norm.weight"]
    save_file(weights, torn / "model.safetensors", metadata={"format": "pt"})
    return tmp_path


@pytest.fixture
def engine(models: Path) -> Iterator[Switching]:
    settings = read_settings(["--model", str(ORIGINAL), "--models-folder", str(models)], {})
    engine = app.switching_engine(settings)
    engine.wait_loaded(120)
    yield engine
    engine.close()


def choice(models: Path, name: str, precision: str = "auto") -> Choice:
    return Choice(name, str(models / name), precision)


def switch(engine: Switching, choice: Choice) -> list[Change]:
    async def changes() -> list[Change]:
        return [change async for change in engine.switch(choice)]

    return asyncio.run(changes())


def test_a_conversation_goes_on_with_the_other_model(engine, models, monkeypatch):
    """And the one of before is out of memory before a weight of the other is read."""
    alive: list[weakref.ref[Any]] = []
    before_loading: list[int] = []
    load = loading.load_model

    def watched(*given: Any, **options: Any) -> tuple[Any, Any]:
        before_loading.append(sum(model() is not None for model in alive))
        model, tokenizer = load(*given, **options)
        alive.append(weakref.ref(model))
        return model, tokenizer

    monkeypatch.setattr(loading, "load_model", watched)
    question = user(picture(), "What is it?")
    switch(engine, choice(models, "other", "bfloat16"))
    assert (engine.name, engine.precision) == ("other", "bf16")
    first = answer(engine, Request(Conversation((question,)), GREEDY))
    assert finished(first).usage.tiles > 1
    said = append(Conversation((question,)), assistant(text(first)), user("And now?"))
    changes = switch(engine, Choice(ORIGINAL.name, str(ORIGINAL)))
    assert changes[-1].stage == "loading" and engine.name == ORIGINAL.name
    second = finished(answer(engine, Request(said, GREEDY)))
    assert second.usage.tiles == finished(first).usage.tiles and second.usage.reused_tokens == 0
    assert before_loading == [0, 0]
    gc.collect()
    assert [model() is not None for model in alive] == [False, True]


def test_the_first_answer_is_the_same_after_there_and_back(engine, models):
    before = text(answer(engine, ask(picture(), "What?")))
    switch(engine, choice(models, "other"))
    other = text(answer(engine, ask(picture(), "What?")))
    switch(engine, Choice(ORIGINAL.name, str(ORIGINAL)))
    assert text(answer(engine, ask(picture(), "What?"))) == before != other


@pytest.mark.parametrize("name", ["torn", "gone"])
def test_a_checkpoint_that_cannot_be_loaded_leaves_the_model_of_before(engine, models, name):
    before = text(answer(engine, ask("Hello?")))
    with pytest.raises(UserError) as refused:
        switch(engine, choice(models, name))
    assert name in str(refused.value) and str(models) not in str(refused.value)
    assert engine.name == ORIGINAL.name
    assert text(answer(engine, ask("Hello?"))) == before


def test_who_asks_meanwhile_sees_which_model_is_loaded_and_gets_its_answer(engine, models):
    async def scene() -> list[Any]:
        events = []
        async with aclosing(engine.switch(choice(models, "other"))) as changes:
            async for change in changes:
                if change.stage == "loading":
                    break
        async with aclosing(engine.stream(ask("Hello?"), stop=threading.Event())) as stream:
            async for event in stream:
                events.append(event)
        return events

    events = asyncio.run(scene())
    names = {e.name for e in events if isinstance(e, Progress) and e.stage == "loading"}
    assert names <= {"other"} and engine.name == "other"
    assert finished(events).usage.answer_tokens > 0


def test_the_config_tells_the_layouts_apart(models):
    """So that the tests above are about both."""
    configs = [json.loads((f / "config.json").read_text()) for f in (ORIGINAL, models / "other")]
    assert [config["model_type"] for config in configs] == ["internvl_chat", "internvl"]
