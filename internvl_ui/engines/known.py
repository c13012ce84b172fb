"""What can be said of a model once it is loaded: in which numbers it computes, how it counts."""

from collections.abc import Sequence
from typing import Any

from internvl_ui.conversation import Conversation
from internvl_ui.engines.base import Counting
from internvl_ui.model.prompt import VisualTokens, build_turns, encode

_PRECISIONS = {"torch.float32": "fp32", "torch.bfloat16": "bf16", "torch.float16": "fp16"}


def precision_of(model: Any) -> str:
    """See ``Engine.precision``."""
    for bits in ("8bit", "4bit"):
        if getattr(model, f"is_loaded_in_{bits}", False):
            return bits
    return _PRECISIONS.get(str(model.dtype), str(model.dtype))


def counting_of(model: Any, tokenizer: Any) -> Counting:
    """See ``Counting``."""

    def prompt_tokens(conversation: Conversation, tile_counts: Sequence[Sequence[int]]) -> int:
        system = conversation.system
        prompt = encode(
            tokenizer,
            build_turns(conversation, tile_counts),
            system=model.system_message if system is None else system,
            visual=VisualTokens(model.tokens_per_tile),
        )
        return len(prompt)

    return Counting(model.tile_size, model.tokens_per_tile, model.context_length, prompt_tokens)
