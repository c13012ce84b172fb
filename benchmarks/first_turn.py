"""One image and one question, whole answers: what does the chat around ``generate`` cost?"""

import torch

from benchmarks import plain
from benchmarks.measure import Result, Size, seconds, take_turns, versus
from benchmarks.models import model_1b, random_tiles
from internvl_ui.model.reuse import Reuse

WHAT = "one image, one question, 16 tokens, nothing known before"
GOAL = "within 3 % of model.generate called directly"
_CONFIG = {"max_new_tokens": 16, "min_new_tokens": 16, "do_sample": False}


def run(size: Size) -> Result:
    model, tokenizer = model_1b(size)
    question = "<image>\nWhat is this?"
    pixels: list[torch.Tensor] = [
        random_tiles(model, 1, seed) for seed in range(size.repeats() + 1)
    ]
    unseen = iter(pixels)
    same = pixels[0]

    def directly() -> float:
        return seconds(
            lambda: plain.chat(model, tokenizer, same, question, _CONFIG, num_patches_list=[1])
        )

    def ours() -> float:
        usual, model.reuse = model.reuse, Reuse()
        try:
            return seconds(lambda: model.chat(tokenizer, next(unseen), question, _CONFIG))
        finally:
            model.reuse = usual

    directly(), ours()
    runs = size.repeats()
    return versus(
        take_turns(
            {"model.generate": directly, "this project": ours},
            {"model.generate": runs, "this project": runs},
        ),
        note="1 means equally fast.",
    )
