"""The family's figures, held to the modules that they describe."""

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from internvl_ui.catalog import FAMILY, PRECISIONS, Model, cache_bytes, find, parts
from tests.family import shape_of


def test_the_family() -> None:
    assert [model.size for model in FAMILY] == ["1B", "2B", "8B", "9B", "14B", "38B", "78B"]
    assert FAMILY[0].ids == (
        "OpenGVLab/InternVL3-1B",
        "OpenGVLab/InternVL3-1B-Instruct",
        "OpenGVLab/InternVL3-1B-hf",
    )
    assert {model.context_length for model in FAMILY} == {32768}
    assert [model.size for model in FAMILY if "6B" in model.vision_tower] == ["38B", "78B"]


def test_bytes_at_full_precision() -> None:
    gigabytes = [round(model.memory("bf16") / 1e9, 1) for model in FAMILY]
    assert gigabytes == [1.9, 4.2, 15.9, 18.3, 30.2, 76.8, 156.8]
    assert all(model.memory("fp32") == 2 * model.memory("bf16") for model in FAMILY)


@pytest.mark.parametrize("model", FAMILY, ids=lambda model: model.size)
def test_every_part_weighs_what_its_modules_do(model: Model) -> None:
    computed = parts(model.dimensions, "bf16")
    real = shape_of(model.dimensions)

    def weight(module: torch.nn.Module) -> int:
        return 2 * sum(parameter.numel() for parameter in module.parameters())

    language = real.model.language_model
    assert weight(real.model.vision_tower) == computed.vision
    assert weight(real.model.multi_modal_projector) == computed.projector
    assert weight(language.embed_tokens) == computed.embeddings
    assert [weight(layer) for layer in language.layers] == [computed.layer] * computed.layers
    assert weight(language.norm) == computed.norm
    assert weight(real.lm_head) == computed.head
    assert weight(real) == computed.total == model.memory("bf16")


@pytest.mark.parametrize("model", FAMILY, ids=lambda model: model.size)
def test_less_precision_is_less_memory(model: Model) -> None:
    whole, eight, four = (model.memory(precision) for precision in PRECISIONS)
    assert whole > eight > four
    assert four > parts(model.dimensions, "bf16").fixed


def test_keys_and_values_of_a_whole_context() -> None:
    """The 8B's: 28 layers x 4 heads x 128 values x 2 x 2 bytes = 57,344 bytes a token."""
    assert cache_bytes(FAMILY[2].dimensions, 1, "bf16") == 57344
    assert cache_bytes(FAMILY[2].dimensions, 10, "fp32") == 2 * 573440


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("OpenGVLab/InternVL3-8B", "8B"),
        ("OpenGVLab/InternVL3-8B-hf", "8B"),
        ("InternVL3-78B-Instruct", "78B"),
        ("OpenGVLab/InternVL3_5-8B", None),
        ("Somebody/InternVL3-8B", None),
    ],
)
def test_find(name: str, size: str | None) -> None:
    model = find(name)
    assert (model and model.size) == size


def test_the_catalog_needs_no_torch() -> None:
    code = "import sys, internvl_ui.catalog; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parent.parent)
