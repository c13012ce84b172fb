"""Which part of a model goes to which device: functions of dimensions and memory alone.

A map has transformers' module names as keys and CUDA's numbers, "cpu" or "disk" as values. Two
ways lead to one: ``split_map``, that of the model card, and ``automatic_map``, accelerate's.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from accelerate import infer_auto_device_map
from accelerate.utils import CustomDtype

from internvl_ui.catalog import Parts

Place = int | str
DeviceMap = dict[str, Place]

LAYERS = "model.language_model.layers"
_VISION, _PROJECTOR = "model.vision_tower", "model.multi_modal_projector"
# Small things that belong together: pictures come in, words go out, on one device.
FIRST = (
    _VISION,
    _PROJECTOR,
    "model.language_model.embed_tokens",
    "model.language_model.rotary_emb",
    "model.language_model.norm",
    "lm_head",
)
WHOLE_CLASSES = (
    "InternVLVisionEmbeddings",
    "InternVLVisionLayer",
    "Qwen2DecoderLayer",
    "Qwen3DecoderLayer",
    "LlamaDecoderLayer",
)
"""Modules that compute on one device; a map that splits one cannot run."""


def split_map(layers: int, gpus: int) -> DeviceMap:
    """The model card's way: all but the layers on GPU 0, which for the layers counts as half a
    GPU; the layers in order, so that an answer crosses each border once."""
    device_map: DeviceMap = dict.fromkeys(FIRST, 0)
    shares = [0.5, *[1.0] * (gpus - 1)]
    reached = 0.0
    start = 0
    for gpu, share in enumerate(shares):
        reached += share
        end = round(layers * reached / sum(shares))
        device_map |= {f"{LAYERS}.{layer}": gpu for layer in range(start, end)}
        start = end
    return device_map


def loads(device_map: Mapping[str, Place], parts: Parts) -> dict[Place, int]:
    """Bytes of weights on each device that a ``split_map`` uses."""
    held = {device_map[_VISION]: parts.fixed}
    for name, place in device_map.items():
        if name.startswith(f"{LAYERS}."):
            held[place] = held.get(place, 0) + parts.layer
    return held


def fits(device_map: Mapping[str, Place], parts: Parts, free: Sequence[int], working: int) -> bool:
    """Whether each GPU's share and the memory an answer takes are in its ``free`` bytes."""
    held = loads(device_map, parts)
    return all(size + working <= free[int(place)] for place, size in held.items())


def automatic_map(
    model: Any, memory: Mapping[Place, int], dtype: torch.dtype, quantization: str | None = None
) -> DeviceMap:
    """accelerate's way: each device filled in turn, then "cpu", the rest to "disk".

    ``model`` may be without weights (on the meta device); ``memory`` is in bytes. Quantised
    layers are counted at their size, all else in ``dtype``.
    """
    quantised: Any = {None: dtype, "8bit": torch.int8, "4bit": CustomDtype.INT4}[quantization]
    whole = {
        name: dtype
        for name, parameter in model.named_parameters()
        if not name.startswith(f"{LAYERS}.") or parameter.ndim == 1
    }
    return dict(
        infer_auto_device_map(
            model,
            max_memory=dict(memory),
            no_split_module_classes=list(WHOLE_CLASSES),
            dtype=quantised,
            special_dtypes=whole,
        )
    )


def place_of(device_map: Mapping[str, Place], parameter: str) -> Place | None:
    """The device of a parameter by its longest prefix in the map; None if the map has none."""
    name = parameter
    while name not in device_map:
        if not name:
            return None
        name = name.rpartition(".")[0]
    return device_map[name]
