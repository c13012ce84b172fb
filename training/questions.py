"""Questions about one drawn scene and their only right answers, in every language.

Every answer follows from the scene's data. A question is asked only where one answer is
right: "Where is the red circle?" never of a scene with two red circles.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from training.scenes import CELLS, COLOURS, SHAPES, Scene, Shape, box_of
from training.words import ENGLISH, Language, capital

PLACES = tuple(place for row in CELLS for place in row)


@dataclass(frozen=True, slots=True)
class QA:
    kind: str
    question: str
    answer: str
    subject: Shape | None = None
    """The one object that the question names, for "it" in the next question."""
    tolerance: float = 0.0
    """How far a number in the answer may be off."""
    spelled: str = ""
    """The part of the answer that was read, character by character."""


def describe(scene: Scene, language: Language = ENGLISH) -> str:
    """Every object with its place, in reading order of the nine cells, then left to right; and
    how many that makes, last: a count is easier to write down after the list than before."""
    return _listed_and_counted(scene, scene.shapes, language.anything, language)


def _listed_and_counted(
    scene: Scene, shapes: Sequence[Shape], name: str, language: Language
) -> str:
    return language.say["describe" if len(shapes) > 1 else "describe-one"].format(
        list=listed_at(scene, shapes, language),
        number=language.numbers[len(shapes)],
        name=name,
        plural=language.plural_of(name),
    )


def listed_at(scene: Scene, shapes: Sequence[Shape], language: Language = ENGLISH) -> str:
    """These shapes of the scene, each with its place, in reading order."""
    objects = sorted(shapes, key=lambda s: (*scene.cell(s), s.x))
    return language.listed(
        [
            language.say["at"].format(
                a=language.a(_name(s, language)), place=language.places[scene.place(s)]
            )
            for s in objects
        ]
    )


def contents(scene: Scene, language: Language = ENGLISH) -> str:
    objects = sorted(scene.shapes, key=lambda s: (*scene.cell(s), s.x))
    return _listed(objects, language, "contents")


def _listed(objects: list[Shape], language: Language, template: str) -> str:
    names = language.listed([language.a(_name(s, language)) for s in objects])
    return language.say[template].format(list=capital(names))


def _name(s: Shape, language: Language) -> str:
    return language.name(s.shape, s.colour)


def _only(scene: Scene, *, shape: str | None = None, colour: str | None = None) -> list[Shape]:
    return [
        s
        for s in scene.shapes
        if (shape is None or s.shape == shape) and (colour is None or s.colour == colour)
    ]


def ask_colour(scene: Scene, rng: random.Random, language: Language = ENGLISH) -> QA | None:
    unique = [s for s in scene.shapes if len(_only(scene, shape=s.shape)) == 1]
    if not unique:
        return None
    s = rng.choice(unique)
    fields = {"shape": language.shapes[s.shape], "colour": language.colours[s.colour]}
    return _qa("colour", "colour", "colour", rng, language, s, **fields)


def ask_shape(scene: Scene, rng: random.Random, language: Language = ENGLISH) -> QA | None:
    unique = [s for s in scene.shapes if len(_only(scene, colour=s.colour)) == 1]
    if not unique:
        return None
    s = rng.choice(unique)
    shape = language.shapes[s.shape]
    fields = {"colour": language.colours[s.colour], "shape": shape, "a": language.a(shape)}
    return _qa("shape", "shape", "shape", rng, language, s, **fields)


def ask_place(scene: Scene, rng: random.Random, language: Language = ENGLISH) -> QA:
    full = [scene.place(s) for s in scene.shapes]
    place = rng.choice(full if rng.random() < 0.85 else PLACES)
    objects = sorted((s for s in scene.shapes if scene.place(s) == place), key=lambda s: s.x)
    if any(b.x - a.x < 2 for a, b in zip(objects, objects[1:], strict=False)):
        return ask_place(scene, rng, language)
    question = rng.choice(language.ask["place"]).format(place=language.places[place])
    answer = _listed(objects, language, "place") if objects else language.say["nothing"]
    return QA("position", question, answer, objects[0] if len(objects) == 1 else None)


def ask_where(scene: Scene, rng: random.Random, language: Language = ENGLISH) -> QA | None:
    s = _one_of_its_kind(scene, rng)
    if s is None:
        return None
    bare = rng.random() < 0.3 and len(_only(scene, shape=s.shape)) == 1
    name = language.name(s.shape, None if bare else s.colour)
    place = language.places[scene.place(s)]
    return _qa("position", "where", "where", rng, language, s, name=name, place=place)


def ask_box(scene: Scene, rng: random.Random, language: Language = ENGLISH) -> QA | None:
    """Corners left, top, right, bottom in thousandths of the picture."""
    s = _one_of_its_kind(scene, rng)
    if s is None:
        return None
    value = ", ".join(str(edge) for edge in box_of(s, scene))
    name = _name(s, language)
    return _qa("grounding", "box", "box", rng, language, s, name=name, value=value)


def _one_of_its_kind(scene: Scene, rng: random.Random) -> Shape | None:
    unique = [s for s in scene.shapes if len(_only(scene, shape=s.shape, colour=s.colour)) == 1]
    return rng.choice(unique) if unique else None


def ask_count(scene: Scene, rng: random.Random, language: Language = ENGLISH) -> QA:
    by = rng.choice(("all", "colour", "shape", "both"))
    present = rng.choice(scene.shapes) if rng.random() < 0.8 else None
    shape = colour = None
    if by in ("shape", "both"):
        shape = present.shape if present else rng.choice(SHAPES)
    if by in ("colour", "both"):
        colour = present.colour if present else rng.choice(COLOURS)
    counted = _only(scene, shape=shape, colour=colour)
    name = language.name(shape, colour)
    plural = language.plural_of(name)
    question = rng.choice(language.ask["count"]).format(name=name, plural=plural)
    if not counted:
        return QA("count", question, language.say["none"].format(name=name, plural=plural))
    return QA("count", question, _listed_and_counted(scene, counted, name, language))


def ask_exists(scene: Scene, rng: random.Random, language: Language = ENGLISH) -> QA:
    shape, colour, there = thing_or_not(scene, rng)
    name = language.name(shape, colour)
    template = "yes" if there else "no"
    return _qa("yes-no", "exists", template, rng, language, None, name=name, a=language.a(name))


def thing_or_not(scene: Scene, rng: random.Random) -> tuple[str, str, bool]:
    """(shape, colour, whether the scene has it): half are there, the others near misses, the
    right colour on the wrong shape and the reverse."""
    s = rng.choice(scene.shapes)
    shape, colour = s.shape, s.colour
    if rng.random() >= 0.5:
        shape, colour = rng.choice(
            (
                (rng.choice(SHAPES), colour),
                (shape, rng.choice(COLOURS)),
                (rng.choice(SHAPES), rng.choice(COLOURS)),
            )
        )
    return shape, colour, bool(_only(scene, shape=shape, colour=colour))


def ask_describe(scene: Scene, rng: random.Random, language: Language = ENGLISH) -> QA:
    return QA("describe", rng.choice(language.ask["describe"]), describe(scene, language))


def _qa(
    kind: str,
    ask: str,
    say: str,
    rng: random.Random,
    language: Language,
    subject: Shape | None,
    **fields: str,
) -> QA:
    question = rng.choice(language.ask[ask]).format(**fields)
    return QA(kind, question, language.say[say].format(**fields), subject)


Asker = Callable[[Scene, random.Random, Language], QA | None]
ON_ONE_IMAGE: tuple[tuple[Asker, float], ...] = (
    (ask_colour, 1.0),
    (ask_shape, 0.8),
    (ask_place, 1.0),
    (ask_where, 1.0),
    (ask_count, 2.6),
    (ask_exists, 1.0),
    (ask_describe, 2.2),
    (ask_box, 2.0),
)


def ask_one_image(scene: Scene, rng: random.Random, language: Language = ENGLISH) -> QA:
    askers, weights = zip(*ON_ONE_IMAGE, strict=True)
    while True:
        qa = rng.choices(askers, weights)[0](scene, rng, language)
        if qa is not None:
            return qa


def ask_follow_up(
    scene: Scene, subject: Shape, rng: random.Random, language: Language = ENGLISH
) -> QA:
    """About "it", which is the ``subject`` of the question before."""
    kind = rng.choice(("it-colour", "it-shape", "it-where"))
    shape = language.shapes[subject.shape]
    fields = {
        "colour": language.colours[subject.colour],
        "shape": shape,
        "a": language.a(shape),
        "place": language.places[scene.place(subject)],
    }
    return _qa("follow-up", kind, kind, rng, language, subject, **fields)


def ask_in_turn(
    scene: Scene, turns: int, rng: random.Random, language: Language = ENGLISH
) -> list[QA]:
    """So many questions on one picture; some are about what the one before was about."""
    asked: list[QA] = []
    for _ in range(turns):
        subject = asked[-1].subject if asked else None
        if subject is not None and rng.random() < 0.2:
            asked.append(ask_follow_up(scene, subject, rng, language))
        else:
            asked.append(ask_one_image(scene, rng, language))
    return asked


def together(first: QA, second: QA, language: Language = ENGLISH) -> QA:
    """Both in one message, as people ask them, and the answers line by line."""
    space = " " if language.code == "en" else ""
    question = f"{first.question}{space}{second.question}"
    return QA("together", question, f"{first.answer}\n{second.answer}", second.subject)


def sloppy(question: str, rng: random.Random) -> str:
    """The question as people type it: sometimes without capitals or the mark at the end."""
    if rng.random() < 0.15:
        question = question[0].lower() + question[1:]
    if rng.random() < 0.1:
        question = question.rstrip("?.!？。！")
    return question
