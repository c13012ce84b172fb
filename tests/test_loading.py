"""A load is complete or refused, in every layout."""

import json
import logging
import shutil
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from internvl_ui import load_image, load_model
from internvl_ui.errors import CheckpointError
from internvl_ui.model.checkpoint import read_checkpoint
from internvl_ui.model.precision import choose_dtype
from tests.conftest import CHECKPOINTS, MEDIA, REFERENCE

QWEN = REFERENCE / "qwen2-vit300m"
SECOND = "model-00002-of-00002.safetensors"
CONFIG = {"max_new_tokens": 8, "do_sample": False}


def answers(model: Any, tokenizer: Any) -> str:
    pixels = load_image(MEDIA / "tiny.png", input_size=112)
    return model.chat(tokenizer, pixels, "What is this?", CONFIG)


def tensors(model: Any) -> dict[str, torch.Tensor]:
    return dict(model.state_dict())


def same(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[key], other[key]) for key in one)


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_the_hf_layout_is_the_same_model(name: str, loaded: Any, tmp_path: Path) -> None:
    model, tokenizer = loaded(name)
    model.save_pretrained(tmp_path, save_original_format=False)
    tokenizer.save_pretrained(tmp_path)
    assert read_checkpoint(tmp_path).layout == "hf"
    again, again_tokenizer = load_model(tmp_path, dtype="float32", device="cpu")
    assert same(tensors(model), tensors(again))
    assert answers(model, tokenizer) == answers(again, again_tokenizer)


def test_the_hf_layout_with_the_hubs_older_names(loaded: Any, tmp_path: Path) -> None:
    """Those that were on the Hub before transformers moved everything under `model.`."""
    model, tokenizer = loaded("qwen2-vit300m")
    model.save_pretrained(tmp_path, save_original_format=False)
    tokenizer.save_pretrained(tmp_path)
    weights = load_file(tmp_path / "model.safetensors")

    def older(key: str) -> str:
        if key.startswith("model.language_model."):
            return key.replace("model.language_model.", "language_model.model.", 1)
        return f"language_model.{key}" if key.startswith("lm_head") else key.removeprefix("model.")

    renamed = {older(key): value for key, value in weights.items()}
    save_file(renamed, tmp_path / "model.safetensors", {"format": "pt"})
    again, _ = load_model(tmp_path, dtype="float32", device="cpu")
    assert same(tensors(model), tensors(again))


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_saving_gives_the_original_weights_back(name: str, loaded: Any, tmp_path: Path) -> None:
    model, _ = loaded(name)
    model.save_pretrained(tmp_path)
    before = {
        key: value
        for path in (REFERENCE / name).glob("*.safetensors")
        for key, value in load_file(path).items()
    }
    after = load_file(tmp_path / "model.safetensors")
    assert same({key: value.float() for key, value in before.items()}, after)


def test_a_load_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    load_model(QWEN, dtype="float32", device="cpu")
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_the_code_of_a_checkpoint_is_not_run(tmp_path: Path) -> None:
    folder = shutil.copytree(QWEN, tmp_path / "sly")
    for module in ("configuration_internvl_chat", "modeling_internvl_chat", "tokenization"):
        (folder / f"{module}.py").write_text("raise SystemExit('the code was run')")
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text())
    config["auto_map"] = {"AutoTokenizer": ["tokenization.Surprise", None]}
    path.write_text(json.dumps(config))
    load_model(folder, dtype="float32", device="cpu")


def with_weights(folder: Path, change: Any) -> Path:
    shutil.copytree(QWEN, folder)
    weights = load_file(folder / SECOND)
    change(weights)
    save_file(weights, folder / SECOND, {"format": "pt"})
    return folder


def test_a_missing_weight_is_named(tmp_path: Path) -> None:
    key = "vision_model.encoder.layers.2.norm1.weight"
    folder = with_weights(tmp_path / "a", lambda weights: weights.pop(key))
    named = "lacks the weight model.vision_tower.encoder.layer.2.layernorm_before.weight;"
    with pytest.raises(CheckpointError, match=named):
        load_model(folder, dtype="float32", device="cpu")


def test_an_unexpected_weight_is_named(tmp_path: Path) -> None:
    extra = {"vision_model.surprise.weight": torch.zeros(2)}
    folder = with_weights(tmp_path / "a", lambda weights: weights.update(extra))
    with pytest.raises(CheckpointError, match="vision_model.surprise.weight"):
        load_model(folder, dtype="float32", device="cpu")


def test_a_weight_of_another_shape_is_named(tmp_path: Path) -> None:
    key = "vision_model.encoder.layers.2.norm1.weight"
    folder = with_weights(tmp_path / "a", lambda weights: weights.update({key: torch.zeros(3)}))
    with pytest.raises(CheckpointError, match="another shape.*layernorm_before.weight"):
        load_model(folder, dtype="float32", device="cpu")


def test_a_cut_weight_file(tmp_path: Path) -> None:
    folder = shutil.copytree(QWEN, tmp_path / "cut")
    content = (folder / SECOND).read_bytes()
    (folder / SECOND).write_bytes(content[: len(content) // 2])
    with pytest.raises(CheckpointError, match="damaged"):
        load_model(folder, dtype="float32", device="cpu")


def test_no_tokenizer(tmp_path: Path) -> None:
    folder = shutil.copytree(QWEN, tmp_path / "mute")
    (folder / "vocab.json").unlink()
    with pytest.raises(CheckpointError, match="no tokenizer"):
        load_model(folder)


def test_a_tokenizer_of_another_model(tmp_path: Path) -> None:
    folder = shutil.copytree(QWEN, tmp_path / "other")
    for name in ("tokenizer_config.json", "added_tokens.json", "special_tokens_map.json"):
        (folder / name).unlink()
    (folder / "tokenizer_config.json").write_text("{}")
    with pytest.raises(CheckpointError, match="lacks the token"):
        load_model(folder)


@pytest.mark.parametrize(
    ("wanted", "given"),
    [("bfloat16", torch.bfloat16), (torch.float32, torch.float32), ("auto", torch.float32)],
)
def test_dtype(wanted: Any, given: torch.dtype) -> None:
    """A small model stays float32 on a processor, whatever it was saved in."""
    model, _ = load_model(QWEN, dtype=wanted, device="cpu")
    assert {parameter.dtype for parameter in model.parameters()} == {given}


def test_bfloat16_answers(loaded: Any) -> None:
    model, tokenizer = load_model(QWEN, dtype="bfloat16", device="cpu")
    assert isinstance(answers(model, tokenizer), str)


def test_an_unknown_dtype() -> None:
    with pytest.raises(CheckpointError, match="float8"):
        choose_dtype("float8", read_checkpoint(QWEN), "cpu")


def test_quantization_without_bitsandbytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(CheckpointError, match="pip install bitsandbytes"):
        load_model(QWEN, quantization="8bit")


def test_an_unknown_quantization() -> None:
    with pytest.raises(CheckpointError, match="3bit"):
        load_model(QWEN, quantization="3bit")


def test_quantization_leaves_the_vision_tower_alone() -> None:
    pytest.importorskip("bitsandbytes", reason="bitsandbytes is not installed")
    model, tokenizer = load_model(QWEN, quantization="8bit", device="cpu")
    kinds = {name: type(module).__name__ for name, module in model.named_modules()}
    assert kinds["model.language_model.layers.0.mlp.up_proj"] == "Linear8bitLt"
    assert kinds["model.vision_tower.encoder.layer.0.mlp.fc1"] == "Linear"
    assert kinds["model.multi_modal_projector.linear_1"] == kinds["lm_head"] == "Linear"
    assert isinstance(answers(model, tokenizer), str)
