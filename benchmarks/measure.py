"""Taking turns, medians, tables, and what machine it was."""

import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

Way = Callable[[], float]
"""Does its work once and returns the seconds (or bytes) that count, preparations left out."""


@dataclass(frozen=True)
class Size:
    """How much is measured. ``quick`` only shows that a benchmark runs: tiny and once. ``runs``:
    at most so many of each way."""

    quick: bool = False
    runs: int = 100

    def repeats(self, wanted: int = 5) -> int:
        return 1 if self.quick else min(wanted, self.runs)


@dataclass(frozen=True)
class Result:
    """``ratio`` is plain divided by ours unless ``meaning`` says otherwise."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    ratio: float
    meaning: str
    note: str = ""


def seconds(work: Callable[[], object]) -> float:
    now = time.process_time if processor_time() else time.perf_counter
    begun = now()
    work()
    return now() - begun


def processor_time() -> bool:
    """Whether the processor's time counts instead of the clock's: on a busy machine, where a
    thread waits for its turn more than it works. Then there is only one, as those that wait for
    each other are busy too."""
    return os.environ.get("BENCHMARKS_CLOCK") == "processor"


def take_turns(ways: Mapping[str, Way], repeats: Mapping[str, int]) -> dict[str, list[float]]:
    """Each way as often as ``repeats`` says, one after the other and round again, so that a busy
    machine is busy for all of them."""
    taken: dict[str, list[float]] = {name: [] for name in ways}
    for round_ in range(max(repeats.values())):
        for name, way in ways.items():
            if round_ < repeats[name]:
                taken[name].append(way())
    return taken


def versus(taken: Mapping[str, Sequence[float]], *, note: str = "") -> Result:
    """The first way against the second, by their medians."""
    plain, ours = taken.values()
    ratio = statistics.median(plain) / statistics.median(ours)
    return Result(
        ("way", "median", "least", "most", "runs"),
        tuple(
            (name, *map(in_seconds, (statistics.median(values), min(values), max(values))), str(n))
            for name, values in taken.items()
            for n in [len(values)]
        ),
        ratio,
        "times faster",
        note,
    )


def in_seconds(value: float) -> str:
    return f"{value:.3g} s" if value >= 1 else f"{value * 1000:.3g} ms"


def in_bytes(value: float) -> str:
    return f"{value / 1e6:,.0f} MB"


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """As Markdown, its columns aligned."""
    widths = [max(map(len, cells)) for cells in zip(columns, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        return f"| {' | '.join(padded)} |"

    rule = f"| {' | '.join('-' * width for width in widths)} |"
    return "\n".join([line(columns), rule, *map(line, rows)])


def machine() -> str:
    """The processor, its cores and load, the GPU, and the versions that matter."""
    import torch

    name = platform.processor() or platform.machine()
    try:
        for text in Path("/proc/cpuinfo").read_text().splitlines():
            if text.startswith("model name"):
                name = text.split(":", 1)[1].strip()
                break
    except OSError:
        pass
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "no GPU"
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"
    packages = ", ".join(f"{p} {version(p)}" for p in ("torch", "transformers", "pillow", "av"))
    where = f"{name}, {os.cpu_count()} cores ({load}), {gpu}"
    clock = "processor time of one thread" if processor_time() else "clock time"
    return f"{where}, {clock}; Python {platform.python_version()}, {packages}"
