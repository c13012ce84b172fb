"""Attention on a processor, for a question behind a long known beginning.

Several query heads share the keys and values of one. Under a mask, transformers writes a copy of
these for each query head before it calls torch's kernel, which costs a follow-up about as much as
the attention itself; the kernel for processors can do without, with the very same numbers. On a
GPU a masked kernel without copies is a slow one, so this is for processors only.
"""

from typing import Any

import torch
from torch.nn.functional import scaled_dot_product_attention
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS, sdpa_mask
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

GROUPED = "sdpa_grouped"
"""The name by which transformers knows ``grouped_attention``."""


def grouped_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    **options: Any,
) -> tuple[torch.Tensor, None]:
    """``query`` (batch, heads, n, width), ``key`` and ``value`` (batch, groups, m, width) → the
    attended values (batch, n, heads, width); ``attention_mask`` broadcasts to (batch, heads, n,
    m). What is not special here is transformers' own "sdpa"."""
    if attention_mask is None or query.shape[2] == 1:
        return sdpa_attention_forward(
            module, query, key, value, attention_mask, dropout, scaling, **options
        )
    attended = scaled_dot_product_attention(
        query,
        key,
        value,
        attn_mask=attention_mask,
        dropout_p=dropout,
        scale=scaling,
        enable_gqa=query.shape[1] != key.shape[1],
    )
    return attended.transpose(1, 2).contiguous(), None


ALL_ATTENTION_FUNCTIONS.register(GROUPED, grouped_attention)
ALL_MASK_ATTENTION_FUNCTIONS.register(GROUPED, sdpa_mask)
