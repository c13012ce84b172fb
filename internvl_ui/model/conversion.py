"""From the names and shapes of a checkpoint's weights to those of transformers' modules.

One mapping serves both layouts and all language models, because no two of them give different
meanings to one name. It is registered for our own class, so transformers' own InternVL keeps its.
"""

import re
from typing import Any

import torch
from transformers.conversion_mapping import register_checkpoint_conversion_mapping
from transformers.core_model_loading import Chunk, ConversionOps, WeightConverter, WeightRenaming

_RENAMINGS = {
    # original layout, vision tower
    r"^vision_model\.embeddings\.class_embedding": "model.vision_tower.embeddings.cls_token",
    r"^vision_model\.embeddings\.position_embedding": (
        "model.vision_tower.embeddings.position_embeddings"
    ),
    r"^vision_model\.embeddings\.patch_embedding": (
        "model.vision_tower.embeddings.patch_embeddings.projection"
    ),
    r"^vision_model\.encoder\.layers\.": "model.vision_tower.encoder.layer.",
    r"\.attn\.proj\.": ".attention.projection_layer.",
    r"\.attn\.q_norm\.": ".attention.q_norm.",
    r"\.attn\.k_norm\.": ".attention.k_norm.",
    r"\.norm1\.": ".layernorm_before.",
    r"\.norm2\.": ".layernorm_after.",
    r"\.ls1": ".lambda_1",
    r"\.ls2": ".lambda_2",
    # original layout, projector
    r"^mlp1\.0\.": "model.multi_modal_projector.layer_norm.",
    r"^mlp1\.1\.": "model.multi_modal_projector.linear_1.",
    r"^mlp1\.3\.": "model.multi_modal_projector.linear_2.",
    # both layouts, language model
    r"^language_model\.model\.": "model.language_model.",
    r"^language_model\.lm_head\.": "lm_head.",
    # hf layout as the Hub has it
    r"^vision_tower\.": "model.vision_tower.",
    r"^multi_modal_projector\.": "model.multi_modal_projector.",
    # InternLM2 becomes a Llama
    r"^language_model\.output\.": "lm_head.",
    r"\.tok_embeddings\.": ".embed_tokens.",
    r"\.attention\.wo\.": ".self_attn.o_proj.",
    r"\.feed_forward\.w1\.": ".mlp.gate_proj.",
    r"\.feed_forward\.w3\.": ".mlp.up_proj.",
    r"\.feed_forward\.w2\.": ".mlp.down_proj.",
    r"\.attention_norm\.": ".input_layernorm.",
    r"\.ffn_norm\.": ".post_attention_layernorm.",
}


_TOWER_QKV, _GROUPED_QKV = r"\.attn\.qkv\.", r"\.attention\.wqkv\."
FUSED = {
    _TOWER_QKV: [f".attention.{part}_proj." for part in "qkv"],
    _GROUPED_QKV: [f".self_attn.{part}_proj." for part in "qkv"],
}
"""Original names of layers that hold three of transformers', in their order."""


class SplitGroupedQkv(ConversionOps):
    """InternLM2's fused ``wqkv`` to q, k and v. Its rows are (kv head, queries per kv head
    followed by one key and one value, head size)."""

    @torch.no_grad()
    def convert(
        self,
        input_dict: dict[str, Any],
        source_patterns: list[str],
        target_patterns: list[str],
        *,
        config: Any,
        **kwargs: Any,
    ) -> dict[str, torch.Tensor]:
        (fused,) = input_dict.values()
        fused = fused[0] if isinstance(fused, list) else fused
        kv_heads, queries, head = _grouping(config)
        grouped = fused.view(kv_heads, queries + 2, head, *fused.shape[1:])
        parts = (grouped[:, :queries], grouped[:, queries], grouped[:, queries + 1])
        return {
            target: part.reshape(-1, *fused.shape[1:]).contiguous()
            for target, part in zip(target_patterns, parts, strict=True)
        }

    @property
    def reverse_op(self) -> ConversionOps:
        return FuseGroupedQkv()


class FuseGroupedQkv(ConversionOps):
    """The inverse, for saving in the original layout."""

    @torch.no_grad()
    def convert(
        self,
        input_dict: dict[str, Any],
        source_patterns: list[str],
        target_patterns: list[str],
        *,
        config: Any,
        **kwargs: Any,
    ) -> dict[str, torch.Tensor]:
        kv_heads, _, head = _grouping(config)
        parts = [input_dict[pattern] for pattern in source_patterns]
        tensors = [part[0] if isinstance(part, list) else part for part in parts]
        rest = tensors[0].shape[1:]
        grouped = [tensor.view(kv_heads, -1, head, *rest) for tensor in tensors]
        return {target_patterns[0]: torch.cat(grouped, dim=1).reshape(-1, *rest).contiguous()}

    @property
    def reverse_op(self) -> ConversionOps:
        return SplitGroupedQkv()


def _grouping(config: Any) -> tuple[int, int, int]:
    """Key-value heads, queries for each of them, and the size of a head."""
    text = config.get_text_config()
    head = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
    return text.num_key_value_heads, text.num_attention_heads // text.num_key_value_heads, head


def register_conversion(class_name: str) -> None:
    """Make ``from_pretrained`` of the class of this name read every layout we know."""
    register_checkpoint_conversion_mapping(
        class_name,
        [
            *(WeightRenaming(source, target) for source, target in _RENAMINGS.items()),
            WeightConverter(_TOWER_QKV, FUSED[_TOWER_QKV], operations=[Chunk(dim=0)]),
            WeightConverter(_GROUPED_QKV, FUSED[_GROUPED_QKV], operations=[SplitGroupedQkv()]),
        ],
        overwrite=True,
    )


def renamed(key: str) -> str:
    """The name in transformers' modules of a weight of any layout that is not fused."""
    for source, target in _RENAMINGS.items():
        key = re.sub(source, target, key)
    return key


def split_fused(name: str, rows: torch.Tensor, config: Any) -> list[torch.Tensor]:
    """The rows of a fused layer of this name as those of query, key and value."""
    if ".wqkv." in name:
        parts = SplitGroupedQkv().convert({name: rows}, [name], list("qkv"), config=config)
        return list(parts.values())
    return list(rows.chunk(3, dim=0))
