"""Models to measure with: InternVL3's dimensions, random weights, nothing downloaded."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import torch
from transformers import GenerationConfig, InternVLConfig, Qwen2Config
from transformers.models.internvl import InternVLVisionConfig

from benchmarks.measure import Size
from internvl_ui.model.chat import InternVLChat
from internvl_ui.model.checkpoint import read_checkpoint
from internvl_ui.model.loading import load_model, load_tokenizer
from internvl_ui.model.packing import pack
from internvl_ui.model.precision import choose_attention

ROOT = Path(__file__).parent.parent
TINY = ROOT / "tests" / "reference" / "qwen2-vit300m"
"""A tokenizer and, for a quick look, a whole model of 112-pixel tiles."""


@cache
def model_1b(size: Size, dtype: torch.dtype = torch.bfloat16) -> tuple[InternVLChat, Any]:
    """InternVL3-1B's dimensions with random weights, on the GPU if there is one, and a tokenizer
    whose vocabulary is smaller than the model's, which costs nothing. Quick: a tiny model."""
    if size.quick:
        return load_model(TINY, dtype="float32", device="cpu")
    return _random(_QWEN_05B, dtype)


def model_8b() -> tuple[InternVLChat, Any]:
    """The same of InternVL3-8B: 16 GB."""
    return _random(_QWEN_7B, torch.bfloat16)


def _random(text: Mapping[str, int], dtype: torch.dtype) -> tuple[InternVLChat, Any]:
    tokenizer = load_tokenizer(read_checkpoint(TINY))
    config = _config(text, tokenizer)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    config._attn_implementation = choose_attention("auto", device, dtype)
    torch.manual_seed(0)
    before = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        with torch.device(device):
            model = InternVLChat(config)
    finally:
        torch.set_default_dtype(before)
    # Random weights would say anything, or end at once; so they only ever say letters.
    letters = tokenizer("abcdefghijklmnopqrstuvwxyz").input_ids
    silent = torch.ones(config.text_config.vocab_size, dtype=torch.bool, device=device)
    silent[letters] = False
    with torch.no_grad():
        model.lm_head.weight[silent] = 0
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    model.generation_config = GenerationConfig(eos_token_id=end, pad_token_id=end)
    pack(model)
    return model.eval(), tokenizer


_QWEN_05B = {
    "hidden_size": 896,
    "intermediate_size": 4864,
    "num_hidden_layers": 24,
    "num_attention_heads": 14,
    "num_key_value_heads": 2,
}
_QWEN_7B = {
    "hidden_size": 3584,
    "intermediate_size": 18_944,
    "num_hidden_layers": 28,
    "num_attention_heads": 28,
    "num_key_value_heads": 4,
}


def _config(text: Mapping[str, int], tokenizer: Any) -> InternVLConfig:
    vision = InternVLVisionConfig(
        hidden_size=1024,
        num_hidden_layers=24,
        num_attention_heads=16,
        intermediate_size=4096,
        image_size=448,
        patch_size=14,
        attention_bias=True,
        norm_type="layer_norm",
    )
    return InternVLConfig(
        vision_config=vision,
        text_config=Qwen2Config(
            **text,
            vocab_size=151_674,
            max_position_embeddings=32_768,
            rope_parameters={"rope_type": "dynamic", "factor": 2.0, "rope_theta": 1e6},
            tie_word_embeddings=False,
        ),
        image_token_id=tokenizer.convert_tokens_to_ids("<IMG_CONTEXT>"),
        image_seq_length=256,
        downsample_ratio=0.5,
        vision_feature_layer=-1,
        tie_word_embeddings=False,
    )


def random_tiles(model: InternVLChat, tiles: int, seed: int) -> torch.Tensor:
    """As ``load_image`` gives them."""
    size = model.tile_size
    generator = torch.Generator().manual_seed(seed)
    return torch.randn(tiles, 3, size, size, generator=generator)
