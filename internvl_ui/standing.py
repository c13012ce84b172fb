"""Which sizes of the family this machine has room for, and which of them are on its disk."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from internvl_ui.catalog import FAMILY, PRECISIONS, Model, Precision, needed_bytes
from internvl_ui.errors import Sentence


@dataclass(frozen=True, slots=True)
class Room:
    """Bytes of the memory that a model would go to. ``place`` is torch's kind of device,
    ``name`` what people call it."""

    free: int
    total: int
    place: str
    name: str

    @property
    def precisions(self) -> tuple[Precision, ...]:
        """Those that can be loaded there: Apple's GPU has no quantised ones."""
        return ("bf16",) if self.place == "mps" else PRECISIONS

    def without(self, held: int) -> "Room":
        """As it is once so many bytes are given back."""
        return replace(self, free=min(self.total, self.free + held))


@dataclass(frozen=True, slots=True)
class Standing:
    """One size on this machine. ``needs``: bytes with an ordinary conversation; ``here``: Hub ids
    whose files are all in the local cache."""

    model: Model
    needs: Mapping[Precision, int]
    here: tuple[str, ...]

    def fitting(self, room: Room) -> tuple[Precision, ...]:
        return tuple(p for p in room.precisions if self.needs[p] <= room.free)

    def least(self, room: Room) -> int:
        """Bytes that are needed at least."""
        return min(self.needs[precision] for precision in room.precisions)


def room() -> Room:
    """Of the GPUs together if there are any, else of the host. Takes as long as torch's import."""
    from internvl_ui.model.devices import gpus, host

    devices = gpus()
    here = [gpu for gpu in devices if gpu.place.startswith("cuda")] or devices[:1] or [host()]
    name = here[0].name if len(here) == 1 else Sentence("{count} GPUs together", count=len(here))
    if name == "processor":
        name = Sentence("this machine's memory, without a GPU")
    return Room(
        free=sum(device.free for device in here),
        total=sum(device.total for device in here),
        place=here[0].place.partition(":")[0],
        name=name,
    )


def standings() -> list[Standing]:
    """The whole family, from the smallest."""
    return [
        Standing(
            model,
            {precision: needed_bytes(model.dimensions, precision) for precision in PRECISIONS},
            tuple(hub_id for hub_id in model.ids if is_here(hub_id)),
        )
        for model in FAMILY
    ]


def downloaded(hub_id: str) -> int:
    """Bytes of an id's files that are in the local cache, those of half a file among them."""
    from huggingface_hub import constants
    from huggingface_hub.file_download import repo_folder_name

    folder = repo_folder_name(repo_id=hub_id, repo_type="model")
    files = (Path(constants.HF_HUB_CACHE) / folder / "blobs").glob("*")
    sizes = 0
    for file in files:
        with suppress(OSError):  # A half one is renamed once it is whole.
            sizes += file.stat().st_size
    return sizes


def is_here(hub_id: str) -> bool:
    """Whether a checkpoint's configuration and all its weights are in the local cache."""
    from huggingface_hub import try_to_load_from_cache

    def found(name: str) -> Path | None:
        path = try_to_load_from_cache(hub_id, name)
        return Path(path) if isinstance(path, str) else None

    if found("config.json") is None:
        return False
    index = found("model.safetensors.index.json")
    if index is None:
        return found("model.safetensors") is not None
    try:
        shards = set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return False
    return all(found(shard) for shard in shards)
