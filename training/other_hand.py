"""The same scenes as somebody else would draw them: for the evaluation, never for training.

Nothing here is shared with ``training.scenes`` but the description. Shapes are distance fields
instead of polygons, so corners, edges and thin lines look different; colours are those that web
pages call by these names; backgrounds have a gradient and a grain; lines are of any width.
"""

import io
import math
import random

import numpy as np
from PIL import Image, ImageColor

from training.scenes import MIN_CONTRAST, Rgb, Scene, Shape

_WEB_COLOURS = {
    "red": ("red", "crimson", "firebrick"),
    "green": ("green", "forestgreen", "limegreen", "seagreen"),
    "blue": ("blue", "mediumblue", "royalblue"),
    "yellow": ("yellow", "gold"),
    "purple": ("purple", "darkviolet", "rebeccapurple"),
    "orange": ("orange", "darkorange"),
    "black": ("black",),
    "white": ("white",),
}


def draw(scene: Scene, rng: random.Random) -> Image.Image:
    """The scene as RGB pixels, each shape turned by up to 15 degrees."""
    rows, columns = np.mgrid[: scene.height, : scene.width] + 0.5
    pixels = _background(scene, rng, columns, rows)
    softness = rng.choice((0.01, 0.5, 1.0, 1.6))
    line = rng.uniform(0.14, 0.3) if rng.random() < 0.12 else None
    edge = rng.uniform(0.03, 0.1) if line is None and rng.random() < 0.15 else None
    for shape in scene.shapes:
        turn = rng.uniform(-math.pi / 12, math.pi / 12)
        distance = _distance(shape, turn, columns, rows)
        inside = distance
        if line is not None:  # the line only
            inside = np.abs(distance + line * shape.radius / 2) - line * shape.radius / 2
        pixels = _paint(pixels, inside, _colour(shape, scene, rng), softness)
        if edge is not None and shape.colour not in ("black", "white"):
            rim = np.abs(distance) - edge * shape.radius / 2
            pixels = _paint(pixels, rim, (40, 40, 40), softness)
    image = Image.fromarray(np.clip(pixels, 0, 255).round().astype(np.uint8))
    return _compressed(image, rng)


def _background(
    scene: Scene, rng: random.Random, columns: np.ndarray, rows: np.ndarray
) -> np.ndarray:
    """(height, width, 3): the scene's colour with a slope of light and the grain of paper."""
    slope = rng.uniform(0, 14) * (columns / scene.width - 0.5)
    slope = slope + rng.uniform(0, 14) * (rows / scene.height - 0.5)
    grain = np.random.default_rng(rng.getrandbits(32)).normal(0, rng.uniform(0, 4), slope.shape)
    return np.array(scene.background) + (slope + grain)[..., None]


def _colour(shape: Shape, scene: Scene, rng: random.Random) -> Rgb:
    r, g, b = ImageColor.getrgb(rng.choice(_WEB_COLOURS[shape.colour]))[:3]
    readable = math.dist((r, g, b), scene.background) >= MIN_CONTRAST
    return (r, g, b) if readable else shape.rgb


def _paint(pixels: np.ndarray, distance: np.ndarray, rgb: Rgb, softness: float) -> np.ndarray:
    """``pixels`` with ``rgb`` wherever the distance is negative; an edge this soft, in pixels."""
    share = np.clip(0.5 - distance / softness, 0, 1)[..., None]
    return pixels * (1 - share) + np.array(rgb) * share


def _distance(shape: Shape, turn: float, columns: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Pixels to the shape's edge, negative inside, after Inigo Quilez' 2D distance functions;
    exact enough near the edge, which is where it is looked at."""
    dx, dy = columns - shape.x, rows - shape.y
    x = dx * math.cos(turn) + dy * math.sin(turn)
    y = dy * math.cos(turn) - dx * math.sin(turn)
    r = shape.radius
    if shape.shape == "circle":
        return np.hypot(x, y) - r
    if shape.shape == "square":
        return _box(x, y, r / math.sqrt(2), r / math.sqrt(2))
    if shape.shape == "cross":
        bar = r * 0.3
        return np.minimum(_box(x, y, r * 0.95, bar), _box(x, y, bar, r * 0.95))
    corners = 3 if shape.shape == "triangle" else 5
    # One sector of the star or triangle, mirrored: from a tip to the notch after it.
    notch = r * (0.5 if corners == 3 else 0.4)
    angle = np.abs((np.arctan2(x, -y) + math.pi / corners) % (2 * math.pi / corners))
    angle = np.abs(angle - math.pi / corners)
    along, across = np.hypot(x, y) * np.cos(angle), np.hypot(x, y) * np.sin(angle)
    to_x = notch * math.cos(math.pi / corners) - r
    to_y = notch * math.sin(math.pi / corners)
    return ((along - r) * to_y - across * to_x) / math.hypot(to_x, to_y)


def _box(x: np.ndarray, y: np.ndarray, width: float, height: float) -> np.ndarray:
    return np.maximum(np.abs(x) - width, np.abs(y) - height)


def _compressed(image: Image.Image, rng: random.Random) -> Image.Image:
    if rng.random() < 0.5:
        return image
    buffer = io.BytesIO()
    image.save(buffer, rng.choice(("JPEG", "WEBP")), quality=rng.randint(35, 95))
    return Image.open(buffer).convert("RGB")
