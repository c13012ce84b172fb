"""The commands that compare and measure the ways of loading."""

from pathlib import Path

import torch

from benchmarks import loading, vectors
from benchmarks.checkpoints import _shards, write_random
from benchmarks.measure import Size
from internvl_ui import load_model
from internvl_ui.catalog import FAMILY, parts
from internvl_ui.model.checkpoint import read_checkpoint
from internvl_ui.model.memory import dimensions


def test_random_weights_in_the_original_layout(tmp_path: Path) -> None:
    """What is measured has exactly the dimensions that are said."""
    torch.set_num_threads(1)
    model, tokenizer = load_model(write_random(tmp_path, loading._TINY), device="cpu")
    assert dimensions(read_checkpoint(tmp_path)) == loading._TINY
    real = sum(parameter.nbytes for parameter in model.parameters())
    assert real == parts(loading._TINY, "fp32").total
    answer = model.chat(tokenizer, torch.randn(1, 3, 56, 56), "What?", {"max_new_tokens": 2})
    assert isinstance(answer, str)


def test_real_dimensions() -> None:
    shards = list(_shards(loading._model("1B").dimensions))
    sizes = [torch.Size(shape).numel() for shard in shards for shape in shard.values()]
    assert 2 * sum(sizes) == FAMILY[0].memory("bf16")


def test_every_way_within_its_tolerance() -> None:
    result = vectors.run(Size(quick=True))
    assert result.ratio == 1
    ways = [row[0] for row in result.rows]
    assert ways[:4] == [
        "original layout",
        "hf layout",
        "offloaded to the host's memory",
        "offloaded to disk",
    ]
