"""Twelve photos that arrived five seconds before Send: when does the vision tower get a tile?"""

import asyncio
import threading
import time

import torch

from benchmarks import media, plain
from benchmarks.measure import Result, Size, take_turns, versus
from benchmarks.models import TINY
from internvl_ui.conversation import Conversation, GenerationOptions, Image, user
from internvl_ui.engines.base import Request
from internvl_ui.engines.local import LocalEngine
from internvl_ui.errors import UserError
from internvl_ui.model.loading import load_model
from internvl_ui.model.reuse import Reuse

WHAT = "12 photos of 12 MP that arrived 5 s before, from Send to the vision tower's first tile"
GOAL = "at least 50 times faster"


class _FirstTile(UserError):
    """The vision tower has got its first tile; nothing behind it is of interest."""


def run(size: Size) -> Result:
    files = [media.photo(number, quick=size.quick) for number in range(2 if size.quick else 12)]
    parts = tuple(Image(file, file.name, max_tiles=12) for file in files)
    # A tiny vision tower will do, as its work is not measured.
    model, tokenizer = load_model(TINY, dtype="float32", device="cpu")
    arrived: list[float] = []
    # A slow device has not got to any tile before Send, a quick one would have seen them all.
    model.see = lambda _: None  # type: ignore[method-assign,assignment]

    def tile(*_: object) -> None:
        arrived.append(time.perf_counter())
        raise _FirstTile

    model.model.vision_tower.register_forward_pre_hook(tile)

    def plainly() -> float:
        arrived.clear()
        begun = time.perf_counter()
        pixels = torch.cat([plain.load_image(file, model.tile_size) for file in files])
        try:
            plain.chat(model, tokenizer, pixels.to(model.dtype), "<image>", {})
        except _FirstTile:
            return arrived[0] - begun
        raise AssertionError("the vision tower got nothing")

    def ours() -> float:
        # Nothing of the round before may be there, neither tiles nor features.
        model.reuse = Reuse()
        engine = LocalEngine(lambda: (model, tokenizer), name="tiny")
        engine.wait_loaded()
        engine.prepare(parts)
        time.sleep(0.5 if size.quick else 5)
        arrived.clear()
        begun = time.perf_counter()
        asyncio.run(_ask(engine, parts))
        engine.close()
        return arrived[0] - begun

    runs = size.repeats()
    return versus(
        take_turns(
            {"decode and tile after Send": plainly, "this project": ours},
            {"decode and tile after Send": runs, "this project": runs},
        )
    )


async def _ask(engine: LocalEngine, parts: tuple[Image, ...]) -> None:
    options = GenerationOptions(max_new_tokens=1)
    request = Request(Conversation((user(*parts, "What do they show?"),)), options)
    async for _ in engine.stream(request, stop=threading.Event()):
        pass
