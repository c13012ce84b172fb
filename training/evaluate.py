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
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import PIL.Image

from internvl_ui import grounding, load_model
from internvl_ui.conversation import Conversation, Image, Part, Video, assistant, user
from internvl_ui.media.video import frame_indices
from internvl_ui.media.visuals import load_visual
from internvl_ui.model.prompt import build_turns
from internvl_ui.settings import BUNDLED_MODEL
from training import other_hand, questions, several
from training.charts import ask_chart, draw_chart, random_chart
from training.questions import QA
from training.scenes import Clip, Scene, draw, random_clip, random_scene
from training.signs import ask_sign, draw_sign, random_sign
from training.smalltalk import ask_words
from training.unknown import ask_unknown, draw_unknown
from training.words import ENGLISH, LANGUAGES, Language

FORMATS = ("png", "png", "jpg", "webp")


@dataclass(frozen=True, slots=True)
class Case:
    """Files and the questions about them; the last one counts, those before are its history."""

    parts: tuple[Part, ...]
    asked: Sequence[QA]


@dataclass(frozen=True, slots=True)
class Outcome:
    kind: str
    right: bool
    tiles: int
    question: str
    expected: str
    answer: str


Hand = Callable[[Scene, random.Random], PIL.Image.Image]
HANDS: dict[str, Hand] = {"ours": draw, "other": other_hand.draw}


@dataclass(frozen=True, slots=True)
class Studio:
    """Where the files of one kind of cases are made: by whose hand, and in what language the
    questions are."""

    rng: random.Random
    folder: Path
    language: Language
    hand: Hand

    def picture(self, image: PIL.Image.Image, name: str) -> Image:
        path = self.folder / f"{name}.{self.rng.choice(FORMATS)}"
        image.save(path)
        return Image(path, path.name)

    def scene(self, scene: Scene, name: str) -> Image:
        return self.picture(self.hand(scene, self.rng), name)

    def clip(self, clip: Clip, name: str, *, frames: int, fps: int = 8) -> Video:
        """An H.264 file with each scene shown for one frame in ``fps`` a second."""
        path = self.folder / f"{name}.mp4"
        look = self.rng.getrandbits(32)
        drawn = [self.hand(scene, random.Random(look)) for scene in clip.scenes]
        write_clip(drawn, path, fps)
        return Video(path, path.name, frames=frames)


Cases = Callable[[Studio], Iterator[Case]]


def write_clip(drawn: Sequence[PIL.Image.Image], path: Path, fps: int) -> None:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options={"crf": "18"})
        stream.width, stream.height = (side // 2 * 2 for side in drawn[0].size)
        stream.pix_fmt = "yuv420p"
        for image in drawn:
            even = image.crop((0, 0, stream.width, stream.height))
            container.mux(stream.encode(av.VideoFrame.from_image(even)))
        container.mux(stream.encode())


def _scene(*askers: questions.Asker) -> Cases:
    def cases(studio: Studio) -> Iterator[Case]:
        for number in itertools.count():
            scene = random_scene(studio.rng)
            qa = studio.rng.choice(askers)(scene, studio.rng, studio.language)
            if qa is not None:
                yield Case((studio.scene(scene, f"{number}"),), [qa])

    return cases


def _follow_ups(studio: Studio) -> Iterator[Case]:
    for number in itertools.count():
        scene = random_scene(studio.rng)
        asked = questions.ask_in_turn(scene, 3, studio.rng, studio.language)
        about = asked[-1].subject
        if about is not None:
            asked.append(questions.ask_follow_up(scene, about, studio.rng, studio.language))
        yield Case((studio.scene(scene, f"{number}"),), asked)


def _together(studio: Studio) -> Iterator[Case]:
    askers = (questions.ask_colour, questions.ask_shape, questions.ask_where, questions.ask_count)
    for number in itertools.count():
        scene = random_scene(studio.rng)
        first, second = (
            asker(scene, studio.rng, studio.language) for asker in studio.rng.sample(askers, 2)
        )
        if first is not None and second is not None:
            asked = [questions.together(first, second, studio.language)]
            yield Case((studio.scene(scene, f"{number}"),), asked)


def _images(studio: Studio) -> Iterator[Case]:
    for number in itertools.count():
        count = studio.rng.choice((2, 2, 3, 4))
        scenes = [random_scene(studio.rng, count=studio.rng.randint(1, 4)) for _ in range(count)]
        parts = [studio.scene(scene, f"{number}-{k}") for k, scene in enumerate(scenes)]
        yield Case(tuple(parts), [several.ask_images(scenes, studio.rng, studio.language)])


def _pairs(studio: Studio) -> Iterator[Case]:
    for number in itertools.count():
        scenes, qa = several.random_pair(studio.rng, studio.language)
        look = studio.rng.getrandbits(32)
        drawn = [studio.hand(scene, random.Random(look)) for scene in scenes]
        parts = [studio.picture(image, f"{number}-{k}") for k, image in enumerate(drawn)]
        yield Case(tuple(parts), [qa])


def _clips(frames: int, kind: str) -> Cases:
    def cases(studio: Studio) -> Iterator[Case]:
        for number in itertools.count():
            # Twice as many frames as the model gets, so that sampling has something to choose.
            clip = random_clip(studio.rng, frames=2 * frames)
            seen = as_seen(clip, frames)
            if seen is None:
                continue
            asked = several.ask_clip(seen, studio.rng, studio.language)
            if kind == "video":
                asked = asked[:1]
            elif asked[-1].kind != kind:
                continue
            yield Case((studio.clip(clip, f"{number}", frames=frames),), asked)

    return cases


def as_seen(clip: Clip, frames: int) -> Clip | None:
    """The clip as the frames that the model gets show it; None where its event comes after the
    last of them, so that nobody could say what it is."""
    indices = frame_indices(len(clip.scenes), 8.0, segments=frames)
    scenes = tuple(clip.scenes[k] for k in indices)
    if clip.frame is None:
        return replace(clip, scenes=scenes)
    frame = sum(k < clip.frame for k in indices)
    return replace(clip, scenes=scenes, frame=frame) if frame < frames else None


def _signs(studio: Studio) -> Iterator[Case]:
    for number in itertools.count():
        sign = random_sign(studio.rng)
        picture = studio.picture(draw_sign(sign, studio.rng), f"{number}")
        yield Case((picture,), [ask_sign(sign, studio.rng, studio.language)])


def _charts(kind: str) -> Cases:
    def cases(studio: Studio) -> Iterator[Case]:
        for number in itertools.count():
            chart = random_chart(studio.rng)
            qa = ask_chart(chart, studio.rng, studio.language)
            if qa.kind == kind:
                yield Case((studio.picture(draw_chart(chart, studio.rng), f"{number}"),), [qa])

    return cases


def _unknown(studio: Studio) -> Iterator[Case]:
    for number in itertools.count():
        picture = studio.picture(draw_unknown(studio.rng), f"{number}")
        yield Case((picture,), [ask_unknown(studio.rng, studio.language)])


def _words(studio: Studio) -> Iterator[Case]:
    while True:
        yield Case((), [ask_words(studio.rng, studio.language)])


KINDS: dict[str, Cases] = {
    "colour": _scene(questions.ask_colour),
    "shape": _scene(questions.ask_shape),
    "position": _scene(questions.ask_place, questions.ask_where),
    "count": _scene(questions.ask_count),
    "yes-no": _scene(questions.ask_exists),
    "describe": _scene(questions.ask_describe),
    "grounding": _scene(questions.ask_box),
    "follow-up": _follow_ups,
    "together": _together,
    "reading": _signs,
    "chart": _charts("chart"),
    "axis": _charts("axis"),
    "value": _charts("value"),
    "images": _images,
    "difference": _pairs,
    "video": _clips(8, "video"),
    "video-16": _clips(16, "video"),
    "frame": _clips(8, "frame"),
    "unknown": _unknown,
    "words": _words,
}
ON_ONE_SCENE = ("colour", "shape", "position", "count", "yes-no", "describe", "grounding")


def is_right(qa: QA, answer: str) -> bool:
    """Whether ``answer`` says everything that the right one says and nothing else; a box when it
    overlaps the right one by half (intersection over union), a number within its tolerance; of a
    count only the number, not the list before it, and of a video what happens, not its first and
    last picture."""
    if qa.kind == "grounding":
        (place,), boxes = _boxes(qa.answer), _boxes(answer)
        return len(boxes) == 1 and place.overlap(boxes[0]) >= 0.5
    if qa.tolerance:
        right, given = _numbers(qa.answer), _numbers(answer)
        return len(right) == len(given) and all(
            abs(a - b) <= qa.tolerance for a, b in zip(right, given, strict=True)
        )
    if qa.kind == "reading":
        return qa.answer == answer
    if qa.kind in ("count", "video"):
        return _facts(_last_clause(qa.answer)) == _facts(_last_clause(answer))
    return _facts(qa.answer) == _facts(answer)


def _last_clause(text: str) -> str:
    """What a count or an event comes to, without what leads to it."""
    return re.split("[:：]", text)[-1].strip()


def _boxes(text: str) -> list[grounding.Box]:
    return [box for region in grounding.parse(text) for box in region.boxes]


def _numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"\d+(?:\.\d+)?", text)]


def _facts(text: str) -> list[str]:
    """What a sentence says: its clauses in alphabetical order, without articles and case."""
    clauses = re.split(r"[:,.\n：、。和]| and ", text.lower().removeprefix("i see "))
    return sorted(re.sub(r"\b(an?|the)\b ?", "", clause).strip() for clause in clauses)


def answer(model: Any, tokenizer: Any, case: Case) -> tuple[str, int]:
    """(the greedy answer to the case's last question, tiles)."""
    visuals = [
        load_visual(part, tile_size=model.tile_size)
        for part in case.parts
        if isinstance(part, Image | Video)
    ]
    tiles = [picture.tiles for visual in visuals for picture in visual.pictures]
    messages = [user(*case.parts, case.asked[0].question)]
    for before, qa in zip(case.asked, case.asked[1:], strict=False):
        messages += [assistant(before.answer), user(qa.question)]
    turns = build_turns(Conversation(tuple(messages)), [visual.tile_counts for visual in visuals])
    history = [(turn.question, turn.answer) for turn in turns[:-1]]
    text = model.chat(
        tokenizer,
        np.concatenate(tiles) if tiles else None,
        turns[-1].question,
        {"max_new_tokens": 400, "do_sample": False},
        history=history or None,
    )
    return text, sum(map(len, tiles))


def evaluate(
    model: Any,
    tokenizer: Any,
    *,
    kinds: Sequence[str],
    cases: int,
    seed: int,
    language: Language = ENGLISH,
    hand: Hand = draw,
) -> list[Outcome]:
    """``cases`` questions of each kind, on scenes that follow from ``seed`` alone."""
    outcomes = []
    for kind in kinds:
        # Seeds of training are numbers; no text seed equals one.
        rng = random.Random(f"evaluate/{seed}/{kind}/{language.code}")
        with tempfile.TemporaryDirectory() as folder:
            studio = Studio(rng, Path(folder), language, hand)
            for case in itertools.islice(KINDS[kind](studio), cases):
                qa = case.asked[-1]
                text, tiles = answer(model, tokenizer, case)
                right = is_right(qa, text)
                outcomes.append(Outcome(kind, right, tiles, qa.question, qa.answer, text))
    return outcomes


def _share(outcomes: Sequence[Outcome]) -> str:
    right = sum(outcome.right for outcome in outcomes)
    return f"{100 * right / len(outcomes):5.1f} %  ({right} of {len(outcomes)})"


def report(outcomes: Sequence[Outcome], *, mistakes: bool = False) -> None:
    for kind in dict.fromkeys(outcome.kind for outcome in outcomes):
        print(f"{kind:<16}{_share([o for o in outcomes if o.kind == kind])}")
    for low, high in ((1, 1), (2, 5), (6, 9), (10, 13)):
        some = [o for o in outcomes if low <= o.tiles <= high and o.kind in ON_ONE_SCENE]
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
    parser.add_argument("--language", choices=[known.code for known in LANGUAGES], default="en")
    parser.add_argument("--hand", choices=HANDS, default="ours", help="who draws the scenes")
    parser.add_argument("--mistakes", action="store_true", help="print every wrong answer")
    options = parser.parse_args()
    model, tokenizer = load_model(options.model)
    outcomes = evaluate(
        model,
        tokenizer,
        kinds=options.kind or list(KINDS),
        cases=options.cases,
        seed=options.seed,
        language=next(known for known in LANGUAGES if known.code == options.language),
        hand=HANDS[options.hand],
    )
    report(outcomes, mistakes=options.mistakes)


if __name__ == "__main__":
    main()
