"""Attention without copies of the keys gives the very numbers of attention with them."""

import pytest
import torch
from transformers.integrations.sdpa_attention import sdpa_attention_forward

from internvl_ui.model.attention import grouped_attention


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("new", [1, 5, 40])
@pytest.mark.parametrize("groups", [2, 6])
def test_the_numbers_are_those_of_sdpa(dtype: torch.dtype, new: int, groups: int) -> None:
    torch.manual_seed(new)
    layer = torch.nn.Module()
    layer.is_causal = True  # type: ignore[assignment]
    layer.num_key_value_groups = 6 // groups  # type: ignore[assignment]
    query = torch.randn(2, 6, new, 32, dtype=dtype)
    key, value = torch.randn(2, 2, groups, 300, 32, dtype=dtype)
    behind = torch.ones(new, 300, dtype=torch.bool).tril(300 - new)
    padded = behind.repeat(2, 1, 1, 1)
    padded[1, ..., :7] = False
    for mask in (behind.expand(2, 1, -1, -1), padded):
        ours, _ = grouped_attention(layer, query, key, value, mask, scaling=0.2)
        expected, _ = sdpa_attention_forward(layer, query, key, value, mask, scaling=0.2)
        assert ours.shape == expected.shape == (2, new, 6, 32)
        assert torch.equal(ours, expected)


def test_without_a_mask_a_token_sees_none_behind_it() -> None:
    layer = torch.nn.Module()
    layer.is_causal = True  # type: ignore[assignment]
    query, key, value = torch.randn(3, 1, 2, 4, 8)
    first, _ = grouped_attention(layer, query, key, value, None)
    torch.testing.assert_close(first[:, 0], value[:, :, 0])
