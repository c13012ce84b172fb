"""Tiny checkpoints with random weights, written in the original layout by hand.

The language model is transformers' own class, built from its own configuration: nothing of it
goes through the code under test. Its weights are renamed here to what a checkpoint has.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from transformers import (
    AutoModelForCausalLM,
    InternLM3Config,
    LlamaConfig,
    PreTrainedModel,
    Qwen2Config,
    Qwen3Config,
)

from tests.conftest import REFERENCE

TOKENIZER_FILES = ("vocab.json", "merges.txt", "tokenizer_config.json", "added_tokens.json")
HIDDEN, HEADS, KV_HEADS, HEAD, FFN, LAYERS, VOCABULARY = 64, 4, 2, 16, 96, 2, 295
# What InternLM2's own code calls the modules that transformers' Llama has.
_INTERNLM2_NAMES = {
    "lm_head": "output",
    "embed_tokens": "tok_embeddings",
    "self_attn.o_proj": "attention.wo",
    "mlp.gate_proj": "feed_forward.w1",
    "mlp.up_proj": "feed_forward.w3",
    "mlp.down_proj": "feed_forward.w2",
    "input_layernorm": "attention_norm",
    "post_attention_layernorm": "ffn_norm",
}


def write_tiny(
    folder: Path, kind: str, tower: str = "300m", *, positions: int = 512, **llm: Any
) -> PreTrainedModel:
    """A checkpoint with a language model of ``kind`` and the shape of ``tower`` ("300m" or "6b").

    ``llm`` is added to the language model's configuration under the names its config.json would
    have. Returns transformers' own language model with the same weights.
    """
    torch.manual_seed(0)
    language = _language_model(kind, positions, llm)
    rope = {"type": "dynamic", "factor": 2.0}
    config: dict[str, Any] = {
        "model_type": "internvl_chat",
        "template": "internvl2_5",
        "downsample_ratio": 0.5,
        "force_image_size": 56,
        "torch_dtype": "float32",
        "vision_config": {
            "model_type": "intern_vit_6b",
            "hidden_size": 32,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "intermediate_size": 48,
            "image_size": 448,
            "patch_size": 14,
            "qkv_bias": tower == "300m",
            "qk_normalization": tower == "6b",
            "norm_type": "layer_norm" if tower == "300m" else "rms_norm",
        },
        "llm_config": {
            "model_type": kind,
            "hidden_size": HIDDEN,
            "intermediate_size": FFN,
            "num_hidden_layers": LAYERS,
            "num_attention_heads": HEADS,
            "num_key_value_heads": KV_HEADS,
            "head_dim": HEAD,
            "vocab_size": VOCABULARY,
            "max_position_embeddings": positions,
            "rms_norm_eps": 1e-5,
            "rope_theta": 10000.0,
            "rope_scaling": rope,
            "tie_word_embeddings": False,
            **({"bias": False} if kind.startswith("internlm") else {}),
            **llm,
        },
    }
    weights = {**_vision_weights(config["vision_config"]), **_original_names(kind, language)}
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "config.json").write_text(json.dumps(config))
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    for file in TOKENIZER_FILES:
        shutil.copy(REFERENCE / "qwen2-vit300m" / file, folder)
    return language


def _language_model(kind: str, positions: int, llm: dict[str, Any]) -> PreTrainedModel:
    shape: dict[str, Any] = {
        "hidden_size": HIDDEN,
        "intermediate_size": llm.get("intermediate_size", FFN),
        "num_hidden_layers": LAYERS,
        "num_attention_heads": HEADS,
        "num_key_value_heads": KV_HEADS,
        "vocab_size": llm.get("vocab_size", VOCABULARY),
        "max_position_embeddings": positions,
        "rms_norm_eps": 1e-5,
        "rope_parameters": {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 10000.0},
        "tie_word_embeddings": llm.get("tie_word_embeddings", False),
        "pad_token_id": None,
        "bos_token_id": None,
        "eos_token_id": None,
    }
    if kind == "qwen2":
        config: Any = Qwen2Config(**shape)
    elif kind == "qwen3":
        config = Qwen3Config(
            **shape, head_dim=HEAD, attention_bias=llm.get("attention_bias", False)
        )
    elif kind == "internlm3":
        biased = {"attention_bias": llm.get("qkv_bias", False), "mlp_bias": llm.get("bias", False)}
        config = InternLM3Config(**shape, head_dim=HEAD, **biased)
    else:
        biased = llm.get("attention_bias", llm.get("bias", False))
        config = LlamaConfig(**shape, head_dim=HEAD, attention_bias=biased)
    model = AutoModelForCausalLM.from_config(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            # Norms and biases too, so that none may be left at its initial value unseen.
            parameter.normal_(0.0, 0.2)
    return model


def _original_names(kind: str, language: PreTrainedModel) -> dict[str, torch.Tensor]:
    state = {key: value.detach().clone() for key, value in language.state_dict().items()}
    if language.config.tie_word_embeddings:
        del state["lm_head.weight"]
    if kind == "internlm2":
        state = _as_internlm2(state)
    return {f"language_model.{key}": value.contiguous() for key, value in state.items()}


def _as_internlm2(state: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    renamed: dict[str, torch.Tensor] = {}
    for key, value in state.items():
        if ".q_proj." in key:
            # (kv head, its queries then its key then its value, head size, …)
            parts = [
                state[key.replace("q_proj", part)].view(KV_HEADS, -1, HEAD, *value.shape[1:])
                for part in ("q_proj", "k_proj", "v_proj")
            ]
            fused = key.replace("self_attn.q_proj", "attention.wqkv")
            renamed[fused] = torch.cat(parts, dim=1).reshape(-1, *value.shape[1:])
        elif not (".k_proj." in key or ".v_proj." in key):
            for own, original in _INTERNLM2_NAMES.items():
                key = key.replace(own, original) if own in key else key
            renamed[key] = value
    return renamed


def _vision_weights(vision: dict[str, Any]) -> dict[str, torch.Tensor]:
    hidden, ffn = vision["hidden_size"], vision["intermediate_size"]
    patches = (56 // vision["patch_size"]) ** 2
    shapes: dict[str, tuple[int, ...]] = {
        "vision_model.embeddings.class_embedding": (1, 1, hidden),
        "vision_model.embeddings.position_embedding": (1, patches + 1, hidden),
        "vision_model.embeddings.patch_embedding.weight": (hidden, 3, 14, 14),
        "vision_model.embeddings.patch_embedding.bias": (hidden,),
        "mlp1.0.weight": (4 * hidden,),
        "mlp1.0.bias": (4 * hidden,),
        "mlp1.1.weight": (HIDDEN, 4 * hidden),
        "mlp1.1.bias": (HIDDEN,),
        "mlp1.3.weight": (HIDDEN, HIDDEN),
        "mlp1.3.bias": (HIDDEN,),
    }
    biased = vision["norm_type"] == "layer_norm"
    for number in range(vision["num_hidden_layers"]):
        layer: dict[str, tuple[int, ...]] = {
            "ls1": (hidden,),
            "ls2": (hidden,),
            "attn.qkv.weight": (3 * hidden, hidden),
            "attn.proj.weight": (hidden, hidden),
            "attn.proj.bias": (hidden,),
            "mlp.fc1.weight": (ffn, hidden),
            "mlp.fc1.bias": (ffn,),
            "mlp.fc2.weight": (hidden, ffn),
            "mlp.fc2.bias": (hidden,),
            "norm1.weight": (hidden,),
            "norm2.weight": (hidden,),
        }
        if biased:
            layer |= {"norm1.bias": (hidden,), "norm2.bias": (hidden,)}
        if vision["qkv_bias"]:
            layer["attn.qkv.bias"] = (3 * hidden,)
        if vision["qk_normalization"]:
            layer |= {"attn.q_norm.weight": (hidden,), "attn.k_norm.weight": (hidden,)}
        shapes |= {f"vision_model.encoder.layers.{number}.{k}": v for k, v in layer.items()}
    return {key: torch.randn(shape) * 0.2 for key, shape in shapes.items()}
