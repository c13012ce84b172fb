"""Linear layers of a language model on a processor, in the order in which its kernel reads them.

In bfloat16, torch's kernel for processors (oneDNN's) wants a weight in blocks, and copies it into
that order at each call. Where a product is for one token or a few, as while an answer is written,
the copy takes about as long as the product. Here it is made once, when the model is loaded, and
takes the weight's place. The numbers are those of the same kernel.
"""

from typing import Any

import torch
from torch import nn


class PackedLinear(nn.Module):
    """What ``linear`` computes. Its weight is no parameter: it has no elements in an order that
    anybody could read or change."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self._weight = torch.ops.mkldnn._reorder_linear_weight(linear.weight.detach(), None)
        self.bias = linear.bias

    def forward(self, hidden: torch.Tensor) -> torch.Tensor:
        """(…, wide) → (…, wide as the weight says)."""
        product: torch.Tensor = torch.ops.mkldnn._linear_pointwise(
            hidden, self._weight, self.bias, "none", [], ""
        )
        return product

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        super()._save_to_state_dict(destination, prefix, keep_vars)
        destination[f"{prefix}weight"] = self._weight.to_dense()


def pack(model: Any) -> None:
    """Pack the language model of an ``InternVLChat``, for good: it answers, but can no longer be
    trained, or moved to another device or dtype. Where that is of no use (another
    device or dtype, a processor without bfloat16) nothing is changed."""
    head = model.lm_head.weight
    if (head.device.type, head.dtype) != ("cpu", torch.bfloat16) or not _is_possible():
        return
    # Of a weight that is the embeddings' too, a copy would be one more.
    if head is not model.get_input_embeddings().weight:
        model.lm_head = PackedLinear(model.lm_head)
    modules = model.model.language_model.modules()
    # Not the layers themselves: each is to go as soon as its packed one is there.
    for parent in [module for module in modules if not isinstance(module, nn.Linear)]:
        for name, child in parent.named_children():
            if type(child) is nn.Linear and child.weight.device.type == "cpu":
                setattr(parent, name, PackedLinear(child))


def _is_possible() -> bool:
    kernels = torch.ops.mkldnn
    return (
        torch.backends.mkldnn.is_available()
        and hasattr(kernels, "_reorder_linear_weight")
        and hasattr(kernels, "_linear_pointwise")
        and bool(kernels._is_mkldnn_bf16_supported())
    )
