"""Scenes and questions → batches of token ids, tiles and targets, without end.

Pictures go through the same media and prompt code as those of a visitor.
"""

import random
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, fields
from typing import Any, Literal

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, IterableDataset

from internvl_ui.media.tiling import cut_tiles, tile_grid
from internvl_ui.model.pixels import normalise
from internvl_ui.model.prompt import Segment, Slot, Turn, VisualTokens, encode
from training import questions, several
from training.cells import FIELDS, TILE_SIZE, TOKENS_PER_TILE, Mark, cells, scene_marks
from training.charts import ask_chart, draw_chart, random_chart
from training.questions import QA
from training.scenes import Scene, draw, random_clip, random_scene
from training.signs import ask_sign, draw_sign, random_page, random_sign
from training.smalltalk import ask_words
from training.tokenizer import SYSTEM
from training.unknown import ask_unknown, draw_unknown
from training.words import CHINESE, ENGLISH, Language

IGNORE = -100
Stage = Literal["head", "naming", "language", "everything"]
_SYSTEMS = (SYSTEM,) * 8 + ("", "You are a helpful assistant.")


@dataclass(frozen=True, eq=False, slots=True)
class Sample:
    """``ids`` and ``labels`` (n,); ``tiles`` uint8 (t, 112, 112, 3); ``cells`` int8
    (t, 16, fields): what lies under each visual token."""

    ids: list[int]
    labels: list[int]
    tiles: np.ndarray
    cells: np.ndarray


@dataclass(frozen=True, eq=False, slots=True)
class Batch:
    ids: torch.Tensor
    labels: torch.Tensor
    pixels: torch.Tensor
    cells: torch.Tensor

    def to(self, device: str) -> "Batch":
        return Batch(*(getattr(self, field.name).to(device) for field in fields(self)))


_Picture = tuple[Image.Image, Sequence[Mark]]


@dataclass(frozen=True, slots=True)
class _Talk:
    """What a conversation is about: pictures, each with what lies in it, what stands before the
    k-th of them in the prompt, and the questions."""

    pictures: Sequence[_Picture]
    asked: Sequence[QA]
    label: str = ""
    max_tiles: int = 1


_TILES = (1, 2, 4, 6, 12, 12, 12, 12)


def _drawn(scene: Scene, rng: random.Random) -> _Picture:
    return draw(scene, rng), scene_marks(scene)


def _scene(rng: random.Random, language: Language) -> _Talk:
    # Tiles are dear: much is asked about them.
    scene, turns = random_scene(rng), rng.choice((3, 6, 7, 8))
    asked = questions.ask_in_turn(scene, turns, rng, language)
    return _Talk([_drawn(scene, rng)], asked, max_tiles=rng.choice(_TILES))


def _easy(rng: random.Random, language: Language) -> _Talk:
    scene, turns = _easy_scene(rng), rng.choice((1, 4, 5, 6))
    asked = questions.ask_in_turn(scene, turns, rng, language)
    return _Talk([_drawn(scene, rng)], asked)


def _images(rng: random.Random, language: Language) -> _Talk:
    count = rng.choice((2, 2, 2, 2, 3, 4))
    max_tiles = rng.choice((1, 1, 2, 4, 12, 12))
    scenes = [random_scene(rng, count=rng.randint(1, 4)) for _ in range(count)]
    asked = [several.ask_images(scenes, rng, language) for _ in range(rng.choice((1, 4, 5)))]
    return _Talk([_drawn(s, rng) for s in scenes], asked, "Image-{k}: ", max_tiles)


def _pair(rng: random.Random, language: Language) -> _Talk:
    scenes, difference = several.random_pair(rng, language)
    # What is seen in each is what their difference follows from.
    asked = [several.ask_images(scenes, rng, language) for _ in range(rng.choice((1, 2, 3)))]
    asked.insert(rng.choice((0, 0, 1)), difference)
    # One hand drew both.
    look = rng.getrandbits(32)
    drawn = [_drawn(s, random.Random(look)) for s in scenes]
    return _Talk(drawn, asked, "Image-{k}: ", rng.choice((1, 1, 2, 4, 12)))


def _clip(rng: random.Random, language: Language) -> _Talk:
    clip = random_clip(rng, frames=rng.choice((8, 8, 8, 6, 12, 16)))
    # A clip's frames are drawn alike, as one camera would.
    look = rng.getrandbits(32)
    drawn = [_drawn(s, random.Random(look)) for s in clip.scenes]
    asked = several.ask_clip(clip, rng, language)
    seen = [several.ask_frame(clip, rng, language) for _ in range(rng.choice((1, 2, 3)))]
    asked = [*asked, *seen] if rng.random() < 0.7 else [*seen, *asked]
    return _Talk(drawn, asked, "Frame{k}: ")


def _sign(rng: random.Random, language: Language) -> _Talk:
    sign = random_sign(rng)
    return _Talk(
        [(draw_sign(sign, rng), sign.marks())],
        [ask_sign(sign, rng, language)],
        max_tiles=rng.choice(_TILES),
    )


def _chart(rng: random.Random, language: Language) -> _Talk:
    chart = random_chart(rng)
    asked = [ask_chart(chart, rng, language) for _ in range(rng.choice((1, 4, 5)))]
    return _Talk([(draw_chart(chart, rng), chart.marks())], asked, max_tiles=rng.choice(_TILES))


def _unknown(rng: random.Random, language: Language) -> _Talk:
    asked = [ask_unknown(rng, language) for _ in range(rng.choice((1, 2)))]
    return _Talk([(draw_unknown(rng), ())], asked, max_tiles=rng.choice(_TILES))


def _words(rng: random.Random, language: Language) -> _Talk:
    return _Talk((), [ask_words(rng, language) for _ in range(rng.choice((1, 2, 4)))])


@dataclass(frozen=True, slots=True)
class _Kind:
    """Conversations of one kind, and how many of a hundred or so they are in each stage."""

    talk: Callable[[random.Random, Language], _Talk]
    language: int
    everything: int


KINDS = {
    "easy": _Kind(_easy, 12, 4),
    "scene": _Kind(_scene, 20, 20),
    "images": _Kind(_images, 16, 22),
    "pair": _Kind(_pair, 14, 9),
    "clip": _Kind(_clip, 22, 22),
    "sign": _Kind(_sign, 12, 44),
    "chart": _Kind(_chart, 12, 22),
    "unknown": _Kind(_unknown, 3, 4),
    "words": _Kind(_words, 3, 3),
}
"""What can be learned; an easy scene is nearly square and in one tile."""


def random_sample(
    rng: random.Random,
    tokenizer: Any,
    *,
    stage: Stage = "everything",
    kinds: Collection[str] = tuple(KINDS),
) -> Sample:
    """One conversation of one of these ``kinds``, as often as ``stage`` wants each."""
    language = rng.choices((ENGLISH, CHINESE), (7, 3))[0]
    weights = [
        KINDS[kind].language if stage == "language" else KINDS[kind].everything for kind in kinds
    ]
    talk = KINDS[rng.choices(list(kinds), weights)[0]].talk(rng, language)
    asked = list(talk.asked)
    if len(asked) > 1 and talk.pictures and rng.random() < 0.25:
        k = rng.randrange(len(asked) - 1)
        asked[k : k + 2] = [questions.together(asked[k], asked[k + 1], language)]
    if rng.random() < 0.08 and talk.pictures:
        asked.append(ask_words(rng, language))
    opening: list[Segment] = []
    tiles = [np.empty((0, TILE_SIZE, TILE_SIZE, 3), np.uint8)]
    under = [np.empty((0, TOKENS_PER_TILE, len(FIELDS)), np.int8)]
    for number, (image, marks) in enumerate(talk.pictures, 1):
        grid = tile_grid(*image.size, max_tiles=talk.max_tiles, tile_size=TILE_SIZE)
        opening += [talk.label.format(k=number), Slot(grid.tiles), "\n"]
        tiles.append(cut_tiles(image, grid, tile_size=TILE_SIZE))
        under.append(cells(marks, image.size, grid))
    ids, labels = _conversation(rng, tokenizer, opening, asked)
    return Sample(ids, labels, np.concatenate(tiles), np.concatenate(under))


def _easy_scene(rng: random.Random) -> Scene:
    side = rng.randint(112, 200)
    size = side, round(side * rng.uniform(0.8, 1.25))
    return random_scene(rng, size=size, radius=(1 / 10, 1 / 4.5))


_SEEN = {"scene": 25, "sign": 55, "chart": 20}


def naming_sample(rng: random.Random, kinds: Collection[str] = tuple(KINDS)) -> Sample:
    """A picture of one of these ``kinds`` and no words, for learning to see. Scenes are full of
    shapes and mostly nearly square: in a long picture squeezed into one tile, little is left of a
    small shape's outline. Signs in one tile are mostly pages, which have many more letters."""
    weights = {kind: weight for kind, weight in _SEEN.items() if kind in kinds} or {"scene": 1}
    kind = rng.choices(list(weights), list(weights.values()))[0]
    max_tiles = rng.choice((2, 4, 6, 12)) if rng.random() < 0.3 else 1
    image: Image.Image
    marks: Sequence[Mark]
    if kind == "sign":
        page = max_tiles == 1 and rng.random() < 0.75
        sign = random_page(rng) if page else random_sign(rng)
        image, marks = draw_sign(sign, rng), sign.marks()
    elif kind == "chart":
        chart = random_chart(rng)
        image, marks = draw_chart(chart, rng), chart.marks()
    else:
        full = _easy_scene(rng) if max_tiles == 1 else random_scene(rng, count=rng.randint(4, 6))
        image, marks = _drawn(full, rng)
    grid = tile_grid(*image.size, max_tiles=max_tiles, tile_size=TILE_SIZE)
    tiles = cut_tiles(image, grid, tile_size=TILE_SIZE)
    return Sample([], [], tiles, cells(marks, image.size, grid))


def _conversation(
    rng: random.Random, tokenizer: Any, opening: list[Segment], asked: Sequence[QA]
) -> tuple[list[int], list[int]]:
    """Ids of the whole conversation; labels are the ids of the answers, each with its end."""
    turns = [
        Turn((*(opening if k == 0 else ()), questions.sloppy(qa.question, rng)), qa.answer)
        for k, qa in enumerate(asked)
    ]
    visual = VisualTokens(TOKENS_PER_TILE)
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    start = tokenizer.convert_tokens_to_ids("<|im_start|>")
    whole = [*encode(tokenizer, turns, system=rng.choice(_SYSTEMS), visual=visual), end]
    assistant = tokenizer("assistant\n").input_ids
    ids: list[int] = []
    labels: list[int] = []
    answered = iter(asked)
    while whole:
        head = whole[: len(assistant) + 1]
        if head != [start, *assistant]:
            head = whole[:1]
        ids += head
        labels += [IGNORE] * len(head)
        del whole[: len(head)]
        if len(head) > 1:
            last = whole.index(end)
            qa = next(answered)
            answer = [*(_spelled(tokenizer, qa) if qa.spelled else whole[:last]), end]
            ids += answer
            labels += answer
            del whole[: last + 1]
    return ids, labels


def _spelled(tokenizer: Any, qa: QA) -> list[int]:
    """The answer with one token for each character of a word that was read: what is seen are
    characters, and how the tokenizer would join them cannot be."""
    before, _, after = qa.answer.rpartition(qa.spelled)
    parts = (before, *qa.spelled, after)
    return [token for part in parts for token in tokenizer(part).input_ids]


def _collate(samples: Sequence[Sample], pad: int) -> Batch:
    # A multiple of 32, at which a CPU's kernels are twice as fast as at the odd number below.
    longest = -(-max(len(s.ids) for s in samples) // 32) * 32
    return Batch(
        ids=torch.tensor([s.ids + [pad] * (longest - len(s.ids)) for s in samples]),
        labels=torch.tensor([s.labels + [IGNORE] * (longest - len(s.ids)) for s in samples]),
        pixels=normalise(np.concatenate([s.tiles for s in samples])),
        cells=torch.from_numpy(np.concatenate([s.cells for s in samples])).long(),
    )


_NAMING_SHARE = {"head": 1.0, "naming": 1.0, "language": 0.0, "everything": 0.5}
"""How many samples are pictures without words. Letters are learned slowly, and a page of them
has a hundred times as many as a question about a sign and takes a seventh of its time."""


class _Batches(IterableDataset[Batch]):
    """Samples of like length together, so that little of a batch is padding."""

    def __init__(
        self,
        tokenizer: Any,
        seed: int,
        tokens: int,
        tiles: int,
        stage: Stage,
        kinds: Collection[str],
    ) -> None:
        self.tokenizer, self.seed, self.stage, self.kinds = tokenizer, seed, stage, kinds
        self.tokens, self.tiles = tokens, tiles

    def __iter__(self) -> Iterator[Batch]:
        worker = torch.utils.data.get_worker_info()
        rng = random.Random(f"{self.seed}/{worker.id if worker else 0}")
        pad = self.tokenizer.convert_tokens_to_ids("<|endoftext|>")
        while True:
            share = _NAMING_SHARE[self.stage]
            pool = [
                naming_sample(rng, self.kinds)
                if rng.random() < share
                else random_sample(rng, self.tokenizer, stage=self.stage, kinds=self.kinds)
                for _ in range(256)
            ]
            pool.sort(key=lambda s: len(s.ids))
            groups: list[list[Sample]] = [[]]
            for sample in pool:
                group = [*groups[-1], sample]
                tiles = sum(len(s.tiles) for s in group)
                # Tiles are told to their tokens by their order, and some pictures have no tokens.
                mixed = bool(group[0].ids) != bool(sample.ids)
                if mixed or len(group) * len(sample.ids) > self.tokens or tiles > self.tiles:
                    groups.append([sample])
                else:
                    groups[-1] = group
            rng.shuffle(groups)
            for group in groups:
                if sum(len(s.tiles) for s in group):
                    yield _collate(group, pad)


def batches(
    tokenizer: Any,
    *,
    seed: int,
    stage: Stage,
    kinds: Collection[str] = tuple(KINDS),
    tokens: int = 5_000,
    tiles: int = 160,
) -> Iterator[Batch]:
    """Batches for ``stage`` of at most so many tokens and tiles, made in a process of their own;
    without words (0 tokens) when they are for naming only."""
    return iter(
        DataLoader(
            _Batches(tokenizer, seed, tokens, tiles, stage, kinds),
            batch_size=None,
            num_workers=1,
            prefetch_factor=12,
        )
    )
