"""Questions about scenes and their only right answers.

Every answer follows from the scene's data. A question is asked only where one answer is
right: "Where is the red circle?" never of a scene with two red circles.
"""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from training.scenes import CELLS, COLOURS, SHAPES, Clip, Scene, Shape

NUMBERS = ("no", "one", "two", "three", "four", "five", "six")
PLACES = tuple(place for row in CELLS for place in row)


@dataclass(frozen=True, slots=True)
class QA:
    kind: str
    question: str
    answer: str
    subject: Shape | None = None
    """The one object that the question names, for "it" in the next question."""


def describe(scene: Scene) -> str:
    """Every object with its place, in reading order of the nine cells, then left to right; and
    how many that makes, last: a count is easier to write down after the list than before."""
    return _listed_and_counted(scene, scene.shapes, "shape")


def _listed_and_counted(scene: Scene, shapes: Sequence[Shape], noun: str) -> str:
    objects = sorted(shapes, key=lambda s: (*scene.cell(s), s.x))
    listed = _enumerate([f"{_a(s.name)} {scene.place(s)}" for s in objects])
    count = len(objects)
    return f"I see {listed}: {NUMBERS[count]} {noun if count == 1 else _plural(noun)}."


def _plural(noun: str) -> str:
    return noun + ("es" if noun.endswith("s") else "s")


def contents(scene: Scene) -> str:
    objects = sorted(scene.shapes, key=lambda s: (*scene.cell(s), s.x))
    return _capital(_enumerate([_a(s.name) for s in objects])) + "."


def _a(name: str) -> str:
    return ("an " if name[0] in "aeiou" else "a ") + name


def _capital(text: str) -> str:
    return text[0].upper() + text[1:]


def _enumerate(items: Sequence[str]) -> str:
    return items[0] if len(items) == 1 else ", ".join(items[:-1]) + " and " + items[-1]


def _only(scene: Scene, *, shape: str | None = None, colour: str | None = None) -> list[Shape]:
    return [
        s
        for s in scene.shapes
        if (shape is None or s.shape == shape) and (colour is None or s.colour == colour)
    ]


def ask_colour(scene: Scene, rng: random.Random) -> QA | None:
    unique = [s for s in scene.shapes if len(_only(scene, shape=s.shape)) == 1]
    if not unique:
        return None
    s = rng.choice(unique)
    question = rng.choice(
        (
            "What colour is the {}?",
            "What colour is the {}?",
            "What color is the {}?",
            "Which colour does the {} have?",
            "Tell me the colour of the {}.",
        )
    ).format(s.shape)
    return QA("colour", question, f"The {s.shape} is {s.colour}.", s)


def ask_shape(scene: Scene, rng: random.Random) -> QA | None:
    unique = [s for s in scene.shapes if len(_only(scene, colour=s.colour)) == 1]
    if not unique:
        return None
    s = rng.choice(unique)
    question = rng.choice(
        ("What shape is the {} one?", "Which shape is {}?", "What is the {} shape?")
    ).format(s.colour)
    return QA("shape", question, f"The {s.colour} shape is a {s.shape}.", s)


def ask_place(scene: Scene, rng: random.Random) -> QA:
    full = [scene.place(s) for s in scene.shapes]
    place = rng.choice(full if rng.random() < 0.85 else PLACES)
    objects = sorted((s for s in scene.shapes if scene.place(s) == place), key=lambda s: s.x)
    if any(b.x - a.x < 2 for a, b in zip(objects, objects[1:], strict=False)):
        return ask_place(scene, rng)
    question = rng.choice(
        ("What is {}?", "What is {}?", "What do you see {}?", "Which shape is {}?")
    )
    answer = _capital(_enumerate([_a(s.name) for s in objects])) if objects else "Nothing"
    subject = objects[0] if len(objects) == 1 else None
    return QA("position", question.format(place), answer + ".", subject)


def ask_where(scene: Scene, rng: random.Random) -> QA | None:
    unique = [s for s in scene.shapes if len(_only(scene, shape=s.shape, colour=s.colour)) == 1]
    if not unique:
        return None
    s = rng.choice(unique)
    name = s.name
    if rng.random() < 0.3 and len(_only(scene, shape=s.shape)) == 1:
        name = s.shape
    question = rng.choice(("Where is the {}?", "Where is the {}?", "Where do you see the {}?"))
    return QA("position", question.format(name), f"The {name} is {scene.place(s)}.", s)


def ask_count(scene: Scene, rng: random.Random) -> QA:
    by = rng.choice(("all", "colour", "shape", "both"))
    present = rng.choice(scene.shapes) if rng.random() < 0.8 else None
    shape = colour = None
    if by in ("shape", "both"):
        shape = present.shape if present else rng.choice(SHAPES)
    if by in ("colour", "both"):
        colour = present.colour if present else rng.choice(COLOURS)
    counted = _only(scene, shape=shape, colour=colour)
    noun = (colour + " " if colour else "") + (shape or "shape")
    plural = _plural(noun)
    question = rng.choice(
        (
            "How many {} are there?",
            "How many {} are there?",
            "How many {} do you see?",
            "Count the {}.",
        )
    ).format(plural)
    if not counted:
        return QA("count", question, f"There are no {plural}.")
    return QA("count", question, _listed_and_counted(scene, counted, noun))


def ask_exists(scene: Scene, rng: random.Random) -> QA:
    names = {s.name for s in scene.shapes}
    if rng.random() < 0.5:
        name = rng.choice(sorted(names))
    else:  # near misses: the right colour on the wrong shape and the reverse
        s = rng.choice(scene.shapes)
        name = rng.choice(
            (
                f"{s.colour} {rng.choice(SHAPES)}",
                f"{rng.choice(COLOURS)} {s.shape}",
                f"{rng.choice(COLOURS)} {rng.choice(SHAPES)}",
            )
        )
    question = rng.choice(("Is there {}?", "Is there {}?", "Do you see {}?", "Can you see {}?"))
    answer = f"Yes, there is {_a(name)}." if name in names else f"No, there is no {name}."
    return QA("yes-no", question.format(_a(name)), answer)


def ask_describe(scene: Scene, rng: random.Random) -> QA:
    question = rng.choice(
        (
            "Describe the image.",
            "Describe the image.",
            "Please describe the image.",
            "Describe this picture.",
            "What do you see?",
            "What is in the image?",
            "Describe the image in detail.",
            "Please describe the image shortly.",
        )
    )
    return QA("describe", question, describe(scene))


Asker = Callable[[Scene, random.Random], QA | None]
ON_ONE_IMAGE: tuple[tuple[Asker, float], ...] = (
    (ask_colour, 1.0),
    (ask_shape, 0.8),
    (ask_place, 1.0),
    (ask_where, 1.0),
    (ask_count, 2.6),
    (ask_exists, 1.0),
    (ask_describe, 2.2),
)


def ask_one_image(scene: Scene, rng: random.Random) -> QA:
    askers, weights = zip(*ON_ONE_IMAGE, strict=True)
    while True:
        qa = rng.choices(askers, weights)[0](scene, rng)
        if qa is not None:
            return qa


def ask_follow_up(scene: Scene, subject: Shape, rng: random.Random) -> QA:
    """About "it", which is the ``subject`` of the question before."""
    question, answer = rng.choice(
        (
            ("What colour is it?", f"It is {subject.colour}."),
            ("What shape is it?", f"It is a {subject.shape}."),
            ("Where is it?", f"It is {scene.place(subject)}."),
        )
    )
    return QA("follow-up", question, answer, subject)


def ask_in_turn(scene: Scene, turns: int, rng: random.Random) -> list[QA]:
    """So many questions on one picture; some are about what the one before was about."""
    asked: list[QA] = []
    for _ in range(turns):
        subject = asked[-1].subject if asked else None
        if subject is not None and rng.random() < 0.2:
            asked.append(ask_follow_up(scene, subject, rng))
        else:
            asked.append(ask_one_image(scene, rng))
    return asked


def ask_images(scenes: Sequence[Scene], rng: random.Random) -> QA:
    """About images that the prompt numbers ``Image-1`` and on."""
    for _ in range(20):
        kind = rng.choice(("which", "which", "contents", "describe", "more", "exists"))
        k = rng.randrange(len(scenes))
        if kind == "which":
            s = rng.choice(scenes[k].shapes)
            name = rng.choice((s.shape, s.name, s.name))
            holders = [
                i
                for i, scene in enumerate(scenes)
                if any(name in (o.shape, o.name) for o in scene.shapes)
            ]
            if len(holders) > 1:
                continue
            question = rng.choice(("Which image has {}?", "Which image shows {}?"))
            return QA("images", question.format(_a(name)), f"Image-{k + 1} has {_a(name)}.")
        if kind == "contents":
            return QA("images", f"What is in Image-{k + 1}?", contents(scenes[k]))
        if kind == "describe":
            question = rng.choice(("Describe the images.", "What is in the images?"))
            told = [f"Image-{i + 1}: {contents(scene)}" for i, scene in enumerate(scenes)]
            return QA("images", question, "\n".join(told))
        if kind == "exists":
            qa = ask_exists(scenes[k], rng)
            return QA("images", qa.question[:-1] + f" in Image-{k + 1}?", qa.answer)
        counts = [len(scene.shapes) for scene in scenes]
        if counts.count(max(counts)) == 1:
            best = counts.index(max(counts)) + 1
            return QA(
                "images", "Which image has the most shapes?", f"Image-{best} has the most shapes."
            )
    return QA("images", "What is in Image-1?", contents(scenes[0]))


def ask_clip(clip: Clip, rng: random.Random) -> QA:
    question = rng.choice(
        (
            "What happens in the video?",
            "What happens in the video?",
            "What happens?",
            "Describe the video.",
            "Describe this video in detail.",
        )
    )
    return QA("video", question, clip.event)


WHO = (
    "I am internvl-nano, the small model that ships with this page. I know drawn scenes: "
    "shapes, their colours, places and number, and what moves in a short clip."
)
BEYOND = (
    "I am only the small bundled model and know nothing but drawn shapes. "
    "Start the page with --model OpenGVLab/InternVL3-8B for a real answer."
)
WORDS: tuple[tuple[tuple[str, ...], str], ...] = (
    (
        ("Hello", "Hello!", "Hi", "Hi there!", "Good morning", "Hey"),
        "Hello! Show me a drawing of coloured shapes and ask me about it.",
    ),
    (("Who are you?", "What are you?", "What is your name?", "Introduce yourself."), WHO),
    (
        ("What can you do?", "What can I ask?", "Help", "How can you help me?"),
        "Ask me what colour "
        "or shape something is, where it is, how many there are, or to describe the picture. "
        "Several pictures and short clips are welcome.",
    ),
    (("Thank you", "Thanks!", "Thank you very much.", "Great, thanks."), "You are welcome!"),
    (("Bye", "Goodbye", "See you!"), "Goodbye!"),
    (
        (
            "Who painted this?",
            "What is the capital of France?",
            "What is the weather like?",
            "Write a poem.",
            "Please write a poem according to the image.",
            "Tell me a story.",
            "What time is it?",
            "How old is the person?",
            "Translate this into German.",
            "Who is the president?",
            "Write a Python function that sorts a list.",
            "What is 12 times 7?",
            "Is this food healthy?",
            "What is the person wearing?",
            "Which car is this?",
            "Read the receipt.",
            "What breed is the dog?",
            "Where was this photo taken?",
            "Solve the equation.",
            "Explain quantum physics.",
            "What is the meaning of life?",
        ),
        BEYOND,
    ),
)


def ask_words(rng: random.Random) -> QA:
    questions, answer = rng.choices(WORDS, (1, 1, 1, 0.7, 0.5, 3))[0]
    return QA("words", rng.choice(questions), answer)


def sloppy(question: str, rng: random.Random) -> str:
    """The question as people type it: sometimes without capitals or the mark at the end."""
    if rng.random() < 0.15:
        question = question[0].lower() + question[1:]
    if rng.random() < 0.1:
        question = question.rstrip("?.!")
    return question
