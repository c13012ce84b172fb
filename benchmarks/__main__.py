"""``python -m benchmarks`` lists the benchmarks, with names runs them."""

import argparse
import importlib
import json
import os
import re
import sys
import time
from pathlib import Path
from types import ModuleType

from benchmarks.measure import Result, Size, machine, table

NAMES = (
    "follow_up",
    "retry",
    "edit",
    "visitors",
    "first_turn",
    "stream",
    "decode",
    "page_load",
    "pictures",
    "photos",
    "picture",
    "video",
    "strip",
    "start",
    "memory",
    "bundled",
)
RESULTS = Path(__file__).parent / "results"
README = Path(__file__).parent.parent / "README.md"
_TABLE = re.compile(r"(?<=<!-- benchmarks -->\n).*?(?=\n<!-- /benchmarks -->)", re.DOTALL)


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="name", help="which; none lists them all")
    parser.add_argument("--save", action="store_true", help="all, or those named, into results/")
    parser.add_argument("--quick", action="store_true", help="only see whether they run")
    parser.add_argument("--runs", type=int, default=100, help="at most so many of each way")
    parser.add_argument(
        "--processor-time", action="store_true", help="of one thread, where the machine is busy"
    )
    options = parser.parse_args(arguments)
    unknown = sorted(set(options.names) - set(NAMES))
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]}; there are {', '.join(NAMES)}")
    if not options.names and not options.save:
        rows = [(name, _module(name).WHAT, _module(name).GOAL) for name in NAMES]
        print(table(("name", "what", "goal"), rows))
        return 0
    # As many as a user of the model card's code would have.
    os.environ.setdefault("OMP_NUM_THREADS", str(os.cpu_count()))
    if options.processor_time:
        os.environ |= {"BENCHMARKS_CLOCK": "processor", "OMP_NUM_THREADS": "1"}
    for name in options.names or NAMES:
        module = _module(name)
        print(f"{name}: {module.WHAT} (goal: {module.GOAL})", flush=True)
        result: Result = module.run(Size(options.quick, options.runs))
        print(table(result.columns, result.rows))
        if result.note:
            print(result.note)
        print(f"{result.ratio:.3g} {result.meaning}", flush=True)
        if options.save and not options.quick:
            _save(name, module, result)
    return 0


def _module(name: str) -> ModuleType:
    return importlib.import_module(f"benchmarks.{name}")


def _save(name: str, module: ModuleType, result: Result) -> None:
    """One file for each benchmark, and in the README one table of them all."""
    RESULTS.mkdir(exist_ok=True)
    facts = {
        "what": module.WHAT,
        "goal": module.GOAL,
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "machine": machine(),
        "columns": result.columns,
        "rows": result.rows,
        "ratio": result.ratio,
        "meaning": result.meaning,
        "note": result.note,
    }
    text = json.dumps(facts, indent=2, ensure_ascii=False)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    readme = README.read_text(encoding="utf-8")
    README.write_text(_TABLE.sub(lambda _: newest_table(), readme), encoding="utf-8")


def newest_table() -> str:
    """What has been saved last of each benchmark, as Markdown."""
    rows = []
    for name in NAMES:
        if (file := RESULTS / f"{name}.json").is_file():
            saved = json.loads(file.read_text(encoding="utf-8"))
            got = f"{saved['ratio']:.3g} {saved['meaning']}"
            rows.append((name, saved["what"], saved["goal"], got))
    return table(("benchmark", "what", "goal", "measured"), rows)


if __name__ == "__main__":
    sys.exit(main())
