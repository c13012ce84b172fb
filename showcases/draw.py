"""``python -m showcases.draw``: draws the showcases' pictures, and a card for each showcase.

``python -m training.examples`` draws three more (the shapes, the pair, the clip), which the cards
need too. The same code draws the same pixels everywhere: the only font is the one in Pillow.
"""

import argparse
import random
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter, ImageFont, ImageOps

from training.examples import BLUE, GREEN, ORANGE, PAPER, PURPLE, RED, YELLOW
from training.scenes import Rgb, Scene, Shape, box_of, draw

CARD = (480, 300)
INK, FAINT = (38, 38, 36), (117, 116, 110)
ACCENT = (31, 103, 98)
NIGHT, SKY = (28, 32, 44), (226, 238, 246)

SPOTS = Scene(
    720,
    480,
    SKY,
    (
        Shape("star", "purple", PURPLE, 130, 110, 66),
        Shape("cross", "green", GREEN, 590, 126, 70, 0.1, 0.3),
        Shape("circle", "orange", ORANGE, 350, 330, 74),
        Shape("square", "red", RED, 128, 372, 58, 0.15),
    ),
)
FINE = Scene(
    1344,
    896,
    PAPER,
    (
        Shape("star", "blue", BLUE, 210, 140, 40),
        Shape("circle", "red", RED, 690, 150, 32),
        Shape("cross", "green", GREEN, 1130, 446, 36, 0.1, 0.3),
        Shape("triangle", "purple", PURPLE, 200, 750, 38),
        Shape("square", "orange", ORANGE, 660, 760, 36, 0.1),
    ),
)
SHELF = tuple(
    Scene(360, 270, paper, tuple(shapes))
    for paper, shapes in (
        (PAPER, [Shape("circle", "red", RED, 180, 135, 76)]),
        (NIGHT, [Shape("star", "yellow", YELLOW, 180, 135, 84)]),
        (
            PAPER,
            [Shape("square", "blue", BLUE, 84, 70, 46), Shape("cross", "red", RED, 284, 206, 46)],
        ),
        (SKY, [Shape("triangle", "orange", ORANGE, 180, 135, 84)]),
        (PAPER, [Shape("cross", "green", GREEN, 180, 135, 80, 0.1, 0.3)]),
        (
            SKY,
            [
                Shape("circle", "purple", PURPLE, 60, 135, 44),
                Shape("star", "red", RED, 300, 135, 48),
            ],
        ),
    )
)
BARS = (("A", 35, RED), ("B", 60, BLUE), ("C", 85, GREEN), ("D", 45, ORANGE), ("E", 20, PURPLE))
GOODS = (
    ("Rye bread, 750 g", "4.20"),
    ("Croissant  3 x 1.60", "4.80"),
    ("Apple cake, slice", "3.50"),
    ("Filter coffee  2 x 2.90", "5.80"),
    ("Orange juice", "3.40"),
)
SUMS = (
    ("Subtotal", "21.70"),
    ("VAT 7 %", "1.52"),
    ("Total", "23.22"),
    ("Cash", "30.00"),
    ("Change", "6.78"),
)


def font(size: float) -> ImageFont.FreeTypeFont:
    loaded = ImageFont.load_default(size)
    assert isinstance(loaded, ImageFont.FreeTypeFont)
    return loaded


def receipt() -> Image.Image:
    """A slip of a bakery that does not exist, 640 x 960, on a table."""
    image = Image.new("RGB", (640, 960), (196, 178, 154))
    shadow = Image.new("L", image.size, 0)
    ImageDraw.Draw(shadow).rectangle([66, 42, 586, 934], fill=110)
    image.paste((70, 56, 40), mask=shadow.filter(ImageFilter.GaussianBlur(12)))
    pen = ImageDraw.Draw(image)
    pen.rectangle([60, 30, 580, 924], fill=(252, 251, 247))
    left, right, middle = 100, 540, 320
    pen.text((middle, 96), "CORNER BAKERY", INK, font(40), "mm")
    pen.text((middle, 142), "12 Mill Lane", FAINT, font(22), "mm")
    pen.text((left, 204), "14 March 2025, 08:42", INK, font(22), "lm")
    pen.text((right, 204), "No. 0417", INK, font(22), "rm")
    y = 232
    for lines, pitch in ((GOODS, 50), (SUMS, 48)):
        for x in range(left, right, 12):
            pen.line([(x, y), (x + 6, y)], FAINT, 2)
        y += 36
        for name, price in lines:
            size = 34 if name == "Total" else 24
            pen.text((left, y), name, INK, font(size), "lm")
            pen.text((right, y), price, INK, font(size), "rm")
            y += pitch
        y -= 6
    pen.text((middle, 880), "Thank you, see you tomorrow!", FAINT, font(22), "mm")
    return image


def chart(width: int = 448, height: int = 336) -> Image.Image:
    """Five labelled bars on an axis from 0 to 100."""
    image = Image.new("RGB", (width * 2, height * 2), "white")
    pen = ImageDraw.Draw(image)
    left, right, top, bottom = 110, 2 * width - 30, 40, 2 * height - 80
    for mark in range(0, 101, 20):
        y = bottom - (bottom - top) * mark / 100
        pen.line([(left, y), (right, y)], INK if mark == 0 else (215, 215, 215), 2)
        pen.text((left - 14, y), str(mark), INK, font(40), "rm")
    pen.line([(left, top), (left, bottom)], INK, 2)
    pitch = (right - left) / len(BARS)
    for place, (name, value, rgb) in enumerate(BARS):
        middle = left + pitch * (place + 0.5)
        y = bottom - (bottom - top) * value / 100
        pen.rectangle([middle - 0.33 * pitch, y, middle + 0.33 * pitch, bottom - 2], fill=rgb)
        pen.text((middle, bottom + 14), name, INK, font(40), "ma")
    return image.reduce(2)


def pictures() -> dict[str, Image.Image]:
    """Every picture drawn here, by the name of its file."""
    rng = random.Random(0)
    drawn = {
        "receipt.png": receipt(),
        "chart.png": chart(),
        "spots.png": draw(SPOTS, rng, rough=False),
        "fine.png": draw(FINE, rng, rough=False),
    }
    for number, scene in enumerate(SHELF, 1):
        drawn[f"shelf-{number}.png"] = draw(scene, rng, rough=False)
    return drawn


def cards(files: Path) -> dict[str, Image.Image]:
    """A picture of 480 x 300 for each showcase, out of the ``files`` that it asks about."""
    drawn = pictures()
    shapes, *pair = (
        Image.open(files / f"{n}.png").convert("RGB") for n in ("shapes", "pair-1", "pair-2")
    )
    return {
        "describe": ImageOps.fit(shapes, CARD),
        "receipt": ImageOps.fit(drawn["receipt.png"].crop((20, 0, 620, 375)), CARD),
        "chart": _chart_card(),
        "pair": _mosaic(pair, columns=2),
        "ground": _ground_card(drawn["spots.png"]),
        "video": _video_card(),
        "tiles": _tiles_card(),
        "batch": _mosaic([drawn[f"shelf-{number}.png"] for number in range(1, 7)], columns=3),
    }


def _mosaic(parts: Sequence[Image.Image], *, columns: int, gap: int = 6) -> Image.Image:
    """Each part whole, on as much of its own background as its cell needs."""
    rows = len(parts) // columns
    width = (CARD[0] - gap * (columns - 1)) // columns
    height = (CARD[1] - gap * (rows - 1)) // rows
    image = Image.new("RGB", CARD, "white")
    for place, part in enumerate(parts):
        row, column = divmod(place, columns)
        cell = ImageOps.pad(part, (width, height), color=_corner(part))
        image.paste(cell, (column * (width + gap), row * (height + gap)))
    return image


def _corner(image: Image.Image) -> Rgb:
    red, green, blue = image.crop((0, 0, 1, 1)).tobytes()
    return red, green, blue


def _chart_card() -> Image.Image:
    image = Image.new("RGB", CARD, "white")
    image.paste(chart(400, 276), (40, 12))
    return image


def _ground_card(spots: Image.Image) -> Image.Image:
    image = spots.copy()
    left, top, right, bottom = box_of(SPOTS.shapes[1], SPOTS)
    x = [SPOTS.width * edge / 1000 for edge in (left, right)]
    y = [SPOTS.height * edge / 1000 for edge in (top, bottom)]
    ImageDraw.Draw(image).rectangle([x[0] - 9, y[0] - 9, x[1] + 9, y[1] + 9], None, ACCENT, 8)
    return ImageOps.fit(image, CARD)


def _video_card() -> Image.Image:
    """A ball in flight, and the sign that everybody reads as "play"."""
    image = Image.new("RGB", (2 * CARD[0], 2 * CARD[1]), PAPER)
    pen = ImageDraw.Draw(image)
    for step, x in enumerate((110, 280, 450, 620, 800)):
        share = (step + 1) / 5
        rgb: Rgb = tuple(round(p + (b - p) * share**2) for p, b in zip(PAPER, BLUE, strict=True))  # type: ignore[assignment]
        pen.circle((x, 300), 92, fill=rgb)
    pen.circle((480, 300), 96, fill=(20, 20, 20))
    pen.polygon([(450, 246), (450, 354), (540, 300)], fill="white")
    return image.reduce(2)


def _tiles_card() -> Image.Image:
    """A star: its left half as one tile sees it, its right half as many do."""
    star = Scene(*CARD, PAPER, (Shape("star", "blue", BLUE, 240, 160, 118),))
    image = draw(star, random.Random(0), rough=False)
    coarse = image.resize((20, 12), Image.Resampling.BOX).resize(CARD, Image.Resampling.NEAREST)
    half = CARD[0] // 2
    image.paste(coarse.crop((0, 0, half, CARD[1])), (0, 0))
    pen = ImageDraw.Draw(image)
    for x in range(half, CARD[0], 80):
        pen.line([(x, 0), (x, CARD[1])], ACCENT, 5 if x == half else 2)
    for y in (100, 200):
        pen.line([(half, y), (CARD[0], y)], ACCENT, 2)
    return image


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", type=Path, default=Path("assets/examples"))
    target = parser.parse_args().target
    for name, image in pictures().items():
        image.save(target / name, optimize=True)
    (target / "cards").mkdir(exist_ok=True)
    for name, image in cards(target).items():
        image.save(target / "cards" / f"{name}.webp", quality=82, method=6)


if __name__ == "__main__":
    main()
