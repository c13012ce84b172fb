"""What a load will take is known beforehand, and a load that cannot fit is refused."""

import json
from pathlib import Path
from typing import Any

import pytest

from internvl_ui.catalog import FAMILY, needed_bytes, parts
from internvl_ui.errors import CheckpointError
from internvl_ui.model.checkpoint import Checkpoint, read_checkpoint
from internvl_ui.model.devices import gpus, host
from internvl_ui.model.memory import dimensions, gigabytes, refuse_too_large
from tests.conftest import CHECKPOINTS, REFERENCE
from tests.test_architectures import KINDS
from tests.tiny_checkpoints import write_tiny


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_the_estimate_is_the_size_of_the_weights(name: str, loaded: Any) -> None:
    model, _ = loaded(name)
    real = sum(parameter.nbytes for parameter in model.parameters())
    assert parts(dimensions(read_checkpoint(REFERENCE / name)), "fp32").total == real


@pytest.mark.parametrize("tower", ["300m", "6b"])
@pytest.mark.parametrize(("kind", "llm"), KINDS, ids=str)
def test_for_every_architecture(kind: str, llm: dict[str, Any], tower: str, tmp_path: Path) -> None:
    from internvl_ui import load_model

    write_tiny(tmp_path, kind, tower, **llm)
    model, _ = load_model(tmp_path, dtype="float32", device="cpu")
    real = sum(parameter.nbytes for parameter in model.parameters())
    assert parts(dimensions(read_checkpoint(tmp_path)), "fp32").total == real


def test_what_fits_is_not_refused() -> None:
    checkpoint = read_checkpoint(REFERENCE / "qwen2-vit300m")
    need = needed_bytes(dimensions(checkpoint), "bf16")
    refuse_too_large(checkpoint, "bf16", need, "the GPU", quantisable=True)
    with pytest.raises(CheckpointError, match="needs about .* in bf16, but the GPU has"):
        refuse_too_large(checkpoint, "bf16", need - 1, "the GPU", quantisable=True)


def large(folder: Path) -> Checkpoint:
    """The 8B's config.json, without its 16 GB of weights."""
    write_tiny(folder, "qwen2")
    config = json.loads((folder / "config.json").read_text())
    config["llm_config"] |= {
        "hidden_size": 3584,
        "intermediate_size": 18944,
        "num_hidden_layers": 28,
        "num_attention_heads": 28,
        "num_key_value_heads": 4,
        "head_dim": 128,
        "vocab_size": 151674,
    }
    (folder / "config.json").write_text(json.dumps(config))
    return read_checkpoint(folder)


@pytest.mark.parametrize(
    ("free", "quantisable", "advice"),
    [
        (12e9, True, "load it in 8bit"),
        (7.5e9, True, "load it in 4bit"),
        (12e9, False, "choose InternVL3-2B, which needs 4.8 GB in bf16"),
        (2e9, True, "choose InternVL3-1B, which needs 1.9 GB in 4bit"),
        (1e9, True, "a larger machine"),
    ],
)
def test_the_refusal_says_what_would_fit(
    free: float, quantisable: bool, advice: str, tmp_path: Path
) -> None:
    with pytest.raises(CheckpointError, match=advice):
        refuse_too_large(large(tmp_path), "bf16", int(free), "the GPU", quantisable=quantisable)


def test_full_precision_is_advised_to_halve(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="load it in bf16"):
        refuse_too_large(large(tmp_path), "fp32", int(20e9), "this machine", quantisable=True)


def test_this_machine() -> None:
    assert 0 < host().free <= host().total
    assert all(0 <= gpu.free <= gpu.total for gpu in gpus())


def test_sizes_for_people() -> None:
    assert gigabytes(2 * 10**9) == "2.0 GB" and gigabytes(5 * 10**6) == "5.0 MB"
    assert gigabytes(needed_bytes(FAMILY[2].dimensions, "bf16")) == "16.6 GB"
