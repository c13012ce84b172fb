"""How much memory a checkpoint will need, known before any of it is read.

A load that cannot fit is refused with what would fit, instead of ending in the middle.
"""

from collections.abc import Iterable

from internvl_ui.catalog import (
    FAMILY,
    PRECISIONS,
    Dimensions,
    LanguageDimensions,
    Precision,
    VisionDimensions,
    needed_bytes,
)
from internvl_ui.errors import CheckpointError, Sentence
from internvl_ui.model.checkpoint import Checkpoint

_QKV_BIASED = ("qwen2",)
_QK_NORMED = ("qwen3",)


def dimensions(checkpoint: Checkpoint) -> Dimensions:
    """The catalog's view of any checkpoint."""
    vision, text = checkpoint.vision, checkpoint.text
    kind, heads = text["model_type"], int(text["num_attention_heads"])
    hidden = int(text["hidden_size"])
    biased = bool(text.get("attention_bias", False))
    return Dimensions(
        VisionDimensions(
            hidden=int(vision["hidden_size"]),
            layers=int(vision["num_hidden_layers"]),
            intermediate=int(vision["intermediate_size"]),
            biased_norms=vision.get("norm_type", "layer_norm") == "layer_norm",
            qkv_bias=bool(vision.get("attention_bias", False)),
            qk_norm=bool(vision.get("use_qk_norm", False)),
            image_size=checkpoint.image_size,
            patch_size=int(vision["patch_size"]),
        ),
        LanguageDimensions(
            hidden=hidden,
            layers=int(text["num_hidden_layers"]),
            heads=heads,
            kv_heads=int(text.get("num_key_value_heads") or heads),
            head_size=int(text.get("head_dim") or hidden // heads),
            intermediate=int(text["intermediate_size"]),
            vocabulary=int(text["vocab_size"]),
            qkv_bias=biased or kind in _QKV_BIASED,
            output_bias=biased and kind not in _QKV_BIASED,
            mlp_bias=bool(text.get("mlp_bias", False)),
            qk_norm=kind in _QK_NORMED,
            tied=checkpoint.tie_word_embeddings,
        ),
        shuffle=int(1 / checkpoint.downsample_ratio) ** 2,
    )


def refuse_too_large(
    checkpoint: Checkpoint, precision: Precision, free: int, where: str, *, quantisable: bool
) -> None:
    """Raise CheckpointError with advice if loading and answering needs more than ``free`` bytes.

    ``where`` is the place in words, e.g. "the GPU". ``quantisable``: whether 8-bit and 4-bit can
    be advised there.
    """
    own = dimensions(checkpoint)
    need = needed_bytes(own, precision)
    if need <= free:
        return
    smaller = [p for p in PRECISIONS if quantisable or p == "bf16"]
    advice = [
        Sentence("load it in {precision} ({need})", precision=p, need=_needed(own, p))
        for p in smaller
        if needed_bytes(own, p) < need and needed_bytes(own, p) <= free
    ]
    if not advice and (other := _largest_that_fits(smaller, free)):
        advice = [other]
    raise CheckpointError(
        "“{name}” needs about {need} in {precision}, but {where} has {free} free: {advice}.",
        name=checkpoint.name,
        need=gigabytes(need),
        precision=precision,
        where=where,
        free=gigabytes(free),
        advice=_advice(advice),
    )


def gigabytes(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{count / 1e6:.1f} MB"


def _needed(own: Dimensions, precision: Precision) -> str:
    return gigabytes(needed_bytes(own, precision))


def _largest_that_fits(precisions: Iterable[Precision], free: int) -> Sentence | None:
    for model in reversed(FAMILY):
        for precision in precisions:
            if needed_bytes(model.dimensions, precision) <= free:
                return Sentence(
                    "choose {model}, which needs {need} in {precision}",
                    model=model.name,
                    need=_needed(model.dimensions, precision),
                    precision=precision,
                )
    return None


def _advice(fitting: list[Sentence]) -> Sentence:
    rest = Sentence("give a folder to offload to, close other programs, or use a larger machine")
    return Sentence("{first}, or {rest}", first=fitting[0], rest=rest) if fitting else rest
