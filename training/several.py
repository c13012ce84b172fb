"""Questions about several numbered images and about clips, in every language."""

import math
import random
from collections.abc import Sequence
from dataclasses import replace

from training.questions import QA, contents, listed_at, thing_or_not
from training.scenes import (
    COLOURS,
    MIN_CONTRAST,
    Clip,
    Scene,
    add_shape,
    random_rgb,
    random_scene,
)
from training.words import ENGLISH, Language


def ask_images(scenes: Sequence[Scene], rng: random.Random, language: Language = ENGLISH) -> QA:
    """About images that the prompt numbers ``Image-1`` and on."""
    for _ in range(20):
        kind = rng.choice(("which", "which", "contents", "all", "most", "exists-in"))
        k = rng.randrange(len(scenes))
        if kind == "which":
            s = rng.choice(scenes[k].shapes)
            colour = rng.choice((None, s.colour, s.colour))
            holders = [
                scene
                for scene in scenes
                if any(o.shape == s.shape and colour in (None, o.colour) for o in scene.shapes)
            ]
            if len(holders) == 1:
                name = language.name(s.shape, colour)
                return _images(kind, kind, rng, language, k=k + 1, name=name, a=language.a(name))
        elif kind == "contents":
            question = rng.choice(language.ask[kind]).format(k=k + 1)
            return QA("images", question, contents(scenes[k], language))
        elif kind == "all":
            told = [f"Image-{i}: {contents(scene, language)}" for i, scene in enumerate(scenes, 1)]
            return QA("images", rng.choice(language.ask[kind]), "\n".join(told))
        elif kind == "exists-in":
            shape, colour, there = thing_or_not(scenes[k], rng)
            name = language.name(shape, colour)
            say = "yes" if there else "no"
            return _images(kind, say, rng, language, k=k + 1, name=name, a=language.a(name))
        else:
            counts = [len(scene.shapes) for scene in scenes]
            if counts.count(max(counts)) == 1:
                each = language.listed(
                    [
                        language.say["each-count"].format(k=i, number=language.numbers[count])
                        for i, count in enumerate(counts, 1)
                    ]
                )
                most = counts.index(max(counts)) + 1
                return _images(kind, kind, rng, language, k=most, list=each)
    question = rng.choice(language.ask["contents"]).format(k=1)
    return QA("images", question, contents(scenes[0], language))


def _images(ask: str, say: str, rng: random.Random, language: Language, **fields: str | int) -> QA:
    question = rng.choice(language.ask[ask]).format(**fields)
    return QA("images", question, language.say[say].format(**fields))


def random_pair(rng: random.Random, language: Language = ENGLISH) -> tuple[tuple[Scene, Scene], QA]:
    """Two images that are the same but for one object, and the question after the difference."""
    while True:
        first = random_scene(rng, count=rng.randint(2, 4))
        kind = rng.choice(("recoloured", "missing", "added"))
        actor = rng.choice(first.shapes)
        others = tuple(s for s in first.shapes if s is not actor)
        if any((s.shape, s.colour) == (actor.shape, actor.colour) for s in others):
            continue
        fields = {"name": language.name(actor.shape, actor.colour)}
        if kind == "recoloured":
            colour = rng.choice([c for c in COLOURS if c != actor.colour])
            rgb = random_rgb(colour, rng)
            if math.dist(rgb, first.background) < MIN_CONTRAST:
                continue
            second = replace(first, shapes=(*others, replace(actor, colour=colour, rgb=rgb)))
            fields["colour"] = language.colours[colour]
        elif kind == "missing":
            second = replace(first, shapes=others)
        else:
            added = add_shape(first, rng)
            if added is None:
                continue
            second, new = added
            fields["a"] = language.a(language.name(new.shape, new.colour))
        question = rng.choice(language.ask["difference"])
        return (first, second), QA("difference", question, language.say[kind].format(**fields))


def tell(clip: Clip, language: Language = ENGLISH) -> str:
    """What happens in the clip, in one sentence: its first picture, its last, and what follows
    from the two, in this order, as each is easier to say than the next."""
    name = language.name(clip.actor.shape, clip.actor.colour)
    colour = language.colours[clip.colour] if clip.colour else ""
    event = language.say[clip.event].format(name=name, a=language.a(name), colour=colour)
    first, last = (
        listed_at(scene, scene.shapes, language)
        if scene.shapes
        else language.say["from-to-nothing"]
        for scene in (clip.scenes[0], clip.scenes[-1])
    )
    return language.say["from-to"].format(first=first, last=last, event=event)


def ask_clip(clip: Clip, rng: random.Random, language: Language = ENGLISH) -> list[QA]:
    """What happens and, where it is one moment, in which frame: the first that shows it."""
    asked = [QA("video", rng.choice(language.ask["event"]), tell(clip, language))]
    if clip.frame is not None:
        kind = rng.choice(("frame", f"frame-{clip.event}"))
        question = rng.choice(language.ask.get(kind, language.ask["frame"]))
        answer = language.say["frame"].format(k=clip.frame + 1)
        asked.append(QA("frame", question, answer, tolerance=1))
    return asked


def ask_frame(clip: Clip, rng: random.Random, language: Language = ENGLISH) -> QA:
    """What one of the frames shows."""
    k = rng.randrange(len(clip.scenes))
    question = rng.choice(language.ask["contents-frame"]).format(k=k + 1)
    if not clip.scenes[k].shapes:
        return QA("frame-contents", question, language.say["nothing"])
    return QA("frame-contents", question, contents(clip.scenes[k], language))
