"""In which numbers a model computes, and by which attention kernel: chosen by what the device can,
or refused with what it lacks."""

import importlib
import importlib.util
import logging
import sys

import torch
from transformers import BitsAndBytesConfig
from transformers.utils import is_flash_attn_2_available

from internvl_ui.catalog import Precision
from internvl_ui.errors import CheckpointError, Sentence
from internvl_ui.model.attention import GROUPED
from internvl_ui.model.checkpoint import Checkpoint

_DTYPES = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}
# Full prefixes, as bitsandbytes ignores a bare "vision_tower". A quantised tower sees badly.
_NOT_QUANTISED = ["model.vision_tower", "model.multi_modal_projector", "lm_head"]
_QUANTIZATIONS: dict[str, Precision] = {"8bit": "8bit", "4bit": "4bit"}
_LARGE = 1 << 30
# The width of nf4's blocks: a layer of another width has no whole number of them.
_NF4_WIDTH = 64
_AMPERE = 8


def choose_dtype(dtype: str | torch.dtype, checkpoint: Checkpoint, device: str) -> torch.dtype:
    """``dtype`` "auto" is the checkpoint's own where the device computes with it."""
    if isinstance(dtype, torch.dtype):
        return dtype
    if dtype != "auto":
        if dtype not in _DTYPES:
            raise CheckpointError(
                "There is no dtype “{dtype}”; use auto, {known}.",
                dtype=dtype,
                known=", ".join(_DTYPES),
            )
        return _DTYPES[dtype]
    own = _DTYPES.get(checkpoint.dtype, torch.bfloat16)
    if device == "cpu":
        # Half the bytes make a large model twice as quick, but only where the processor computes
        # with them; a small one gains nothing and keeps float32's precision.
        native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
        large = checkpoint.weight_bytes > _LARGE
        return own if own is torch.bfloat16 and native and large else torch.float32
    if own is torch.bfloat16 and torch.cuda.is_available() and not torch.cuda.is_bf16_supported():
        return torch.float16
    return own


def precision(dtype: torch.dtype, quantization: str | None) -> Precision:
    """The catalog's name for what was chosen."""
    if quantization is not None:
        return _QUANTIZATIONS[quantization]
    return "fp32" if dtype is torch.float32 else "bf16"


def choose_attention(attention: str, device: str, dtype: torch.dtype) -> str:
    """ "auto" is flash_attention_2 where it can run, else sdpa; on a processor sdpa that copies no
    keys. Raises CheckpointError if flash_attention_2 is asked for where it cannot run."""
    lacking = lacks_flash(device, dtype)
    if attention == "auto" and device == "cpu":
        return GROUPED
    if attention == "auto":
        return "sdpa" if lacking else "flash_attention_2"
    if attention == "flash_attention_2" and lacking:
        raise CheckpointError(
            "flash_attention_2 needs {lacking}; use --attention sdpa instead.", lacking=lacking
        )
    return attention


def lacks_flash(device: str, dtype: torch.dtype = torch.bfloat16) -> Sentence | None:
    """What flash_attention_2 would need besides what is here; None if nothing."""
    if not device.startswith("cuda"):
        return Sentence("an NVIDIA GPU")
    if dtype is torch.float32:
        return Sentence("half precision (--dtype bfloat16 or float16)")
    if torch.cuda.get_device_capability(device)[0] < _AMPERE:
        return Sentence("a GPU of the Ampere generation or later")
    if not is_flash_attn_2_available():
        return Sentence("flash-attn (pip install flash-attn --no-build-isolation)")
    return None


def choose_quantization(
    quantization: str | None, dtype: torch.dtype, checkpoint: Checkpoint
) -> BitsAndBytesConfig | None:
    """bitsandbytes' configuration. Raises CheckpointError if it is not there or cannot do it."""
    if quantization is None:
        return None
    if quantization not in _QUANTIZATIONS:
        raise CheckpointError(
            "There is no quantization “{quantization}”; use 8bit or 4bit.",
            quantization=quantization,
        )
    if importlib.util.find_spec("bitsandbytes") is None:
        raise CheckpointError(
            "Quantization {quantization} needs bitsandbytes; install it with "
            "pip install bitsandbytes, or load without quantization.",
            quantization=quantization,
        )
    import_bitsandbytes()
    if quantization == "8bit":
        return BitsAndBytesConfig(load_in_8bit=True, llm_int8_skip_modules=_NOT_QUANTISED)
    text = checkpoint.text
    if int(text["hidden_size"]) % _NF4_WIDTH or int(text["intermediate_size"]) % _NF4_WIDTH:
        raise CheckpointError(
            "The layers of “{name}” have a width that is no multiple of {width}, "
            "which 4bit needs; use 8bit.",
            name=checkpoint.name,
            width=_NF4_WIDTH,
        )
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_compute_dtype=dtype,
        llm_int8_skip_modules=_NOT_QUANTISED,
    )


def import_bitsandbytes() -> None:
    """Without the compiled code that it would fetch from the Hub where it finds `kernels`, and
    without the line that it logs at each layer of each token."""
    logging.getLogger("bitsandbytes").setLevel(logging.ERROR)
    if "bitsandbytes" in sys.modules:
        return
    fetcher = sys.modules.get("kernels")
    sys.modules["kernels"] = None  # type: ignore[assignment]
    try:
        importlib.import_module("bitsandbytes")
    finally:
        del sys.modules["kernels"]
        if fetcher is not None:
            sys.modules["kernels"] = fetcher
