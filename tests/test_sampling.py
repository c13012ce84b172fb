"""How an answer is chosen, and that its seed gives it again."""

import logging

import pytest

from internvl_ui.conversation import GenerationOptions
from internvl_ui.engines.local import LocalEngine
from internvl_ui.engines.sampling import sampling
from internvl_ui.errors import PromptError
from tests.questions import answer, ask, finished, text


def test_a_seed_gives_the_same_answer_and_no_seed_another(engine: LocalEngine) -> None:
    def sampled(seed: int | None) -> str:
        options = GenerationOptions(do_sample=True, temperature=2.0, max_new_tokens=24, seed=seed)
        return text(answer(engine, ask("Hello", options=options)))

    assert sampled(5) == sampled(5) != sampled(6)
    after = {(sampled(5), sampled(None))[1] for _ in range(3)}
    assert len(after) > 1


@pytest.mark.parametrize("do_sample", [False, True])
def test_generation_warns_of_nothing(
    do_sample: bool, engine: LocalEngine, caplog: pytest.LogCaptureFixture
) -> None:
    options = GenerationOptions(do_sample=do_sample, repetition_penalty=1.1, max_new_tokens=4)
    assert finished(answer(engine, ask("Hello", options=options))).usage.answer_tokens <= 4
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []


def test_options_without_effect_are_not_passed_on() -> None:
    assert sampling(GenerationOptions()) == {"max_new_tokens": 1024, "do_sample": False}
    assert not sampling(GenerationOptions(do_sample=True, temperature=0))["do_sample"]
    with pytest.raises(PromptError):
        sampling(GenerationOptions(max_new_tokens=0))
