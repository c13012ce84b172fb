"""Precision, quantisation and attention kernels: what the device can, and what it lacks."""

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from internvl_ui import load_image, load_model
from internvl_ui.catalog import parts
from internvl_ui.errors import CheckpointError
from internvl_ui.model import precision as precision_module
from internvl_ui.model.attention import GROUPED
from internvl_ui.model.checkpoint import read_checkpoint
from internvl_ui.model.memory import dimensions
from internvl_ui.model.precision import choose_attention, choose_dtype, precision
from tests.conftest import MEDIA, REFERENCE
from tests.tiny_checkpoints import write_tiny

QWEN = REFERENCE / "qwen2-vit300m"
CONFIG = {"max_new_tokens": 6, "do_sample": False}


def test_eager_on_request_answers_as_sdpa(loaded: Any) -> None:
    model, tokenizer = load_model(QWEN, dtype="float32", device="cpu", attention="eager")
    assert model.config._attn_implementation == "eager"
    assert model.config.text_config._attn_implementation == "eager"
    pixels = load_image(MEDIA / "tiny.png", input_size=112)
    other, _ = loaded("qwen2-vit300m")
    assert other.config._attn_implementation == GROUPED
    assert model.chat(tokenizer, pixels, "What?", CONFIG) == other.chat(
        tokenizer, pixels, "What?", CONFIG
    )


def with_gpu(monkeypatch: pytest.MonkeyPatch, capability: int, flash: bool) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (capability, 0))
    monkeypatch.setattr(precision_module, "is_flash_attn_2_available", lambda: flash)


@pytest.mark.parametrize(
    ("device", "dtype", "capability", "installed", "lacking"),
    [
        ("cuda:0", torch.bfloat16, 8, True, None),
        ("cuda", torch.float16, 9, True, None),
        ("cpu", torch.bfloat16, 0, True, "an NVIDIA GPU"),
        ("mps", torch.float16, 0, True, "an NVIDIA GPU"),
        ("cuda:0", torch.float32, 8, True, "half precision"),
        ("cuda:0", torch.bfloat16, 7, True, "the Ampere generation or later"),
        ("cuda:0", torch.bfloat16, 8, False, "pip install flash-attn --no-build-isolation"),
    ],
)
def test_flash_attention_where_it_can_run(
    device: str,
    dtype: torch.dtype,
    capability: int,
    installed: bool,
    lacking: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_gpu(monkeypatch, capability, installed)
    chosen = choose_attention("auto", device, dtype)
    if lacking is None:
        assert chosen == choose_attention("flash_attention_2", device, dtype) == "flash_attention_2"
        assert choose_attention("eager", device, dtype) == "eager"
    else:
        assert chosen == (GROUPED if device == "cpu" else "sdpa")
        assert choose_attention("sdpa", device, dtype) == "sdpa"
        with pytest.raises(CheckpointError, match=lacking):
            choose_attention("flash_attention_2", device, dtype)


def test_half_precision_on_a_gpu_without_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint = read_checkpoint(QWEN)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    assert choose_dtype("auto", checkpoint, "cuda:0") is torch.float16
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    assert choose_dtype("auto", checkpoint, "cuda:0") is torch.bfloat16


def test_names_of_precisions() -> None:
    assert precision(torch.float32, None) == "fp32"
    assert precision(torch.float16, None) == precision(torch.bfloat16, None) == "bf16"
    assert precision(torch.bfloat16, "4bit") == "4bit"


@pytest.mark.parametrize("quantization", ["8bit", "4bit"])
@pytest.mark.parametrize("kind", ["qwen2", "qwen3", "llama", "internlm2", "internlm3"])
def test_quantised_layers_weigh_what_was_estimated(
    kind: str, quantization: Any, tmp_path: Path
) -> None:
    pytest.importorskip("bitsandbytes", reason="bitsandbytes is not installed")
    write_tiny(tmp_path, kind, intermediate_size=128)
    model, tokenizer = load_model(
        tmp_path, quantization=quantization, dtype="float32", device="cpu"
    )
    layer = model.model.language_model.layers[0]
    expected = {"8bit": "Linear8bitLt", "4bit": "Linear4bit"}[quantization]
    kinds = {type(module).__name__ for name, module in layer.named_modules() if "proj" in name}
    assert kinds == {expected}
    real = sum(parameter.nbytes for parameter in layer.parameters())
    for module in layer.modules():
        if type(module).__name__ == expected:
            state = (
                module.weight.SCB if quantization == "8bit" else module.weight.quant_state.absmax
            )
            real += state.nbytes
    computed = parts(dimensions(read_checkpoint(tmp_path)), quantization, whole_bytes=4).layer
    assert real == computed
    answer = model.chat(tokenizer, torch.randn(1, 3, 56, 56), "What?", CONFIG)
    assert isinstance(answer, str)


def test_widths_that_four_bits_cannot_have(tmp_path: Path) -> None:
    shutil.copytree(QWEN, tmp_path / "odd")
    with pytest.raises(CheckpointError, match="“odd” have a width .* use 8bit"):
        load_model(tmp_path / "odd", quantization="4bit", device="cpu")


def test_quantised_layers_fetch_no_code_and_say_nothing(tmp_path: Path) -> None:
    """Even where the package that bitsandbytes would fetch compiled code with is installed."""
    pytest.importorskip("bitsandbytes", reason="bitsandbytes is not installed")
    write_tiny(tmp_path / "a", "qwen2", intermediate_size=128)
    (tmp_path / "kernels.py").write_text(
        "def get_kernel(*names, **options):\n    raise SystemExit('code was fetched')\n"
    )
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path)!r})\n"
        "from internvl_ui import load_model\n"
        "for bits in ('4bit', '8bit'):\n"
        f"    model, tokenizer = load_model({str(tmp_path / 'a')!r}, quantization=bits)\n"
        "    model.chat(tokenizer, None, 'Hello', dict(max_new_tokens=3, do_sample=False))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=REFERENCE.parent.parent
    )
    assert done.returncode == 0, done.stderr
    said = [line for line in done.stderr.splitlines() if line and "Loading weights" not in line]
    assert said == []
