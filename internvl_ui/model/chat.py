"""InternVL with the two calls of its model card, ``chat`` and ``batch_chat``.

The module tree is transformers' own; what is here is the prompt around it. Differences from the
model card's code, all deliberate: the caller's generation_config and history stay as they are,
words that look like control tokens stay words, wrong numbers of tags are refused with a sentence,
the vision tower takes a bounded number of tiles at a time, and what was computed before is not
computed again.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import wraps
from typing import Any

import numpy as np
import torch
from transformers import (
    InternVLConfig,
    InternVLForConditionalGeneration,
    StoppingCriteriaList,
)
from transformers.modeling_outputs import BaseModelOutputWithPooling
from transformers.models.internvl.modeling_internvl import InternVLCausalLMOutputWithPast

from internvl_ui.errors import PromptError
from internvl_ui.model.architecture import SYSTEM_MESSAGE
from internvl_ui.model.conversion import register_conversion
from internvl_ui.model.pixels import Tiles, as_tiles
from internvl_ui.model.prompt import (
    IMAGE_TAG,
    TURN_END,
    Segment,
    Turn,
    VisualTokens,
    count_tiles,
    encode,
    parse_batch,
    parse_questions,
    refuse_empty,
    special_id,
)
from internvl_ui.model.reuse import (
    Past,
    Prompt,
    Reuse,
    harmless,
    reset_rotation,
    rotation_limit,
    weights_state,
)
from internvl_ui.model.streaming import Detokenizer, PromptOnce, Witness, decode, silent_ids

# Tiles that go through the vision tower together: enough to keep a GPU busy, few enough that its
# activations (about 60 MB a tile in the largest tower) do not decide whether a turn fits.
TILES_AT_ONCE = 16

Question = str | Sequence[Segment]
History = list[tuple[Any, str]]
Pixels = Tiles | torch.Tensor | np.ndarray | None


class InternVLChat(InternVLForConditionalGeneration):
    """A loaded model. ``system_message`` is the system prompt of requests without their own;
    ``reuse`` holds what was computed before (``reuse.limit(0)`` switches that off)."""

    def __init__(self, config: InternVLConfig) -> None:
        super().__init__(config)
        self.system_message = SYSTEM_MESSAGE
        self.reuse = Reuse()

    @property
    def device(self) -> torch.device:
        """Where prompts and tiles go. Weights that are offloaded lie elsewhere until needed."""
        own: torch.device = super().device
        if own.type != "meta":
            return own
        places = getattr(self, "hf_device_map", {}).values()
        computing = [place for place in places if place not in ("cpu", "disk")]
        return torch.device(computing[0] if computing else "cpu")

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
        answer_so_far: str = "",
        on_tiles: Callable[[int, int], None] | None = None,
        on_reuse: Callable[[int], None] | None = None,
    ) -> Any:
        """Answer ``question``; with ``return_history`` also the history with this turn added.

        ``pixel_values``: the whole conversation's tiles, oldest first, as floats (tiles, 3, size,
        size) from ``load_image``, as bytes (tiles, size, size, 3) or as ``Tiles``.
        ``num_patches_list``: how many of them belong to each `<image>` of the conversation; left
        out, all belong to the only one. ``question`` is text with such tags, or segments, which
        carry their own tile counts. ``generation_config``: keyword arguments of ``generate``,
        also a streamer and stopping criteria. ``system_message=None``: the checkpoint's own.
        ``keep_tags`` leaves `<ref>`, `<box>` and `<quad>` in the answer. ``context_length``: refuse
        what would need more tokens. ``answer_so_far``: the answer's beginning, which the model goes
        on with; it is part of what is returned. ``on_tiles(done, total)`` is called before and
        between the slices that the vision tower has to see, (0, 0) if it has seen them all, and may
        raise to give up. ``on_reuse`` is told how many of the prompt's tokens need not be computed.

        Raises PromptError if the question is empty, tags and tiles do not match, or prompt and
        answer would not fit.
        """
        pixels = as_tiles(pixel_values)
        tiles = len(pixels)
        if isinstance(question, str):
            refuse_empty(question)
            if history is None and tiles and IMAGE_TAG not in question:
                question = f"{IMAGE_TAG}\n{question}"
            if num_patches_list is None and tiles:
                num_patches_list = [tiles]
        past = history or []
        questions = parse_questions([*(q for q, _ in past), question], num_patches_list or [])
        answers = [*(answer for _, answer in past), answer_so_far or None]
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
            tokenizer, [prompt], pixels, generation_config, on_tiles, on_reuse
        )
        response = _response(tokenizer, answer_ids, keep_tags, answer_so_far, prompt)
        if verbose:
            context = special_id(tokenizer, IMG_CONTEXT_TOKEN)
            print(decode(tokenizer, [i for i in prompt if i != context]), response)
        return (response, [*past, (question, response)]) if return_history else response

    @torch.inference_mode()
    def batch_chat(
        self,
        tokenizer: Any,
        pixel_values: Pixels,
        questions: Sequence[Question],
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
        context_length: int | None = None,
        on_tiles: Callable[[int, int], None] | None = None,
        on_lengths: Callable[[list[tuple[int, int]]], None] | None = None,
    ) -> list[str]:
        """Answer several questions at once, each about any number of images, without history.

        ``num_patches_list`` has the tile count of each `<image>` of all questions in order, or
        one entry a question, 0 for none, and then `<image>` may be left out; ``image_counts`` is
        its old name; questions that are segments carry their own. ``on_lengths`` is told the
        tokens of each prompt and answer. The rest is as for ``chat``, and so are the answers.
        Raises PromptError as ``chat`` does, and if a history is given or asked for.
        """
        if history is not None or return_history:
            raise PromptError("batch_chat knows no history; ask follow-up questions with chat.")
        num_patches_list = image_counts if num_patches_list is None else num_patches_list
        for question in questions:
            if isinstance(question, str):
                refuse_empty(question)
        turns = [Turn(segments) for segments in parse_batch(questions, num_patches_list or [])]
        visual = VisualTokens(
            self.tokens_per_tile, IMG_START_TOKEN, IMG_CONTEXT_TOKEN, IMG_END_TOKEN
        )
        system = self.system_message if system_message is None else system_message
        prompts = [encode(tokenizer, [turn], system=system, visual=visual) for turn in turns]
        pixels = as_tiles(pixel_values)
        _refuse_mismatch(count_tiles(turns), len(pixels))
        limit = rotation_limit(self.config.text_config)
        longest = max(map(len, prompts), default=0)
        if context_length is not None:
            _refuse_too_long(longest, generation_config, context_length)
        longest += int(generation_config.get("max_new_tokens", 0))
        if not prompts:
            return []
        if limit is None or longest <= limit:
            answers = self._generate(tokenizer, prompts, pixels, generation_config, on_tiles)
        else:
            # One question over the trained length would turn the others' positions with it.
            answers, start = [], 0
            for turn, prompt in zip(turns, prompts, strict=True):
                end = start + count_tiles([turn])
                own = _part(pixels, start, end)
                answers += self._generate(tokenizer, [prompt], own, generation_config, on_tiles)
                start = end
        if on_lengths is not None:
            on_lengths([(len(p), len(ids)) for p, ids in zip(prompts, answers, strict=True)])
        responses = [_response(tokenizer, ids, keep_tags) for ids in answers]
        if verbose:
            for question, response in zip(questions, responses, strict=True):
                print(question, response)
        return responses

    @wraps(InternVLForConditionalGeneration.forward)
    def forward(self, *arguments: Any, **options: Any) -> Any:
        past = options.get("past_key_values")
        if not isinstance(past, Past):
            return super().forward(*arguments, **options)
        if (logits := past.foreseen()) is not None:
            return InternVLCausalLMOutputWithPast(logits=logits, past_key_values=past)
        output = super().forward(*arguments, **options)
        if past.logits is None:
            past.logits = output.logits[:, -1:].clone()
        return output

    @torch.inference_mode()
    def see(self, pixel_values: Pixels) -> None:
        """Have these tiles' visual features ready for the question that will come with them."""
        self.reuse.belongs_to(weights_state(self))
        if self.reuse.enabled:
            self._visual_features(as_tiles(pixel_values), 0, None)

    def _generate(
        self,
        tokenizer: Any,
        prompts: Sequence[list[int]],
        pixels: Tiles,
        generation_config: Mapping[str, Any],
        on_tiles: Callable[[int, int], None] | None = None,
        on_reuse: Callable[[int], None] | None = None,
    ) -> list[list[int]]:
        """New token ids of each prompt, up to but without the one that ends the turn."""
        end = special_id(tokenizer, TURN_END)
        pad = end if tokenizer.pad_token_id is None else tokenizer.pad_token_id
        options = {"pad_token_id": pad, **generation_config, "eos_token_id": end}
        if options.get("streamer") is not None:
            options["streamer"] = PromptOnce(options["streamer"])
        self.reuse.belongs_to(weights_state(self))
        witness = Witness()
        answers: list[list[int]] | None = None
        try:
            answers = self._attempt(prompts, pixels, options, witness, on_tiles, on_reuse)
        except torch.OutOfMemoryError:
            # What is kept for other questions must not be in the way of this one.
            if witness.ids is not None or not self.reuse.clear():
                raise
        if answers is None:
            # Only here, as before the exception's frames held what the first attempt took.
            answers = self._attempt(prompts, pixels, options, witness, on_tiles, on_reuse)
        return [ids[: ids.index(end)] if end in ids else ids for ids in answers]

    def _attempt(
        self,
        prompts: Sequence[list[int]],
        pixels: Tiles,
        options: dict[str, Any],
        witness: Witness,
        on_tiles: Callable[[int, int], None] | None,
        on_reuse: Callable[[int], None] | None,
    ) -> list[list[int]]:
        """New token ids of each prompt, as ``generate`` gives them."""
        width = max(map(len, prompts))
        pad = options["pad_token_id"]
        padded = [[pad] * (width - len(prompt)) + prompt for prompt in prompts]
        mask = [[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts]
        cache: Past | None = None
        known = 0
        limit = rotation_limit(self.config.text_config)
        if limit is not None:
            reset_rotation(self.model.language_model.rotary_emb)
        prompt = Prompt(
            padded[0],
            pixels.digests,
            visual_id=self.config.image_token_id,
            tokens_per_tile=self.tokens_per_tile,
        )
        if len(prompts) == 1 and harmless(options) and (limit is None or width < limit):
            cache, known = self.reuse.past(prompt, self.config.text_config)
        features = self._visual_features(pixels, prompt.tiles_within(known), on_tiles)
        if on_reuse is not None:
            on_reuse(known)
        if features is not None:
            options = options | {
                "mm_encoder_outputs": {"image": BaseModelOutputWithPooling(pooler_output=features)}
            }
        if cache is not None:
            criteria = [*(options.get("stopping_criteria") or []), witness]
            options = options | {
                "past_key_values": cache,
                "stopping_criteria": StoppingCriteriaList(criteria),
            }
        try:
            output = self.generate(
                input_ids=torch.tensor(padded, device=self.device),
                attention_mask=torch.tensor(mask, device=self.device),
                **options,
            )
        finally:
            if cache is not None:
                written = prompt.ids if witness.ids is None else witness.ids[0].tolist()
                self.reuse.keep_logits(prompt, cache)
                self.reuse.keep(prompt.with_ids(written), cache, limit)
        return output[:, width:].tolist()

    def _visual_features(
        self, pixels: Tiles, first: int, on_tiles: Callable[[int, int], None] | None
    ) -> torch.Tensor | None:
        """(tiles, tokens a tile, width of the language model) of the tiles from ``first`` on, None
        if there are none. Each tile goes through the vision tower once, a bounded number at a
        time."""
        wanted = pixels.digests[first:]
        found: dict[bytes, torch.Tensor] = {}
        unseen: dict[bytes, int] = {}
        for place, digest in enumerate(wanted, first):
            if digest not in found and (kept := self.reuse.get(digest)) is not None:
                (found[digest],) = kept
            elif digest not in found:
                unseen.setdefault(digest, place)
        places = list(unseen.values())
        if on_tiles is not None and not places:
            on_tiles(0, 0)
        for start in range(0, len(places), TILES_AT_ONCE):
            if on_tiles is not None:
                on_tiles(start, len(places))
            some = places[start : start + TILES_AT_ONCE]
            seen = self.get_image_features(pixels.floats(some).to(self.device, self.dtype))
            for place, feature in zip(some, seen.pooler_output, strict=True):
                # Copied, as each is kept or dropped by itself.
                found[pixels.digests[place]] = feature.clone()
                self.reuse.put(pixels.digests[place], (found[pixels.digests[place]],))
        return torch.stack([found[digest] for digest in wanted]) if wanted else None


# The mapping of weights is looked up by the name of the class.
register_conversion(InternVLChat.__name__)


def _response(
    tokenizer: Any,
    ids: list[int],
    keep_tags: bool,
    so_far: str = "",
    prompt: Sequence[int] = (),
) -> str:
    silent = silent_ids(tokenizer) if keep_tags else frozenset(tokenizer.all_special_ids)
    spoken = [i for i in ids if i not in silent]
    if not so_far:
        return decode(tokenizer, spoken).strip()
    words = Detokenizer(tokenizer, prompt)
    return so_far + "".join(map(words.put, spoken)) + words.end()


def _part(pixels: Tiles, start: int, end: int) -> Tiles:
    """The tiles from ``start`` up to but without ``end``."""
    single = [stack[i : i + 1] for stack in pixels.stacks for i in range(len(stack))]
    return Tiles(tuple(single[start:end]), pixels.digests[start:end])


def _refuse_mismatch(expected: int, given: int) -> None:
    if expected != given:
        raise PromptError(
            "The conversation has places for {expected} tiles, but {given} were given; "
            "num_patches_list must add up to the tiles of the whole conversation.",
            expected=expected,
            given=given,
        )


def _refuse_too_long(prompt: int, generation_config: Mapping[str, Any], limit: int) -> None:
    answer = int(generation_config.get("max_new_tokens", 0))
    if prompt + answer > limit:
        raise PromptError(
            "This conversation has {prompt} tokens and the answer may take {answer}, but the "
            "model can hold {limit}: start a new conversation, choose fewer tiles or frames, or "
            "allow a shorter answer.",
            prompt=prompt,
            answer=answer,
            limit=limit,
        )
