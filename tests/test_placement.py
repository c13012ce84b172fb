"""Where a model's parts go, for every size of the family on one to eight GPUs."""

from functools import cache
from typing import Any

import pytest
import torch

from internvl_ui.catalog import FAMILY, Model, parts
from internvl_ui.model.chat import InternVLChat
from internvl_ui.model.placement import (
    FIRST,
    LAYERS,
    WHOLE_CLASSES,
    automatic_map,
    fits,
    loads,
    place_of,
    split_map,
)
from tests.family import shape_of

GIB = 1 << 30
SIZES = pytest.mark.parametrize("model", FAMILY, ids=lambda model: model.size)
GPUS = pytest.mark.parametrize("gpus", range(1, 9))


@cache
def shape(size: str) -> InternVLChat:
    (model,) = [model for model in FAMILY if model.size == size]
    return shape_of(model.dimensions)


def refuse_gaps(model: InternVLChat, device_map: dict[str, Any]) -> None:
    """Every parameter has a place, and no module that computes as one has two."""
    for name, module in model.named_modules():
        if type(module).__name__ in WHOLE_CLASSES:
            inside = {place_of(device_map, f"{name}.{p}") for p, _ in module.named_parameters()}
            assert len(inside) == 1, name
    assert all(place_of(device_map, name) is not None for name, _ in model.named_parameters())
    known = {name for name, _ in model.named_modules()} | dict(model.named_parameters()).keys()
    assert set(device_map) <= known


@SIZES
@GPUS
def test_split_leaves_nothing_out_and_splits_nothing(model: Model, gpus: int) -> None:
    layers = model.dimensions.language.layers
    device_map = split_map(layers, gpus)
    refuse_gaps(shape(model.size), device_map)
    assert {device_map[name] for name in FIRST} == {0}
    places = [int(device_map[f"{LAYERS}.{layer}"]) for layer in range(layers)]
    assert places == sorted(places) and set(places) == set(range(gpus))


@SIZES
@GPUS
def test_gpu_0_counts_as_half_a_gpu(model: Model, gpus: int) -> None:
    layers = model.dimensions.language.layers
    places = list(split_map(layers, gpus).values())[len(FIRST) :]
    share = layers / (gpus - 0.5)
    assert abs(places.count(0) - share / 2) <= 1
    assert all(abs(places.count(gpu) - share) <= 1 for gpu in range(1, gpus))


@SIZES
@GPUS
def test_the_load_of_the_gpus_is_the_model(model: Model, gpus: int) -> None:
    sizes = parts(model.dimensions, "bf16")
    held = loads(split_map(sizes.layers, gpus), sizes)
    assert sum(held.values()) == sizes.total
    biggest = max(held.values())
    device_map = split_map(sizes.layers, gpus)
    assert fits(device_map, sizes, [biggest + 5] * gpus, working=5)
    assert not fits(device_map, sizes, [biggest + 4] * gpus, working=5)


@SIZES
@GPUS
@pytest.mark.parametrize("quantization", [None, "8bit", "4bit"])
def test_the_automatic_map(model: Model, gpus: int, quantization: str | None) -> None:
    """24 GiB a GPU, 64 GiB of host memory: small models stay on the GPUs, large ones go on."""
    memory: dict[int | str, int] = {**dict.fromkeys(range(gpus), 24 * GIB), "cpu": 64 * GIB}
    device_map = automatic_map(shape(model.size), memory, torch.bfloat16, quantization)
    refuse_gaps(shape(model.size), device_map)
    size = parts(model.dimensions, quantization or "bf16").total  # type: ignore[arg-type]
    if size < 20e9 * gpus:
        assert set(device_map.values()) <= set(range(gpus))
    if size > 24 * GIB * gpus:
        assert "cpu" in device_map.values()
    if size > 24 * GIB * gpus + 64 * GIB:
        assert "disk" in device_map.values()


def test_unequal_gpus_get_unequal_shares() -> None:
    memory: dict[int | str, int] = {0: 8 * GIB, 1: 24 * GIB}
    device_map = automatic_map(shape("8B"), memory, torch.bfloat16)
    on_first = [name for name, place in device_map.items() if place == 0]
    assert 0 < len(on_first) < len(device_map)
    refuse_gaps(shape("8B"), device_map)


def test_a_place_is_that_of_the_longest_name() -> None:
    device_map: dict[str, int | str] = {"a": 0, "a.b": "cpu"}
    assert place_of(device_map, "a.b.c") == "cpu"
    assert place_of(device_map, "a.d") == 0
    assert place_of(device_map, "e") is None
    assert place_of({"": "disk"}, "e") == "disk"
