"""How an answer is chosen: options in the words of ``generate``, and the seed of its chance."""

import secrets
from typing import Any

from internvl_ui.conversation import GenerationOptions
from internvl_ui.errors import PromptError


def sampling(options: GenerationOptions) -> dict[str, Any]:
    """Options as keyword arguments of ``generate``, without those that would have no effect.

    Raises PromptError if no answer could come of them.
    """
    if options.max_new_tokens < 1:
        raise PromptError("The answer may have no tokens at all; allow at least one.")
    chosen: dict[str, Any] = {"max_new_tokens": options.max_new_tokens, "do_sample": False}
    if options.repetition_penalty != 1.0:
        chosen["repetition_penalty"] = options.repetition_penalty
    if options.do_sample and options.temperature > 0:
        chosen |= {
            "do_sample": True,
            "temperature": options.temperature,
            "top_p": options.top_p,
            "top_k": options.top_k,
        }
    return chosen


def seeded(options: GenerationOptions) -> int | None:
    """Each request its own numbers: none can be told from those of the one before. Gives the
    seed, with few enough bits to be typed in again; None if nothing is left to chance."""
    import torch

    seed = secrets.randbits(32) if options.seed is None else options.seed
    torch.manual_seed(seed)
    return seed if sampling(options)["do_sample"] else None
