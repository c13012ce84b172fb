"""Every language model and vision tower, held to transformers' own class for it."""

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from internvl_ui import load_model
from internvl_ui.errors import CheckpointError
from tests.tiny_checkpoints import HIDDEN, write_tiny

CONFIG = {"max_new_tokens": 6, "do_sample": False}

KINDS = [
    ("qwen2", {}),
    ("qwen2", {"tie_word_embeddings": True}),
    ("qwen3", {}),
    ("qwen3", {"attention_bias": True}),
    ("llama", {}),
    ("llama", {"attention_bias": True}),
    ("internlm2", {}),
    ("internlm2", {"bias": True}),
    ("internlm3", {}),
    ("internlm3", {"qkv_bias": True, "bias": True}),
]


def load(folder: Path) -> tuple[Any, Any]:
    torch.set_num_threads(1)
    return load_model(folder, dtype="float32", device="cpu")


@pytest.mark.parametrize("tower", ["300m", "6b"])
@pytest.mark.parametrize(("kind", "llm"), KINDS, ids=lambda value: str(value))
@torch.inference_mode()
def test_same_as_transformers_own_language_model(
    kind: str, llm: dict[str, Any], tower: str, tmp_path: Path
) -> None:
    own = write_tiny(tmp_path / "a", kind, tower, **llm)
    model, tokenizer = load(tmp_path / "a")
    embeddings = torch.randn(2, 12, HIDDEN)
    hidden = model.model.language_model(inputs_embeds=embeddings).last_hidden_state
    assert torch.equal(model.lm_head(hidden), own(inputs_embeds=embeddings).logits)
    # And with a picture, through all of it: the same embeddings as the model makes of a prompt.
    tile = torch.randn(1, 3, 56, 56)
    seen: list[torch.Tensor] = []
    handle = model.model.language_model.register_forward_pre_hook(
        lambda module, args, kwargs: seen.append(kwargs["inputs_embeds"]), with_kwargs=True
    )
    answer = model.chat(tokenizer, tile, "What is this?", CONFIG)
    handle.remove()
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    ids = own.generate(
        inputs_embeds=seen[0],
        attention_mask=torch.ones(seen[0].shape[:2], dtype=torch.long),
        **CONFIG,
        eos_token_id=end,
        pad_token_id=end,
    )[0]
    assert answer == tokenizer.decode(ids, skip_special_tokens=True).strip()


@pytest.mark.parametrize("kind", ["qwen3", "llama", "internlm2", "internlm3"])
def test_the_hf_layout_is_the_same_model(kind: str, tmp_path: Path) -> None:
    write_tiny(tmp_path / "original", kind)
    model, tokenizer = load(tmp_path / "original")
    model.save_pretrained(tmp_path / "hf", save_original_format=False)
    tokenizer.save_pretrained(tmp_path / "hf")
    again, _ = load(tmp_path / "hf")
    before, after = model.state_dict(), again.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[key], after[key]) for key in before)
    question = (tokenizer, torch.randn(1, 3, 56, 56), "What is this?", CONFIG)
    assert model.chat(*question) == again.chat(*question)


def test_a_weight_file_by_its_own_name(tmp_path: Path) -> None:
    """A fine-tune beside the weights that it started from."""
    folder = tmp_path / "a"
    write_tiny(folder, "qwen2")
    model, _ = load(folder)
    weights = load_file(folder / "model.safetensors")
    weights["mlp1.3.bias"] += 1
    save_file(weights, folder / "step-200.safetensors", {"format": "pt"})
    tuned, _ = load(folder / "step-200.safetensors")
    name = "model.multi_modal_projector.linear_2.bias"
    assert torch.equal(tuned.state_dict()[name], model.state_dict()[name] + 1)


def test_a_mixture_of_experts_is_refused_by_name(tmp_path: Path) -> None:
    write_tiny(tmp_path / "a", "qwen3")
    config = tmp_path / "a" / "config.json"
    config.write_text(config.read_text().replace('"qwen3"', '"qwen3_moe"'))
    with pytest.raises(CheckpointError, match="“qwen3_moe”; supported are qwen2, qwen3, llama"):
        load(tmp_path / "a")
