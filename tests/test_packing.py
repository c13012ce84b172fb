"""Weights laid out for the processor's kernel: the same answers, and nothing is lost by it."""

import weakref
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from internvl_ui.model import packing
from internvl_ui.model.loading import load_model
from internvl_ui.model.packing import PackedLinear, pack
from tests.conftest import REFERENCE

CHECKPOINT = REFERENCE / "qwen2-vit300m"

pytestmark = pytest.mark.skipif(
    not packing._is_possible(), reason="this processor has no bfloat16 that oneDNN knows"
)


def loaded(checkpoint: Path, *, packed: bool) -> tuple[Any, Any]:
    return load_model(checkpoint, dtype="bfloat16", device="cpu", packed=packed)


def packed_layers(model: nn.Module) -> list[str]:
    return [name for name, part in model.named_modules() if isinstance(part, PackedLinear)]


@pytest.mark.parametrize("family", ["qwen2-vit300m", "internlm2-vit300m"])
def test_a_packed_model_says_the_same(family):
    pixels = torch.randn(2, 3, 112, 112, generator=torch.Generator().manual_seed(1))
    answers, logits = [], []
    for packed in (False, True):
        model, tokenizer = loaded(REFERENCE / family, packed=packed)
        assert bool(packed_layers(model)) is packed
        options = {"max_new_tokens": 12, "do_sample": False}
        answers.append(model.chat(tokenizer, pixels, "What is this?", options))
        with torch.inference_mode():
            logits.append(model(input_ids=torch.arange(20, 60).unsqueeze(0)).logits.float())
    assert answers[0] == answers[1]
    # As near as bfloat16's own rounding.
    torch.testing.assert_close(*logits, rtol=0.02, atol=0.02)


def test_every_linear_layer_of_the_language_model_is_packed_and_no_other():
    plain, _ = loaded(CHECKPOINT, packed=False)
    model, _ = loaded(CHECKPOINT, packed=True)
    wanted = [
        name
        for name, part in plain.named_modules()
        if isinstance(part, nn.Linear) and ("language_model" in name or name == "lm_head")
    ]
    assert sorted(packed_layers(model)) == sorted(wanted) and wanted
    assert all(".vision_tower." not in name for name in wanted)


def test_the_weights_can_still_be_saved():
    plain, _ = loaded(CHECKPOINT, packed=False)
    model, _ = loaded(CHECKPOINT, packed=True)
    before, after = plain.state_dict(), model.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)


def test_a_weight_that_is_the_embeddings_too_is_not_there_twice():
    model, _ = loaded(CHECKPOINT, packed=False)
    model.lm_head.weight = model.get_input_embeddings().weight
    pack(model)
    assert isinstance(model.lm_head, nn.Linear) and packed_layers(model)


def test_float32_stays_as_it_is():
    model, _ = load_model(CHECKPOINT, dtype="float32", device="cpu", packed=True)
    assert not packed_layers(model)


def test_a_model_is_packed_only_where_that_is_asked_for():
    model, tokenizer = load_model(CHECKPOINT, dtype="bfloat16", device="cpu")
    assert not packed_layers(model)
    # So it can still become another dtype.
    assert model.float().chat(tokenizer, None, "Hello", {"max_new_tokens": 2}) is not None


def test_each_weight_goes_as_soon_as_it_is_packed(monkeypatch):
    model, _ = loaded(CHECKPOINT, packed=False)
    layers = [
        weakref.ref(part)
        for part in model.model.language_model.modules()
        if isinstance(part, nn.Linear)
    ]
    alive = []
    pack_one = PackedLinear.__init__

    def watched(self: PackedLinear, linear: nn.Linear) -> None:
        alive.append(sum(layer() is not None for layer in layers))
        pack_one(self, linear)

    monkeypatch.setattr(PackedLinear, "__init__", watched)
    pack(model)
    assert alive[-1] <= 4 < len(layers)
