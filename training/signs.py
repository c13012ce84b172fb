"""Pictures of a word, upright on a plain background, and the question what it says."""

import math
import random
import string
from dataclasses import dataclass

from PIL import Image, ImageDraw

from training.fonts import random_font
from training.questions import QA
from training.scenes import (
    MIN_CONTRAST,
    Rgb,
    random_background,
    random_rgb,
    random_size,
    weather,
)
from training.words import ENGLISH, Language

LONGEST = 8
_WORDS = (
    "HELLO", "WORLD", "OPEN", "CLOSED", "EXIT", "STOP", "SALE", "CAFE", "HOTEL", "TAXI", "MENU",
    "hello", "world", "open", "coffee", "bread", "street", "garden", "summer", "winter", "music",
    "Monday", "Friday", "March", "Paris", "Berlin", "Tokyo", "Welcome", "Thanks", "Total", "Price",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sign:
    """``text``: up to 8 letters or digits, ``size`` pixels high, its left upper corner at
    ``x``, ``y``."""

    width: int
    height: int
    background: Rgb
    rgb: Rgb
    text: str
    size: float
    x: float
    y: float


def random_text(rng: random.Random) -> str:
    """A word, a number or any letters and digits."""
    kind = rng.random()
    if kind < 0.25:
        return rng.choice(_WORDS)
    letters = rng.choice((string.ascii_uppercase, string.ascii_lowercase, string.digits))
    if kind > 0.8:
        letters = string.ascii_uppercase + string.digits
    return "".join(rng.choices(letters, k=rng.randint(1, LONGEST)))


def random_sign(rng: random.Random) -> Sign:
    width, height = random_size(rng)
    background = random_background(rng)
    while True:
        rgb = random_rgb(rng.choice(("black", "white", "red", "blue", "green", "purple")), rng)
        if math.dist(rgb, background) > 1.3 * MIN_CONTRAST:
            break
    text = random_text(rng)
    # Letters are about 0.6 as wide as high, capitals of some faces wider.
    largest = min(0.95 * width / (0.8 * len(text)), 0.6 * height)
    size = largest * rng.uniform(0.6, 1.0)
    x = rng.uniform(0.02 * width, max(0.03 * width, 0.98 * width - 0.8 * len(text) * size))
    y = rng.uniform(0.05 * height, max(0.06 * height, 0.9 * height - 1.2 * size))
    return Sign(width, height, background, rgb, text, size, x, y)


def draw_sign(sign: Sign, rng: random.Random) -> Image.Image:
    image = Image.new("RGB", (sign.width, sign.height), sign.background)
    font = random_font(sign.size, rng)
    ImageDraw.Draw(image).text((sign.x, sign.y), sign.text, fill=sign.rgb, font=font)
    return weather(image, rng)


def ask_sign(sign: Sign, rng: random.Random, language: Language = ENGLISH) -> QA:
    question = rng.choice(language.ask["read"])
    return QA("reading", question, language.say["read"].format(value=sign.text))
