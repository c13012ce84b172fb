"""Thirty-two frames of a clip of ten minutes, from the file to the model card's tensor."""

from functools import partial
from pathlib import Path

import torch

from benchmarks import media, plain
from benchmarks.measure import Result, Size, in_bytes, seconds, take_turns, versus
from internvl_ui.model.pixels import load_video

WHAT = "32 frames of 10 minutes of 1080p H.264, a key frame every 250 or 60, identical tensors"
GOAL = "at least 2.5 times faster on both, at most half the memory"


def run(size: Size) -> Result:
    short = media.clip(60, quick=True)
    rows, ratios, notes = [], [], []
    for every in (250, 60):
        file = media.clip(every, quick=size.quick)
        assert media.digest(plainly(file)) == media.digest(ours(file))
        runs = size.repeats()
        result = versus(
            take_turns(
                {
                    "model card's load_video": partial(seconds, partial(plainly, file)),
                    "this project": partial(seconds, partial(ours, file)),
                },
                {"model card's load_video": runs, "this project": runs},
            )
        )
        rows += [(str(every), *row) for row in result.rows]
        ratios.append(result.ratio)
        peaks = [
            media.peak_bytes(partial(way, file), partial(way, short)) for way in (plainly, ours)
        ]
        notes.append(f"{every}: peak memory {in_bytes(peaks[0])} and {in_bytes(peaks[1])}")
    notes.append(f"the ratio is the smaller of {ratios[0]:.3g} and {ratios[1]:.3g}")
    columns = ("key frame every", *result.columns)
    return Result(columns, tuple(rows), min(ratios), "times faster", "; ".join(notes) + ".")


def plainly(file: Path) -> torch.Tensor:
    return plain.load_video(file)[0]


def ours(file: Path) -> torch.Tensor:
    return load_video(file)[0]
