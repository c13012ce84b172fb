"""What a checkpoint's folder says about itself, read without torch and without any of its code.

Two layouts exist for the same models: the *original* one (``model_type: internvl_chat``) and the
*hf* one of transformers (``model_type: internvl``).
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from internvl_ui.errors import CheckpointError, Sentence
from internvl_ui.model.architecture import (
    LANGUAGE_MODELS,
    VISION_TOWERS,
    read_hf,
    read_original,
)
from internvl_ui.model.source import Source, find_source

_INDEX = "model.safetensors.index.json"
_SINGLE = "model.safetensors"


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A checkpoint's facts. ``vision`` and ``text`` are keyword arguments of transformers'
    configuration classes (``text`` with its ``model_type``); sizes are in pixels.
    ``weights`` is the name of the weight file, or of the index of several."""

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
    weights: str
    weight_bytes: int

    @property
    def context_length(self) -> int:
        """Tokens that fit into one prompt together with its answer."""
        return int(self.text["max_position_embeddings"])


def read_checkpoint(path_or_id: str | Path, revision: str | None = None) -> Checkpoint:
    """Read config.json and check that every weight file is there; no weight is read.

    ``path_or_id`` is a folder, a weight file in one, or a Hub id, there at ``revision``. Raises
    CheckpointError: nothing there, no or broken config.json, a missing weight file, or an
    architecture that is not an InternVL this package knows.
    """
    source = find_source(path_or_id, revision)
    folder, name = source.folder, source.name
    config = _read_json(folder / "config.json", name)
    kind = config.get("model_type")
    if kind not in ("internvl_chat", "internvl"):
        raise CheckpointError(
            "“{name}” is a checkpoint of kind “{kind}”, not an InternVL; supported are "
            "internvl_chat and internvl (InternVL3, InternVL2.5, InternVL3.5) with a vision tower "
            "{towers[0]} or {towers[1]} and a language model {languages}.",
            name=name,
            kind=kind,
            towers=VISION_TOWERS,
            languages=", ".join(LANGUAGE_MODELS),
        )
    weights, files = _weight_files(source)
    tiling_file = folder / "preprocessor_config.json"
    tiling = _read_json(tiling_file, name) if tiling_file.is_file() else {}
    try:
        original = kind == "internvl_chat"
        facts = read_original(config, name) if original else read_hf(config, tiling, name)
        return Checkpoint(
            folder=folder,
            name=name,
            weights=weights,
            weight_bytes=sum(path.stat().st_size for path in files),
            dtype=str(config.get("torch_dtype") or config.get("dtype") or "bfloat16"),
            **facts,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise CheckpointError(
            "The config.json of “{name}” lacks or garbles a value ({reason}); "
            "download the checkpoint again.",
            name=name,
            reason=str(error),
        ) from error


def first_of(names: Iterable[str]) -> str:
    """The first by the alphabet, and how many more there are: for a sentence."""
    first, *others = sorted(names)
    return Sentence("{first} and {count} more", first=first, count=len(others)) if others else first


def _weight_files(source: Source) -> tuple[str, list[Path]]:
    """The file that stands for the weights, and all files with weights in them."""
    folder, name = source.folder, source.name
    chosen = source.weights or (_INDEX if (folder / _INDEX).is_file() else _SINGLE)
    shards = [chosen]
    if chosen.endswith(".index.json"):
        index = _read_json(folder / chosen, name)
        parts = index.get("weight_map")
        if not isinstance(parts, dict) or not parts:
            raise CheckpointError(
                "The {file} of “{name}” names no weight files; download the checkpoint again.",
                file=chosen,
                name=name,
            )
        if not isinstance(index.get("metadata"), dict):
            raise CheckpointError(
                "The {file} of “{name}” has no metadata, which its reader wants; write "
                '"metadata": {{}} into it.',
                file=chosen,
                name=name,
            )
        shards = sorted({str(shard) for shard in parts.values()})
    # A shard is a plain file name: an index must not lead out of the checkpoint's folder.
    missing = [s for s in shards if Path(s).name != s or not (folder / s).is_file()]
    if missing:
        raise CheckpointError(
            "“{name}” is incomplete: the weight file {files} is missing; "
            "download the checkpoint again (only safetensors files are read).",
            name=name,
            files=first_of(missing),
        )
    return chosen, [folder / shard for shard in shards]


def _read_json(path: Path, name: str) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CheckpointError(
            "“{name}” has no {file}; name the folder that holds a checkpoint.",
            name=name,
            file=path.name,
        ) from None
    except (OSError, ValueError) as error:
        raise CheckpointError(
            "The {file} of “{name}” cannot be read as JSON; download the checkpoint again.",
            file=path.name,
            name=name,
        ) from error
    if not isinstance(content, dict):
        raise CheckpointError(
            "The {file} of “{name}” is not a JSON object.", file=path.name, name=name
        )
    return content
