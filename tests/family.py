"""The catalog's dimensions as transformers' configurations, to hold the catalog to real modules."""

from typing import Any

import torch
from transformers import InternVLConfig, LlamaConfig, Qwen2Config
from transformers.models.internvl import InternVLVisionConfig

from internvl_ui.catalog import Dimensions, LanguageDimensions
from internvl_ui.model.chat import InternVLChat


def config_of(dimensions: Dimensions) -> InternVLConfig:
    vision = dimensions.vision
    return InternVLConfig(
        vision_config=InternVLVisionConfig(
            hidden_size=vision.hidden,
            num_hidden_layers=vision.layers,
            num_attention_heads=vision.hidden // 64 if vision.biased_norms else 25,
            intermediate_size=vision.intermediate,
            attention_bias=vision.qkv_bias,
            use_qk_norm=vision.qk_norm,
            norm_type="layer_norm" if vision.biased_norms else "rms_norm",
            image_size=vision.image_size,
            patch_size=vision.patch_size,
        ),
        text_config=_text(dimensions.language),
        tie_word_embeddings=dimensions.language.tied,
    )


def _text(language: LanguageDimensions) -> Any:
    kind: Any = Qwen2Config if language.qkv_bias else LlamaConfig
    return kind(
        hidden_size=language.hidden,
        num_hidden_layers=language.layers,
        num_attention_heads=language.heads,
        num_key_value_heads=language.kv_heads,
        intermediate_size=language.intermediate,
        vocab_size=language.vocabulary,
        tie_word_embeddings=language.tied,
    )


def shape_of(dimensions: Dimensions) -> InternVLChat:
    """The model without any memory for its weights."""
    with torch.device("meta"):
        return InternVLChat(config_of(dimensions))
