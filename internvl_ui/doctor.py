"""What this machine has, lacks and can run, as text; nothing in it may end in a traceback.

Every section is looked at by itself, so that a broken package costs its own lines only.
"""

import importlib
import importlib.util
import platform
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

from internvl_ui.catalog import FAMILY, PRECISIONS, needed_bytes
from internvl_ui.standing import room

_NEEDED: tuple[str, ...] = (
    "torch",
    "transformers",
    "accelerate",
    "safetensors",
    "tokenizers",
    "gradio",
    "av",
)
_NEEDED += ("pillow", "pillow-heif", "numpy", "sentencepiece", "protobuf", "huggingface-hub")
_OPTIONAL = {
    "bitsandbytes": "for --quantization",
    "peft": "for --adapter",
    "flash-attn": "for --attention flash_attention_2",
    "decord": "for --video-reader decord",
}
_LEAST = {"transformers": (5, 23), "torch": (2, 8), "gradio": (6, 31), "accelerate": (1, 10)}
_CODECS = ("h264", "hevc", "vp9", "av1", "mpeg4")


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    lines: tuple[str, ...]


def examine() -> list[Section]:
    """Everything, in the order in which people ask. Never raises."""
    looked_at: list[tuple[str, Callable[[], list[str]]]] = [
        ("Versions", _versions),
        ("Devices", _devices),
        ("Attention kernels", _attention),
        ("Decoders", _decoders),
        ("Models that fit", _models),
        ("Look out", _warnings),
    ]
    return [Section(title, _safely(look)) for title, look in looked_at]


def as_text(sections: list[Section]) -> str:
    return "\n\n".join(
        "\n".join([section.title, *(f"  {line}" for line in section.lines)]) for section in sections
    )


def _safely(look: Callable[[], list[str]]) -> tuple[str, ...]:
    try:
        return tuple(look())
    except Exception as error:
        return (f"could not be looked at: {type(error).__name__}: {error}",)


def _installed(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _versions() -> list[str]:
    lines = [f"python {platform.python_version()} on {platform.system()} {platform.machine()}"]
    for package in _NEEDED:
        lines.append(f"{package} {_installed(package) or 'is MISSING: pip install ' + package}")
    for package, purpose in _OPTIONAL.items():
        lines.append(f"{package} {_installed(package) or 'not installed'} ({purpose})")
    return lines


def _devices() -> list[str]:
    from internvl_ui.model.devices import gpus, host

    found = [*gpus(), host()]
    lines = [f"{d.place}: {d.name}, {_gb(d.free)} free of {_gb(d.total)}" for d in found]
    return lines if len(found) > 1 else [*lines, "no GPU that torch can use"]


def _attention() -> list[str]:
    from internvl_ui.model.devices import gpus, host
    from internvl_ui.model.precision import lacks_flash

    lines = []
    for device in [*gpus(), host()]:
        lacking = lacks_flash(device.place)
        flash = f"flash_attention_2 needs {lacking}" if lacking else "flash_attention_2"
        lines.append(f"{device.place}: sdpa, eager; {flash}")
    return lines


def _decoders() -> list[str]:
    return [line for look in (_pyav, _pillow) for line in _safely(look)]


def _pyav() -> list[str]:
    import av
    from av.codec import Codec

    there, missing = [], []
    for name in _CODECS:
        try:
            Codec(name, "r")
            there.append(name)
        except (av.FFmpegError, ValueError):  # The second is how PyAV says "unknown codec".
            missing.append(name)
    lines = [f"video (PyAV): {', '.join(there)}"]
    return [*lines, f"video (PyAV) lacks {', '.join(missing)}"] if missing else lines


def _pillow() -> list[str]:
    from PIL import features

    named = {"jpg": "JPEG", "webp": "WebP", "avif": "AVIF"}
    there = [words for feature, words in named.items() if features.check(feature)]
    if importlib.util.find_spec("pillow_heif"):
        there.append("HEIC")
    return [f"images: PNG, GIF, BMP, {', '.join(there)}"]


def _models() -> list[str]:
    here = room()
    free = here.free
    lines = [f"in {_gb(free)} free ({here.name}); what each needs, with an ordinary conversation:"]
    lines.append(f"{'':14}" + "".join(f"{precision:>12}" for precision in PRECISIONS))
    for model in FAMILY:
        row = f"{model.name:14}"
        for precision in PRECISIONS:
            need = needed_bytes(model.dimensions, precision)
            row += f"{_gb(need) + (' yes' if need <= free else '  no'):>12}"
        lines.append(row)
    if here.place == "cpu":
        lines.append("float32, the choice for a processor without bf16, takes twice what bf16 does")
    return lines


def _warnings() -> list[str]:
    """Combinations that are known to fail, each with the way out."""
    from internvl_ui.model.devices import gpus

    cuda = any(device.place.startswith("cuda") for device in gpus())
    found = []
    if shutil.which("nvidia-smi") and not cuda:
        found.append(
            "there is an NVIDIA driver, but this torch does not use it: install the torch build "
            "for your CUDA version (pytorch.org/get-started)"
        )
    if _installed("flash-attn") and not cuda:
        found.append("flash-attn is installed without a CUDA device: sdpa is used")
    if _installed("flash-attn") and not importlib.util.find_spec("flash_attn"):
        found.append(
            "flash-attn does not fit this torch: pip install --force-reinstall "
            "--no-build-isolation flash-attn"
        )
    old = [p for p, least in _LEAST.items() if (own := _installed(p)) and _older(own, least)]
    for package in old:
        least = ".".join(map(str, _LEAST[package]))
        found.append(f"{package} is older than {least}: pip install -U {package}")
    for package in ("sentencepiece", "protobuf"):
        if not _installed(package):
            found.append(f"InternVL3-9B's tokenizer needs {package}: pip install {package}")
    return found or ["nothing known to go wrong"]


def _older(own: str, least: tuple[int, ...]) -> bool:
    numbers = own.split("+")[0].split(".")[: len(least)]
    return tuple(int("".join(c for c in n if c.isdigit()) or 0) for n in numbers) < least


def _gb(count: int) -> str:
    return f"{count / 1e9:.1f} GB"
