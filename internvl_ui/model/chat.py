"""InternVL with the two calls of its model card, ``chat`` and ``batch_chat``.

The module tree is transformers' own; what is here is the prompt around it. Differences from the
model card's code, all deliberate: the caller's generation_config and history stay as they are,
words that look like control tokens stay words, wrong numbers of tags are refused with a sentence,
and the vision tower takes a bounded number of tiles at a time.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from transformers import InternVLConfig, InternVLForConditionalGeneration
from transformers.modeling_outputs import BaseModelOutputWithPooling

from internvl_ui.errors import PromptError
from internvl_ui.model.architecture import SYSTEM_MESSAGE
from internvl_ui.model.conversion import register_conversion
from internvl_ui.model.pixels import normalise
from internvl_ui.model.prompt import (
    EMPTY_QUESTION,
    IMAGE_TAG,
    TURN_END,
    Segment,
    Turn,
    VisualTokens,
    count_tiles,
    encode,
    parse_questions,
    special_id,
)
from internvl_ui.model.streaming import decode, silent_ids

# Tiles that go through the vision tower together: enough to keep a GPU busy, few enough that its
# activations (about 60 MB a tile in the largest tower) do not decide whether a turn fits.
TILES_AT_ONCE = 16

Question = str | Sequence[Segment]
History = list[tuple[Any, str]]
Pixels = torch.Tensor | np.ndarray | None


class InternVLChat(InternVLForConditionalGeneration):
    """A loaded model. ``system_message`` is the system prompt of requests without their own."""

    def __init__(self, config: InternVLConfig) -> None:
        super().__init__(config)
        self.system_message = SYSTEM_MESSAGE

    @property
    def tile_size(self) -> int:
        """Side of a tile in pixels."""
        return int(self.config.vision_config.image_size[0])

    @property
    def tokens_per_tile(self) -> int:
        return int(self.config.image_seq_length)

    @property
    def context_length(self) -> int:
        """Tokens that fit into one prompt together with its answer."""
        return int(self.config.text_config.max_position_embeddings)

    @torch.inference_mode()
    def chat(
        self,
        tokenizer: Any,
        pixel_values: Pixels,
        question: Question,
        generation_config: Mapping[str, Any],
        history: History | None = None,
        return_history: bool = False,
        num_patches_list: Sequence[int] | None = None,
        IMG_START_TOKEN: str = "<img>",
        IMG_END_TOKEN: str = "</img>",
        IMG_CONTEXT_TOKEN: str = "<IMG_CONTEXT>",
        verbose: bool = False,
        *,
        system_message: str | None = None,
        keep_tags: bool = False,
        context_length: int | None = None,
        on_tiles: Callable[[int, int], None] | None = None,
    ) -> Any:
        """Answer ``question``; with ``return_history`` also the history with this turn added.

        ``pixel_values``: the whole conversation's tiles, oldest first, as floats (tiles, 3, size,
        size) from ``load_image`` or as bytes (tiles, size, size, 3) from the media room.
        ``num_patches_list``: how many of them belong to each `<image>` of the conversation; left
        out, all belong to the only one. ``question`` is text with such tags, or segments, which
        carry their own tile counts. ``generation_config``: keyword arguments of ``generate``,
        also a streamer and stopping criteria. ``system_message=None``: the checkpoint's own.
        ``keep_tags`` leaves `<ref>`, `<box>` and `<quad>` in the answer. ``context_length``: refuse
        what would need more tokens. ``on_tiles(done, total)`` is called before and between the
        slices that the vision tower sees, and may raise to give up.

        Raises PromptError if the question is empty, tags and tiles do not match, or prompt and
        answer would not fit.
        """
        tiles = 0 if pixel_values is None else len(pixel_values)
        if isinstance(question, str):
            _refuse_empty(question)
            if history is None and tiles and IMAGE_TAG not in question:
                question = f"{IMAGE_TAG}\n{question}"
            if num_patches_list is None and tiles:
                num_patches_list = [tiles]
        past = history or []
        questions = parse_questions([*(q for q, _ in past), question], num_patches_list or [])
        answers = [*(answer for _, answer in past), None]
        turns = [Turn(q, a) for q, a in zip(questions, answers, strict=True)]
        visual = VisualTokens(
            self.tokens_per_tile, IMG_START_TOKEN, IMG_CONTEXT_TOKEN, IMG_END_TOKEN
        )
        system = self.system_message if system_message is None else system_message
        prompt = encode(tokenizer, turns, system=system, visual=visual)
        _refuse_mismatch(count_tiles(turns), tiles)
        if context_length is not None:
            _refuse_too_long(len(prompt), generation_config, context_length)
        (answer_ids,) = self._generate(
            tokenizer, [prompt], pixel_values, generation_config, on_tiles
        )
        response = _response(tokenizer, answer_ids, keep_tags)
        if verbose:
            context = special_id(tokenizer, IMG_CONTEXT_TOKEN)
            print(decode(tokenizer, [i for i in prompt if i != context]), response)
        return (response, [*past, (question, response)]) if return_history else response

    @torch.inference_mode()
    def batch_chat(
        self,
        tokenizer: Any,
        pixel_values: Pixels,
        questions: Sequence[str],
        generation_config: Mapping[str, Any],
        num_patches_list: Sequence[int] | None = None,
        history: None = None,
        return_history: bool = False,
        IMG_START_TOKEN: str = "<img>",
        IMG_END_TOKEN: str = "</img>",
        IMG_CONTEXT_TOKEN: str = "<IMG_CONTEXT>",
        verbose: bool = False,
        image_counts: Sequence[int] | None = None,
        *,
        system_message: str | None = None,
        keep_tags: bool = False,
    ) -> list[str]:
        """Answer several questions at once, each about one image or none, without history.

        ``num_patches_list`` has one entry a question, the tile count of its image;
        ``image_counts`` is its old name. The rest is as for ``chat``. Raises PromptError as
        ``chat`` does, and if a history is given or asked for.
        """
        if history is not None or return_history:
            raise PromptError("batch_chat knows no history; ask follow-up questions with chat.")
        num_patches_list = image_counts if num_patches_list is None else num_patches_list
        if pixel_values is not None:
            if num_patches_list is None or len(num_patches_list) != len(questions):
                raise PromptError(
                    "batch_chat needs num_patches_list, with the tile count of each question."
                )
            questions = [q if IMAGE_TAG in q else f"{IMAGE_TAG}\n{q}" for q in questions]
        visual = VisualTokens(
            self.tokens_per_tile, IMG_START_TOKEN, IMG_CONTEXT_TOKEN, IMG_END_TOKEN
        )
        system = self.system_message if system_message is None else system_message
        prompts = []
        for position, question in enumerate(questions):
            _refuse_empty(question)
            own = [] if num_patches_list is None else [num_patches_list[position]]
            (segments,) = parse_questions([question], own)
            prompts.append(encode(tokenizer, [Turn(segments)], system=system, visual=visual))
        _refuse_mismatch(
            sum(num_patches_list or []), 0 if pixel_values is None else len(pixel_values)
        )
        answers = self._generate(tokenizer, prompts, pixel_values, generation_config, None)
        responses = [_response(tokenizer, ids, keep_tags) for ids in answers]
        if verbose:
            for question, response in zip(questions, responses, strict=True):
                print(question, response)
        return responses

    def _generate(
        self,
        tokenizer: Any,
        prompts: Sequence[list[int]],
        pixel_values: Pixels,
        generation_config: Mapping[str, Any],
        on_tiles: Callable[[int, int], None] | None,
    ) -> list[list[int]]:
        """New token ids of each prompt, up to but without the one that ends the turn."""
        end = special_id(tokenizer, TURN_END)
        pad = end if tokenizer.pad_token_id is None else tokenizer.pad_token_id
        width = max(map(len, prompts))
        padded = [[pad] * (width - len(prompt)) + prompt for prompt in prompts]
        mask = [[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts]
        options = {"pad_token_id": pad, **generation_config, "eos_token_id": end}
        if pixel_values is not None:
            features = self._visual_features(pixel_values, on_tiles)
            options["mm_encoder_outputs"] = {
                "image": BaseModelOutputWithPooling(pooler_output=features)
            }
        output = self.generate(
            input_ids=torch.tensor(padded, device=self.device),
            attention_mask=torch.tensor(mask, device=self.device),
            **options,
        )
        answers = output[:, width:].tolist()
        return [ids[: ids.index(end)] if end in ids else ids for ids in answers]

    def _visual_features(
        self, pixel_values: torch.Tensor | np.ndarray, on_tiles: Callable[[int, int], None] | None
    ) -> torch.Tensor:
        """(tiles, tokens a tile, width of the language model), a bounded number at a time."""
        total = len(pixel_values)
        features = []
        for start in range(0, total, TILES_AT_ONCE):
            if on_tiles is not None:
                on_tiles(start, total)
            some = pixel_values[start : start + TILES_AT_ONCE]
            floats = normalise(some) if isinstance(some, np.ndarray) else some
            seen = self.get_image_features(floats.to(self.device, self.dtype))
            features.append(seen.pooler_output)
        return torch.cat(features)


# The mapping of weights is looked up by the name of the class.
register_conversion(InternVLChat.__name__)


def _response(tokenizer: Any, ids: list[int], keep_tags: bool) -> str:
    silent = silent_ids(tokenizer) if keep_tags else frozenset(tokenizer.all_special_ids)
    return decode(tokenizer, [i for i in ids if i not in silent]).strip()


def _refuse_empty(question: str) -> None:
    if not question.strip():
        raise PromptError(EMPTY_QUESTION)


def _refuse_mismatch(expected: int, given: int) -> None:
    if expected != given:
        raise PromptError(
            f"The conversation has places for {expected} tiles, but {given} were given; "
            "num_patches_list must add up to the tiles of the whole conversation."
        )


def _refuse_too_long(prompt: int, generation_config: Mapping[str, Any], limit: int) -> None:
    answer = int(generation_config.get("max_new_tokens", 0))
    if prompt + answer > limit:
        raise PromptError(
            f"This conversation has {prompt} tokens and the answer may take {answer}, but the "
            f"model can hold {limit}: start a new conversation, choose fewer tiles or frames, or "
            "allow a shorter answer."
        )
