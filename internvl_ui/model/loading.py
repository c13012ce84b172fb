"""From a checkpoint's folder to a model that is complete, in the wanted precision and place."""

import importlib.util
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import (
    BitsAndBytesConfig,
    GenerationConfig,
    InternVLConfig,
    LlamaConfig,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2Tokenizer,
    Qwen3Config,
)
from transformers.models.internvl import InternVLVisionConfig
from transformers.utils import is_flash_attn_2_available

from internvl_ui.errors import CheckpointError
from internvl_ui.model.chat import InternVLChat
from internvl_ui.model.checkpoint import Checkpoint, read_checkpoint
from internvl_ui.model.prompt import TURN_END, TURN_START, VisualTokens
from internvl_ui.model.sentencepiece import MODEL_FILE, SentencePieceTokenizer

_TEXT_CONFIGS = {"qwen2": Qwen2Config, "qwen3": Qwen3Config, "llama": LlamaConfig}
_DTYPES = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}
# Full prefixes, as bitsandbytes ignores a bare "vision_tower". A quantised tower sees badly.
_NOT_QUANTISED = ["model.vision_tower", "model.multi_modal_projector", "lm_head"]
_LARGE = 1 << 30


def load_model(
    path_or_id: str | Path,
    *,
    dtype: str | torch.dtype = "auto",
    quantization: str | None = None,
    attention: str = "auto",
    device: str = "auto",
) -> tuple[InternVLChat, Any]:
    """Load a checkpoint of either layout, from a folder or the Hub, and its tokenizer.

    ``dtype``: "auto", "float32", "bfloat16", "float16" or torch's own. ``quantization``: None,
    "8bit" or "4bit", which need bitsandbytes. ``attention``: "auto", "sdpa", "eager" or
    "flash_attention_2". ``device``: "auto", "cpu", "cuda", "cuda:1", "mps"; "auto" spreads the
    model over several GPUs if there are.

    No code of the checkpoint is run and only safetensors are read. Raises CheckpointError with
    one sentence if the checkpoint is missing, incomplete, damaged or of an unknown kind; a
    weight that is missing or unexpected is named.
    """
    checkpoint = read_checkpoint(path_or_id)
    tokenizer = load_tokenizer(checkpoint)
    placement = _placement(device)
    wanted = _dtype(dtype, checkpoint, placement)
    arguments: dict[str, Any] = {
        "config": build_config(checkpoint, tokenizer),
        "dtype": wanted,
        "attn_implementation": _attention(attention, placement, wanted),
        "device_map": placement,
        "quantization_config": _quantisation(quantization, wanted),
    }
    try:
        with _quiet_transformers():
            model, report = InternVLChat.from_pretrained(
                checkpoint.folder,
                **arguments,
                use_safetensors=True,
                local_files_only=True,
                trust_remote_code=False,
                output_loading_info=True,
                ignore_mismatched_sizes=True,
            )
    except SafetensorError as error:
        raise CheckpointError(
            f"A weight file of “{checkpoint.name}” is damaged; download the checkpoint again."
        ) from error
    _refuse_incomplete(checkpoint, report)
    # Of use for this load only; a checkpoint saved from the model may have another file.
    del model.config.transformers_weights
    model.system_message = checkpoint.system_message
    # The language model's own end token is another than the one that ends a chat's answer.
    end = tokenizer.convert_tokens_to_ids(TURN_END)
    pad = end if tokenizer.pad_token_id is None else tokenizer.pad_token_id
    model.generation_config = GenerationConfig(eos_token_id=end, pad_token_id=pad)
    return model.eval(), tokenizer


def build_config(checkpoint: Checkpoint, tokenizer: Any) -> InternVLConfig:
    """transformers' configuration; the visual token's id is looked up in ``tokenizer``."""
    text = dict(checkpoint.text)
    text_config = _TEXT_CONFIGS[text.pop("model_type")](
        **text, tie_word_embeddings=checkpoint.tie_word_embeddings
    )
    config = InternVLConfig(
        vision_config=InternVLVisionConfig(**checkpoint.vision),
        text_config=text_config,
        image_token_id=tokenizer.convert_tokens_to_ids(VisualTokens(0).context),
        image_seq_length=checkpoint.tokens_per_tile,
        downsample_ratio=checkpoint.downsample_ratio,
        vision_feature_layer=checkpoint.select_layer,
        tie_word_embeddings=checkpoint.tie_word_embeddings,
        dtype=checkpoint.dtype,
    )
    # The file that was asked for, whatever else lies in the folder.
    config.transformers_weights = checkpoint.weights
    return config


def load_tokenizer(checkpoint: Checkpoint) -> Any:
    """The checkpoint's tokenizer, from its own files and known classes only."""
    folder = checkpoint.folder
    read: Callable[[Path], Any]
    if (folder / "tokenizer.json").is_file():
        read = partial(PreTrainedTokenizerFast.from_pretrained, local_files_only=True)
    elif (folder / "vocab.json").is_file() and (folder / "merges.txt").is_file():
        read = partial(Qwen2Tokenizer.from_pretrained, local_files_only=True)
    elif (folder / MODEL_FILE).is_file():
        if importlib.util.find_spec("sentencepiece") is None:
            raise CheckpointError(
                f"The tokenizer of “{checkpoint.name}” needs sentencepiece; install it with "
                "pip install sentencepiece protobuf."
            )
        read = SentencePieceTokenizer.from_folder
    else:
        raise CheckpointError(
            f"“{checkpoint.name}” has no tokenizer that can be read without its own code "
            "(tokenizer.json, vocab.json with merges.txt, or tokenizer.model); choose its -hf "
            "version."
        )
    try:
        with _quiet_transformers():
            tokenizer = read(folder)
    except Exception as error:
        raise CheckpointError(
            f"The tokenizer of “{checkpoint.name}” is damaged; download the checkpoint again."
        ) from error
    visual = VisualTokens(0)
    added = tokenizer.get_added_vocab()
    for name in (TURN_START, TURN_END, visual.start, visual.context, visual.end):
        if name not in added:
            raise CheckpointError(
                f"The tokenizer of “{checkpoint.name}” lacks the token {name}, so it is not one "
                "of an InternVL chat model."
            )
    return tokenizer


def _placement(device: str) -> str:
    if device != "auto":
        return device
    if torch.cuda.is_available():
        return "auto" if torch.cuda.device_count() > 1 else "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _dtype(dtype: str | torch.dtype, checkpoint: Checkpoint, placement: str) -> torch.dtype:
    if isinstance(dtype, torch.dtype):
        return dtype
    if dtype != "auto":
        if dtype not in _DTYPES:
            raise CheckpointError(f"There is no dtype “{dtype}”; use auto, {', '.join(_DTYPES)}.")
        return _DTYPES[dtype]
    own = _DTYPES.get(checkpoint.dtype, torch.bfloat16)
    if placement == "cpu":
        # Half the bytes make a large model twice as quick, but only where the processor computes
        # with them; a small one gains nothing and keeps float32's precision.
        native = torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
        large = checkpoint.weight_bytes > _LARGE
        return own if own is torch.bfloat16 and native and large else torch.float32
    if own is torch.bfloat16 and torch.cuda.is_available() and not torch.cuda.is_bf16_supported():
        return torch.float16
    return own


def _attention(attention: str, placement: str, dtype: torch.dtype) -> str:
    if attention != "auto":
        return attention
    on_gpu = placement == "auto" or placement.startswith("cuda")
    flash = on_gpu and dtype is not torch.float32 and is_flash_attn_2_available()
    return "flash_attention_2" if flash else "sdpa"


def _quantisation(quantization: str | None, dtype: torch.dtype) -> BitsAndBytesConfig | None:
    if quantization is None:
        return None
    if quantization not in ("8bit", "4bit"):
        raise CheckpointError(f"There is no quantization “{quantization}”; use 8bit or 4bit.")
    if importlib.util.find_spec("bitsandbytes") is None:
        raise CheckpointError(
            f"Quantization {quantization} needs bitsandbytes; install it with "
            "pip install bitsandbytes, or load without quantization."
        )
    if quantization == "8bit":
        return BitsAndBytesConfig(load_in_8bit=True, llm_int8_skip_modules=_NOT_QUANTISED)
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_compute_dtype=dtype,
        llm_int8_skip_modules=_NOT_QUANTISED,
    )


def _refuse_incomplete(checkpoint: Checkpoint, report: dict[str, Any]) -> None:
    mismatched = [key if isinstance(key, str) else key[0] for key in report["mismatched_keys"]]
    for problem, keys in (
        ("lacks", report["missing_keys"]),
        ("has, in another shape than its configuration says,", mismatched),
        ("has, though no part of the model takes it,", report["unexpected_keys"]),
    ):
        if keys:
            first, *others = sorted(keys)
            more = f" and {len(others)} more" if others else ""
            raise CheckpointError(
                f"“{checkpoint.name}” {problem} the weight {first}{more}; "
                "download the checkpoint again."
            )
    if report["error_msgs"]:
        raise CheckpointError(f"“{checkpoint.name}” cannot be loaded: {report['error_msgs'][0]}")


@contextmanager
def _quiet_transformers() -> Iterator[None]:
    """What is wrong with a load is said by our own sentence, not by a table in the log."""
    logger = logging.getLogger("transformers")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
