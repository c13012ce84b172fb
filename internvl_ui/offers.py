"""Which checkpoints a visitor may switch to, in which precisions: what the operator and the
catalog name, and this machine has room for. Knows no torch until it looks at the machine.
"""

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from internvl_ui.catalog import Model, Precision, find, needed_bytes
from internvl_ui.engines.switching import Choice
from internvl_ui.errors import CheckpointError
from internvl_ui.settings import BUNDLED_MODEL, Settings
from internvl_ui.standing import Room, Standing

PRECISIONS: dict[str, Precision] = {
    "auto": "bf16",
    "bfloat16": "bf16",
    "float16": "bf16",
    "8bit": "8bit",
    "4bit": "4bit",
}
"""What may be chosen, and what it weighs."""
_QUANTISED = ("8bit", "4bit")


@dataclass(frozen=True, slots=True)
class Offer:
    """``name`` is how people choose it, ``model`` a folder or Hub id. ``precisions``: those that
    fit; without any it cannot be chosen, and ``reason`` says why if that is more than room.
    ``needs``: bytes at least, 0 if only a load can tell; ``download``: bytes, 0 for what is here.
    """

    name: str
    model: str
    precisions: tuple[str, ...]
    needs: int = 0
    download: int = 0
    reason: str = ""

    @property
    def family(self) -> Model | None:
        return find(self.name)


def name_of(settings: Settings) -> str:
    """The name of the settings' checkpoint. Raises CheckpointError for a local one that is
    incomplete; one on the Hub is not looked for."""
    from internvl_ui.model.checkpoint import read_checkpoint

    model = settings.model
    if not Path(model).expanduser().exists() and model.count("/") == 1:
        return model.split("/")[1]
    return read_checkpoint(model, settings.revision).name


def start_choice(settings: Settings) -> Choice:
    """What the command line asks for. Raises as ``name_of`` does."""
    return Choice(name_of(settings), settings.model, settings.quantization or settings.dtype)


def settings_for(choice: Choice, settings: Settings) -> Settings:
    """The settings with which a choice is loaded. A revision and an adapter are for the
    checkpoint of the command line alone."""
    quantised = choice.precision in _QUANTISED
    own = choice.model == settings.model
    return replace(
        settings,
        model=choice.model,
        revision=settings.revision if own else None,
        adapter=settings.adapter if own else None,
        dtype=settings.dtype if quantised else choice.precision,
        quantization=choice.precision if quantised else None,
    )


def offers(settings: Settings, family: Sequence[Standing], room: Room) -> list[Offer]:
    """The checkpoint of the command line, those of the operator's folder, the one that comes with
    this program, and the family's, in this order and each name once. ``room``: how it is without
    the model that answers now."""
    own = Path(settings.model).expanduser()
    folders = [own, BUNDLED_MODEL]
    if settings.models_folder is not None:
        kept = sorted(Path(settings.models_folder).expanduser().iterdir())
        folders[1:1] = [folder for folder in kept if (folder / "config.json").is_file()]
    ids = [(standing.here or standing.model.ids)[0] for standing in family]
    found = [_of_folder(folder, room) for folder in folders if folder.exists()]
    found += [_of_hub(hub_id, family, room) for hub_id in ids]
    if own.exists():
        # As it was written, since that is what the revision and the adapter go by.
        found[0] = replace(found[0], model=settings.model)
    else:
        found.insert(0, _of_hub(settings.model, family, room))
    by_name: dict[str, Offer] = {}
    for offer in found:
        by_name.setdefault(offer.name, offer)
    return list(by_name.values())


def chosen(name: str, precision: str, offered: Sequence[Offer]) -> Choice | None:
    """What a visitor chose, if it is one of those."""
    for offer in offered:
        if offer.name == name and precision in offer.precisions:
            return Choice(name, offer.model, precision)
    return None


def _of_folder(folder: Path, room: Room) -> Offer:
    from internvl_ui.model.checkpoint import read_checkpoint
    from internvl_ui.model.memory import dimensions

    try:
        checkpoint = read_checkpoint(folder)
    except CheckpointError as error:
        return Offer(folder.name, str(folder), (), reason=error.sentence)
    own = dimensions(checkpoint)
    needs = {precision: needed_bytes(own, precision) for precision in room.precisions}
    fitting = _named([precision for precision in needs if needs[precision] <= room.free])
    return Offer(checkpoint.name, str(folder), fitting, min(needs.values()))


def _of_hub(hub_id: str, family: Sequence[Standing], room: Room) -> Offer:
    name = hub_id.rsplit("/", 1)[-1]
    known = find(hub_id)
    if known is None:
        return Offer(name, hub_id, _named(room.precisions))
    (standing,) = (standing for standing in family if standing.model == known)
    download = 0 if hub_id in standing.here else known.memory("bf16")
    fitting = _named(standing.fitting(room))
    return Offer(name, hub_id, fitting, standing.least(room), download)


def _named(precisions: Sequence[Precision]) -> tuple[str, ...]:
    can_quantise = importlib.util.find_spec("bitsandbytes") is not None
    return tuple(
        name
        for name, precision in PRECISIONS.items()
        if precision in precisions and (can_quantise or name not in _QUANTISED)
    )
