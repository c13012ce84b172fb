"""Where a checkpoint is: a folder, a file in one, or an id on the Hub at some revision."""

import re
from dataclasses import dataclass
from pathlib import Path

from internvl_ui.errors import CheckpointError

# No code, no pickles.
_FILES_WANTED = ["*.json", "*.safetensors", "*.txt", "tokenizer.model"]
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*/[\w.-]+")


@dataclass(frozen=True, slots=True)
class Source:
    """``name`` is for people and has no server path; ``weights`` is the weight file (or index)
    that was asked for by its own name, None for the folder's standard one."""

    folder: Path
    name: str
    weights: str | None = None


def find_source(path_or_id: str | Path, revision: str | None = None) -> Source:
    """A folder, a file in a checkpoint's folder, or a Hub id, which is downloaded.

    ``revision`` is a branch, tag or commit on the Hub. Raises CheckpointError if there is no such
    folder, file or id, it cannot be fetched, or a local one is given a revision.
    """
    path = Path(path_or_id).expanduser()
    if path.exists():
        if revision is not None:
            raise CheckpointError(
                "“{name}” is on this machine and has no revision “{revision}”; leave the "
                "revision out, or give a Hugging Face id.",
                name=path.name,
                revision=revision,
            )
        return Source(path, path.name) if path.is_dir() else _of_file(path)
    if not _HUB_ID.fullmatch(str(path_or_id)):
        raise CheckpointError(
            "There is no checkpoint folder “{name}”; check the path, "
            "or give a Hugging Face id such as OpenGVLab/InternVL3-1B.",
            name=path.name,
        )
    return Source(_download(str(path_or_id), revision), str(path_or_id))


def _of_file(file: Path) -> Source:
    folder = file.absolute().parent
    if not (folder / "config.json").is_file():
        raise CheckpointError(
            "“{name}” is a file without a config.json beside it; name the folder of a "
            "checkpoint, or a weight file in one.",
            name=file.name,
        )
    if file.name.endswith((".safetensors", ".safetensors.index.json")):
        # Naming one shard of several means all of them: the index knows the others.
        index = folder / "model.safetensors.index.json"
        shard = re.search(r"-\d{5}-of-\d{5}\.safetensors$", file.name) and index.is_file()
        return Source(folder, folder.name, None if shard else file.name)
    if file.suffix == ".json":
        return Source(folder, folder.name)
    raise CheckpointError(
        "“{name}” is a file that is no safetensors file, and no other kind is read; convert "
        "the weights to safetensors.",
        name=file.name,
    )


def _download(hub_id: str, revision: str | None) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import (
        HfHubHTTPError,
        LocalEntryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        return Path(snapshot_download(hub_id, revision=revision, allow_patterns=_FILES_WANTED))
    except LocalEntryNotFoundError:
        raise CheckpointError(
            "“{name}” is neither a folder here nor in the local cache, and the Hub cannot be "
            "reached.",
            name=hub_id,
        ) from None
    except RevisionNotFoundError:
        raise CheckpointError(
            "“{name}” has no revision “{revision}” on the Hub.", name=hub_id, revision=revision
        ) from None
    except HfHubHTTPError:
        raise CheckpointError(
            "“{name}” is neither a folder here nor a checkpoint that the Hub lets you read.",
            name=hub_id,
        ) from None
    except OSError:
        raise CheckpointError(
            "“{name}” could not be downloaded; check the network and the free disk space.",
            name=hub_id,
        ) from None
