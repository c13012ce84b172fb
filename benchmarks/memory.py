"""What loading a model takes beyond its weights."""

from functools import partial
from pathlib import Path

import torch

from benchmarks import media
from benchmarks.measure import Result, Size, in_bytes
from benchmarks.models import TINY, model_1b
from internvl_ui.model.checkpoint import read_checkpoint
from internvl_ui.model.loading import load_model

WHAT = "loading 1B dimensions in bf16: memory at its peak, by the size of the weights"
GOAL = "at most 1.15"


def run(size: Size) -> Result:
    folder = TINY if size.quick else _saved(size)
    weights = read_checkpoint(folder).weight_bytes
    peak = media.peak_bytes(partial(load, folder), partial(load, TINY))
    return Result(
        ("weights", "memory at its peak"),
        ((in_bytes(weights), in_bytes(peak)),),
        peak / weights,
        "times the weights",
        "In a process of its own; what its imports take is left out.",
    )


def load(folder: Path) -> object:
    return load_model(folder, dtype="bfloat16", device="cpu", packed=True)


def _saved(size: Size) -> Path:
    folder = media.folder() / "1b"
    if not (folder / "config.json").is_file():
        model, tokenizer = model_1b(size)
        model.to(torch.bfloat16).save_pretrained(folder, save_original_format=False)
        tokenizer.save_pretrained(folder)
    return folder
