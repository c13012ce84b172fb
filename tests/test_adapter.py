"""A LoRA adapter on top of a checkpoint, held to PEFT itself and to merged weights."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from internvl_ui import load_model
from internvl_ui.errors import CheckpointError
from tests.tiny_checkpoints import HIDDEN, write_tiny

peft = pytest.importorskip("peft", reason="peft is not installed")

RANK, ALPHA = 4, 6.0


def load(folder: Path, **options: Any) -> tuple[Any, Any]:
    torch.set_num_threads(1)
    return load_model(folder, dtype="float32", device="cpu", **options)


# PEFT asks transformers by a name that is on its way out.
@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing`:FutureWarning")
def test_same_as_peft_on_the_language_model(tmp_path: Path) -> None:
    own = write_tiny(tmp_path / "base", "qwen2")
    config = peft.LoraConfig(
        r=RANK, lora_alpha=ALPHA, target_modules=["q_proj", "down_proj"], lora_dropout=0.1
    )
    tuned = peft.get_peft_model(own, config).eval()
    with torch.no_grad():
        for name, parameter in tuned.named_parameters():
            if "lora_" in name:
                parameter.normal_(0.0, 0.3)
    tuned.save_pretrained(tmp_path / "adapter")
    model, _ = load(tmp_path / "base", adapter=tmp_path / "adapter")
    embeddings = torch.randn(1, 9, HIDDEN)
    with torch.inference_mode():
        hidden = model.model.language_model(inputs_embeds=embeddings).last_hidden_state
        torch.testing.assert_close(model.lm_head(hidden), tuned(inputs_embeds=embeddings).logits)
    assert not any(parameter.requires_grad for parameter in model.parameters())


NAMES = {
    "qwen2": ["language_model.model.layers.1.self_attn.v_proj", "language_model.lm_head"],
    "internlm2": [
        "language_model.model.layers.0.attention.wqkv",
        "language_model.model.layers.1.feed_forward.w2",
        "language_model.output",
    ],
}
OTHERS = ["vision_model.encoder.layers.1.attn.qkv", "vision_model.encoder.layers.0.mlp.fc1"]
OTHERS += ["mlp1.1"]
WRAPPINGS = {
    "PEFT around the whole model": lambda key: f"base_model.model.{key}",
    "around parts of it": lambda key: key.replace(
        "language_model.", "language_model.base_model.model.", 1
    ).replace("vision_model.", "vision_model.base_model.model.", 1),
}


def write_adapter(
    folder: Path, weights: dict[str, torch.Tensor], names: list[str], wrapping: str, **config: Any
) -> dict[str, torch.Tensor]:
    """A random adapter for these modules; returns the checkpoint's weights with it merged in."""
    torch.manual_seed(1)
    folder.mkdir()
    merged, pairs = dict(weights), {}
    scale = ALPHA / RANK**0.5 if config.get("use_rslora") else ALPHA / RANK
    for name in names:
        weight = weights[f"{name}.weight"]
        narrow = torch.randn(RANK, weight.shape[1]) * 0.3
        wide = torch.randn(weight.shape[0], RANK) * 0.3
        merged[f"{name}.weight"] = weight + wide @ narrow * scale
        pairs[WRAPPINGS[wrapping](f"{name}.lora_A.weight")] = narrow
        pairs[WRAPPINGS[wrapping](f"{name}.lora_B.weight")] = wide
    save_file(pairs, folder / "adapter_model.safetensors")
    said = {"peft_type": "LORA", "r": RANK, "lora_alpha": ALPHA, **config}
    (folder / "adapter_config.json").write_text(json.dumps(said))
    return merged


@pytest.mark.parametrize("wrapping", WRAPPINGS)
@pytest.mark.parametrize("rslora", [False, True])
@pytest.mark.parametrize("kind", NAMES)
def test_the_original_layouts_names(kind: str, rslora: bool, wrapping: str, tmp_path: Path) -> None:
    """As good as merged: fused layers, vision tower and projector too."""
    write_tiny(tmp_path / "base", kind)
    weights = load_file(tmp_path / "base" / "model.safetensors")
    names = [*NAMES[kind], *OTHERS]
    merged = write_adapter(tmp_path / "lora", weights, names, wrapping, use_rslora=rslora)
    save_file(merged, tmp_path / "base" / "merged.safetensors", {"format": "pt"})
    adapted, tokenizer = load(tmp_path / "base", adapter=tmp_path / "lora")
    expected, _ = load(tmp_path / "base" / "merged.safetensors")
    plain, _ = load(tmp_path / "base")
    ids = torch.tensor([[5, *[tokenizer.convert_tokens_to_ids("<IMG_CONTEXT>")] * 4, 7, 9]])
    pixels = torch.randn(1, 3, 56, 56)
    with torch.inference_mode():
        logits = [m(input_ids=ids, pixel_values=pixels).logits for m in (adapted, expected, plain)]
    torch.testing.assert_close(logits[0], logits[1], atol=1e-4, rtol=1e-4)
    assert not torch.allclose(logits[0], logits[2], atol=1e-2)
    answer = adapted.chat(tokenizer, pixels, "What?", {"max_new_tokens": 5, "do_sample": False})
    assert isinstance(answer, str)


def test_the_hf_layouts_names_and_a_rank_of_its_own(tmp_path: Path) -> None:
    write_tiny(tmp_path / "original", "qwen2")
    model, tokenizer = load(tmp_path / "original")
    model.save_pretrained(tmp_path / "hf", save_original_format=False)
    tokenizer.save_pretrained(tmp_path / "hf")
    weights = load_file(tmp_path / "hf" / "model.safetensors")
    name = "model.language_model.layers.0.mlp.up_proj"
    merged = write_adapter(tmp_path / "lora", weights, [name], "PEFT around the whole model")
    adapted, _ = load(tmp_path / "hf", adapter=tmp_path / "lora")
    layer = adapted.get_submodule(name)
    combined = layer.base_layer.weight + layer.get_delta_weight("default")
    torch.testing.assert_close(combined, merged[f"{name}.weight"])
    assert layer.scaling["default"] == ALPHA / RANK
    # Another alpha for this module alone.
    path = tmp_path / "lora" / "adapter_config.json"
    config = json.loads(path.read_text())
    path.write_text(json.dumps({**config, "alpha_pattern": {"up_proj": 2 * ALPHA}}))
    adapted, _ = load(tmp_path / "hf", adapter=tmp_path / "lora")
    assert adapted.get_submodule(name).scaling["default"] == 2 * ALPHA / RANK


def test_weights_that_were_trained_whole(tmp_path: Path) -> None:
    write_tiny(tmp_path / "base", "qwen2")
    weights = load_file(tmp_path / "base" / "model.safetensors")
    write_adapter(tmp_path / "lora", weights, ["mlp1.1"], "PEFT around the whole model")
    file = tmp_path / "lora" / "adapter_model.safetensors"
    bias = torch.full((HIDDEN,), 0.5)
    key = "base_model.model.mlp1.3.modules_to_save.bias"
    save_file({**load_file(file), key: bias}, file)
    adapted, _ = load(tmp_path / "base", adapter=tmp_path / "lora")
    assert torch.equal(adapted.model.multi_modal_projector.linear_2.bias, bias)


def test_an_adapter_on_quantised_layers(tmp_path: Path) -> None:
    pytest.importorskip("bitsandbytes", reason="bitsandbytes is not installed")
    write_tiny(tmp_path / "base", "qwen2")
    weights = load_file(tmp_path / "base" / "model.safetensors")
    write_adapter(tmp_path / "lora", weights, NAMES["qwen2"], "PEFT around the whole model")
    model, tokenizer = load(tmp_path / "base", adapter=tmp_path / "lora", quantization="8bit")
    answer = model.chat(tokenizer, None, "What?", {"max_new_tokens": 3, "do_sample": False})
    assert isinstance(answer, str)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"peft_type": "IA3"}, "of kind “IA3”; supported is LORA"),
        ({"use_dora": True}, "use_dora True, which is not supported"),
        ({"bias": "all"}, "bias all, which is not supported"),
    ],
)
def test_another_kind_of_adapter(change: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    write_tiny(tmp_path / "base", "qwen2")
    weights = load_file(tmp_path / "base" / "model.safetensors")
    write_adapter(tmp_path / "lora", weights, ["mlp1.1"], "PEFT around the whole model", **change)
    with pytest.raises(CheckpointError, match=sentence):
        load(tmp_path / "base", adapter=tmp_path / "lora")


def test_an_adapter_of_another_model(tmp_path: Path) -> None:
    write_tiny(tmp_path / "base", "qwen2")
    weights = {"language_model.model.layers.7.mlp.up_proj.weight": torch.zeros(96, HIDDEN)}
    write_adapter(
        tmp_path / "far", weights, [k[:-7] for k in weights], "PEFT around the whole model"
    )
    with pytest.raises(CheckpointError, match="layers.7.mlp.up_proj, which has no place"):
        load(tmp_path / "base", adapter=tmp_path / "far")
    weights = {"mlp1.1.weight": torch.zeros(HIDDEN, 8)}
    write_adapter(tmp_path / "narrow", weights, ["mlp1.1"], "PEFT around the whole model")
    with pytest.raises(CheckpointError, match="mlp1.1, which has no place"):
        load(tmp_path / "base", adapter=tmp_path / "narrow")


def test_an_adapter_that_is_not_whole(tmp_path: Path) -> None:
    write_tiny(tmp_path / "base", "qwen2")
    with pytest.raises(CheckpointError, match="“base” has no adapter_config.json"):
        load(tmp_path / "base", adapter=tmp_path / "base")
    weights = load_file(tmp_path / "base" / "model.safetensors")
    write_adapter(tmp_path / "lora", weights, ["mlp1.1"], "PEFT around the whole model")
    file = tmp_path / "lora" / "adapter_model.safetensors"
    halves = load_file(file)
    save_file({k: v for k, v in halves.items() if "lora_A" in k}, file)
    with pytest.raises(CheckpointError, match="mlp1.1, which has no place"):
        load(tmp_path / "base", adapter=tmp_path / "lora")
    save_file({}, file)
    with pytest.raises(CheckpointError, match="holds no LoRA weights"):
        load(tmp_path / "base", adapter=tmp_path / "lora")
    file.write_bytes(b"cut")
    with pytest.raises(CheckpointError, match="is damaged"):
        load(tmp_path / "base", adapter=tmp_path / "lora")


def test_without_peft(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tiny(tmp_path / "base", "qwen2")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(CheckpointError, match="pip install peft"):
        load(tmp_path / "base", adapter=tmp_path / "base")
