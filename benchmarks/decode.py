"""Tokens of one stream, against what reading every weight once for each token allows."""

import statistics
import time
from collections.abc import Callable
from typing import Any

import torch

from benchmarks import plain
from benchmarks.measure import Result, Size, take_turns
from benchmarks.models import model_1b, model_8b
from internvl_ui.model.chat import InternVLChat

WHAT = "one stream in bf16: share of the tokens/s that the memory's bandwidth allows"
GOAL = "at least 60 % on a GPU, for 1B and 8B dimensions"
_QUESTION = "Tell me a story."


def run(size: Size) -> Result:
    bandwidth = _bandwidth(quick=size.quick)
    models: dict[str, Callable[[], tuple[InternVLChat, Any]]] = {"1B": lambda: model_1b(size)}
    if torch.cuda.is_available() and not size.quick:
        models["8B"] = model_8b
    rows, shares = [], []
    for name, build in models.items():
        model, tokenizer = build()
        limit = bandwidth / _bytes_for_a_token(model)
        for way, rates in _rates(model, tokenizer, size).items():
            rate = statistics.median(rates)
            rows.append((name, way, f"{rate:.4g}", f"{limit:.4g}", f"{rate / limit:.0%}"))
        shares.append(rate / limit)
        del model
    return Result(
        ("dimensions", "way", "tokens/s, median", "limit", "share"),
        tuple(rows),
        100 * min(shares),
        "% of what the memory allows, where it is least",
        f"Bandwidth, measured by reading: {bandwidth / 1e9:,.0f} GB/s.",
    )


def _rates(model: InternVLChat, tokenizer: Any, size: Size) -> dict[str, list[float]]:
    """Tokens a second of each way, the prompt left out."""
    few, many = (1, 4) if size.quick else (8, 136)

    def config(tokens: int) -> dict[str, Any]:
        return {"max_new_tokens": tokens, "min_new_tokens": tokens, "do_sample": False}

    def rate(chat: Callable[[dict[str, Any]], object]) -> float:
        moments = []
        for tokens in (few, many):
            begun = time.perf_counter()
            chat(config(tokens))
            moments.append(time.perf_counter() - begun)
        return (many - few) / (moments[1] - moments[0])

    ways = {
        "plain way": lambda: rate(
            lambda config: plain.chat(model, tokenizer, None, _QUESTION, config)
        ),
        "this project": lambda: rate(lambda config: model.chat(tokenizer, None, _QUESTION, config)),
    }
    for way in ways.values():
        way()
    return take_turns(ways, dict.fromkeys(ways, size.repeats()))


def _bytes_for_a_token(model: InternVLChat) -> int:
    """Of all weights but those of the vision tower and of the words, of which one is looked up."""
    # The state, as a packed weight is no parameter.
    states = [part.state_dict() for part in (model.model.language_model, model.lm_head)]
    weights = [w for state in states for name, w in state.items() if "embed_tokens" not in name]
    return sum(weight.numel() * weight.element_size() for weight in weights)


def _bandwidth(*, quick: bool) -> float:
    """Bytes a second that the best of ten sums over a big tensor reads."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    big = torch.ones(1 << (20 if quick else 28), device=device)
    best = 0.0
    for _ in range(10):
        begun = time.perf_counter()
        big.sum().item()
        best = max(best, big.numel() * big.element_size() / (time.perf_counter() - begun))
    return best
