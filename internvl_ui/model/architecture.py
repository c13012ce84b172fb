"""What a config.json says of a model's parts, as keyword arguments of transformers' classes.

Every key that gets through is on a list here, so that nothing else in a config.json can reach the
model's classes. What is not known is refused with its name and the names that are.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from internvl_ui.errors import CheckpointError, Sentence

SYSTEM_MESSAGE = (
    "你是书生·万象，英文名是InternVL，是由上海人工智能实验室、"
    "清华大学及多家合作单位联合开发的多模态大语言模型。"
)

LANGUAGE_MODELS = ("qwen2", "qwen3", "llama", "internlm2", "internlm3")
VISION_TOWERS = ("intern_vit_6b", "internvl_vision")
"""The original layout gives both towers, 300M and 6B, the first name."""

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
_INTERNLM3_DEFAULTS = {"head_dim": 128, "num_key_value_heads": 2, "rms_norm_eps": 1e-5}
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


def read_original(config: dict[str, Any], name: str) -> dict[str, Any]:
    """The original layout's config.json (``internvl_chat``) as fields of ``Checkpoint``."""
    template = config.get("template") or "internvl2_5"
    if template != "internvl2_5":
        raise CheckpointError(
            "“{name}” wants the conversation template “{wanted}”; only internvl2_5 is known, "
            "that of InternVL2.5 and later.",
            name=name,
            wanted=template,
        )
    if config.get("ps_version", "v2") != "v2":
        raise CheckpointError(
            "“{name}” uses pixel shuffle v1; only InternVL2.5 and later load.", name=name
        )
    if config.get("use_backbone_lora") or config.get("use_llm_lora"):
        raise CheckpointError("“{name}” holds unmerged LoRA weights; merge them first.", name=name)
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
            **_vision(vision, _VISION_KEYS, name),
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


def read_hf(config: dict[str, Any], tiling: dict[str, Any], name: str) -> dict[str, Any]:
    """The hf layout's config.json (``internvl``) and preprocessor_config.json, likewise."""
    vision, language = config["vision_config"], config["text_config"]
    image_size, patch_size = (_side(vision[key]) for key in ("image_size", "patch_size"))
    ratio = float(config.get("downsample_ratio", 0.5))
    # Unlike the original layout's, this configuration class ties the embeddings by default.
    tie = config.get("tie_word_embeddings", language.get("tie_word_embeddings", False))
    return {
        "layout": "hf",
        "vision": {
            **_vision(vision, _HF_VISION_KEYS, name),
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


def _vision(vision: dict[str, Any], keys: tuple[str, ...], name: str) -> dict[str, Any]:
    kind, norm = vision.get("model_type", VISION_TOWERS[0]), vision.get("norm_type")
    if kind not in VISION_TOWERS:
        raise unknown(name, Sentence("vision tower"), kind, VISION_TOWERS)
    if norm not in (None, "layer_norm", "rms_norm"):
        raise unknown(name, Sentence("vision tower's norm"), norm, ("layer_norm", "rms_norm"))
    return _pick(vision, keys)


def _text(language: dict[str, Any], name: str) -> dict[str, Any]:
    kind = language["model_type"]
    if kind not in LANGUAGE_MODELS:
        raise unknown(name, Sentence("language model"), kind, LANGUAGE_MODELS)
    if kind == "internlm2":
        language = {**_INTERNLM2_DEFAULTS, **language}
        language["attention_bias"] = language["bias"]
        kind = "llama"
    if kind == "internlm3":
        language = {**_INTERNLM3_DEFAULTS, **_internlm3_biases(language, name)}
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


def _internlm3_biases(language: dict[str, Any], name: str) -> dict[str, Any]:
    """Its own names for what Llama calls attention_bias and mlp_bias; only both or none fit."""
    attention = bool(language.get("qkv_bias", language.get("attention_bias", False)))
    rest = bool(language.get("bias", language.get("mlp_bias", False)))
    if attention != rest:
        raise CheckpointError(
            "The language model of “{name}” is “internlm3 with qkv_bias {attention} and bias "
            "{rest}”; supported are internlm3 with both or neither. Choose another checkpoint, "
            "such as one of the InternVL3 family.",
            name=name,
            attention=attention,
            rest=rest,
        )
    return {**language, "attention_bias": attention, "mlp_bias": rest}


def unknown(name: str, part: Sentence, found: object, known: Sequence[str]) -> CheckpointError:
    """The refusal of a part that this package has no class for."""
    return CheckpointError(
        "The {part} of “{name}” is “{found}”; supported are {known}. "
        "Choose another checkpoint, such as one of the InternVL3 family.",
        part=part,
        name=name,
        found=found,
        known=", ".join(known),
    )


def _pick(source: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    return {key: source[key] for key in keys if source.get(key) is not None}


def _side(size: int | list[int]) -> int:
    return int(size[0] if isinstance(size, list) else size)
