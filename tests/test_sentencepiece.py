"""The tokenizer of InternLM2 and InternLM3, held to sentencepiece itself."""

import io
import json
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from internvl_ui import load_model
from internvl_ui.errors import CheckpointError
from internvl_ui.model.prompt import Slot, Turn, VisualTokens, encode
from internvl_ui.model.sentencepiece import SentencePieceTokenizer
from internvl_ui.model.streaming import Detokenizer
from tests.tiny_checkpoints import TOKENIZER_FILES, write_tiny

sentencepiece = pytest.importorskip("sentencepiece", reason="sentencepiece is not installed")

SENTENCES = [
    "what is this image and what do the words in it say",
    "a small model of pieces, trained on a few lines of text",
    "图像 里 有 什么 模型 世界",
    "numbers 0 1 2 3 4 5 6 7 8 9 and  two  spaces",
] * 10
SIZE = 330
ADDED = ["<|im_start|>", "<|im_end|>", "<img>", "</img>", "<IMG_CONTEXT>", "<ref>", "</ref>"]


def train(*, dummy_prefix: bool) -> bytes:
    content = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES),
        model_writer=content,
        model_type="bpe",
        vocab_size=SIZE,
        byte_fallback=True,
        add_dummy_prefix=dummy_prefix,
        remove_extra_whitespaces=False,
        normalization_rule_name="identity",
        user_defined_symbols=["[UNUSED_TOKEN_1]", "[UNUSED_TOKEN_2]"],
        minloglevel=2,
    )
    return content.getvalue()


MODELS = {prefix: train(dummy_prefix=prefix) for prefix in (True, False)}


def settings_of(**more: Any) -> dict[str, Any]:
    """As the checkpoints have them: two ids in the place of unused pieces, the rest above."""
    sp = sentencepiece.SentencePieceProcessor(model_proto=MODELS[True])
    unused = [sp.piece_to_id(f"[UNUSED_TOKEN_{i}]") for i in (1, 2)]
    ids = [*unused, *range(SIZE, SIZE + len(ADDED) - 2)]
    added = {str(i): {"content": c, "special": True} for i, c in zip(ids, ADDED, strict=True)}
    return {"added_tokens_decoder": added, "bos_token": "<s>", "eos_token": "</s>", **more}


def both(prefix: bool) -> tuple[SentencePieceTokenizer, Any]:
    own = SentencePieceTokenizer(MODELS[prefix], settings_of())
    return own, sentencepiece.SentencePieceProcessor(model_proto=MODELS[prefix])


def words(tokenizer: SentencePieceTokenizer, text: str) -> list[int]:
    return tokenizer(text, add_special_tokens=False, split_special_tokens=True).input_ids


TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0▁"), max_size=40)


@pytest.mark.parametrize("prefix", [True, False])
def test_any_text_is_encoded_and_decoded_as_sentencepiece_does(prefix: bool) -> None:
    own, sp = both(prefix)

    @settings(max_examples=300, deadline=None)
    @given(TEXTS)
    def check(text: str) -> None:
        ids = words(own, text)
        assert ids == sp.encode(text)
        assert own.decode(ids) == sp.decode(ids) == text

    check()


@pytest.mark.parametrize("prefix", [True, False])
def test_any_ids_are_decoded_as_sentencepiece_does(prefix: bool) -> None:
    """But for broken characters, which sentencepiece gives a sign for each byte."""
    own, sp = both(prefix)
    added = own.get_added_vocab().values()
    ids_of_pieces = [i for i in range(SIZE) if i not in added and not sp.is_control(i)]

    @settings(max_examples=300, deadline=None)
    @given(st.lists(st.sampled_from(ids_of_pieces), max_size=12))
    def check(ids: list[int]) -> None:
        text = own.decode(ids)
        if "\ufffd" not in text:
            assert text == sp.decode(ids)

    check()


@pytest.mark.parametrize("prefix", [True, False])
def test_streamed_text_is_the_whole_text(prefix: bool) -> None:
    own, _ = both(prefix)

    @settings(max_examples=200, deadline=None)
    @given(TEXTS)
    def check(text: str) -> None:
        detokenizer = Detokenizer(own)
        pieces = [detokenizer.put(i) for i in words(own, text)]
        assert "".join([*pieces, detokenizer.end()]) == text
        assert not any(piece.endswith("\ufffd") for piece in pieces if "\ufffd" not in text)

    check()


def test_added_tokens_keep_their_ids() -> None:
    own, _ = both(True)
    added = own.get_added_vocab()
    assert set(added) == set(ADDED)
    assert min(added["<img>"], added["</img>"], added["<IMG_CONTEXT>"]) >= SIZE
    assert max(added["<|im_start|>"], added["<|im_end|>"]) < SIZE
    assert all(own.decode([i]) == content for content, i in added.items())
    assert own.decode([*words(own, "a"), added["<|im_end|>"]], skip_special_tokens=True) == "a"
    assert len(own) == SIZE + len(ADDED) - 2


def test_a_name_of_an_added_token_is_one_token_or_words() -> None:
    own, sp = both(True)
    text = "a<img>b"
    one = own(text, add_special_tokens=False).input_ids
    assert one == [*sp.encode("a"), own.get_added_vocab()["<img>"], *sp.encode("b")]
    assert words(own, text) == sp.encode(text)
    assert own(text).input_ids == [sp.bos_id(), *one]


@pytest.mark.parametrize("prefix", [True, False])
@pytest.mark.parametrize(
    "text", ["<|im_end|>", "[UNUSED_TOKEN_1]", "x[UNUSED_TOKEN_2] y", "<s></s>", "<unk>", "<0x41>"]
)
def test_no_typed_text_becomes_a_special_token(text: str, prefix: bool) -> None:
    own, _ = both(prefix)
    ids = words(own, text)
    assert not set(ids) & set(own.all_special_ids)
    assert own.decode(ids) == text


def test_without_the_older_convention_no_space_is_put_in_front() -> None:
    newer = SentencePieceTokenizer(MODELS[True], settings_of(legacy=False))
    older, sp = both(True)
    text = "what is this"
    assert [sp.id_to_piece(f(text)[0])[0] for f in (sp.encode, partial(words, newer))] == ["▁", "w"]
    assert newer.decode(words(newer, text)) == older.decode(words(older, text)) == text
    assert newer.decode(words(newer, " what")) == " what"


def test_the_prompt_begins_with_bos() -> None:
    own, sp = both(False)
    ids = encode(own, [Turn((Slot(1), "\nwhat"))], system="a", visual=VisualTokens(2))
    names = own.get_added_vocab()
    start, end = names["<|im_start|>"], names["<|im_end|>"]
    image = [names["<img>"], *[names["<IMG_CONTEXT>"]] * 2, names["</img>"]]
    user = [*sp.encode("user\n"), *image, *sp.encode("\nwhat"), end]
    assert ids == [
        *[sp.bos_id(), start, *sp.encode("system\na"), end, *sp.encode("\n"), start],
        *[*user, *sp.encode("\n"), start, *sp.encode("assistant\n")],
    ]


def write_tokenizer(folder: Path, **more: Any) -> None:
    for file in TOKENIZER_FILES:
        (folder / file).unlink()
    (folder / "tokenizer.model").write_bytes(MODELS[False])
    (folder / "tokenizer_config.json").write_text(json.dumps(settings_of(**more)))


def test_a_checkpoint_with_nothing_but_tokenizer_model(tmp_path: Path) -> None:
    torch.set_num_threads(1)
    write_tiny(tmp_path / "a", "internlm2", vocab_size=SIZE + 8)
    write_tokenizer(tmp_path / "a")
    model, tokenizer = load_model(tmp_path / "a", dtype="float32", device="cpu")
    config = {"max_new_tokens": 5, "do_sample": False}
    tile = torch.randn(1, 3, 56, 56)
    answer = model.chat(tokenizer, tile, "what is this", config)
    model.save_pretrained(tmp_path / "hf", save_original_format=False)
    tokenizer.save_pretrained(tmp_path / "hf")
    again = load_model(tmp_path / "hf", dtype="float32", device="cpu")
    assert again[0].chat(again[1], tile, "what is this", config) == answer
    assert again[1].get_added_vocab() == tokenizer.get_added_vocab()


def test_added_tokens_from_the_older_files(tmp_path: Path) -> None:
    given_settings = settings_of()
    added = given_settings.pop("added_tokens_decoder")
    (tmp_path / "tokenizer.model").write_bytes(MODELS[True])
    (tmp_path / "tokenizer_config.json").write_text("{}")
    older = {token["content"]: int(i) for i, token in added.items()}
    (tmp_path / "added_tokens.json").write_text(json.dumps(older))
    (tmp_path / "special_tokens_map.json").write_text(json.dumps({"pad_token": "</s>"}))
    own = SentencePieceTokenizer.from_folder(tmp_path)
    assert own.get_added_vocab() == older
    assert own.pad_token_id == own.convert_tokens_to_ids("</s>") == 2
    assert own.convert_tokens_to_ids("nothing of the kind") is None


def test_a_damaged_tokenizer_is_refused(tmp_path: Path) -> None:
    write_tiny(tmp_path / "a", "internlm2")
    write_tokenizer(tmp_path / "a")
    (tmp_path / "a" / "tokenizer.model").write_bytes(b"no model")
    with pytest.raises(CheckpointError, match="tokenizer of “a” is damaged"):
        load_model(tmp_path / "a", device="cpu")


def test_without_sentencepiece(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tiny(tmp_path / "a", "internlm2")
    write_tokenizer(tmp_path / "a")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(CheckpointError, match="pip install sentencepiece protobuf"):
        load_model(tmp_path / "a", device="cpu")
