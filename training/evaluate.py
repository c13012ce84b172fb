"""``python -m training.evaluate``: accuracy of the bundled model on scenes it has never seen.

The real way: pictures and clips are written as files, read, cut and asked about exactly as a
visitor's are. An answer is right when it says everything the right answer says; of a
description, every object with its place, in any order.
"""

import argparse
import itertools
import random
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np

from internvl_ui import load_model
from internvl_ui.conversation import Conversation, Image, Part, Video, user
from internvl_ui.media.visuals import load_visual
from internvl_ui.model.prompt import build_turns
from internvl_ui.settings import BUNDLED_MODEL
from training import questions
from training.questions import QA
from training.scenes import Clip, Scene, draw, random_clip, random_scene

Case = tuple[tuple[Part, ...], QA]
FORMATS = ("png", "png", "jpg", "webp")


@dataclass(frozen=True, slots=True)
class Outcome:
    kind: str
    right: bool
    tiles: int
    question: str
    expected: str
    answer: str


def write_picture(scene: Scene, folder: Path, name: str, rng: random.Random) -> Image:
    path = folder / f"{name}.{rng.choice(FORMATS)}"
    draw(scene, rng).save(path)
    return Image(path, path.name)


def write_clip(clip: Clip, path: Path, rng: random.Random, *, fps: int = 8) -> Video:
    """An H.264 file with each scene shown for one frame in ``fps`` a second."""
    look = rng.getrandbits(32)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options={"crf": "18"})
        stream.width = clip.scenes[0].width // 2 * 2
        stream.height = clip.scenes[0].height // 2 * 2
        stream.pix_fmt = "yuv420p"
        for scene in clip.scenes:
            pixels = np.asarray(draw(scene, random.Random(look)))
            frame = av.VideoFrame.from_ndarray(
                np.ascontiguousarray(pixels[: stream.height, : stream.width]), format="rgb24"
            )
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return Video(path, path.name, frames=8)


def _one_image(
    ask: Callable[[Scene, random.Random], QA | None], rng: random.Random, folder: Path
) -> Iterator[Case]:
    for number in itertools.count():
        scene = random_scene(rng)
        qa = ask(scene, rng)
        if qa is not None:
            yield (write_picture(scene, folder, f"scene-{number}", rng),), qa


def _images(rng: random.Random, folder: Path) -> Iterator[Case]:
    for number in itertools.count():
        scenes = [
            random_scene(rng, count=rng.randint(1, 4)) for _ in range(rng.choice((2, 2, 3, 4)))
        ]
        parts = tuple(
            write_picture(scene, folder, f"scene-{number}-{k}", rng)
            for k, scene in enumerate(scenes)
        )
        yield parts, questions.ask_images(scenes, rng)


def _clips(rng: random.Random, folder: Path) -> Iterator[Case]:
    for number in itertools.count():
        # Twice as many frames as the model gets, so that sampling has something to choose.
        clip = random_clip(rng, frames=16)
        video = write_clip(clip, folder / f"clip-{number}.mp4", rng)
        yield (video,), questions.ask_clip(clip, rng)


def _words(rng: random.Random, folder: Path) -> Iterator[Case]:
    while True:
        yield (), questions.ask_words(rng)


def _ask(*askers: questions.Asker) -> Callable[[random.Random, Path], Iterator[Case]]:
    def cases(rng: random.Random, folder: Path) -> Iterator[Case]:
        return _one_image(lambda scene, r: r.choice(askers)(scene, r), rng, folder)

    return cases


KINDS: dict[str, Callable[[random.Random, Path], Iterator[Case]]] = {
    "colour": _ask(questions.ask_colour),
    "shape": _ask(questions.ask_shape),
    "position": _ask(questions.ask_place, questions.ask_where),
    "count": _ask(questions.ask_count),
    "yes-no": _ask(questions.ask_exists),
    "describe": _ask(questions.ask_describe),
    "images": _images,
    "video": _clips,
    "words": _words,
}


def is_right(kind: str, expected: str, answer: str) -> bool:
    """Whether ``answer`` says everything that ``expected`` says and nothing else; of a count,
    only the number counts, not the list before it."""
    if kind == "count":
        expected, answer = (text.rsplit(":")[-1].strip() for text in (expected, answer))
    return _facts(expected) == _facts(answer)


def _facts(text: str) -> list[str]:
    """What a sentence says: its clauses in alphabetical order, without articles and case."""
    clauses = re.split(r"[:,.\n]| and ", text.lower().removeprefix("i see "))
    return sorted(re.sub(r"\b(an?|the)\b ?", "", clause).strip() for clause in clauses)


def answer(model: Any, tokenizer: Any, parts: Sequence[Part], question: str) -> tuple[str, int]:
    """(the greedy answer, tiles) for one question about ``parts``."""
    conversation = Conversation((user(*parts, question),))
    visuals = [
        load_visual(part, tile_size=model.tile_size)
        for part in parts
        if isinstance(part, Image | Video)
    ]
    tiles = [picture.tiles for visual in visuals for picture in visual.pictures]
    counts = [visual.tile_counts for visual in visuals]
    (turn,) = build_turns(conversation, counts)
    text = model.chat(
        tokenizer,
        np.concatenate(tiles) if tiles else None,
        turn.question,
        {"max_new_tokens": 400, "do_sample": False},
    )
    return text, sum(map(len, tiles))


def evaluate(
    model: Any, tokenizer: Any, *, kinds: Sequence[str], cases: int, seed: int
) -> list[Outcome]:
    """``cases`` questions of each kind, on scenes that follow from ``seed`` alone."""
    outcomes = []
    for kind in kinds:
        # Seeds of training are numbers; no text seed equals one.
        rng = random.Random(f"evaluate/{seed}/{kind}")
        with tempfile.TemporaryDirectory() as folder:
            for parts, qa in itertools.islice(KINDS[kind](rng, Path(folder)), cases):
                text, tiles = answer(model, tokenizer, parts, qa.question)
                right = is_right(kind, qa.answer, text)
                outcomes.append(Outcome(kind, right, tiles, qa.question, qa.answer, text))
    return outcomes


def _share(outcomes: Sequence[Outcome]) -> str:
    right = sum(outcome.right for outcome in outcomes)
    return f"{100 * right / len(outcomes):5.1f} %  ({right} of {len(outcomes)})"


def report(outcomes: Sequence[Outcome], *, mistakes: bool = False) -> None:
    for kind in dict.fromkeys(outcome.kind for outcome in outcomes):
        print(f"{kind:<16}{_share([o for o in outcomes if o.kind == kind])}")
    for low, high in ((1, 1), (2, 5), (6, 9), (10, 13)):
        some = [
            o
            for o in outcomes
            if low <= o.tiles <= high and o.kind not in ("images", "video", "words")
        ]
        if some:
            name = f"{low} tile" if low == high else f"{low}-{high} tiles"
            print(f"{name:<16}{_share(some)}")
    if mistakes:
        for o in outcomes:
            if not o.right:
                print(
                    f"- [{o.tiles} tiles] {o.question}\n  right: {o.expected}\n  said:  {o.answer}"
                )
    print(f"{'overall':<16}{_share(outcomes)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", default=str(BUNDLED_MODEL))
    parser.add_argument("--kind", action="append", choices=list(KINDS), help="default: all")
    parser.add_argument("--cases", type=int, default=200, help="questions of each kind")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--mistakes", action="store_true", help="print every wrong answer")
    options = parser.parse_args()
    model, tokenizer = load_model(options.model)
    outcomes = evaluate(
        model,
        tokenizer,
        kinds=options.kind or list(KINDS),
        cases=options.cases,
        seed=options.seed,
    )
    report(outcomes, mistakes=options.mistakes)


if __name__ == "__main__":
    main()
