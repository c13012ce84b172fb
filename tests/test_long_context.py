"""Prompts beyond the trained length, and batches: the answers are those of single runs."""

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from internvl_ui import load_model
from internvl_ui.errors import PromptError
from internvl_ui.model.prompt import IMAGE_TAG, Slot, parse_batch
from tests.tiny_checkpoints import write_tiny

CONFIG = {"max_new_tokens": 8, "do_sample": False}
SYSTEM = "Be."
LONG, SHORT = "Tell me more about all of it. " * 6, "Hello"
TRAINED = 120


@pytest.fixture(scope="module", params=["qwen2", "qwen3", "internlm2"])
def trained(request: Any, tmp_path_factory: Any) -> tuple[Any, Any, Any]:
    """(model, tokenizer, transformers' own language model), trained on 120 positions."""
    torch.set_num_threads(1)
    folder: Path = tmp_path_factory.mktemp(request.param)
    own = write_tiny(folder, request.param, positions=TRAINED)
    return *load_model(folder, dtype="float32", device="cpu"), own


def by_transformers(
    own: Any, model: Any, tokenizer: Any, question: str, tiles: Any
) -> tuple[int, str]:
    """The answer of transformers' own class to the very embeddings that the model saw."""
    seen: list[torch.Tensor] = []
    handle = model.model.language_model.register_forward_pre_hook(
        lambda module, args, kwargs: seen.append(kwargs["inputs_embeds"]), with_kwargs=True
    )
    model.reuse.clear()
    model.chat(tokenizer, tiles, question, CONFIG, system_message=SYSTEM)
    handle.remove()
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    rotary = own.model.rotary_emb
    rotary.inv_freq, rotary.max_seq_len_cached = rotary.original_inv_freq.clone(), TRAINED
    mask = torch.ones(seen[0].shape[:2], dtype=torch.long)
    ids = own.generate(
        inputs_embeds=seen[0], attention_mask=mask, **CONFIG, eos_token_id=end, pad_token_id=end
    )
    return seen[0].shape[1], tokenizer.decode(ids[0], skip_special_tokens=True).strip()


@pytest.mark.parametrize("tiles", [0, 2])
def test_beyond_the_trained_length_as_transformers_does(trained: Any, tiles: int) -> None:
    model, tokenizer, own = trained
    pixels = torch.randn(tiles, 3, 56, 56) if tiles else None
    length, expected = by_transformers(own, model, tokenizer, LONG, pixels)
    assert length > 1.5 * TRAINED
    assert model.chat(tokenizer, pixels, LONG, CONFIG, system_message=SYSTEM) == expected


def test_the_stretch_is_there(trained: Any) -> None:
    """Without dynamic scaling the same prompt has another answer: the test above sees it."""
    model, tokenizer, _ = trained
    rotary = model.model.language_model.rotary_emb
    model.chat(tokenizer, None, LONG, CONFIG, system_message=SYSTEM)
    assert not torch.equal(rotary.inv_freq, rotary.original_inv_freq)


def test_crossing_the_trained_length_while_writing(trained: Any) -> None:
    model, tokenizer, own = trained
    question = "word " * 21
    length, expected = by_transformers(own, model, tokenizer, question, None)
    assert TRAINED - 8 < length <= TRAINED
    assert model.chat(tokenizer, None, question, CONFIG, system_message=SYSTEM) == expected


def test_who_asked_before_makes_no_difference(trained: Any) -> None:
    model, tokenizer, _ = trained
    middle = "Tell me more about it. " * 5
    model.reuse.clear()
    alone = model.chat(tokenizer, None, middle, CONFIG, system_message=SYSTEM)
    model.reuse.clear()
    model.chat(tokenizer, None, LONG * 2, CONFIG, system_message=SYSTEM)
    assert model.chat(tokenizer, None, middle, CONFIG, system_message=SYSTEM) == alone


def ask_each(model: Any, tokenizer: Any, questions: list[Any], pixels: list[Any]) -> list[str]:
    answers = []
    for question, images in zip(questions, pixels, strict=True):
        model.reuse.clear()
        answers.append(
            model.chat(
                tokenizer,
                torch.cat(images) if images else None,
                question,
                CONFIG,
                num_patches_list=[len(image) for image in images] or None,
                system_message=SYSTEM,
            )
        )
    return answers


@pytest.mark.parametrize("long", [False, True])
def test_a_batch_with_several_images_a_question_and_with_none(trained: Any, long: bool) -> None:
    model, tokenizer, _ = trained
    torch.manual_seed(2)
    one, two, three = (torch.randn(count, 3, 56, 56) for count in (1, 3, 2))
    questions = [
        "Image-1: <image>\nImage-2: <image>\nWhich?",
        LONG if long else SHORT,
        "What is <image> this?",
    ]
    pixels = [[one, two], [], [three]]
    together = model.batch_chat(
        tokenizer,
        torch.cat([one, two, three]),
        questions,
        CONFIG,
        num_patches_list=[1, 3, 2],
        system_message=SYSTEM,
    )
    assert together == ask_each(model, tokenizer, questions, pixels)


def test_a_batch_by_the_model_cards_way_with_a_question_without_image(trained: Any) -> None:
    model, tokenizer, _ = trained
    image = torch.randn(2, 3, 56, 56)
    questions = ["What?", SHORT]
    together = model.batch_chat(
        tokenizer, image, questions, CONFIG, num_patches_list=[2, 0], system_message=SYSTEM
    )
    assert together == ask_each(model, tokenizer, ["<image>\nWhat?", SHORT], [[image], []])


def test_a_batch_of_nothing(trained: Any) -> None:
    model, tokenizer, _ = trained
    assert model.batch_chat(tokenizer, None, [], CONFIG) == []


@pytest.mark.parametrize(
    ("questions", "counts", "sentence"),
    [
        (["a", "b"], [1], "0 <image> tags, but num_patches_list has 1 entries"),
        (["<image> <image>", "b"], [1, 1, 1], "2 <image> tags, but num_patches_list has 3"),
        (["<image> <image> <image>", "b"], [1, 1], "3 <image> tags, but 1 images were given"),
        (["<image>", ""], [1], "empty"),
        (["<image>", "b"], [3], "places for 3 tiles, but 2 were given"),
    ],
)
def test_a_batch_that_does_not_add_up(
    questions: list[str], counts: list[int], sentence: str, trained: Any
) -> None:
    model, tokenizer, _ = trained
    pixels = torch.zeros(2, 3, 56, 56)
    with pytest.raises(PromptError, match=sentence):
        model.batch_chat(tokenizer, pixels, questions, CONFIG, num_patches_list=counts)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.lists(st.integers(1, 13), max_size=3), max_size=5))
def test_every_tag_takes_its_own_entry(images: list[list[int]]) -> None:
    questions = [f"q {IMAGE_TAG * len(own)} end" for own in images]
    parsed = parse_batch(questions, [count for own in images for count in own])
    slots = [[s.tiles for s in question if isinstance(s, Slot)] for question in parsed]
    assert slots == images
