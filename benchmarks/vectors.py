"""The reference conversations through every way of loading a checkpoint.

``python -m benchmarks.vectors`` prints a table. tests/reference holds what the model card's own
code was given and what it answered; here each way of loading has the same conversations again,
with nothing kept from one to the next. The logits are those of the first new token, all of them,
against the original layout in float32: root mean square of the difference over that of the logits.
"""

import json
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

import torch
from accelerate import cpu_offload
from transformers import LogitsProcessor, LogitsProcessorList

from benchmarks.checkpoints import write_random
from benchmarks.measure import Result, Size, machine, table
from benchmarks.models import ROOT
from internvl_ui import load_image, load_model, load_video
from internvl_ui.catalog import Dimensions, LanguageDimensions, VisionDimensions, working_bytes
from internvl_ui.model.checkpoint import read_checkpoint
from internvl_ui.model.memory import dimensions

WHAT = "the reference conversations through every way of loading"
GOAL = "the same tokens wherever no precision is lost, stated tolerances where some is"
REFERENCE, MEDIA = ROOT / "tests" / "reference", ROOT / "tests" / "media"
CHECKPOINTS = ("qwen2-vit300m", "qwen2-vit6b", "internlm2-vit300m")
TILE = 112
# The error that the first new token's logits may have, in half of the conversations at least.
TOLERANCES = {"float32": 1e-4, "bf16": 0.1, "8bit": 0.2, "4bit": 0.3}
# nf4 wants widths that are multiples of 64, which the reference checkpoints' 96 is not.
_WIDE = Dimensions(
    VisionDimensions(64, 3, 128, biased_norms=True, qkv_bias=True, qk_norm=False, image_size=TILE),
    LanguageDimensions(128, 3, 8, 2, 16, 256, 295, qkv_bias=True),
)

# As many as the answers of the reference may have.
_TOKENS = 24

Loaded = tuple[Any, Any]


@dataclass(frozen=True)
class Outcome:
    """How many conversations had the same new tokens, and each one's error of the logits."""

    same: int
    errors: tuple[float, ...]


class _First(LogitsProcessor):
    """Keeps the first new token's logits and all prompt ids, and changes nothing."""

    def __init__(self) -> None:
        self.logits: torch.Tensor | None = None
        self.prompt: list[list[int]] = []

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        if self.logits is None:
            self.logits, self.prompt = scores.float().clone(), input_ids.tolist()
        return scores


def run(size: Size) -> Result:
    torch.set_num_threads(1)
    names = CHECKPOINTS[:1] if size.quick else CHECKPOINTS
    rows = []
    with tempfile.TemporaryDirectory() as scratch:
        for way, precision, load in _ways(Path(scratch)):
            outcome = _together([_compare(name, load(name), size) for name in names])
            rows.append(_row(way, precision, outcome))
        rows.append(_row("one batch against single runs", "float32", _batches(names)))
        folder = write_random(Path(scratch) / "wide", _WIDE, spread=0.2)
        for precision in ("8bit", "4bit"):
            model = load_model(folder, quantization=precision, dtype="float32", device="cpu")
            outcome = _against_float32(model, folder, size)
            rows.append(_row(f"{precision}, random weights", precision, outcome))
    errors = ("median error", "allowed", "largest error")
    columns = ("way", "conversations", "same tokens", *errors)
    kept = sum(_keeps(row) for row in rows)
    return Result(columns, tuple(rows), kept / len(rows), "of the ways within their tolerance")


def _ways(scratch: Path) -> Iterator[tuple[str, str, Callable[[str], Loaded]]]:
    yield "original layout", "float32", _original
    yield "hf layout", "float32", _hf
    yield "offloaded to the host's memory", "float32", _on_host
    yield "offloaded to disk", "float32", partial(_on_disk, scratch)
    yield "bf16", "bf16", lambda name: _load(name, dtype="bfloat16")
    yield "8bit", "8bit", lambda name: _load(name, quantization="8bit", dtype="float32")


def _load(name: str, **options: Any) -> Loaded:
    return load_model(REFERENCE / name, device="cpu", **{"dtype": "float32", **options})


@cache
def _original(name: str) -> Loaded:
    return _load(name)


def _hf(name: str) -> Loaded:
    model, tokenizer = _original(name)
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder, save_original_format=False)
        tokenizer.save_pretrained(folder)
        return load_model(folder, dtype="float32", device="cpu")


def _on_host(name: str) -> Loaded:
    """As for a GPU without room: each layer's weights come when it computes, and go."""
    model, tokenizer = _load(name)
    cpu_offload(model, execution_device=torch.device("cpu"))
    return model, tokenizer


def _on_disk(scratch: Path, name: str) -> Loaded:
    """No weight fits into the memory that it may use."""
    own = dimensions(read_checkpoint(REFERENCE / name))
    room = {"cpu": working_bytes(own, "fp32")}
    # Weights that stay as they are in the checkpoint are read from it, others from there.
    model, tokenizer = _load(name, max_memory=room, offload_folder=scratch / name)
    assert all(parameter.device.type == "meta" for parameter in model.parameters())
    return model, tokenizer


def _cases(name: str, size: Size) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((REFERENCE / name / "expected.json").read_text())[
        "cases"
    ]
    return cases[:3] if size.quick else cases


def _tiles(case: dict[str, Any]) -> tuple[torch.Tensor | None, list[int]]:
    counts = list(case.get("tiles", []))
    if video := case.get("video"):
        pixels, _ = load_video(
            MEDIA / video, case["bound"], input_size=TILE, num_segments=case["num_segments"]
        )
        return pixels, counts
    files = case.get("images", [])
    tiles = [load_image(MEDIA / name, input_size=TILE, max_num=case["max_num"]) for name in files]
    return (torch.cat(tiles) if tiles else None), counts


def _ask(loaded: Loaded, case: dict[str, Any]) -> tuple[_First, Any]:
    """What the model said first, and its answer or answers."""
    model, tokenizer = loaded
    model.reuse.limit(0)
    pixels, tiles = _tiles(case)
    first = _First()
    config = _config(first)
    if "questions" in case:
        return first, model.batch_chat(tokenizer, pixels, case["questions"], config, tiles)
    history = [(question, answer) for question, answer in case.get("history", [])] or None
    return first, model.chat(tokenizer, pixels, case["question"], config, history, False, tiles)


def _config(first: _First) -> dict[str, Any]:
    processors = LogitsProcessorList([first])
    return {"max_new_tokens": _TOKENS, "do_sample": False, "logits_processor": processors}


@cache
def _float32(name: str, number: int) -> _First:
    return _ask(_original(name), _cases(name, Size())[number])[0]


def _compare(name: str, loaded: Loaded, size: Size) -> Outcome:
    same, errors = 0, []
    cases = _cases(name, size)
    for number, case in enumerate(cases):
        first, answer = _ask(loaded, case)
        assert first.prompt == case["input_ids"], "another prompt than the model card's code had"
        same += answer == case["response"]
        errors.append(_error(first, _float32(name, number)))
    return Outcome(same, tuple(errors))


def _against_float32(loaded: Loaded, folder: Path, size: Size) -> Outcome:
    """The first checkpoint's conversations, with the same weights in float32 as the reference."""
    whole = load_model(folder, dtype="float32", device="cpu")
    cases = _cases(CHECKPOINTS[0], size)
    same, errors = 0, []
    for case in cases:
        (first, answer), (expected, right) = _ask(loaded, case), _ask(whole, case)
        same += answer == right
        errors.append(_error(first, expected))
    return Outcome(same, tuple(errors))


def _batches(names: tuple[str, ...]) -> Outcome:
    """All first turns of a checkpoint's conversations at once, with any number of images."""
    outcomes = []
    for name in names:
        numbers = [
            number
            for number, case in enumerate(_cases(name, Size()))
            if "questions" not in case and not case.get("history") and _tagged(case)
        ]
        cases = [_cases(name, Size())[number] for number in numbers]
        pixels = [tiles for tiles, _ in map(_tiles, cases) if tiles is not None]
        questions = [case["question"] for case in cases]
        model, tokenizer = _original(name)
        first = _First()
        config = _config(first)
        counts = [count for case in cases for count in case.get("tiles", [])]
        answers = model.batch_chat(tokenizer, torch.cat(pixels), questions, config, counts)
        same = sum(answer == case["response"] for answer, case in zip(answers, cases, strict=True))
        assert first.logits is not None
        errors = []
        for row, number in enumerate(numbers):
            single = _float32(name, number).logits
            assert single is not None
            errors.append(_relative(first.logits[row : row + 1], single))
        outcomes.append(Outcome(same, tuple(errors)))
    return _together(outcomes)


def _tagged(case: dict[str, Any]) -> bool:
    return case["question"].count("<image>") == len(case.get("tiles", []))


def _together(outcomes: list[Outcome]) -> Outcome:
    errors = [error for outcome in outcomes for error in outcome.errors]
    return Outcome(sum(outcome.same for outcome in outcomes), tuple(errors))


def _error(one: _First, other: _First) -> float:
    assert one.logits is not None and other.logits is not None
    return _relative(one.logits, other.logits)


def _relative(one: torch.Tensor, other: torch.Tensor) -> float:
    return float((one - other).square().mean().sqrt() / other.square().mean().sqrt())


def _row(way: str, precision: str, outcome: Outcome) -> tuple[str, ...]:
    return (
        way,
        str(len(outcome.errors)),
        str(outcome.same),
        f"{statistics.median(outcome.errors):.1g}",
        f"{TOLERANCES[precision]:g}",
        f"{max(outcome.errors):.1g}",
    )


def _keeps(row: tuple[str, ...]) -> bool:
    """Within its tolerance, and where no precision is lost the same words throughout."""
    _, conversations, same, error, allowed, _ = row
    exact = float(allowed) != TOLERANCES["float32"] or conversations == same
    return exact and float(error) <= float(allowed)


def main() -> int:
    result = run(Size("--quick" in sys.argv[1:]))
    print(table(result.columns, result.rows))
    print(f"{machine()}\n{result.ratio:.3g} {result.meaning}")
    return 0 if result.ratio == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
