"""Loading and answering at each precision, and the memory that it takes at most.

``python -m benchmarks.loading`` writes a checkpoint of InternVL3-1B's dimensions with random
weights (1.9 GB, deleted afterwards) and loads it in a process of its own for each precision.
``--size 8B`` takes another one; on a GPU the memory is the GPU's.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from benchmarks.checkpoints import write_random
from benchmarks.measure import Result, Size, in_bytes, machine, table
from internvl_ui.catalog import (
    FAMILY,
    PRECISIONS,
    Dimensions,
    LanguageDimensions,
    Model,
    VisionDimensions,
    parts,
)

WHAT = "load a checkpoint of 1B's dimensions and answer, at each precision"
GOAL = "peak memory of its own at most 1.15 times the weights while loading"
_TINY = Dimensions(
    VisionDimensions(64, 2, 128, biased_norms=True, qkv_bias=True, qk_norm=False, image_size=56),
    LanguageDimensions(64, 2, 4, 2, 16, 128, 295, qkv_bias=True),
)
_TOKENS = 8


def run(size: Size) -> Result:
    dimensions = _TINY if size.quick else _model("1B").dimensions
    return measure(dimensions)


def measure(dimensions: Dimensions) -> Result:
    rows, ratios = [], []
    with tempfile.TemporaryDirectory() as scratch:
        folder = write_random(Path(scratch) / "random", dimensions)
        for precision in PRECISIONS:
            command = [
                sys.executable,
                "-m",
                "benchmarks.loading",
                "--child",
                precision,
                str(folder),
            ]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            found = json.loads(done.stdout.splitlines()[-1])
            weights = parts(dimensions, precision).total
            resident, own = (found["loading"][kind] for kind in ("resident", "own"))
            ratios.append(own / weights)
            rows.append(
                (
                    precision,
                    found["device"],
                    in_bytes(weights),
                    f"{in_bytes(own)} ({own / weights:.2f})",
                    f"{in_bytes(resident)} ({resident / weights:.2f})",
                    in_bytes(found["answering"]["own"]),
                    found["rate"],
                )
            )
    peaks = ("peak loading, own memory", "with the files' pages", "own memory more to answer")
    columns = ("precision", "device", "weights", *peaks, "rate")
    note = "Peaks over what the process had before, in brackets over the weights. On a processor"
    note += " weights that stay as they are on disk are mapped from there: pages that the system"
    note += " may drop and read again. Rates are told on a GPU only."
    return Result(columns, tuple(rows), max(ratios), "of the weights at most while loading", note)


def _child(precision: str, folder: Path) -> dict[str, object]:
    """Runs in a process of its own: what it loads must not be seen by the next."""
    from internvl_ui.model.loading import load_model
    from internvl_ui.model.precision import import_bitsandbytes

    if precision in ("8bit", "4bit"):
        import_bitsandbytes()  # Its own code is no part of the weights.
    device = "cuda" if torch.cuda.is_available() else "cpu"
    with _peak(device) as loading:
        model, tokenizer = load_model(
            folder,
            dtype="bfloat16",
            quantization=None if precision == "bf16" else precision,
            device=device,
        )
    tile = torch.randn(1, 3, model.tile_size, model.tile_size)
    config = {"max_new_tokens": _TOKENS, "min_new_tokens": _TOKENS, "do_sample": False}
    with _peak(device) as answering:
        begun = time.perf_counter()
        model.chat(tokenizer, tile, "What is this?", config)
        seconds = time.perf_counter() - begun
    on_gpu = device == "cuda"
    return {
        "device": torch.cuda.get_device_name() if on_gpu else "processor",
        "loading": loading,
        "answering": answering,
        "rate": f"{_TOKENS / seconds:.3g} tokens/s" if on_gpu else "-",
    }


@contextmanager
def _peak(device: str) -> Iterator[dict[str, int]]:
    """Bytes at most over what there was at the beginning: all that is resident, and without the
    pages of files."""
    found = {"resident": 0, "own": 0}
    if device == "cuda":
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        yield found
        most = torch.cuda.max_memory_allocated() - before
        found.update(resident=most, own=most)
        return
    begun, over = _memory(), threading.Event()

    def watch() -> None:
        while not over.wait(0.002):
            now = _memory()
            found.update({kind: max(found[kind], now[kind] - begun[kind]) for kind in found})

    watching = threading.Thread(target=watch)
    watching.start()
    try:
        yield found
    finally:
        over.set()
        watching.join()


def _memory() -> dict[str, int]:
    lines = (line.split() for line in Path("/proc/self/status").read_text().splitlines())
    sizes = {line[0]: int(line[1]) * 1024 for line in lines if line[0].startswith(("Rss", "VmRSS"))}
    return {"resident": sizes["VmRSS:"], "own": sizes["RssAnon:"]}


def _model(size: str) -> Model:
    (model,) = [model for model in FAMILY if model.size == size]
    return model


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loading", description=__doc__)
    sizes = [model.size for model in FAMILY if model.dimensions.language.qkv_bias]
    parser.add_argument("--size", default="1B", choices=sizes)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        print(json.dumps(_child(options.child[0], Path(options.child[1]))))
        return 0
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    result = measure(_model(options.size).dimensions)
    print(table(result.columns, result.rows))
    print(f"{result.note}\n{machine()}\n{result.ratio:.3g} {result.meaning}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
