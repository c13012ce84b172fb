"""Bar charts of three to five labelled bars, and questions about them."""

import random
from dataclasses import dataclass

from PIL import Image, ImageDraw

from training.cells import LEVELS, Mark
from training.fonts import random_font
from training.questions import QA
from training.scenes import COLOURS, Rgb, random_rgb, weather
from training.words import ENGLISH, Language

RANGES = (10, 20, 50, 100)


@dataclass(frozen=True, slots=True)
class Chart:
    """``values`` between 0 and ``top``, the highest mark of the axis; one label a bar. ``size``
    is that of the letters in pixels, ``breadth`` a bar's share of the room it has."""

    width: int
    height: int
    labels: tuple[str, ...]
    values: tuple[int, ...]
    top: int
    rgbs: tuple[Rgb, ...]
    size: float
    breadth: float

    @property
    def plot(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the room for the bars, in pixels."""
        return (
            2.6 * self.size,
            0.9 * self.size,
            self.width - 0.6 * self.size,
            self.height - 1.7 * self.size,
        )

    def bar(self, k: int) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of the bar, in pixels."""
        left, top, right, bottom = self.plot
        pitch = (right - left) / len(self.values)
        centre, half = left + pitch * (k + 0.5), pitch * self.breadth / 2
        return centre - half, self.height_of(self.values[k]), centre + half, bottom

    def height_of(self, value: float) -> float:
        """The row of pixels at which the axis has ``value``."""
        _, top, _, bottom = self.plot
        return bottom - (bottom - top) * value / self.top

    def marks(self) -> list[Mark]:
        """The upper end of each bar, its label, and the characters at the upper end of the axis."""
        marks = []
        for k, (value, label) in enumerate(zip(self.values, self.labels, strict=True)):
            left, top, right, bottom = self.bar(k)
            x, level = (left + right) / 2, round(LEVELS * value / self.top)
            marks.append(Mark(x, top, right - left, bottom - top, character=label, level=level))
            marks.append(
                Mark(x, bottom + 3 + 0.5 * self.size, self.size, self.size, character=label)
            )
        digits = str(self.top)
        for place, digit in enumerate(digits):
            x = self.plot[0] - 5 - 0.6 * self.size * (len(digits) - place - 0.5)
            marks.append(Mark(x, self.height_of(self.top), self.size, self.size, character=digit))
        return marks


def random_chart(rng: random.Random) -> Chart:
    """Values are all different: one bar is the tallest."""
    count = rng.randint(3, 5)
    top = rng.choice(RANGES)
    step = max(1, top // 20)
    values = rng.sample(range(step, top + 1, step), count)
    start = rng.randrange(26 - count)
    letters = [chr(ord("A") + start + k) for k in range(count)]
    if rng.random() < 0.5:
        letters = [chr(ord("A") + k) for k in range(count)]
    colours = [c for c in COLOURS if c != "white"]
    plain = random_rgb(rng.choice(colours), rng)
    rgbs = [random_rgb(c, rng) for c in rng.sample(colours, count)]
    if rng.random() < 0.5:
        rgbs = [plain] * count
    width = rng.randint(200, 448)
    height = round(width * rng.uniform(0.6, 1.0))
    size = max(9.0, height * rng.uniform(0.06, 0.08))
    return Chart(
        width,
        height,
        tuple(letters),
        tuple(values),
        top,
        tuple(rgbs),
        size=size,
        breadth=rng.uniform(0.5, 0.8),
    )


def draw_chart(chart: Chart, rng: random.Random) -> Image.Image:
    level = rng.choice((255, 255, 248, 240))
    image = Image.new("RGB", (chart.width, chart.height), (level, level, level))
    canvas = ImageDraw.Draw(image)
    font = random_font(chart.size, rng)
    left, top, right, bottom = chart.plot
    ink = rng.choice(((0, 0, 0), (60, 60, 60), (30, 30, 80)))
    marks = rng.choice((2, 4, 5))
    for k in range(marks + 1):
        value = chart.top * k / marks
        y = chart.height_of(value)
        canvas.line([(left - 3, y), (left, y)], fill=ink)
        if k and rng.random() < 0.9:
            canvas.line([(left, y), (right, y)], fill=(215, 215, 215))
        canvas.text((left - 5, y), f"{value:g}", fill=ink, font=font, anchor="rm")
    canvas.line([(left, top), (left, bottom), (right, bottom)], fill=ink)
    for k, (name, rgb) in enumerate(zip(chart.labels, chart.rgbs, strict=True)):
        first, upper, last, lower = chart.bar(k)
        canvas.rectangle([first, upper, last, lower - 1], fill=rgb)
        canvas.text(((first + last) / 2, bottom + 3), name, fill=ink, font=font, anchor="ma")
    return weather(image, rng)


def ask_chart(chart: Chart, rng: random.Random, language: Language = ENGLISH) -> QA:
    """Mostly about values, which are the hardest: how far up the axis the bar goes, times how
    high the axis goes. That is said first, as a product is easier of what is already written."""
    kind = rng.choice(("tallest", "shortest", "bars", "axis", "value", "value", "value", "value"))
    if kind == "bars":
        number = language.numbers[len(chart.values)]
        say = language.say["bars"].format(number=number)
        return QA("chart", rng.choice(language.ask[kind]), say)
    if kind == "axis":
        say = language.say["axis"].format(value=chart.top)
        return QA("axis", rng.choice(language.ask[kind]), say)
    if kind == "value":
        k = rng.randrange(len(chart.values))
    else:
        k = chart.values.index((max if kind == "tallest" else min)(chart.values))
    fields = {"name": chart.labels[k], "value": str(chart.values[k]), "top": str(chart.top)}
    question = rng.choice(language.ask[kind]).format(**fields)
    answer = language.say[kind].format(**fields)
    if kind == "value":
        return QA("value", question, answer, tolerance=0.05 * chart.top)
    return QA("chart", question, answer)
