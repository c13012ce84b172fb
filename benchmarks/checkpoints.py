"""Checkpoints of the family's dimensions with random weights, in the original layout on disk."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import torch
from safetensors.torch import save_file

from benchmarks.models import TINY
from internvl_ui.catalog import Dimensions

Shapes = dict[str, tuple[int, ...]]
_TOKENIZER = ("vocab.json", "merges.txt", "tokenizer_config.json", "added_tokens.json")


def write_random(folder: Path, dimensions: Dimensions, spread: float = 0.02) -> Path:
    """A checkpoint with a Qwen2 language model, one shard for the vision tower and one for each
    few layers, never more than one in memory. Its tokenizer has few words. ``spread``: the weights'
    standard deviation."""
    folder.mkdir(parents=True, exist_ok=True)
    for file in _TOKENIZER:
        shutil.copy(TINY / file, folder)
    (folder / "config.json").write_text(json.dumps(_config(dimensions)))
    torch.manual_seed(0)
    shards = list(_shards(dimensions))
    weight_map: dict[str, str] = {}
    for number, shapes in enumerate(shards, 1):
        name = f"model-{number:05}-of-{len(shards):05}.safetensors"
        weights = {}
        for key, shape in shapes.items():
            weights[key] = torch.empty(shape, dtype=torch.bfloat16).normal_(0.0, spread)
        save_file(weights, folder / name, {"format": "pt"})
        weight_map |= dict.fromkeys(shapes, name)
    index = json.dumps({"metadata": {}, "weight_map": weight_map})
    (folder / "model.safetensors.index.json").write_text(index)
    return folder


def _config(dimensions: Dimensions) -> dict[str, object]:
    vision, language = dimensions.vision, dimensions.language
    return {
        "model_type": "internvl_chat",
        "template": "internvl2_5",
        "downsample_ratio": 0.5,
        "force_image_size": vision.image_size,
        "torch_dtype": "bfloat16",
        "vision_config": {
            "model_type": "intern_vit_6b",
            "hidden_size": vision.hidden,
            "num_hidden_layers": vision.layers,
            "num_attention_heads": 25 if vision.qk_norm else vision.hidden // 64,
            "intermediate_size": vision.intermediate,
            "image_size": vision.image_size,
            "patch_size": vision.patch_size,
            "qkv_bias": vision.qkv_bias,
            "qk_normalization": vision.qk_norm,
            "norm_type": "layer_norm" if vision.biased_norms else "rms_norm",
        },
        "llm_config": {
            "model_type": "qwen2",
            "hidden_size": language.hidden,
            "intermediate_size": language.intermediate,
            "num_hidden_layers": language.layers,
            "num_attention_heads": language.heads,
            "num_key_value_heads": language.kv_heads,
            "vocab_size": language.vocabulary,
            "max_position_embeddings": 32768,
            "rope_theta": 1e6,
            "rope_scaling": {"type": "dynamic", "factor": 2.0},
            "tie_word_embeddings": False,
        },
    }


def _shards(dimensions: Dimensions) -> Iterator[Shapes]:
    language = dimensions.language
    width = (language.vocabulary, language.hidden)
    yield _vision(dimensions)
    yield {"language_model.model.embed_tokens.weight": width}
    for start in range(0, language.layers, 8):
        shard: Shapes = {}
        for layer in range(start, min(start + 8, language.layers)):
            shard |= {
                f"language_model.model.layers.{layer}.{key}": shape
                for key, shape in _layer(dimensions).items()
            }
        yield shard
    norm = {"language_model.model.norm.weight": (language.hidden,)}
    yield {"language_model.lm_head.weight": width, **norm}


def _layer(dimensions: Dimensions) -> Shapes:
    own = dimensions.language
    queries, keys = own.heads * own.head_size, own.kv_heads * own.head_size
    return {
        "self_attn.q_proj.weight": (queries, own.hidden),
        "self_attn.q_proj.bias": (queries,),
        "self_attn.k_proj.weight": (keys, own.hidden),
        "self_attn.k_proj.bias": (keys,),
        "self_attn.v_proj.weight": (keys, own.hidden),
        "self_attn.v_proj.bias": (keys,),
        "self_attn.o_proj.weight": (own.hidden, queries),
        "mlp.gate_proj.weight": (own.intermediate, own.hidden),
        "mlp.up_proj.weight": (own.intermediate, own.hidden),
        "mlp.down_proj.weight": (own.hidden, own.intermediate),
        "input_layernorm.weight": (own.hidden,),
        "post_attention_layernorm.weight": (own.hidden,),
    }


def _vision(dimensions: Dimensions) -> Shapes:
    own, outputs = dimensions.vision, dimensions.language.hidden
    hidden, shuffled = own.hidden, own.hidden * dimensions.shuffle
    patches = (own.image_size // own.patch_size) ** 2
    shapes: Shapes = {
        "vision_model.embeddings.class_embedding": (1, 1, hidden),
        "vision_model.embeddings.position_embedding": (1, patches + 1, hidden),
        "vision_model.embeddings.patch_embedding.weight": (hidden, 3, *[own.patch_size] * 2),
        "vision_model.embeddings.patch_embedding.bias": (hidden,),
        "mlp1.0.weight": (shuffled,),
        "mlp1.0.bias": (shuffled,),
        "mlp1.1.weight": (outputs, shuffled),
        "mlp1.1.bias": (outputs,),
        "mlp1.3.weight": (outputs, outputs),
        "mlp1.3.bias": (outputs,),
    }
    layer: Shapes = {
        "ls1": (hidden,),
        "ls2": (hidden,),
        "attn.qkv.weight": (3 * hidden, hidden),
        "attn.proj.weight": (hidden, hidden),
        "attn.proj.bias": (hidden,),
        "mlp.fc1.weight": (own.intermediate, hidden),
        "mlp.fc1.bias": (own.intermediate,),
        "mlp.fc2.weight": (hidden, own.intermediate),
        "mlp.fc2.bias": (hidden,),
        "norm1.weight": (hidden,),
        "norm2.weight": (hidden,),
    }
    if own.biased_norms:
        layer |= {"norm1.bias": (hidden,), "norm2.bias": (hidden,)}
    if own.qkv_bias:
        layer["attn.qkv.bias"] = (3 * hidden,)
    if own.qk_norm:
        layer |= {"attn.q_norm.weight": (hidden,), "attn.k_norm.weight": (hidden,)}
    for number in range(own.layers):
        shapes |= {f"vision_model.encoder.layers.{number}.{k}": v for k, v in layer.items()}
    return shapes
