"""Pictures of a word, upright on a plain background, and the question what it says."""

import math
import random
import string
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, ImageDraw, ImageFont

from training.cells import Mark
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
_SAME_IN_BOTH_CASES = frozenset("cosvwxzCOSVWXZ")
_MIXED = "".join(c for c in string.ascii_uppercase + string.digits if c not in "O0I1")
"""Among letters and digits nobody could tell these from one another."""


_NARROWEST = 0.09
"""Of a page's letters, as a share of its width: narrower ones come two to a place."""


@dataclass(frozen=True, slots=True)
class Line:
    """``text`` with its left upper corner at ``x``, ``y``."""

    text: str
    font: ImageFont.FreeTypeFont
    x: float
    y: float

    def marks(self) -> Iterator[Mark]:
        """Of its characters, all at the height of a capital's middle."""
        ascent, _ = self.font.getmetrics()
        size = self.font.size
        middle = self.y + ascent - 0.36 * size
        left = 0.0
        for k, character in enumerate(self.text):
            right = self.font.getlength(self.text[: k + 1])
            if character != " ":
                x = self.x + (left + right) / 2
                yield Mark(x, middle, right - left, size, character=character)
            left = right


@dataclass(frozen=True, slots=True)
class Sign:
    width: int
    height: int
    background: Rgb
    rgb: Rgb
    lines: tuple[Line, ...]

    def marks(self) -> list[Mark]:
        return [mark for line in self.lines for mark in line.marks()]


def random_text(rng: random.Random) -> str:
    """A word, a number or any letters and digits, up to eight."""
    kind = rng.random()
    if kind < 0.25:
        return rng.choice(_WORDS)
    letters = rng.choice((string.ascii_uppercase, string.ascii_lowercase, string.digits))
    if kind > 0.8:
        letters = _MIXED
    text = "".join(rng.choices(letters, k=rng.randint(1, LONGEST)))
    return random_text(rng) if set(text) <= _SAME_IN_BOTH_CASES else text


def random_sign(rng: random.Random) -> Sign:
    """One line, as large as the picture lets it be or somewhat smaller, all of it inside."""
    width, height = random_size(rng)
    background, rgb = _colours(rng)
    text = random_text(rng)
    # Letters are about 0.6 as wide as high, capitals of some faces wider.
    size = min(0.95 * width / (0.8 * len(text)), 0.6 * height) * rng.uniform(0.6, 1.0)
    font = random_font(size, rng)
    free_x, free_y = width - font.getlength(text), height - 1.3 * size
    if free_x < 0.04 * width:
        return random_sign(rng)
    x, y = rng.uniform(0.02 * width, free_x - 0.02 * width), rng.uniform(0.0, free_y)
    return Sign(width, height, background, rgb, (Line(text, font, x, y),))


def random_page(rng: random.Random) -> Sign:
    """Lines of words from edge to edge, for learning letters: many of them in few tiles. Half are
    as long or as high as a sign may be, as a thumbnail shows their letters squeezed."""
    width = height = rng.randint(112, 224)
    if rng.random() < 0.5:
        stretch = math.exp(rng.uniform(-1.1, 1.1))
        width, height = round(width * stretch**0.5), round(height / stretch**0.5)
    background, rgb = _colours(rng)
    smallest = rng.choice((8, 8, 40))
    lines: list[Line] = []
    y = -rng.uniform(0, 0.1) * height
    while y < height:
        size = height / 112 * math.exp(rng.uniform(math.log(smallest), math.log(88)))
        size = max(size, _NARROWEST * width)
        if lines and y + 0.8 * size > height:
            break
        font = random_font(size, rng)
        text = random_text(rng)
        while font.getlength(text) < width:
            text += f" {random_text(rng)}"
        x = rng.uniform(0, 0.3) * size
        while x + font.getlength(text) > width:
            text = text[:-1]
        lines.append(Line(text, font, x, y))
        # No two lines under one visual token, or their letters would mix.
        y += max(1.25 * size, height / 4)
    return Sign(width, height, background, rgb, tuple(lines))


def _colours(rng: random.Random) -> tuple[Rgb, Rgb]:
    """Of a background and of letters that stand out from it."""
    background = random_background(rng)
    while True:
        rgb = random_rgb(rng.choice(("black", "white", "red", "blue", "green", "purple")), rng)
        if math.dist(rgb, background) > 1.3 * MIN_CONTRAST:
            return background, rgb


def draw_sign(sign: Sign, rng: random.Random) -> Image.Image:
    image = Image.new("RGB", (sign.width, sign.height), sign.background)
    canvas = ImageDraw.Draw(image)
    for line in sign.lines:
        canvas.text((line.x, line.y), line.text, fill=sign.rgb, font=line.font)
    return weather(image, rng)


def ask_sign(sign: Sign, rng: random.Random, language: Language = ENGLISH) -> QA:
    text = sign.lines[0].text
    question = rng.choice(language.ask["read"])
    return QA("reading", question, language.say["read"].format(value=text), spelled=text)
