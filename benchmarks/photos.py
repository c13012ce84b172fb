"""Twelve photos, from the files to one bf16 tensor, with nothing prepared."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

import torch

from benchmarks import media, plain
from benchmarks.measure import Result, Size, in_bytes, seconds, take_turns, versus
from internvl_ui.model.pixels import load_images

WHAT = "12 photos of 12 MP, files to one bf16 tensor, identical bits"
GOAL = "at least 2.2 times faster, at most half the memory"


def run(size: Size) -> Result:
    files = [media.photo(number, quick=size.quick) for number in range(2 if size.quick else 12)]
    assert media.digest(plainly(files)) == media.digest(ours(files))
    runs = size.repeats()
    result = versus(
        take_turns(
            {
                "model card's load_image, cat, cast": lambda: seconds(lambda: plainly(files)),
                "this project": lambda: seconds(lambda: ours(files)),
            },
            {"model card's load_image, cat, cast": runs, "this project": runs},
        )
    )
    small = [media.photo(0, quick=True)]
    peaks = [media.peak_bytes(partial(way, files), partial(way, small)) for way in (plainly, ours)]
    share = f", {peaks[1] / peaks[0]:.2f} of it" if peaks[0] else ""
    note = f"Peak memory: {in_bytes(peaks[0])} and {in_bytes(peaks[1])}"
    return Result(result.columns, result.rows, result.ratio, result.meaning, note + share + ".")


def plainly(files: Sequence[Path]) -> torch.Tensor:
    return torch.cat([plain.load_image(file) for file in files]).to(torch.bfloat16)


def ours(files: Sequence[Path]) -> torch.Tensor:
    return load_images(files)[0]
