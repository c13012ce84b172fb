"""A long answer through the page, as a program reads it, and where its time goes."""

import statistics
import subprocess
import sys
import threading
import time
from collections.abc import AsyncGenerator
from dataclasses import replace

from benchmarks import plain
from benchmarks.measure import Result, Size
from benchmarks.models import model_1b
from internvl_ui.conversation import GenerationOptions
from internvl_ui.engines.base import Event, Request
from internvl_ui.engines.local import LocalEngine
from internvl_ui.settings import read_settings
from internvl_ui.ui.page import build_page
from internvl_ui.ui.serve import serve

WHAT = "512 tokens through the page, to a client that reads the stream"
GOAL = "within 3 % of model.generate's tokens a second, last text within 0.3 s"
_QUESTION = "Tell me a story."
_CLIENT = """
import sys, time
from gradio_client import Client
client = Client(sys.argv[1], verbose=False)
print("ready", flush=True)
for _ in sys.stdin:
    begun = time.time()
    for _ in client.submit(message={"text": sys.argv[2], "files": []}, api_name="/chat"):
        last = time.time()
    client.predict(api_name="/clear")
    print(begun, last, flush=True)
"""


class _Long(LocalEngine):
    """Answers as long as is measured; a program cannot ask for that."""

    tokens = 0

    async def stream(
        self, request: Request, *, stop: threading.Event
    ) -> AsyncGenerator[Event, None]:
        options = GenerationOptions(max_new_tokens=self.tokens)
        async for event in super().stream(replace(request, options=options), stop=stop):
            yield event


def run(size: Size) -> Result:
    model, tokenizer = model_1b(size)
    model.reuse.limit(0)
    tokens = 8 if size.quick else 512
    last_token: list[float] = []
    model.register_forward_hook(lambda *_: last_token.append(time.time()))
    engine = _Long(lambda: (model, tokenizer), name="1B")
    engine.tokens = tokens
    settings = read_settings(["--port", "0"], {})
    page = build_page(engine, settings)
    direct, through, late = [], [], []
    client = subprocess.Popen(
        [sys.executable, "-c", _CLIENT, serve(page, settings), _QUESTION],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert client.stdin is not None and client.stdout is not None
    try:
        client.stdout.readline()
        for _ in range(size.repeats(3)):
            begun = time.time()
            plain.chat(model, tokenizer, None, _QUESTION, {"max_new_tokens": tokens})
            direct.append(tokens / (time.time() - begun))
            last_token.clear()
            client.stdin.write("ask\n")
            client.stdin.flush()
            asked, last = map(float, client.stdout.readline().split())
            through.append(len(last_token) / (last - asked))
            late.append(last - last_token[-1])
    finally:
        client.kill()
        client.communicate()
        page.close()
        engine.close()
    plainly, ours = statistics.median(direct), statistics.median(through)
    return Result(
        ("way", "tokens/s, median", "least", "most", "runs"),
        tuple(
            (name, *(f"{v:.4g}" for v in (statistics.median(r), min(r), max(r))), str(len(r)))
            for name, r in (("model.generate", direct), ("through the page", through))
        ),
        ours / plainly,
        "of model.generate's tokens a second",
        f"The last text came {max(late):.2f} s after the last token at most.",
    )
