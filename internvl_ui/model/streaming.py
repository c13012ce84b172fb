"""From tokens to words while the model writes, and how to make it stop."""

from collections.abc import Callable, Sequence
from typing import Any

import torch
from transformers import StoppingCriteria
from transformers.generation.streamers import BaseStreamer

from internvl_ui.model.prompt import GROUNDING_TAGS, TURN_END, special_id

_HELD = "\ufffd"
_LONGEST_WINDOW = 8
# A character of UTF-8 has at most four bytes and a token at least one.
_SHORTEST_WINDOW = 4


class Detokenizer:
    """Token ids in, pieces of text out; together they are exactly the text of all ids.

    Only a character whose bytes are not all there is held back. Special tokens give no text,
    except the grounding tags. Each id costs the decoding of a few, however long the answer.
    ``after``: ids whose text goes before, as the first word of all may lose its space.
    """

    def __init__(self, tokenizer: Any, after: Sequence[int] = ()) -> None:
        self._tokenizer = tokenizer
        self._silent = silent_ids(tokenizer)
        self._window = [i for i in after[-_LONGEST_WINDOW:] if i not in self._silent]
        self._given = len(self._decode(self._window))

    def put(self, token_id: int) -> str:
        """The text that ``token_id`` completes, possibly empty."""
        if token_id in self._silent:
            return ""
        self._window.append(token_id)
        text = self._decode(self._window)
        # A trailing replacement sign may be a character's beginning; all before it is settled.
        settled = text.removesuffix(_HELD)
        piece = settled[self._given :]
        self._given = max(self._given, len(settled))
        if settled == text:
            self._move_window(1)
        elif len(self._window) > _LONGEST_WINDOW:
            self._move_window(_SHORTEST_WINDOW)
        return piece

    def end(self) -> str:
        """What was still held back."""
        return self._decode(self._window)[self._given :]

    def _move_window(self, size: int) -> None:
        held = self._decode(self._window)[self._given :]
        self._window = self._window[-size:]
        self._given = len(self._decode(self._window)) - len(held)

    def _decode(self, ids: list[int]) -> str:
        return decode(self._tokenizer, ids)


def silent_ids(tokenizer: Any) -> frozenset[int]:
    """Special tokens that are no part of an answer's text: all but the grounding tags."""
    spoken = {special_id(tokenizer, tag) for tag in GROUNDING_TAGS}
    return frozenset(tokenizer.all_special_ids) - spoken


def decode(tokenizer: Any, ids: list[int]) -> str:
    """``ids`` as text, special tokens included."""
    return str(tokenizer.decode(ids, skip_special_tokens=False, clean_up_tokenization_spaces=False))


class TokenStreamer(BaseStreamer):
    """Hands each token's text to ``on_text`` in the thread that generates, and counts.

    ``continuing``: the prompt ends with the beginning of the answer.
    """

    def __init__(
        self,
        tokenizer: Any,
        on_text: Callable[[str], None],
        on_token: Callable[[], None] = lambda: None,
        *,
        continuing: bool = False,
    ) -> None:
        self.prompt_tokens = 0
        self.answer_tokens = 0
        self.ended = False
        self._tokenizer = tokenizer
        self._continuing = continuing
        self._detokenizer = Detokenizer(tokenizer)
        self._end_id = special_id(tokenizer, TURN_END)
        self._on_text = on_text
        self._on_token = on_token

    def put(self, value: torch.Tensor) -> None:
        if not self.prompt_tokens:
            self.prompt_tokens = value.numel()
            if self._continuing:
                self._detokenizer = Detokenizer(self._tokenizer, value.flatten().tolist())
            return
        for token_id in value.flatten().tolist():
            self.answer_tokens += 1
            self._on_token()
            self.ended = token_id == self._end_id
            if piece := self._detokenizer.put(token_id):
                self._on_text(piece)

    def end(self) -> None:
        if piece := self._detokenizer.end():
            self._on_text(piece)


class PromptOnce(BaseStreamer):
    """Passes on to ``streamer``, but only the first prompt if generation begins anew."""

    def __init__(self, streamer: BaseStreamer) -> None:
        self._streamer = streamer
        self._begun = False

    def put(self, value: torch.Tensor) -> None:
        if value.dim() < 2 or not self._begun:
            self._begun = True
            self._streamer.put(value)

    def end(self) -> None:
        self._streamer.end()


class Witness(StoppingCriteria):
    """Knows prompt and answer so far, also of a generation that fails; never ends it."""

    def __init__(self) -> None:
        self.ids: torch.Tensor | None = None

    def __call__(
        self, input_ids: torch.LongTensor, scores: torch.FloatTensor, **kwargs: Any
    ) -> torch.Tensor:
        self.ids = input_ids
        return torch.zeros(input_ids.shape[0], dtype=torch.bool, device=input_ids.device)


class StopWhen(StoppingCriteria):
    """Ends generation after the token during which ``stopped`` became true."""

    def __init__(self, stopped: Callable[[], bool]) -> None:
        self._stopped = stopped

    def __call__(
        self, input_ids: torch.LongTensor, scores: torch.FloatTensor, **kwargs: Any
    ) -> torch.Tensor:
        return torch.full((input_ids.shape[0],), self._stopped(), device=input_ids.device)
