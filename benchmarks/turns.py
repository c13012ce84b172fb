"""What the benchmarks of a conversation's turns share: one image of seven tiles, asked about."""

from typing import Any

from benchmarks import plain
from benchmarks.measure import Result, Size, Way, seconds, take_turns, versus
from benchmarks.models import model_1b, random_tiles
from internvl_ui.model.chat import InternVLChat

TILES = 7
ONE_TOKEN = {"max_new_tokens": 1, "do_sample": False}
_ANSWER = {"max_new_tokens": 12, "min_new_tokens": 12, "do_sample": False}
_QUESTIONS = (
    "And what is behind it?",
    "Which colours are there?",
    "Is anybody to be seen?",
    "Could this be a city?",
    "Do you see any words?",
)
_WHY_FEWER = "Runs of the plain way: {}, as each takes half a minute or more on two cores."


class Conversation:
    """A first question about an image of seven tiles, and more as they are asked."""

    def __init__(self, size: Size, seed: int = 0, rounds: int = 1) -> None:
        self.model: InternVLChat
        self.model, self.tokenizer = model_1b(size)
        self.pixels = random_tiles(self.model, TILES, seed)
        self.history: list[tuple[str, str]] = []
        for number in range(rounds):
            self.ask("<image>\nWhat is this?" if number == 0 else _QUESTIONS[number])

    def ask(self, question: str) -> None:
        _, self.history = self.model.chat(
            self.tokenizer,
            self.pixels,
            question,
            _ANSWER,
            self.history,
            True,
            num_patches_list=[TILES],
        )

    def ours(self, question: str, turns: int | None = None) -> float:
        """Seconds to the first token of an answer to ``question`` after so many turns."""
        return seconds(
            lambda: self.model.chat(
                self.tokenizer,
                self.pixels,
                question,
                ONE_TOKEN,
                self.history[:turns],
                num_patches_list=[TILES],
            )
        )

    def plain(self, question: str, turns: int | None = None) -> float:
        past = self.history[:turns]
        return seconds(
            lambda: plain.chat(
                self.model, self.tokenizer, self.pixels, question, ONE_TOKEN, past, [TILES]
            )
        )


def compare(plain_way: Way, ours: Way, size: Size, *, plain_runs: int = 3) -> Result:
    """Time to the first token, both ways in turns, after one run of each that does not count."""
    runs = size.repeats(plain_runs)
    ours()
    taken = take_turns(
        {"plain way": plain_way, "this project": ours},
        {"plain way": runs, "this project": max(runs, 1 if size.quick else 5)},
    )
    note = _WHY_FEWER.format(runs) if runs < 5 and not size.quick else ""
    return versus(taken, note=note)


def questions() -> Any:
    """Ever another question, none like one before it."""
    number = 0
    while True:
        yield f"{_QUESTIONS[number % len(_QUESTIONS)][::-1]} {number}"
        number += 1
