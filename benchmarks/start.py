"""From the command to the first page and to the first answer."""

import contextlib
import re
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator

from benchmarks.measure import Result, Size, in_seconds
from benchmarks.models import ROOT, TINY
from internvl_ui.settings import BUNDLED_MODEL

WHAT = "command to the first page served, and to the first answer"
GOAL = "page within 4 s, answer within 9 s"


def run(size: Size) -> Result:
    from gradio_client import Client

    bundled = (BUNDLED_MODEL / "config.json").is_file()
    model = BUNDLED_MODEL if bundled else TINY
    pages, answers = [], []
    for _ in range(size.repeats()):
        begun = time.perf_counter()
        with _app(str(model)) as address:
            urllib.request.urlopen(address, timeout=60).read()
            pages.append(time.perf_counter() - begun)
            client = Client(address, verbose=False)
            message = {"text": "Hello", "files": []}
            next(iter(client.submit(message=message, api_name="/chat")))
            answers.append(time.perf_counter() - begun)
            client.close()
    rows = [
        (
            name,
            *map(in_seconds, (statistics.median(taken), min(taken), max(taken))),
            str(len(taken)),
        )
        for name, taken in (("first page", pages), ("first words of an answer", answers))
    ]
    note = "" if bundled else "The bundled model is not there; a tiny one took its place."
    columns = ("until", "median", "least", "most", "runs")
    return Result(columns, tuple(rows), statistics.median(pages), "s to the first page", note)


@contextlib.contextmanager
def _app(model: str) -> Iterator[str]:
    """The page as its own process, as soon as it says where it is."""
    command = [sys.executable, "app.py", "--port", "0", "--model", model]
    app = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    try:
        assert app.stdout is not None
        for line in app.stdout:
            if address := re.search(r"http://\S+", line):
                yield address[0]
                break
        else:
            raise RuntimeError("the page did not start")
    finally:
        app.terminate()
        app.communicate()
