"""The InternVL3 family as data: names, parts, dimensions, and the memory that they add up to.

Knows no torch, so that a page or a check can talk about models that are not here. The sums hold
for any InternVL whose ``Dimensions`` are known.
"""

from dataclasses import dataclass
from typing import Literal

Precision = Literal["fp32", "bf16", "8bit", "4bit"]
"""fp16 weighs what bf16 does; 8bit and 4bit are bitsandbytes'."""
PRECISIONS: tuple[Precision, ...] = ("bf16", "8bit", "4bit")

ORGANISATION = "OpenGVLab"
VARIANTS = ("", "-Instruct", "-hf")
"""The plain checkpoint, the one before preference training, and the plain one's other layout."""

CONTEXT_LENGTH = 32768
TILE_SIZE = 448
TOKENS_PER_TILE = 256

_QUANTISED_BYTES = {"8bit": 1.0, "4bit": 0.5}
# nf4 keeps one float32 for each block of so many weights, 8-bit one for each row.
_NF4_BLOCK = 64
_SCALE_BYTES = 4
# What an ordinary conversation with pictures takes, and the vision tower at a time.
_ORDINARY_TOKENS = 4096
_TILES_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class VisionDimensions:
    """``biased_norms``: layer norm with a bias (InternViT-300M), not RMS norm (InternViT-6B)."""

    hidden: int
    layers: int
    intermediate: int
    biased_norms: bool
    qkv_bias: bool
    qk_norm: bool
    image_size: int = TILE_SIZE
    patch_size: int = 14


@dataclass(frozen=True, slots=True)
class LanguageDimensions:
    """``qk_norm``: norms of one head's size on queries and keys, as Qwen3 has them."""

    hidden: int
    layers: int
    heads: int
    kv_heads: int
    head_size: int
    intermediate: int
    vocabulary: int
    qkv_bias: bool
    output_bias: bool = False
    mlp_bias: bool = False
    qk_norm: bool = False
    tied: bool = False


@dataclass(frozen=True, slots=True)
class Dimensions:
    """``shuffle``: neighbouring patches whose features become one visual token, 4 by default."""

    vision: VisionDimensions
    language: LanguageDimensions
    shuffle: int = 4


@dataclass(frozen=True, slots=True)
class Parts:
    """Bytes of a model's parts; ``layer`` is one of the language model's ``layers``.

    ``head`` is 0 where the embeddings serve as head too.
    """

    vision: int
    projector: int
    embeddings: int
    layer: int
    layers: int
    norm: int
    head: int

    @property
    def fixed(self) -> int:
        """All but the layers: what stays together on the first device."""
        return self.vision + self.projector + self.embeddings + self.norm + self.head

    @property
    def total(self) -> int:
        return self.fixed + self.layer * self.layers


@dataclass(frozen=True, slots=True)
class Model:
    """One size of the family. Its checkpoints share everything but their weights' values."""

    size: str
    vision_tower: str
    language_model: str
    dimensions: Dimensions
    context_length: int = CONTEXT_LENGTH

    @property
    def name(self) -> str:
        return f"InternVL3-{self.size}"

    @property
    def ids(self) -> tuple[str, ...]:
        """Hub ids: plain, ``-Instruct`` and ``-hf``."""
        return tuple(f"{ORGANISATION}/{self.name}{variant}" for variant in VARIANTS)

    def memory(self, precision: Precision) -> int:
        """Bytes of the weights; an answer needs ``working_bytes`` on top."""
        return parts(self.dimensions, precision).total


def parts(dimensions: Dimensions, precision: Precision, whole_bytes: int | None = None) -> Parts:
    """Bytes of each part at a precision. Vision tower, projector, embeddings, norms and head
    are never quantised; ``whole_bytes`` is what a value of them takes, by default as in bf16."""
    vision, language = dimensions.vision, dimensions.language
    whole = _whole_bytes(precision) if whole_bytes is None else whole_bytes
    shuffled = vision.hidden * dimensions.shuffle
    projector = 2 * shuffled + _linear(shuffled, language.hidden, True)
    projector += _linear(language.hidden, language.hidden, True)
    embeddings = language.vocabulary * language.hidden
    return Parts(
        vision=_vision_parameters(vision) * whole,
        projector=projector * whole,
        embeddings=embeddings * whole,
        layer=_layer_bytes(language, precision, whole),
        layers=language.layers,
        norm=language.hidden * whole,
        head=0 if language.tied else embeddings * whole,
    )


def cache_bytes(dimensions: Dimensions, tokens: int, precision: Precision) -> int:
    """Bytes of the keys and values of so many tokens, in the precision of the computation."""
    language = dimensions.language
    values = 2 * language.layers * language.kv_heads * language.head_size * tokens
    return values * _whole_bytes(precision)


def working_bytes(dimensions: Dimensions, precision: Precision) -> int:
    """Bytes that an ordinary answer takes besides the weights: the keys and values of a
    conversation with a dozen tiles or so, and what the vision tower holds of a slice of tiles."""
    vision = dimensions.vision
    patches = (vision.image_size // vision.patch_size) ** 2 + 1
    # In one layer: input, norm, query, key, value and output, and both sides of the middle.
    values = patches * (6 * vision.hidden + 2 * vision.intermediate)
    slice_bytes = _TILES_AT_ONCE * values * _whole_bytes(precision)
    return cache_bytes(dimensions, _ORDINARY_TOKENS, precision) + slice_bytes


def needed_bytes(dimensions: Dimensions, precision: Precision) -> int:
    """Bytes to load a model and have it answer."""
    return parts(dimensions, precision).total + working_bytes(dimensions, precision)


def find(name: str) -> Model | None:
    """The family's model of this Hub id or name, any variant; None for others."""
    own = name.removeprefix(f"{ORGANISATION}/")
    for model in FAMILY:
        if own in {f"{model.name}{variant}" for variant in VARIANTS}:
            return model
    return None


def _whole_bytes(precision: Precision) -> int:
    return 4 if precision == "fp32" else 2


def _linear(inputs: int, outputs: int, bias: bool) -> int:
    return inputs * outputs + outputs * bias


def _vision_parameters(vision: VisionDimensions) -> int:
    hidden = vision.hidden
    patches = (vision.image_size // vision.patch_size) ** 2
    embeddings = _linear(3 * vision.patch_size**2, hidden, True) + hidden + (patches + 1) * hidden
    norms = 2 * hidden * (2 if vision.biased_norms else 1) + 2 * hidden * vision.qk_norm
    layer = (
        _linear(hidden, 3 * hidden, vision.qkv_bias)
        + _linear(hidden, hidden, True)
        + _linear(hidden, vision.intermediate, True)
        + _linear(vision.intermediate, hidden, True)
        + norms
        + 2 * hidden  # Layer scale.
    )
    return embeddings + vision.layers * layer


def _layer_bytes(language: LanguageDimensions, precision: Precision, whole: int) -> int:
    hidden, ffn = language.hidden, language.intermediate
    queries, keys = language.heads * language.head_size, language.kv_heads * language.head_size
    shapes = [
        (hidden, queries, language.qkv_bias),
        *[(hidden, keys, language.qkv_bias)] * 2,
        (queries, hidden, language.output_bias),
        *[(hidden, ffn, language.mlp_bias)] * 2,
        (ffn, hidden, language.mlp_bias),
    ]
    weights = sum(inputs * outputs for inputs, outputs, _ in shapes)
    rows = sum(outputs for _, outputs, _ in shapes)
    kept = sum(outputs for _, outputs, bias in shapes if bias) + 2 * hidden
    kept += 2 * language.head_size * language.qk_norm
    if precision not in _QUANTISED_BYTES:
        return (weights + kept) * whole
    scales = rows if precision == "8bit" else weights // _NF4_BLOCK
    quantised = int(weights * _QUANTISED_BYTES[precision]) + scales * _SCALE_BYTES
    return quantised + kept * whole


_VIT_300M = VisionDimensions(1024, 24, 4096, biased_norms=True, qkv_bias=True, qk_norm=False)
_VIT_6B = VisionDimensions(3200, 45, 12800, biased_norms=False, qkv_bias=False, qk_norm=True)
_SMALL, _LARGE = "InternViT-300M-448px-V2_5", "InternViT-6B-448px-V2_5"


def _qwen(hidden: int, layers: int, heads: int, kv_heads: int, ffn: int) -> LanguageDimensions:
    return LanguageDimensions(
        hidden, layers, heads, kv_heads, hidden // heads, ffn, vocabulary=151674, qkv_bias=True
    )


_INTERNLM3 = LanguageDimensions(4096, 48, 32, 2, 128, 10240, vocabulary=128512, qkv_bias=False)

FAMILY = tuple(
    Model(size, tower, language, Dimensions(_VIT_300M if tower == _SMALL else _VIT_6B, dimensions))
    for size, tower, language, dimensions in (
        ("1B", _SMALL, "Qwen2.5-0.5B", _qwen(896, 24, 14, 2, 4864)),
        ("2B", _SMALL, "Qwen2.5-1.5B", _qwen(1536, 28, 12, 2, 8960)),
        ("8B", _SMALL, "Qwen2.5-7B", _qwen(3584, 28, 28, 4, 18944)),
        ("9B", _SMALL, "internlm3-8b-instruct", _INTERNLM3),
        ("14B", _SMALL, "Qwen2.5-14B", _qwen(5120, 48, 40, 8, 13824)),
        ("38B", _LARGE, "Qwen2.5-32B", _qwen(5120, 64, 40, 8, 27648)),
        ("78B", _LARGE, "Qwen2.5-72B", _qwen(8192, 80, 64, 8, 29568)),
    )
)
