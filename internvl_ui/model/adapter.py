"""A LoRA adapter in PEFT's format on top of a loaded model.

Its weights may have the names of either layout, with or without the wrappings that the tools for
fine-tuning leave in them. A pair for a fused layer of the original layout becomes three: they
share the narrow matrix, and each gets its rows of the wide one.
"""

import importlib.util
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file

from internvl_ui.errors import CheckpointError
from internvl_ui.model.conversion import FUSED, renamed, split_fused
from internvl_ui.model.source import find_source

_CONFIG, _WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
_PAIR = re.compile(r"(?P<module>.+)\.lora_(?P<side>[AB])\.(?:default\.)?weight")
# What would change the meaning of the pairs, and the value at which it does not.
_PLAIN: Mapping[str, Any] = {"use_dora": False, "fan_in_fan_out": False, "bias": "none"}


@dataclass(frozen=True, slots=True)
class _Pair:
    """Low-rank matrices (rank, inputs) and (outputs, rank) of a module, and their weight."""

    narrow: torch.Tensor
    wide: torch.Tensor
    alpha: float


def add_adapter(model: Any, path_or_id: str | Path) -> None:
    """Put the adapter's layers into ``model``; its class and calls stay the same.

    Raises CheckpointError if peft is not installed, or the adapter is missing, damaged, of
    another kind than LoRA, or made for another model.
    """
    source = find_source(path_or_id)
    name, folder = source.name, source.folder
    if importlib.util.find_spec("peft") is None:
        raise CheckpointError(
            "The adapter “{name}” needs peft; install it with pip install peft, or merge the "
            "adapter into its checkpoint.",
            name=name,
        )
    try:
        config = json.loads((folder / _CONFIG).read_text(encoding="utf-8"))
        weights = load_file(folder / _WEIGHTS)
    except FileNotFoundError as error:
        raise CheckpointError(
            "“{name}” has no {file}, so it is no adapter that can be read (only safetensors are).",
            name=name,
            file=Path(str(error.filename)).name,
        ) from None
    except (OSError, ValueError, SafetensorError) as error:
        raise CheckpointError(
            "The adapter “{name}” is damaged; download it again.", name=name
        ) from error
    _refuse_other_kinds(config, name)
    pairs, replaced = _read(weights, config, model, name)
    _inject(model, pairs, config)
    with torch.no_grad():
        for parameter, value in replaced:
            parameter.copy_(value)


def _refuse_other_kinds(config: dict[str, Any], name: str) -> None:
    kind = config.get("peft_type")
    if kind != "LORA":
        raise CheckpointError(
            "The adapter “{name}” is of kind “{kind}”; supported is LORA.", name=name, kind=kind
        )
    for key, plain in _PLAIN.items():
        if config.get(key, plain) != plain:
            raise CheckpointError(
                "The adapter “{name}” has {key} {value}, which is not supported; merge it "
                "into its checkpoint with the tool that made it.",
                name=name,
                key=key,
                value=config[key],
            )


def _read(
    weights: Mapping[str, torch.Tensor], config: dict[str, Any], model: Any, name: str
) -> tuple[dict[str, _Pair], list[tuple[torch.nn.Parameter, torch.Tensor]]]:
    """Pairs by the model's module names, and parameters that the adapter replaces whole."""
    modules, parameters = dict(model.named_modules()), dict(model.named_parameters())
    sides: dict[str, dict[str, torch.Tensor]] = {}
    pairs: dict[str, _Pair] = {}
    replaced = []
    for key, value in weights.items():
        match = _PAIR.fullmatch(key)
        if match:
            sides.setdefault(match["module"], {})[match["side"]] = value
            continue
        parameter = parameters.get(renamed(_unwrapped(key.replace(".modules_to_save.", "."))))
        if parameter is None or parameter.shape != value.shape:
            raise _misfit(name, key)
        replaced.append((parameter, value))
    for module, pair in sides.items():
        if pair.keys() != {"A", "B"}:
            raise _misfit(name, module)
        alpha = _alpha(config, _unwrapped(module))
        for target, wide in _split(_unwrapped(module), pair["B"], model.config):
            layer = modules.get(target)
            shape = (getattr(layer, "out_features", 0), getattr(layer, "in_features", 0))
            if shape != (wide.shape[0], pair["A"].shape[1]):
                raise _misfit(name, module)
            pairs[target] = _Pair(pair["A"], wide, alpha)
    if not pairs:
        raise CheckpointError("The adapter “{name}” holds no LoRA weights.", name=name)
    return pairs, replaced


def _inject(model: Any, pairs: Mapping[str, _Pair], config: dict[str, Any]) -> None:
    from peft import LoraConfig, inject_adapter_in_model

    lora = LoraConfig(
        target_modules=list(pairs),
        rank_pattern={f"^{re.escape(name)}": pair.narrow.shape[0] for name, pair in pairs.items()},
        alpha_pattern={f"^{re.escape(name)}": pair.alpha for name, pair in pairs.items()},
        use_rslora=bool(config.get("use_rslora", False)),
    )
    inject_adapter_in_model(lora, model)
    modules = dict(model.named_modules())
    with torch.no_grad():
        for name, pair in pairs.items():
            layer: Any = modules[name]
            layer.lora_A["default"].weight.copy_(pair.narrow)
            layer.lora_B["default"].weight.copy_(pair.wide)
    model.requires_grad_(False)


def _alpha(config: dict[str, Any], module: str) -> float:
    for pattern, alpha in (config.get("alpha_pattern") or {}).items():
        if re.match(rf"(.*\.)?({pattern})$", module):
            return float(alpha)
    return float(config.get("lora_alpha", 8))


def _unwrapped(key: str) -> str:
    """Without the names of PEFT's wrappings, wherever in the model they were put."""
    key = re.sub(r"(^|\.)base_model\.model\.", r"\1", key)
    # An adapter that was made for the language model alone.
    return re.sub(r"^model\.(?=layers\.|embed_tokens\.|norm\.)", "language_model.model.", key)


def _split(module: str, wide: torch.Tensor, config: Any) -> Iterator[tuple[str, torch.Tensor]]:
    """The model's module names for one of the adapter's, each with its rows of ``wide``."""
    key = f"{module}."
    for fused, targets in FUSED.items():
        if re.search(fused, key):
            for target, rows in zip(targets, split_fused(key, wide, config), strict=True):
                yield renamed(re.sub(fused, target, key)).removesuffix("."), rows
            return
    yield renamed(key).removesuffix("."), wide


def _misfit(name: str, key: str) -> CheckpointError:
    return CheckpointError(
        "The adapter “{name}” has the weight {key}, which has no place in this model; it was "
        "made for another one.",
        name=name,
        key=key,
    )
