"""What a checkpoint's folder says about itself, read without torch and without any of its code.

Two layouts exist for the same models: the *original* one (``model_type: internvl_chat``) and the
*hf* one of transformers (``model_type: internvl``). Both are read through a whitelist of keys, so
that nothing else in a config.json can reach the model's classes.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from internvl_ui.errors import CheckpointError

SYSTEM_MESSAGE = (
    "你是书生·万象，英文名是InternVL，是由上海人工智能实验室、"
    "清华大学及多家合作单位联合开发的多模态大语言模型。"
)

LANGUAGE_MODELS = ("qwen2", "qwen3", "llama", "internlm2")

# Read from the language model's part of config.json; anything else there is ignored.
_TEXT_KEYS = (
    "vocab_size",
    "hidden_size",
    "intermediate_size",
    "num_hidden_layers",
    "num_attention_heads",
    "num_key_value_heads",
    "head_dim",
    "hidden_act",
    "max_position_embeddings",
    "rms_norm_eps",
    "attention_bias",
    "mlp_bias",
    "use_sliding_window",
    "sliding_window",
    "max_window_layers",
    "layer_types",
)
# InternLM2's own defaults where they differ from those of Llama, which it becomes here.
_INTERNLM2_DEFAULTS = {"max_position_embeddings": 2048, "bias": True}
_VISION_KEYS = (
    "hidden_size",
    "num_hidden_layers",
    "num_attention_heads",
    "intermediate_size",
    "hidden_act",
    "norm_type",
    "layer_norm_eps",
    "patch_size",
    "num_channels",
)
_HF_VISION_KEYS = (
    *_VISION_KEYS,
    "attention_bias",
    "use_qk_norm",
    "use_absolute_position_embeddings",
    "use_mean_pooling",
)
_FILES_WANTED = ["*.json", "*.safetensors", "*.txt", "tokenizer.model"]
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint's facts. ``vision`` and ``text`` are keyword arguments of transformers'
    configuration classes (``text`` with its ``model_type``); sizes are in pixels."""

    folder: Path
    name: str
    layout: Literal["original", "hf"]
    vision: Mapping[str, Any]
    text: Mapping[str, Any]
    tie_word_embeddings: bool
    image_size: int
    tokens_per_tile: int
    downsample_ratio: float
    select_layer: int
    min_tiles: int
    max_tiles: int
    thumbnail: bool
    system_message: str
    dtype: str
    weight_bytes: int

    @property
    def context_length(self) -> int:
        """Tokens that fit into one prompt together with its answer."""
        return int(self.text["max_position_embeddings"])


def find_checkpoint(path_or_id: str | Path) -> Path:
    """The local folder of a checkpoint, after a download if ``path_or_id`` is a Hub id.

    Raises CheckpointError if there is no such folder and no such id, or it cannot be fetched.
    """
    folder = Path(path_or_id).expanduser()
    if folder.is_dir():
        return folder
    if folder.exists():
        raise CheckpointError(f"“{folder.name}” is a file; name the folder of a checkpoint.")
    if not _HUB_ID.fullmatch(str(path_or_id)):
        raise CheckpointError(
            f"There is no checkpoint folder “{folder.name}”; check the path, "
            "or give a Hugging Face id such as OpenGVLab/InternVL3-1B."
        )
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    try:
        return Path(snapshot_download(str(path_or_id), allow_patterns=_FILES_WANTED))
    except LocalEntryNotFoundError:
        reason = "is neither a folder here nor in the local cache, and the Hub cannot be reached"
    except HfHubHTTPError:
        reason = "is neither a folder here nor a checkpoint that the Hub lets you read"
    except OSError:
        reason = "could not be downloaded; check the network and the free disk space"
    raise CheckpointError(f"“{path_or_id}” {reason}.")


def read_checkpoint(path_or_id: str | Path) -> Checkpoint:
    """Read config.json and check that every weight file is there; no weight is read.

    Raises CheckpointError: no folder, no or broken config.json, a missing weight file, or an
    architecture that is not an InternVL this package knows.
    """
    folder = find_checkpoint(path_or_id)
    name = folder.name if Path(path_or_id).expanduser().is_dir() else str(path_or_id)
    config = _read_json(folder / "config.json", name)
    kind = config.get("model_type")
    if kind not in ("internvl_chat", "internvl"):
        raise CheckpointError(
            f"“{name}” is a checkpoint of kind “{kind}”, not an InternVL; choose an InternVL3, "
            "InternVL2.5 or InternVL3.5 checkpoint."
        )
    weight_bytes = sum(path.stat().st_size for path in _weight_files(folder, name))
    try:
        facts = _original(config, name) if kind == "internvl_chat" else _hf(config, folder, name)
        return Checkpoint(
            folder=folder,
            name=name,
            weight_bytes=weight_bytes,
            dtype=str(config.get("torch_dtype") or config.get("dtype") or "bfloat16"),
            **facts,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(
            f"The config.json of “{name}” lacks or garbles a value ({error}); "
            "download the checkpoint again."
        ) from error


def _original(config: dict[str, Any], name: str) -> dict[str, Any]:
    template = config.get("template") or "internvl2_5"
    if template != "internvl2_5":
        raise CheckpointError(
            f"“{name}” wants the conversation template “{template}”; only internvl2_5 is known, "
            "that of InternVL2.5 and later."
        )
    if config.get("ps_version", "v2") != "v2":
        raise CheckpointError(f"“{name}” uses pixel shuffle v1; only InternVL2.5 and later load.")
    if config.get("use_backbone_lora") or config.get("use_llm_lora"):
        raise CheckpointError(f"“{name}” holds unmerged LoRA weights; merge them first.")
    vision, language = config["vision_config"], config["llm_config"]
    # The vision configuration often keeps another size from before fine-tuning.
    image_size = int(config.get("force_image_size") or vision["image_size"])
    patch_size = int(vision["patch_size"])
    ratio = float(config.get("downsample_ratio", 0.5))
    system = config.get("system_message")
    tie = language.get("tie_word_embeddings", config.get("tie_word_embeddings", False))
    return {
        "layout": "original",
        "vision": {
            **_pick(vision, _VISION_KEYS),
            "image_size": image_size,
            "attention_bias": bool(vision.get("qkv_bias", False)),
            "use_qk_norm": bool(vision.get("qk_normalization", False)),
        },
        "text": _text(language, name),
        "tie_word_embeddings": bool(tie),
        "image_size": image_size,
        "tokens_per_tile": int((image_size // patch_size) ** 2 * ratio**2),
        "downsample_ratio": ratio,
        "select_layer": int(config.get("select_layer", -1)),
        "min_tiles": int(config.get("min_dynamic_patch", 1)),
        "max_tiles": int(config.get("max_dynamic_patch", 12)),
        "thumbnail": bool(config.get("use_thumbnail", True)),
        "system_message": SYSTEM_MESSAGE if system is None else str(system),
    }


def _hf(config: dict[str, Any], folder: Path, name: str) -> dict[str, Any]:
    vision, language = config["vision_config"], config["text_config"]
    image_size, patch_size = (_side(vision[key]) for key in ("image_size", "patch_size"))
    ratio = float(config.get("downsample_ratio", 0.5))
    tiling_file = folder / "preprocessor_config.json"
    tiling = _read_json(tiling_file, name) if tiling_file.is_file() else {}
    # Unlike the original layout's, this configuration class ties the embeddings by default.
    tie = config.get("tie_word_embeddings", language.get("tie_word_embeddings", False))
    return {
        "layout": "hf",
        "vision": {
            **_pick(vision, _HF_VISION_KEYS),
            "image_size": image_size,
            "patch_size": patch_size,
        },
        "text": _text(language, name),
        "tie_word_embeddings": bool(tie),
        "image_size": image_size,
        "tokens_per_tile": int((image_size // patch_size) ** 2 * ratio**2),
        "downsample_ratio": ratio,
        "select_layer": int(config.get("vision_feature_layer", -1)),
        "min_tiles": int(tiling.get("min_patches", 1)),
        "max_tiles": int(tiling.get("max_patches", 12)),
        "thumbnail": True,
        "system_message": SYSTEM_MESSAGE,
    }


def _text(language: dict[str, Any], name: str) -> dict[str, Any]:
    kind = language["model_type"]
    if kind not in LANGUAGE_MODELS:
        raise CheckpointError(
            f"The language model of “{name}” is of kind “{kind}”; known are "
            f"{', '.join(LANGUAGE_MODELS)}."
        )
    if kind == "internlm2":
        language = {**_INTERNLM2_DEFAULTS, **language}
        language["attention_bias"] = language["bias"]
        kind = "llama"
    text = {**_pick(language, _TEXT_KEYS), "model_type": kind}
    rope = language.get("rope_parameters") or language.get("rope_scaling") or {}
    rope = {key: value for key, value in rope.items() if key != "type"} | {
        "rope_type": rope.get("rope_type") or rope.get("type") or "default"
    }
    if "rope_theta" in language:
        rope.setdefault("rope_theta", float(language["rope_theta"]))
    text["rope_parameters"] = rope
    for key in ("vocab_size", "hidden_size", "num_hidden_layers", "max_position_embeddings"):
        text[key] = int(text[key])
    return text


def _weight_files(folder: Path, name: str) -> list[Path]:
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        shards = sorted(set(_read_json(index, name)["weight_map"].values()))
    else:
        shards = ["model.safetensors"]
    # A shard is a plain file name: an index must not lead out of the checkpoint's folder.
    missing = [s for s in shards if Path(s).name != s or not (folder / s).is_file()]
    if missing:
        more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
        raise CheckpointError(
            f"“{name}” is incomplete: the weight file {missing[0]}{more} is missing; "
            "download the checkpoint again (only safetensors files are read)."
        )
    return [folder / shard for shard in shards]


def _read_json(path: Path, name: str) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckpointError(
            f"“{name}” has no {path.name}; name the folder that holds a checkpoint."
        ) from None
    except (OSError, ValueError) as error:
        raise CheckpointError(
            f"The {path.name} of “{name}” cannot be read as JSON; download the checkpoint again."
        ) from error
    if not isinstance(content, dict):
        raise CheckpointError(f"The {path.name} of “{name}” is not a JSON object.")
    return content


def _pick(source: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: source[key] for key in keys if source.get(key) is not None}


def _side(size: int | list[int]) -> int:
    return int(size[0] if isinstance(size, list) else size)
