"""The model's part of the settings: what it offers, and what it says while a model is switched."""

import asyncio
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from internvl_ui.engines.loading import Loading
from internvl_ui.engines.switching import Change, Choice, Switching
from internvl_ui.offers import start_choice
from internvl_ui.settings import read_settings
from internvl_ui.standing import Room
from internvl_ui.ui import strings
from internvl_ui.ui import switch as switch_module
from internvl_ui.ui.models import change_words
from internvl_ui.ui.switch import Switch
from tests.conftest import REFERENCE
from tests.test_handlers import is_skip
from tests.test_switching import Model, fail

HERE = SimpleNamespace(client=SimpleNamespace(host="127.0.0.1"), headers={})
ELSEWHERE = SimpleNamespace(client=SimpleNamespace(host="10.0.0.7"), headers={})
ROOM = Room(free=int(4e9), total=int(8e9), place="cpu", name="this machine's memory")


@pytest.fixture(autouse=True)
def this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switch_module, "room", lambda: ROOM)


class House:
    def __init__(self) -> None:
        settings = read_settings(
            ["--model", str(REFERENCE / "qwen2-vit300m"), "--models-folder", str(REFERENCE)], {}
        )
        self.load: Any = lambda: None
        self.engine = Switching(self.make, start_choice(settings))
        self.do = Switch(self.engine, settings)

    def make(self, choice: Choice, loading: Loading) -> Model:
        load = self.load if choice.name != "qwen2-vit300m" else lambda: None
        return Model(name=choice.name, precision="fp32", load=load, pace=0)

    def switch(self, name: Any, precision: Any = "auto", who: Any = HERE) -> list[tuple[Any, Any]]:
        async def collect() -> list[tuple[Any, Any]]:
            return [step async for step in self.do.switch(name, precision, who)]

        return asyncio.run(collect())


def test_it_offers_what_fits_and_says_what_does_not():
    line, family, controls, model, precision = asyncio.run(House().do.look(HERE))
    assert line == "" and controls["visible"]
    assert model["value"] == "qwen2-vit300m" and "qwen2-vit6b" in model["choices"]
    assert "InternVL3-1B" in model["choices"] and "InternVL3-78B" not in model["choices"]
    assert precision["value"] == "auto" and ("bf16", "bfloat16") in precision["choices"]
    assert family.count("<li ") == 7 + 4 and strings.MODEL_LOADED in family
    assert "app.py" not in family and family.count(strings.MODEL_LOCAL) == 4


def test_who_may_not_switch_sees_why_and_cannot():
    house = House()
    line, family, controls, *_ = asyncio.run(house.do.look(ELSEWHERE))
    assert line == "" and not controls["visible"]
    assert "--switching on" in family
    ((line, family),) = house.switch("qwen2-vit6b", who=ELSEWHERE)
    assert 'data-state="error"' in line and is_skip(family)
    assert house.engine.name == "qwen2-vit300m"


def test_a_switch_says_how_it_goes_on_and_ends_with_the_new_family():
    house = House()
    *steps, (line, family) = house.switch("qwen2-vit6b")
    assert all('data-state="loading"' in line for line, _ in steps)
    assert 'data-state="done"' in line and "qwen2-vit6b answers" in line
    assert '<p class="running">qwen2-vit6b · fp32</p>' in family
    line, _ = house.switch("qwen2-vit6b")[-1]
    assert 'data-state="done"' in line and house.engine.name == "qwen2-vit6b"


def test_a_failed_switch_says_why_and_what_answers():
    house = House()
    house.load = fail("It lacks <b>a weight</b>.")
    line, family = house.switch("qwen2-vit6b")[-1]
    assert 'role="alert"' in line and "lacks &lt;b&gt;a weight" in line
    assert "qwen2-vit300m answers as before." in line
    assert '<p class="running">qwen2-vit300m' in family


@pytest.mark.parametrize(
    ("name", "precision"),
    [(str(REFERENCE), "auto"), ("me/my-model", "auto"), ("qwen2-vit6b", "int2"), (None, None)],
)
def test_nothing_typed_is_loaded(name, precision):
    house = House()
    ((line, _),) = house.switch(name, precision)
    assert strings.SWITCH_NOT_OFFERED in line and house.engine.name == "qwen2-vit300m"


def test_who_opens_the_panel_during_a_switch_sees_it():
    house = House()
    loaded = threading.Event()
    house.load = lambda: loaded.wait(20)

    async def scene() -> str:
        changes = house.do.switch("qwen2-vit6b", "auto", HERE)
        async for _ in changes:
            if house.engine.change is not None and house.engine.change.stage == "loading":
                break
        line = (await house.do.look(HERE))[0]
        loaded.set()
        async for _ in changes:
            pass
        return line

    assert "Loading qwen2-vit6b…" in asyncio.run(scene())


def test_the_precisions_follow_the_model():
    house = House()
    small = asyncio.run(house.do.precisions("InternVL3-1B"))
    assert small["value"] == "auto" and {("bf16", "bfloat16"), ("fp16", "float16")} < set(
        small["choices"]
    )
    large = asyncio.run(house.do.precisions("InternVL3-78B"))
    assert large["value"] is None and large["choices"] == []
    assert is_skip(asyncio.run(house.do.precisions("none")))


@pytest.mark.parametrize(
    ("change", "sizes", "words"),
    [
        (Change("fetching", "B"), {}, "Looking for B…"),
        (
            Change("fetching", "B"),
            {"download": 2 * 10**9, "here": 10**9},
            "Downloading B: 1.0 GB of 2.0 GB. A answers meanwhile.",
        ),
        (Change("ending", "B"), {}, "B is next: answers that were begun are finished first."),
        (Change("loading", "B"), {}, "Loading B…"),
        (Change("returning", "A", 40, 100), {}, "Loading A: 40 %"),
    ],
)
def test_each_step_in_words(change, sizes, words):
    assert change_words(change, "A", **sizes) == words
