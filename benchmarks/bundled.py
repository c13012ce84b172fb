"""The bundled model on this machine: a picture's file to the first token, and then tokens."""

import statistics
import tempfile
from pathlib import Path

from PIL import Image

from benchmarks.measure import Result, Size, in_seconds, seconds
from internvl_ui import load_image, load_model
from internvl_ui.model.reuse import Reuse
from internvl_ui.settings import BUNDLED_MODEL

WHAT = "the bundled model: a question about one image of 13 tiles, from its file to the first token"
GOAL = "first token within 0.5 s, then 60 tokens a second or more"
_TOKENS = 100


def run(size: Size) -> Result:
    model, tokenizer = load_model(BUNDLED_MODEL)
    firsts, rates = [], []
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "picture.png"
        Image.effect_mandelbrot((1200, 900), (-2, -1.5, 1, 1.5), 50).convert("RGB").save(file)

        def answer(tokens: int) -> None:
            model.reuse = Reuse()
            pixels = load_image(file, input_size=model.tile_size)
            options = {"max_new_tokens": tokens, "min_new_tokens": tokens, "do_sample": False}
            model.chat(tokenizer, pixels, "Describe the image.", options)

        answer(2)
        for _ in range(size.repeats()):
            firsts.append(seconds(lambda: answer(1)))
            rest = seconds(lambda: answer(1 + _TOKENS)) - firsts[-1]
            rates.append(_TOKENS / rest)
    rows = (
        ("first token", *map(in_seconds, (statistics.median(firsts), min(firsts), max(firsts)))),
        (
            "tokens a second",
            *(f"{rate:.0f}" for rate in (statistics.median(rates), min(rates), max(rates))),
        ),
    )
    return Result(
        ("what", "median", "least", "most"),
        rows,
        statistics.median(firsts),
        f"s to the first token, then {statistics.median(rates):.0f} tokens a second",
    )
