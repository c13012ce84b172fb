"""From a checkpoint's folder to a model that is complete, in the wanted precision and place."""

import importlib.util
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import (
    GenerationConfig,
    InternVLConfig,
    LlamaConfig,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen2Tokenizer,
    Qwen3Config,
)
from transformers.models.internvl import InternVLVisionConfig

from internvl_ui.errors import CheckpointError
from internvl_ui.model.adapter import add_adapter
from internvl_ui.model.chat import InternVLChat
from internvl_ui.model.checkpoint import Checkpoint, first_of, read_checkpoint
from internvl_ui.model.heap import returned_at_once
from internvl_ui.model.packing import pack
from internvl_ui.model.plan import main_device, plan_devices
from internvl_ui.model.precision import choose_attention, choose_dtype, choose_quantization
from internvl_ui.model.progress import OnProgress, reported
from internvl_ui.model.prompt import TURN_END, TURN_START, VisualTokens
from internvl_ui.model.sentencepiece import MODEL_FILE, SentencePieceTokenizer

_TEXT_CONFIGS = {"qwen2": Qwen2Config, "qwen3": Qwen3Config, "llama": LlamaConfig}


def load_model(
    path_or_id: str | Path,
    *,
    revision: str | None = None,
    adapter: str | Path | None = None,
    dtype: str | torch.dtype = "auto",
    quantization: str | None = None,
    attention: str = "auto",
    device: str = "auto",
    placement: str = "split",
    max_memory: Mapping[int | str, int] | None = None,
    offload_folder: str | Path | None = None,
    packed: bool = False,
    on_progress: OnProgress | None = None,
) -> tuple[InternVLChat, Any]:
    """Load a checkpoint of either layout and its tokenizer.

    ``path_or_id``: a folder, a weight file in one, or a Hub id, there at ``revision``.
    ``adapter``: a LoRA adapter's folder or Hub id. ``dtype``: "auto", "float32", "bfloat16",
    "float16" or torch's own. ``quantization``: None, "8bit" or "4bit", which need bitsandbytes.
    ``attention``: "auto", "sdpa", "eager" or "flash_attention_2".

    ``device``: "auto", "cpu", "cuda", "cuda:1", "mps"; "auto" spreads the model over several GPUs
    if there are, by ``placement``: "split", the model card's way, or "automatic", accelerate's.
    ``packed``: a model that only answers, more quickly on a processor in bf16, and can no longer
    be trained or moved. ``max_memory``: bytes that may be used on each CUDA device by
    number and on "cpu"; by default what is free. ``offload_folder``: what does not fit may lie in
    the host's memory and in this folder. ``on_progress(done, total)`` is called as weights are
    read.

    No code of the checkpoint is run and only safetensors are read. Raises CheckpointError with
    one sentence if the checkpoint is missing, incomplete, damaged, of an unknown kind or too
    large; a weight that is missing or unexpected is named.
    """
    checkpoint = read_checkpoint(path_or_id, revision)
    tokenizer = load_tokenizer(checkpoint)
    config = build_config(checkpoint, tokenizer)
    main = main_device(device)
    wanted = choose_dtype(dtype, checkpoint, main)
    bits = choose_quantization(quantization, wanted, checkpoint)
    arguments: dict[str, Any] = {
        "config": config,
        "dtype": wanted,
        "attn_implementation": choose_attention(attention, main, wanted),
        "quantization_config": bits,
        "device_map": plan_devices(
            checkpoint,
            partial(_shape, config),
            device=device,
            dtype=wanted,
            quantization=quantization,
            placement=placement,
            max_memory=max_memory,
            offload=offload_folder is not None,
        ),
        "offload_folder": offload_folder,
    }
    try:
        shrinks = quantization is not None and main == "cpu"
        with _quiet_transformers(), reported(on_progress), returned_at_once(shrinks):
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
            "A weight file of “{name}” is damaged; download the checkpoint again.",
            name=checkpoint.name,
        ) from error
    _refuse_incomplete(checkpoint, report)
    # Of use for this load only; a checkpoint saved from the model may have another file.
    del model.config.transformers_weights
    model.system_message = checkpoint.system_message
    # The language model's own end token is another than the one that ends a chat's answer.
    end = tokenizer.convert_tokens_to_ids(TURN_END)
    pad = end if tokenizer.pad_token_id is None else tokenizer.pad_token_id
    model.generation_config = GenerationConfig(eos_token_id=end, pad_token_id=pad)
    if adapter is not None:
        add_adapter(model, adapter)
    elif packed and quantization is None:
        pack(model)
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
                "The tokenizer of “{name}” needs sentencepiece; install it with "
                "pip install sentencepiece protobuf.",
                name=checkpoint.name,
            )
        read = SentencePieceTokenizer.from_folder
    else:
        raise CheckpointError(
            "“{name}” has no tokenizer that can be read without its own code "
            "(tokenizer.json, vocab.json with merges.txt, or tokenizer.model); choose its -hf "
            "version.",
            name=checkpoint.name,
        )
    try:
        with _quiet_transformers():
            tokenizer = read(folder)
    except Exception as error:
        raise CheckpointError(
            "The tokenizer of “{name}” is damaged; download the checkpoint again.",
            name=checkpoint.name,
        ) from error
    visual = VisualTokens(0)
    added = tokenizer.get_added_vocab()
    for token in (TURN_START, TURN_END, visual.start, visual.context, visual.end):
        if token not in added:
            raise CheckpointError(
                "The tokenizer of “{name}” lacks the token {token}, so it is not one "
                "of an InternVL chat model.",
                name=checkpoint.name,
                token=token,
            )
    return tokenizer


def _shape(config: InternVLConfig) -> InternVLChat:
    """The model's modules without any weights."""
    with torch.device("meta"):
        return InternVLChat(config)


def _refuse_incomplete(checkpoint: Checkpoint, report: dict[str, Any]) -> None:
    name = checkpoint.name
    if missing := report["missing_keys"]:
        raise CheckpointError(
            "“{name}” lacks the weight {weights}; download the checkpoint again.",
            name=name,
            weights=first_of(missing),
        )
    if mismatched := report["mismatched_keys"]:
        raise CheckpointError(
            "“{name}” has, in another shape than its configuration says, the weight {weights}; "
            "download the checkpoint again.",
            name=name,
            weights=first_of(key if isinstance(key, str) else key[0] for key in mismatched),
        )
    if unexpected := report["unexpected_keys"]:
        raise CheckpointError(
            "“{name}” has, though no part of the model takes it, the weight {weights}; "
            "download the checkpoint again.",
            name=name,
            weights=first_of(unexpected),
        )
    if errors := report["error_msgs"]:
        raise CheckpointError("“{name}” cannot be loaded: {reason}", name=name, reason=errors[0])


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
