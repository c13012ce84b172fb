"""Drawn scenes: coloured shapes on a plain background, with everything about them known.

A scene is data (``Scene``); ``draw`` turns it into a picture. Drawing varies what a scene's
description leaves open (antialiasing, outlines, blur, noise, JPEG), so that somebody else's
drawing of a red circle is still a red circle.
"""

import colorsys
import io
import math
import random
from dataclasses import dataclass, replace

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

SHAPES = ("circle", "square", "triangle", "star", "cross")
COLOURS = ("red", "green", "blue", "yellow", "purple", "orange", "black", "white")
CELLS = (
    ("at the top left", "at the top", "at the top right"),
    ("on the left", "in the centre", "on the right"),
    ("at the bottom left", "at the bottom", "at the bottom right"),
)

# Hue in degrees, saturation and value: what people call by these names, with gaps between.
_HUES = {
    "red": ((-9, 8), (0.65, 1.0), (0.6, 1.0)),
    "orange": ((22, 39), (0.75, 1.0), (0.88, 1.0)),
    "yellow": ((48, 62), (0.6, 1.0), (0.88, 1.0)),
    "green": ((88, 155), (0.5, 1.0), (0.38, 1.0)),
    "blue": ((202, 246), (0.55, 1.0), (0.45, 1.0)),
    "purple": ((268, 302), (0.4, 1.0), (0.38, 0.85)),
    "black": ((0, 360), (0.0, 0.3), (0.0, 0.12)),
    "white": ((0, 360), (0.0, 0.03), (0.96, 1.0)),
}
_PLAIN = {
    "red": (255, 0, 0),
    "orange": (255, 165, 0),
    "yellow": (255, 255, 0),
    "green": (0, 128, 0),
    "blue": (0, 0, 255),
    "purple": (128, 0, 128),
    "black": (0, 0, 0),
    "white": (255, 255, 255),
}
MIN_CONTRAST = 95.0
_CELL_MARGIN = 0.025
"""Centres keep this share of the picture's side away from the lines between the nine cells:
on the line, two words for the place would both be right."""

Rgb = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Shape:
    """``x``, ``y`` and ``radius`` (of the enclosing circle) in pixels, ``turn`` in radians."""

    shape: str
    colour: str
    rgb: Rgb
    x: float
    y: float
    radius: float
    turn: float = 0.0
    inner: float = 0.42
    """Inner radius of a star, half width of a cross's bar, as a share of the radius."""


@dataclass(frozen=True, slots=True)
class Scene:
    width: int
    height: int
    background: Rgb
    shapes: tuple[Shape, ...]

    def cell(self, shape: Shape) -> tuple[int, int]:
        """(row, column), each 0 to 2, of the ninth of the picture that holds the centre."""
        return min(2, int(3 * shape.y / self.height)), min(2, int(3 * shape.x / self.width))

    def place(self, shape: Shape) -> str:
        row, column = self.cell(shape)
        return CELLS[row][column]


def random_rgb(colour: str, rng: random.Random) -> Rgb:
    if rng.random() < 0.25:
        return _PLAIN[colour]
    hue, saturation, value = (rng.uniform(*span) for span in _HUES[colour])
    r, g, b = colorsys.hsv_to_rgb(hue % 360 / 360, saturation, value)
    return round(255 * r), round(255 * g), round(255 * b)


def random_background(rng: random.Random) -> Rgb:
    """Any light or dark colour; grey, white and black more often than chance."""
    light = rng.random() < 0.65
    if rng.random() < 0.3:
        level = rng.choice([255, 255, 245, 235, 220]) if light else rng.choice([0, 16, 30, 50])
        return level, level, level
    value = rng.uniform(0.8, 1.0) if light else rng.uniform(0.0, 0.35)
    r, g, b = colorsys.hsv_to_rgb(rng.random(), rng.uniform(0, 0.3 if light else 0.7), value)
    return round(255 * r), round(255 * g), round(255 * b)


def random_size(rng: random.Random, longest: int = 448) -> tuple[int, int]:
    """Width and height, any aspect ratio from 1:3 to 3:1, exact ratios often."""
    long_side = rng.randint(max(96, longest // 3), longest)
    ratios = [(1, 1), (4, 3), (3, 2), (16, 9), (2, 1), (3, 1)]
    if rng.random() < 0.5:
        a, b = rng.choice(ratios)
        ratio = b / a
    else:
        ratio = math.exp(rng.uniform(-math.log(3), 0))
    short_side = max(64, round(long_side * ratio))
    return (long_side, short_side) if rng.random() < 0.5 else (short_side, long_side)


def random_scene(
    rng: random.Random,
    *,
    size: tuple[int, int] | None = None,
    count: int | None = None,
    radius: tuple[float, float] = (1 / 14, 1 / 5),
) -> Scene:
    """One to six shapes that do not overlap; ``radius`` as shares of the short side."""
    width, height = size or random_size(rng)
    count = count or rng.choice((1, 2, 2, 3, 3, 4, 4, 5, 5, 6))
    background = random_background(rng)
    shapes: list[Shape] = []
    # Often few kinds, so that counts above one are common.
    kinds = rng.sample(SHAPES, rng.choice((1, 2, 5, 5)))
    colours = rng.sample(COLOURS, rng.choice((2, 3, 8, 8)))
    for _ in range(count):
        shape = _random_shape(rng, width, height, background, shapes, kinds, colours, radius)
        if shape is not None:
            shapes.append(shape)
    if not shapes:
        return random_scene(rng, size=size, count=count, radius=radius)
    return Scene(width, height, background, tuple(shapes))


def _random_shape(
    rng: random.Random,
    width: int,
    height: int,
    background: Rgb,
    others: list[Shape],
    kinds: list[str],
    colours: list[str],
    radius: tuple[float, float],
) -> Shape | None:
    short = min(width, height)
    for attempt in range(60):
        r = short * rng.uniform(*radius) * (1.0 if attempt < 30 else 0.7)
        r = max(r, short * radius[0])
        x, y = rng.uniform(r, width - r), rng.uniform(r, height - r)
        if _near_cell_line(x / width) or _near_cell_line(y / height):
            continue
        if any(math.hypot(x - o.x, y - o.y) < r + o.radius + 0.02 * short for o in others):
            continue
        colour = rng.choice(colours)
        rgb = random_rgb(colour, rng)
        if math.dist(rgb, background) < MIN_CONTRAST:
            colours = list(COLOURS) if attempt > 10 else colours
            continue
        turn = rng.choice((0.0, rng.uniform(-math.pi / 12, math.pi / 12)))
        kind = rng.choice(kinds)
        inner = rng.uniform(0.36, 0.5) if kind == "star" else rng.uniform(0.22, 0.4)
        return Shape(kind, colour, rgb, x, y, r, turn, inner)
    return None


def add_shape(scene: Scene, rng: random.Random) -> tuple[Scene, Shape] | None:
    """The scene with one more shape of a kind that it had not; None where there is no room."""
    kinds = {(s.shape, s.colour) for s in scene.shapes}
    others = list(scene.shapes)
    new = _random_shape(
        rng,
        scene.width,
        scene.height,
        scene.background,
        others,
        list(SHAPES),
        list(COLOURS),
        (1 / 14, 1 / 5),
    )
    if new is None or (new.shape, new.colour) in kinds:
        return None
    return replace(scene, shapes=(*scene.shapes, new)), new


def box_of(shape: Shape, scene: Scene) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of a shape, in thousandths of the picture's sides."""
    columns, rows = zip(*outline(shape), strict=True)
    edges = (
        min(columns) / scene.width,
        min(rows) / scene.height,
        max(columns) / scene.width,
        max(rows) / scene.height,
    )
    left, top, right, bottom = (min(1000, max(0, round(1000 * edge))) for edge in edges)
    return left, top, right, bottom


def _near_cell_line(share: float) -> bool:
    return min(abs(share - 1 / 3), abs(share - 2 / 3)) < _CELL_MARGIN


def outline(shape: Shape) -> list[tuple[float, float]]:
    """Corners in pixels, clockwise from the top; a circle as 48 points."""
    corners: list[tuple[float, float]]
    if shape.shape == "circle":
        corners = [_polar(1.0, k / 48) for k in range(48)]
    elif shape.shape == "square":
        corners = [_polar(1.0, (k + 0.5) / 4) for k in range(4)]
    elif shape.shape == "triangle":
        corners = [_polar(1.0, k / 3) for k in range(3)]
    elif shape.shape == "star":
        corners = [_polar(1.0 if k % 2 == 0 else shape.inner, k / 10) for k in range(10)]
    else:
        w, e = shape.inner, math.sqrt(1 - shape.inner**2)
        corners = [(-w, -e), (w, -e), (w, -w), (e, -w), (e, w), (w, w)]
        corners += [(w, e), (-w, e), (-w, w), (-e, w), (-e, -w), (-w, -w)]
    cos, sin = math.cos(shape.turn), math.sin(shape.turn)
    return [
        (shape.x + shape.radius * (x * cos - y * sin), shape.y + shape.radius * (x * sin + y * cos))
        for x, y in corners
    ]


def _polar(radius: float, turns: float) -> tuple[float, float]:
    angle = 2 * math.pi * turns
    return radius * math.sin(angle), -radius * math.cos(angle)


def draw(scene: Scene, rng: random.Random, *, rough: bool = True) -> Image.Image:
    """The scene as RGB pixels. ``rough``: with the faults of drawing programs and cameras."""
    scale = rng.choice((1, 2, 2)) if rough else 3
    image = Image.new("RGB", (scene.width * scale, scene.height * scale), scene.background)
    canvas = ImageDraw.Draw(image)
    edge = rng.random() if rough else 1.0
    edge_rgb = rng.choice(((0, 0, 0), (255, 255, 255), (90, 90, 90)))
    for shape in scene.shapes:
        points = [(x * scale, y * scale) for x, y in outline(shape)]
        width = max(1, round(shape.radius * scale * 0.1))
        if edge < 0.06:  # only the line, thick enough to show its colour
            canvas.line([*points, points[0], points[1]], shape.rgb, width * 3, joint="curve")
        else:
            canvas.polygon(points, fill=shape.rgb)
            if edge < 0.16 and shape.colour not in ("black", "white"):
                canvas.line([*points, points[0], points[1]], edge_rgb, width, joint="curve")
    if scale > 1:
        image = image.reduce(scale)
    return weather(image, rng) if rough else image


def weather(image: Image.Image, rng: random.Random) -> Image.Image:
    """The picture with the faults of cameras and files, now and then: uneven light, blur, noise,
    JPEG."""
    if rng.random() < 0.12:
        across, down = (rng.uniform(-18, 18) for _ in range(2))
        rows, columns = np.mgrid[0 : image.height, 0 : image.width]
        light = across * (columns / image.width - 0.5) + down * (rows / image.height - 0.5)
        image = Image.fromarray(
            np.clip(np.asarray(image) + light[..., None], 0, 255).astype(np.uint8)
        )
    if rng.random() < 0.12:
        image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 1.2)))
    if rng.random() < 0.12:
        noise = np.random.default_rng(rng.getrandbits(32)).normal(
            0, rng.uniform(2, 10), (image.height, image.width, 3)
        )
        image = Image.fromarray(np.clip(np.asarray(image) + noise, 0, 255).astype(np.uint8))
    if rng.random() < 0.2:
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=rng.randint(40, 95))
        image = Image.open(buffer).convert("RGB")
    return image


@dataclass(frozen=True, slots=True)
class Clip:
    """A video: one event in ``frames`` scenes. ``event``: "moves-left", "-right", "-up" or
    "-down", "appears", "disappears" or "turns"; ``colour``: the one that the actor turns;
    ``frame``: the index of the first scene after the event, None for one that takes its time."""

    scenes: tuple[Scene, ...]
    actor: Shape
    event: str
    colour: str | None = None
    frame: int | None = None


_DIRECTIONS = {"left": (-1, 0), "right": (1, 0), "up": (0, -1), "down": (0, 1)}
EVENTS = ("moves", "appears", "disappears", "turns")


def random_clip(
    rng: random.Random, *, frames: int = 8, size: tuple[int, int] | None = None
) -> Clip:
    """One or two shapes; one of them moves, appears, disappears or changes its colour."""
    scene = random_scene(
        rng, size=size or random_size(rng, 224), count=rng.choice((1, 1, 2)), radius=(0.1, 0.18)
    )
    actor = rng.choice(scene.shapes)
    others = tuple(shape for shape in scene.shapes if shape is not actor)
    event = rng.choice(EVENTS)
    if event == "moves":
        clip = _moving(rng, scene, actor, others, frames)
        return clip or random_clip(rng, frames=frames, size=size)
    when = rng.randint(1, frames - 1)
    colour = None
    first, last = scene, replace(scene, shapes=others)
    if event == "appears":
        first, last = last, first
    elif event == "turns":
        colour = rng.choice([c for c in COLOURS if c != actor.colour])
        rgb = random_rgb(colour, rng)
        if math.dist(rgb, scene.background) < MIN_CONTRAST:
            return random_clip(rng, frames=frames, size=size)
        last = replace(scene, shapes=(*others, replace(actor, colour=colour, rgb=rgb)))
    scenes = tuple(first if k < when else last for k in range(frames))
    return Clip(scenes, actor, event, colour, when)


def _moving(
    rng: random.Random, scene: Scene, actor: Shape, others: tuple[Shape, ...], frames: int
) -> Clip | None:
    """The actor crosses at least a third of the picture; None when another is in the way."""
    word = rng.choice(tuple(_DIRECTIONS))
    dx, dy = _DIRECTIONS[word]
    r = actor.radius
    span = (scene.width if dx else scene.height) - 2 * r
    start = rng.uniform(0, 0.45) * span + r
    end = rng.uniform(0.75, 1.0) * span + r
    if dx < 0 or dy < 0:
        start, end = end, start
    path = []
    for k in range(frames):
        at = start + (end - start) * k / (frames - 1)
        moved = replace(actor, x=at if dx else actor.x, y=at if dy else actor.y)
        if any(math.hypot(moved.x - o.x, moved.y - o.y) < r + o.radius for o in others):
            return None
        path.append(replace(scene, shapes=(*others, moved)))
    return Clip(tuple(path), actor, f"moves-{word}")
