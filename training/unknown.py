"""Pictures that are no drawing the model knows, and the answer that says so.

Textures, noise, gradients and collages drawn here stand for everything that is not a drawn
scene. A real photo has what they have: many colours, no plain ground, no clean outline.
"""

import random

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from training.questions import QA
from training.scenes import random_size, weather
from training.words import ENGLISH, Language

_QUESTIONS = ("describe", "describe", "describe", "colour", "where", "count", "exists", "read")


def draw_unknown(rng: random.Random) -> Image.Image:
    """RGB pixels of no meaning, of any size that a scene may have."""
    width, height = random_size(rng)
    kind = rng.choice((_clouds, _clouds, _stripes, _gradient, _collage, _collage))
    image = kind(width, height, rng)
    if rng.random() < 0.4:
        noise = _generator(rng).normal(0, rng.uniform(4, 30), (height, width, 3))
        image = _image(np.asarray(image) + noise)
    return weather(image, rng)


def _generator(rng: random.Random) -> np.random.Generator:
    return np.random.default_rng(rng.getrandbits(32))


def _image(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8), "RGB")


def _clouds(width: int, height: int, rng: random.Random) -> Image.Image:
    """Random colours at several scales, as leaves, fur or sky have."""
    pixels = np.zeros((height, width, 3))
    weight, generator = 1.0, _generator(rng)
    for _ in range(rng.randint(2, 4)):
        side = rng.randint(3, 40)
        small = _image(
            generator.uniform(0, 255, (max(2, height // side), max(2, width // side), 3))
        )
        pixels += weight * np.asarray(small.resize((width, height), Image.Resampling.BICUBIC))
        weight *= rng.uniform(0.4, 0.9)
    return _image(pixels / (1 + weight))


def _stripes(width: int, height: int, rng: random.Random) -> Image.Image:
    y, x = np.mgrid[0:height, 0:width]
    waves = [
        128
        + 127 * np.sin(x * rng.uniform(-0.5, 0.5) + y * rng.uniform(-0.5, 0.5) + rng.uniform(0, 6))
        for _ in range(3)
    ]
    return _image(np.stack(waves, axis=-1))


def _gradient(width: int, height: int, rng: random.Random) -> Image.Image:
    corners = _generator(rng).uniform(0, 255, (2, 2, 3))
    return _image(corners).resize((width, height), Image.Resampling.BILINEAR)


def _collage(width: int, height: int, rng: random.Random) -> Image.Image:
    """Blurred patches over patches, as a photo is things before things."""
    image = _gradient(width, height, rng) if rng.random() < 0.5 else _clouds(width, height, rng)
    for _ in range(rng.randint(6, 25)):
        mask = Image.new("L", (width, height))
        points = [
            (rng.uniform(-0.2, 1.2) * width, rng.uniform(-0.2, 1.2) * height)
            for _ in range(rng.randint(3, 7))
        ]
        ImageDraw.Draw(mask).polygon(points, fill=rng.randint(120, 255))
        mask = mask.filter(ImageFilter.GaussianBlur(rng.uniform(0, 4)))
        other = rng.choice((_clouds, _gradient, _stripes))(width, height, rng)
        image.paste(other, (0, 0), mask)
    return image


def ask_unknown(rng: random.Random, language: Language = ENGLISH) -> QA:
    """Any question about a picture: the answer is always that it is beyond the model."""
    fields = {
        "shape": rng.choice(list(language.shapes.values())),
        "colour": rng.choice(list(language.colours.values())),
    }
    name = language.name(rng.choice(list(language.shapes)), rng.choice((None, *language.colours)))
    question = rng.choice(language.ask[rng.choice(_QUESTIONS)]).format(
        **fields, name=name, a=language.a(name), plural=language.plural_of(name)
    )
    return QA("unknown", question, language.say["unknown"])
