"""Bar charts of three to five labelled bars, and questions about them."""

import random
from dataclasses import dataclass

from PIL import Image, ImageDraw

from training.fonts import random_font
from training.questions import QA
from training.scenes import COLOURS, Rgb, random_rgb, weather
from training.words import ENGLISH, Language

RANGES = (10, 20, 50, 100)


@dataclass(frozen=True, slots=True)
class Chart:
    """``values`` between 0 and ``top``, the highest mark of the axis; one label a bar."""

    width: int
    height: int
    labels: tuple[str, ...]
    values: tuple[int, ...]
    top: int
    rgbs: tuple[Rgb, ...]


def random_chart(rng: random.Random) -> Chart:
    """Values are multiples of a twentieth of the range, all different: one bar is the tallest."""
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
    return Chart(width, height, tuple(letters), tuple(values), top, tuple(rgbs))


def draw_chart(chart: Chart, rng: random.Random) -> Image.Image:
    level = rng.choice((255, 255, 248, 240))
    image = Image.new("RGB", (chart.width, chart.height), (level, level, level))
    canvas = ImageDraw.Draw(image)
    size = max(9.0, chart.height * rng.uniform(0.06, 0.08))
    font = random_font(size, rng)
    left, right = 2.6 * size, chart.width - 0.6 * size
    top, bottom = 0.9 * size, chart.height - 1.7 * size
    ink = rng.choice(((0, 0, 0), (60, 60, 60), (30, 30, 80)))
    marks = rng.choice((2, 4, 5))
    for k in range(marks + 1):
        y = bottom - (bottom - top) * k / marks
        value = chart.top * k / marks
        label = f"{value:g}"
        canvas.line([(left - 3, y), (left, y)], fill=ink)
        if k and rng.random() < 0.9:
            canvas.line([(left, y), (right, y)], fill=(215, 215, 215))
        canvas.text((left - 5, y), label, fill=ink, font=font, anchor="rm")
    canvas.line([(left, top), (left, bottom), (right, bottom)], fill=ink)
    pitch = (right - left) / len(chart.values)
    bar = pitch * rng.uniform(0.5, 0.8)
    for k, (value, name, rgb) in enumerate(
        zip(chart.values, chart.labels, chart.rgbs, strict=True)
    ):
        centre = left + pitch * (k + 0.5)
        y = bottom - (bottom - top) * value / chart.top
        canvas.rectangle([centre - bar / 2, y, centre + bar / 2, bottom - 1], fill=rgb)
        canvas.text((centre, bottom + 3), name, fill=ink, font=font, anchor="ma")
    return weather(image, rng)


def ask_chart(chart: Chart, rng: random.Random, language: Language = ENGLISH) -> QA:
    kind = rng.choice(("tallest", "shortest", "value", "value", "bars"))
    if kind == "bars":
        number = language.numbers[len(chart.values)]
        say = language.say["bars"].format(number=number)
        return QA("chart", rng.choice(language.ask[kind]), say)
    if kind == "value":
        k = rng.randrange(len(chart.values))
    else:
        k = chart.values.index((max if kind == "tallest" else min)(chart.values))
    fields = {"name": chart.labels[k], "value": str(chart.values[k])}
    question = rng.choice(language.ask[kind]).format(**fields)
    answer = language.say[kind].format(**fields)
    if kind == "value":
        return QA("value", question, answer, tolerance=0.05 * chart.top)
    return QA("chart", question, answer)
