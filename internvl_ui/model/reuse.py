"""What was computed before: visual features by tile, keys and values by a prompt's beginning, and
the logits that followed a whole prompt.

Two prompts begin alike as far as their token ids are equal, and the digests of their tiles where
visual tokens stand. Keys and values of a beginning depend on nothing behind it, so a prompt needs
only what no earlier one began with, and for its first token nothing if it came before. What is
kept is never written to: generation makes longer copies of its own, so a stopped or failed one
spoils nothing.
"""

import hashlib
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

from internvl_ui.model.store import Store

# With any other option of ``generate`` (beams, an assistant, a cache of its own …) it is not sure
# that the cache holds the prompt's tokens and then the answer's.
_HARMLESS_OPTIONS = {
    "max_new_tokens",
    "min_new_tokens",
    "do_sample",
    "temperature",
    "top_p",
    "top_k",
    "min_p",
    "typical_p",
    "repetition_penalty",
    "no_repeat_ngram_size",
    "bad_words_ids",
    "pad_token_id",
    "eos_token_id",
    "streamer",
    "stopping_criteria",
    "logits_processor",
}


class Prompt:
    """Token ids with the digests of the tiles that the visual tokens among them stand for."""

    def __init__(
        self,
        ids: Sequence[int] | np.ndarray,
        digests: Sequence[bytes],
        *,
        visual_id: int,
        tokens_per_tile: int,
    ) -> None:
        self.ids = np.asarray(ids, np.int64)
        self.digests = tuple(digests)
        self._visual_id = visual_id
        self._tokens_per_tile = tokens_per_tile
        self._visual = np.flatnonzero(self.ids == visual_id)

    def __len__(self) -> int:
        return len(self.ids)

    def with_ids(self, ids: Sequence[int] | np.ndarray) -> "Prompt":
        """The same tiles with other tokens: more behind them, or only the first ones."""
        return Prompt(
            ids, self.digests, visual_id=self._visual_id, tokens_per_tile=self._tokens_per_tile
        )

    def name(self) -> Hashable:
        """The same for the very same prompt only."""
        return "logits", hashlib.sha256(self.ids.tobytes() + b"".join(self.digests)).digest()

    def tiles_within(self, length: int) -> int:
        """How many tiles lie in the first ``length`` tokens."""
        return int(np.searchsorted(self._visual, length)) // self._tokens_per_tile

    def common(self, other: "Prompt") -> int:
        """The number of tokens with which both begin; a tile is common whole or not at all."""
        length = min(len(self), len(other), self._told(), other._told())
        different = np.flatnonzero(self.ids[:length] != other.ids[:length])
        length = int(different[0]) if different.size else length
        for tile, (own, others) in enumerate(zip(self.digests, other.digests, strict=False)):
            place = tile * self._tokens_per_tile
            if own != others and place < len(self._visual):
                return min(length, int(self._visual[place]))
        return length

    def _told(self) -> int:
        """How far it is known what visual tokens stand for: a model may write some itself."""
        known = len(self.digests) * self._tokens_per_tile
        return int(self._visual[known]) if known < len(self._visual) else len(self)


class Past(DynamicCache):
    """Keys and values of a prompt's beginning, and what they are followed by.

    ``logits`` (1, 1, vocabulary) after the whole prompt: known from the start, or None until they
    were computed. To ``generate`` a prompt needs its last token computed in any case, so where
    they are known, that token's keys and values stay aside until it asks for its logits.
    """

    def __init__(self, config: Any) -> None:
        super().__init__(config=config)
        self.logits: torch.Tensor | None = None
        self._whole: Sequence[torch.Tensor] = ()
        self._length = 0

    def begin(self, tensors: Sequence[torch.Tensor], length: int) -> None:
        """With so many tokens of ``tensors``: each layer's keys, then its values."""
        pairs = zip(self.layers, tensors[::2], tensors[1::2], strict=True)
        for layer, keys, values in pairs:
            layer.lazy_initialization(keys, values)
            layer.keys, layer.values = keys[..., :length, :], values[..., :length, :]

    def foresee(self, tensors: Sequence[torch.Tensor], length: int, logits: torch.Tensor) -> None:
        """As ``begin``, for a whole prompt and the ``logits`` after it."""
        self.begin(tensors, length - 1)
        self.logits, self._whole, self._length = logits, tensors, length

    def foreseen(self) -> torch.Tensor | None:
        """The logits after the whole prompt, once, if they need not be computed."""
        if not self._whole:
            return None
        self.begin(self._whole, self._length)
        self._whole = ()
        return self.logits


class Reuse(Store):
    """What one model has computed, within the budgets of ``Store``."""

    def __init__(self, budget: int | None = None, host_budget: int | None = None) -> None:
        super().__init__(budget, host_budget)
        self._state: object = None

    def belongs_to(self, state: object) -> None:
        """Forget everything unless it was computed by weights in this very ``state``."""
        with self._lock:
            if state != self._state:
                self.clear()
                self._state = state

    def past(self, prompt: Prompt, config: Any) -> tuple[Past | None, int]:
        """A cache with the longest known beginning of ``prompt`` and its length, which is the whole
        where the logits after it are known too. None where none can be used."""
        cache = Past(config)
        if not self.enabled or any(type(layer) is not DynamicLayer for layer in cache.layers):
            return None, 0
        known = [(prompt.common(key), key) for key in self.keys() if isinstance(key, Prompt)]
        length, key = max(known, key=lambda pair: pair[0], default=(0, None))
        tensors = self.get(key) if key is not None and length > 0 else None
        if tensors is None:
            return cache, 0
        if length == len(prompt) and (logits := self.get(prompt.name())) is not None:
            cache.foresee(tensors, length, *logits)
            return cache, length
        length = min(length, len(prompt) - 1)
        if length > 0:
            cache.begin(tensors, length)
        return cache, length

    def keep_logits(self, prompt: Prompt, cache: Past) -> None:
        """Keep what ``cache`` has learned to follow the whole ``prompt``, if it has."""
        if cache.logits is not None:
            self.put(prompt.name(), (cache.logits,))

    def keep(self, prompt: Prompt, cache: DynamicCache, limit: int | None = None) -> None:
        """Keep what ``cache`` holds of ``prompt``'s tokens, at most the first ``limit``."""
        length = min(len(prompt), *(layer.get_seq_length() for layer in cache.layers))
        length = length if limit is None else min(length, limit)
        if length <= 0 or not self.enabled:
            return
        for key in self.keys():
            if isinstance(key, Prompt):
                common = key.common(prompt)
                if common >= length:
                    return
                if common == len(key):
                    self.drop(key)
        if length < len(prompt):
            prompt = prompt.with_ids(prompt.ids[:length])
        tensors = []
        for layer in cache.layers:
            for tensor in (layer.keys, layer.values):
                part = tensor[..., :length, :]
                # A mere view would hold on to what it leaves out.
                tensors.append(part.clone() if length < tensor.shape[-2] else part)
        self.put(prompt, tuple(tensors))


def harmless(options: Any) -> bool:
    """Whether generation with these options can start from a known beginning."""
    return set(options) <= _HARMLESS_OPTIONS


def rotation_limit(text_config: Any) -> int | None:
    """From how many tokens on a token's key depends on how many there are; None if it never
    does. A beginning computed within a longer prompt than this is another one."""
    rope = getattr(text_config, "rope_parameters", None) or {}
    if rope.get("rope_type") not in ("dynamic", "longrope"):
        return None
    longest = int(text_config.max_position_embeddings)
    return min(longest, int(rope.get("original_max_position_embeddings") or longest))


def reset_rotation(rotary: Any) -> None:
    """Undo the stretch that an earlier prompt over the limit left behind: transformers takes it
    back only for a short prompt, so a long one's answer would depend on who asked before."""
    if hasattr(rotary, "max_seq_len_cached") and hasattr(rotary, "original_inv_freq"):
        original = rotary.original_inv_freq.to(rotary.inv_freq.device)
        rotary.register_buffer("inv_freq", original, persistent=False)
        rotary.max_seq_len_cached = rotary.original_max_seq_len


def weights_state(model: torch.nn.Module) -> tuple[tuple[int, int], ...]:
    """Differs when a weight was changed in place, replaced, moved or added."""
    # At each call, so by the shortest way: ``parameters()`` takes four times as long.
    state: list[tuple[int, int]] = []
    modules: list[torch.nn.Module | None] = [model]
    while modules:
        module = modules.pop()
        if module is None:
            continue
        modules += module._modules.values()
        for weight in module._parameters.values():
            if weight is not None:
                version = 0 if weight.is_inference() else weight._version
                state.append((weight.data_ptr(), version))
    return tuple(state)
