"""Attention as plain products, for training on a CPU.

Over the short sequences of this training, the gradient of torch's blocked CPU kernel takes two to
four times as long as that of two products and a softmax. It knows no padding: in a batch, that
stands behind everything, where no token before it attends to it.
"""

from typing import Any

import torch
from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS
from transformers.modeling_utils import ALL_ATTENTION_FUNCTIONS

NAME = "plain"


def plain_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: None,
    scaling: float,
    **_: Any,
) -> tuple[torch.Tensor, None]:
    """``query`` (batch, heads, n, width), ``key`` and ``value`` (batch, groups, n, width) → the
    attended values (batch, n, heads, width); causal where ``module.is_causal`` says so."""
    batch, heads, n, width = query.shape
    groups = key.shape[1]
    # The heads of a group share their keys: one product serves them all.
    stacked = (query * scaling).reshape(batch, groups, heads // groups * n, width)
    scores = (stacked @ key.transpose(-1, -2)).view(batch, groups, heads // groups, n, n)
    if module.is_causal:
        future = torch.ones(n, n, dtype=torch.bool, device=query.device).triu(1)
        scores = scores + torch.zeros_like(future, dtype=scores.dtype).masked_fill(future, -1e4)
    shares = scores.softmax(-1).view(batch, groups, heads // groups * n, n)
    return (shares @ value).view(batch, heads, n, width).transpose(1, 2).contiguous(), None


def register() -> None:
    ALL_ATTENTION_FUNCTIONS.register(NAME, plain_attention)
    ALL_MASK_ATTENTION_FUNCTIONS.register(NAME, lambda *_, **__: None)
