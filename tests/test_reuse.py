"""What was computed before is not computed again, and no answer changes by it."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from transformers import StoppingCriteriaList

from internvl_ui import load_image, load_model
from internvl_ui.model.reuse import Prompt, Reuse, rotation_limit
from internvl_ui.model.streaming import StopWhen, TokenStreamer
from tests.conftest import CHECKPOINTS, MEDIA, REFERENCE, expected
from tests.test_reference import CASES, pixels_of

CONFIG = {"max_new_tokens": 5, "do_sample": False}
V = 9  # The visual token in made-up prompts, two a tile.

NOISE = np.random.default_rng(0).integers(0, 256, (4, 112, 112, 3), np.uint8)


@contextmanager
def using(model: Any, reuse: Reuse) -> Iterator[Reuse]:
    usual, model.reuse = model.reuse, reuse
    try:
        yield reuse
    finally:
        model.reuse = usual


@pytest.fixture
def model(tiny: Any) -> Iterator[Any]:
    """The tiny model with nothing computed yet."""
    with using(tiny[0], Reuse(1 << 28)):
        yield tiny[0]


@pytest.fixture
def tokenizer(tiny: Any) -> Any:
    return tiny[1]


class Told:
    """What ``chat`` says about its work."""

    def __init__(self) -> None:
        self.reused: list[int] = []
        self.tiles: list[tuple[int, int]] = []

    def arguments(self) -> dict[str, Any]:
        return {
            "on_reuse": self.reused.append,
            "on_tiles": lambda done, total: self.tiles.append((done, total)),
        }


def plain(model: Any, *arguments: Any, **options: Any) -> Any:
    with using(model, Reuse(0)):
        return model.chat(*arguments, **options)


def prompt(ids: list[int], *digests: str) -> Prompt:
    return Prompt(ids, [d.encode() for d in digests], visual_id=V, tokens_per_tile=2)


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        (prompt([1, 2, 3]), prompt([1, 2, 3]), 3),
        (prompt([1, 2, 3]), prompt([1, 2, 4, 5]), 2),
        (prompt([1, 2, 3]), prompt([1, 2]), 2),
        (prompt([1, V, V, 2], "a"), prompt([1, V, V, 3], "a"), 3),
        (prompt([1, V, V, 2], "a"), prompt([1, V, V, 2], "b"), 1),
        (prompt([1, V, V, V, V, 2], "a", "b"), prompt([1, V, V, V, V, 2], "a", "c"), 3),
        (prompt([1, V, V, 2], "a"), prompt([1, V, V, V, V, 2], "a", "b"), 3),
        (prompt([1, 2, V, V, 2], "a"), prompt([1, V, V, 2, 2], "b"), 1),
        # Visual tokens that a model wrote by itself stand for no tile.
        (prompt([1, V, V, 2]), prompt([1, V, V, 2], "a"), 1),
        (prompt([1, V, V, 2]), prompt([1, V, V, 2]), 1),
    ],
)
def test_how_far_two_prompts_are_alike(one: Prompt, other: Prompt, common: int) -> None:
    assert one.common(other) == other.common(one) == common


def test_tiles_of_a_beginning() -> None:
    seen = prompt([1, V, V, V, V, 2], "a", "b")
    assert [seen.tiles_within(length) for length in (0, 1, 3, 5, 6)] == [0, 0, 1, 2, 2]


def test_a_follow_up_computes_only_what_is_new(model: Any, tokenizer: Any) -> None:
    pixels, first, second = NOISE[:3], Told(), Told()
    answer, history = model.chat(
        tokenizer, pixels, "What?", CONFIG, return_history=True, **first.arguments()
    )
    assert first.reused == [0] and first.tiles == [(0, 3)]
    follow_up = (tokenizer, pixels, "And now?", CONFIG, history)
    patches = {"num_patches_list": [3]}
    begun = len(model.reuse.keys()[-1])
    again = model.chat(*follow_up, **patches, **second.arguments())
    assert second.tiles == [(0, 0)]
    # All but, at most, an answer that other tokens spell when it is read than when it was written.
    assert begun - CONFIG["max_new_tokens"] < second.reused[0] <= begun
    assert again == plain(model, *follow_up, **patches)


@contextmanager
def counted(model: Any) -> Iterator[list[int]]:
    """How many tokens go through the language model, time by time."""
    tokens: list[int] = []

    def count(_: Any, __: Any, options: dict[str, Any]) -> None:
        tokens.append(options["inputs_embeds"].shape[1])

    hook = model.model.language_model.register_forward_pre_hook(count, with_kwargs=True)
    try:
        yield tokens
    finally:
        hook.remove()


def test_a_retry_computes_nothing_before_its_first_token(model: Any, tokenizer: Any) -> None:
    question = (tokenizer, NOISE[:1], "What?", CONFIG)
    told = Told()
    streamer = TokenStreamer(tokenizer, on_text=lambda text: None)
    first = model.chat(*question)
    with counted(model) as tokens:
        again = model.chat(*question[:3], CONFIG | {"streamer": streamer}, **told.arguments())
    assert first == again == plain(model, *question)
    assert told.reused == [streamer.prompt_tokens]
    assert tokens == [1] * (streamer.answer_tokens - 1)


def test_a_retry_whose_first_token_is_not_kept_computes_one_more(
    model: Any, tokenizer: Any
) -> None:
    question = (tokenizer, NOISE[:1], "What?", CONFIG)
    first = model.chat(*question)
    for key in model.reuse.keys():
        if isinstance(key, tuple):
            model.reuse.drop(key)
    told = Told()
    streamer = TokenStreamer(tokenizer, on_text=lambda text: None)
    with counted(model) as tokens:
        again = model.chat(*question[:3], CONFIG | {"streamer": streamer}, **told.arguments())
    assert first == again
    assert told.reused == [streamer.prompt_tokens - 1]
    assert tokens == [1] * streamer.answer_tokens


def test_an_edit_keeps_what_stands_before_it(model: Any, tokenizer: Any) -> None:
    history: Any = None
    for question in ("<image>\nWhat?", "Which colour?", "How many?"):
        _, history = model.chat(
            tokenizer, NOISE[:2], question, CONFIG, history, True, num_patches_list=[2]
        )
    edited = (tokenizer, NOISE[:2], "Which shape?", CONFIG, history[:1])
    told = Told()
    answer = model.chat(*edited, num_patches_list=[2], **told.arguments())
    assert told.tiles == [(0, 0)] and told.reused[0] > 2 * 16
    assert answer == plain(model, *edited, num_patches_list=[2])


def test_an_image_in_anothers_place_is_seen(model: Any, tokenizer: Any) -> None:
    answers = []
    for tile in (NOISE[:1], NOISE[1:2], NOISE[:1]):
        told = Told()
        answers.append(model.chat(tokenizer, tile, "What?", CONFIG, **told.arguments()))
        assert answers[-1] == plain(model, tokenizer, tile, "What?", CONFIG)
    assert told.tiles == [(0, 0)] and told.reused[0] > 16


def test_the_same_image_with_another_beginning_is_not_encoded_again(
    model: Any, tokenizer: Any
) -> None:
    model.chat(tokenizer, NOISE[:2], "What?", CONFIG)
    told = Told()
    question = (tokenizer, NOISE[:3], "Look at <image>.", CONFIG)
    answer = model.chat(*question, system_message="Be brief.", **told.arguments())
    assert told.tiles == [(0, 1)] and told.reused[0] < 16
    assert answer == plain(model, *question, system_message="Be brief.")


def test_features_made_ready_beforehand(model: Any, tokenizer: Any) -> None:
    model.see(NOISE[:2])
    told = Told()
    answer = model.chat(tokenizer, NOISE[:2], "What?", CONFIG, **told.arguments())
    assert told.tiles == [(0, 0)]
    assert answer == plain(model, tokenizer, NOISE[:2], "What?", CONFIG)


def test_a_batch_shares_the_visual_features(model: Any, tokenizer: Any) -> None:
    questions = ["What?", "What is it?"]
    batch = (tokenizer, NOISE[:2], questions, CONFIG, [1, 1])
    before = model.batch_chat(*batch)
    seen: list[Any] = []
    hook = model.model.vision_tower.register_forward_pre_hook(lambda *_: seen.append(1))
    assert model.batch_chat(*batch) == before and not seen
    hook.remove()
    with using(model, Reuse(0)):
        assert model.batch_chat(*batch) == before


@pytest.mark.parametrize(("checkpoint", "case"), CASES)
def test_reference_conversations(checkpoint: str, case: dict[str, Any], loaded: Any) -> None:
    """Without reuse, with nothing known yet, and with everything known: the same answer."""
    if "question" not in case:
        pytest.skip("a batch, which only shares visual features")
    model, tokenizer = loaded(checkpoint)
    pixels, tiles = pixels_of(case)
    tiles = case.get("tiles", [])
    history = [(question, answer) for question, answer in case.get("history", [])] or None
    config = {"max_new_tokens": expected(checkpoint)["max_new_tokens"], "do_sample": False}
    question = (tokenizer, pixels, case["question"], config, history)
    patches = {"num_patches_list": tiles or None}
    assert plain(model, *question, **patches) == case["response"]
    with using(model, Reuse(1 << 28)):
        for length in range(len(history or [])):
            past, asked = (history or [])[:length], (history or [])[length][0]
            before = [*(q for q, _ in past), asked]
            shown = tiles[: sum(q.count("<image>") for q in before)]
            seen = None if pixels is None or not shown else pixels[: sum(shown)]
            model.chat(tokenizer, seen, asked, config, past or None, num_patches_list=shown or None)
        told = Told()
        assert model.chat(*question, **patches) == case["response"]
        assert model.chat(*question, **patches, **told.arguments()) == case["response"]
        assert told.reused[0] == len(case["input_ids"][0])


@dataclass
class Visitor:
    """A conversation as ``chat`` takes it: questions with at most one tile each, and answers."""

    turns: list[tuple[str, int | None, str]] = field(default_factory=list)

    def ask(self, model: Any, tokenizer: Any, question: str, tile: int | None) -> None:
        turns = [*self.turns, (question, tile, "")]
        tiles = [tile for _, tile, _ in turns if tile is not None]
        tagged = [q if tile is None else f"<image>\n{q}" for q, tile, _ in turns]
        history = [(q, a) for q, (_, _, a) in zip(tagged, turns[:-1], strict=False)]
        arguments = (tokenizer, NOISE[tiles] if tiles else None, tagged[-1], CONFIG, history)
        patches = {"num_patches_list": [1] * len(tiles)}
        answer = model.chat(*arguments, **patches)
        assert answer == plain(model, *arguments, **patches)
        self.turns.append((question, tile, answer))


STEPS = st.tuples(
    st.integers(0, 2),  # which visitor
    st.sampled_from(["ask", "ask", "edit", "retry", "swap"]),
    st.integers(0, 3),  # which earlier question
    st.sampled_from(["What?", "Which colour is it?", "Why", "a"]),
    st.sampled_from([None, 0, 1, 2]),
)


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
@given(st.lists(STEPS, min_size=2, max_size=8), st.sampled_from([1 << 28, 300_000, 20_000]))
def test_visitors_taking_turns(tiny: Any, steps: list[Any], budget: int) -> None:
    """Questions, edits, retries and swapped images of several visitors, with room for all, for
    some and for next to nothing: every answer is the one without reuse."""
    model, tokenizer = tiny
    visitors = [Visitor() for _ in range(3)]
    with using(model, Reuse(budget)) as reuse:
        for who, what, turn, question, tile in steps:
            visitor = visitors[who]
            if what != "ask" and visitor.turns:
                turn = len(visitor.turns) - 1 if what == "retry" else turn % len(visitor.turns)
                old, seen, _ = visitor.turns[turn]
                del visitor.turns[turn:]
                if what == "edit":
                    tile = seen
                elif what == "retry":
                    question, tile = old, seen
                else:
                    question, tile = old, None if seen is None else (seen + 1) % 3
            visitor.ask(model, tokenizer, question, tile)
            assert reuse.used()[0] <= budget


def test_visitors_do_not_lose_theirs(model: Any, tokenizer: Any) -> None:
    histories: list[Any] = [None] * 4
    first_round = 0
    for round_ in range(3):
        for who in range(4):
            told = Told()
            _, histories[who] = model.chat(
                tokenizer,
                NOISE[who : who + 1],
                f"<image>\nRound {round_}?" if round_ == 0 else f"Round {round_}?",
                CONFIG,
                histories[who],
                True,
                num_patches_list=[1],
                **told.arguments(),
            )
            assert told.tiles == [(0, 0 if round_ else 1)]
            if round_ == 0:
                first_round = max(first_round, told.reused[0])
            else:
                assert told.reused[0] > first_round + 16


def test_a_stopped_answer_leaves_a_good_beginning(model: Any, tokenizer: Any) -> None:
    tokens: list[int] = []

    def enough() -> bool:
        tokens.append(1)
        return len(tokens) >= 2

    stop = {"stopping_criteria": StoppingCriteriaList([StopWhen(enough)])}
    question = (tokenizer, NOISE[:1], "What?")
    stopped, history = model.chat(*question, CONFIG | stop, return_history=True)
    for next_question in ((*question, CONFIG), (tokenizer, NOISE[:1], "And?", CONFIG, history)):
        told = Told()
        patches = {"num_patches_list": [1]}
        answer = model.chat(*next_question, **patches, **told.arguments())
        assert told.reused[0] > 16 and answer == plain(model, *next_question, **patches)


@pytest.mark.parametrize("token", [1, 3])
@pytest.mark.parametrize("layer", [0, 1])
def test_a_failed_answer_spoils_nothing(token: int, layer: int, model: Any, tokenizer: Any) -> None:
    """In the middle of a token, some layers have its key and others have not."""
    begun: list[int] = []

    def fail(*_: Any) -> None:
        begun.append(1)
        if len(begun) == token:
            raise ZeroDivisionError

    question = (tokenizer, NOISE[:1], "What?", CONFIG)
    hook = model.model.language_model.layers[layer].register_forward_pre_hook(fail)
    with pytest.raises(ZeroDivisionError):
        model.chat(*question)
    hook.remove()
    told = Told()
    assert model.chat(*question, **told.arguments()) == plain(model, *question)
    assert told.tiles == [(0, 0)] and (told.reused[0] > 16) == (token > 1)


def test_memory_that_is_short_is_given_back(model: Any, tokenizer: Any) -> None:
    """What is kept must not make a question fail that would fit without it."""
    model.chat(tokenizer, NOISE[:1], "What?", CONFIG)
    question = (tokenizer, NOISE[1:2], "And?", CONFIG)
    without = plain(model, *question)
    failed: list[int] = []

    def fail_while_full(*_: Any) -> None:
        if not failed:
            failed.append(1)
            raise torch.OutOfMemoryError("CUDA out of memory")

    pieces: list[str] = []
    streamer = TokenStreamer(tokenizer, on_text=pieces.append)
    hook = model.model.language_model.register_forward_pre_hook(fail_while_full)
    try:
        answer = model.chat(*question[:3], CONFIG | {"streamer": streamer})
    finally:
        hook.remove()
    assert failed and answer == without == "".join(pieces).strip()
    assert streamer.answer_tokens <= CONFIG["max_new_tokens"]
    hook = model.model.language_model.register_forward_pre_hook(
        lambda *_: (_ for _ in ()).throw(torch.OutOfMemoryError("CUDA out of memory"))
    )
    with pytest.raises(torch.OutOfMemoryError):
        model.chat(*question)
    hook.remove()


def test_other_weights_other_answers(tmp_path: Path) -> None:
    model, tokenizer = load_model(REFERENCE / CHECKPOINTS[0], dtype="float32", device="cpu")
    question = (tokenizer, NOISE[:1], "What is this?", {"max_new_tokens": 8})
    first = model.chat(*question)
    with torch.no_grad():
        model.model.language_model.layers[0].mlp.up_proj.weight.mul_(-3)
    told = Told()
    changed = model.chat(*question, **told.arguments())
    assert told.reused == [0] and told.tiles == [(0, 1)]
    assert changed == plain(model, *question) != first


def test_beams_start_from_nothing(model: Any, tokenizer: Any) -> None:
    beams = CONFIG | {"num_beams": 2}
    answers = {model.chat(tokenizer, NOISE[:1], "What?", config) for config in (CONFIG, beams)}
    told = Told()
    answers = {
        model.chat(tokenizer, NOISE[:1], "What?", beams, **told.arguments()),
        plain(model, tokenizer, NOISE[:1], "What?", beams),
    }
    assert told.reused == [0] and told.tiles == [(0, 0)] and len(answers) == 1


@pytest.fixture(scope="module")
def stretching(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any]:
    """A model whose rotation depends on the length from 300 tokens on."""
    folder = tmp_path_factory.mktemp("stretching") / "model"
    shutil.copytree(REFERENCE / CHECKPOINTS[0], folder)
    config = json.loads((folder / "config.json").read_text())
    config["llm_config"] |= {
        "rope_scaling": {"type": "dynamic", "factor": 2.0},
        "max_position_embeddings": 300,
    }
    (folder / "config.json").write_text(json.dumps(config))
    return load_model(folder, dtype="float32", device="cpu")


def test_a_rotation_that_depends_on_the_length(stretching: Any) -> None:
    model, tokenizer = stretching
    assert rotation_limit(model.config.text_config) == 300
    history: list[Any] = []
    reused = []
    with using(model, Reuse(1 << 28)):
        # Up to the limit, across it while writing, beyond it, and short again.
        for words in (5, 8, 30, 80, 5):
            question = (tokenizer, None, "what " * words, CONFIG | {"max_new_tokens": 12}, history)
            told = Told()
            answer, longer = model.chat(*question, return_history=True, **told.arguments())
            assert answer == plain(model, *question)
            reused.append(told.reused[0])
            assert all(len(key) <= 300 for key in model.reuse.keys())
            history = longer if words != 80 else []
    assert reused[0] == reused[2] == reused[3] == 0 < min(reused[1], reused[4])


def test_no_limit_without_such_a_rotation(tiny: Any) -> None:
    assert rotation_limit(tiny[0].config.text_config) in (None, 32768)


def test_floats_and_bytes_are_told_apart(model: Any, tokenizer: Any) -> None:
    pixels = load_image(MEDIA / "tiny.png", input_size=112)
    for given_as in (pixels, pixels.to(torch.bfloat16), pixels.double()):
        question = (tokenizer, given_as, "What?", CONFIG)
        assert model.chat(*question) == plain(model, *question)
