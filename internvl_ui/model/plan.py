"""Before a load: on which device or devices, and whether it will fit."""

from collections.abc import Mapping
from typing import Any

import torch

from internvl_ui.catalog import needed_bytes, parts, working_bytes
from internvl_ui.errors import CheckpointError, Sentence
from internvl_ui.model.checkpoint import Checkpoint
from internvl_ui.model.devices import gpus
from internvl_ui.model.memory import dimensions, gigabytes, refuse_too_large
from internvl_ui.model.placement import DeviceMap, Place, automatic_map, fits, split_map
from internvl_ui.model.precision import precision
from internvl_ui.model.store import free_host_memory

PLACEMENTS = ("split", "automatic")


def main_device(device: str) -> str:
    """The device that computes, or the first of several: "auto" is the best there is.

    Raises CheckpointError if the named device is not here.
    """
    if device == "auto":
        found = gpus()
        return found[0].place if found else "cpu"
    kind = device.partition(":")[0]
    here = {place for gpu in gpus() for place in (gpu.place, gpu.place.partition(":")[0])}
    if kind not in ("cpu", "cuda", "mps") or (kind != "cpu" and device not in here):
        known = ", ".join(["cpu", *(gpu.place for gpu in gpus())])
        raise CheckpointError(
            "There is no device “{device}” here; use auto, {known}.", device=device, known=known
        )
    return device


def plan_devices(
    checkpoint: Checkpoint,
    shape: Any,
    *,
    device: str,
    dtype: torch.dtype,
    quantization: str | None,
    placement: str,
    max_memory: Mapping[Place, int] | None,
    offload: bool,
) -> str | DeviceMap:
    """A device's name, or a map over several devices, the host's memory and the disk.

    ``shape`` gives the model without its weights, and is only called where parts must be
    counted. ``device`` is "auto" or a device; ``max_memory`` bytes by CUDA's number and "cpu", by
    default what is free; ``offload``: the host's memory and the disk may hold what does not fit.

    Raises CheckpointError, with advice, if the model would not fit.
    """
    if placement not in PLACEMENTS:
        raise CheckpointError(
            "There is no placement “{placement}”; use split or automatic.", placement=placement
        )
    main, chosen = main_device(device), precision(dtype, quantization)
    own = dimensions(checkpoint)
    memory = dict(max_memory) if max_memory else _free(device, main, offload)
    on_gpus = [place for place in memory if place != "cpu"]
    quantisable = main == "cpu" or main.startswith("cuda")
    if not offload:
        if main == "cpu":
            where = Sentence("this machine")
        else:
            where = Sentence("the GPU") if len(on_gpus) < 2 else Sentence("all GPUs")
        free = sum(memory[place] for place in on_gpus) if on_gpus else memory["cpu"]
        refuse_too_large(checkpoint, chosen, free, where, quantisable=quantisable)
    elif quantization is not None and (free := sum(memory[p] for p in on_gpus or ["cpu"])):
        if needed_bytes(own, chosen) > free:
            raise CheckpointError(
                "“{name}” does not fit in {quantization}, and quantised layers cannot "
                "be offloaded; offload without quantization, or choose a smaller model.",
                name=checkpoint.name,
                quantization=quantization,
            )
    if len(on_gpus) < 2 and (not offload or needed_bytes(own, chosen) <= _first(memory)):
        only = on_gpus[0] if on_gpus else main
        return f"cuda:{only}" if isinstance(only, int) else main
    working = working_bytes(own, chosen)
    if placement == "split" and len(on_gpus) > 1:
        device_map = split_map(own.language.layers, len(on_gpus))
        free_bytes = [memory[gpu] for gpu in on_gpus]
        if fits(device_map, parts(own, chosen), free_bytes, working):
            return {name: on_gpus[int(index)] for name, index in device_map.items()}
    room = {place: max(0, size - working) for place, size in memory.items()}
    device_map = automatic_map(shape(), room, dtype, quantization)
    if not offload and not set(device_map.values()) <= set(on_gpus):
        raise CheckpointError(
            "“{name}” has parts too large for what its GPUs have free ({free}): give a folder to "
            "offload to, use 8bit or 4bit, or choose a smaller model.",
            name=checkpoint.name,
            free=", ".join(gigabytes(memory[gpu]) for gpu in on_gpus),
        )
    return device_map


def _first(memory: Mapping[Place, int]) -> int:
    return next(iter(memory.values()))


def _free(device: str, main: str, offload: bool) -> dict[Place, int]:
    """Free bytes of each place that may be used, the one that computes first."""
    found = gpus()
    if main == "cpu":
        return {"cpu": free_host_memory()}
    used = found if device == "auto" else [gpu for gpu in found if gpu.place.startswith(main)][:1]
    memory: dict[Place, int] = {_number(gpu.place): gpu.free for gpu in used}
    return memory | ({"cpu": free_host_memory()} if offload else {})


def _number(place: str) -> Place:
    """CUDA's devices are counted, Apple's one has a name."""
    kind, _, number = place.partition(":")
    return int(number) if kind == "cuda" and number else kind
