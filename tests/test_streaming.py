"""Tokens to words, one at a time."""

import random
from typing import Any

import pytest

from internvl_ui.model.streaming import Detokenizer, decode, silent_ids
from tests.conftest import CHECKPOINTS, expected


def pieces_of(tokenizer: Any, ids: list[int]) -> list[str]:
    detokenizer = Detokenizer(tokenizer)
    return [*(detokenizer.put(token_id) for token_id in ids), detokenizer.end()]


def whole(tokenizer: Any, ids: list[int]) -> str:
    silent = silent_ids(tokenizer)
    return decode(tokenizer, [i for i in ids if i not in silent])


@pytest.mark.parametrize(
    "text", ["hello the image", "né – 你好", "a 👩‍👩‍👧 b", "x\n\n  y\t", "�a�"]
)
def test_pieces_make_the_whole(text: str, tiny: Any) -> None:
    _, tokenizer = tiny
    ids = tokenizer(text, add_special_tokens=False).input_ids
    assert "".join(pieces_of(tokenizer, ids)) == text


def test_a_character_waits_for_its_last_byte_and_no_longer(tiny: Any) -> None:
    _, tokenizer = tiny
    ids = tokenizer("a你b", add_special_tokens=False).input_ids
    assert len(ids) == 5
    assert pieces_of(tokenizer, ids) == ["a", "", "", "你", "b", ""]


@pytest.mark.parametrize("checkpoint", CHECKPOINTS)
def test_pieces_make_the_whole_of_what_a_model_wrote(checkpoint: str, loaded: Any) -> None:
    _, tokenizer = loaded(checkpoint)
    for case in expected(checkpoint)["cases"]:
        for ids in case["output_ids"]:
            assert "".join(pieces_of(tokenizer, ids)) == whole(tokenizer, ids)


def test_pieces_make_the_whole_of_any_bytes(tiny: Any) -> None:
    """Long runs of bytes that are no UTF-8 neither block the stream nor change the text."""
    _, tokenizer = tiny
    chance = random.Random(0)
    heads, tails = [0xC3, 0xE4, 0xF0, 0x41], [0x80, 0xBD, 0x9F]
    for _ in range(200):
        ids = [
            chance.choice(chance.choice([heads, tails, range(len(tokenizer))])) for _ in range(40)
        ]
        pieces = pieces_of(tokenizer, ids)
        assert "".join(pieces) == whole(tokenizer, ids)
        assert len(pieces[-1]) <= 1


def test_grounding_tags_are_kept_and_other_special_tokens_are_not(tiny: Any) -> None:
    _, tokenizer = tiny
    added = tokenizer.get_added_vocab()
    names = ["<ref>", "</ref>", "<box>", "</box>", "<|im_end|>", "<IMG_CONTEXT>"]
    assert pieces_of(tokenizer, [added[name] for name in names]) == [*names[:4], "", "", ""]


def test_each_token_costs_the_same(tiny: Any) -> None:
    _, tokenizer = tiny
    lengths: list[int] = []

    class Counting:
        all_special_ids = tokenizer.all_special_ids
        get_added_vocab = tokenizer.get_added_vocab

        def decode(self, ids: list[int], **options: Any) -> str:
            lengths.append(len(ids))
            return tokenizer.decode(ids, **options)

    pieces_of(Counting(), [0x80] * 500 + [0x41] * 500)
    assert max(lengths) < 12
