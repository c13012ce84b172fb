"""``python -m training.examples``: draws the pictures and the clip of the page's examples."""

import argparse
import random
from dataclasses import replace
from pathlib import Path

import av
import numpy as np

from training.scenes import Scene, Shape, draw

RED, BLUE, YELLOW = (226, 62, 54), (38, 96, 214), (250, 214, 30)
GREEN, PURPLE, ORANGE = (36, 150, 78), (134, 60, 168), (245, 140, 24)
PAPER = (246, 244, 238)

SHAPES = Scene(
    960,
    540,
    PAPER,
    (
        Shape("circle", "red", RED, 170, 126, 78),
        Shape("star", "blue", BLUE, 770, 130, 92),
        Shape("square", "green", GREEN, 474, 276, 86, 0.12),
        Shape("triangle", "orange", ORANGE, 200, 444, 80),
    ),
)
PAIR = (
    Scene(
        720,
        720,
        PAPER,
        (
            Shape("circle", "purple", PURPLE, 200, 190, 100),
            Shape("square", "blue", BLUE, 520, 540, 110, 0.1),
        ),
    ),
    Scene(
        720,
        720,
        (28, 32, 44),
        (
            Shape("star", "yellow", YELLOW, 200, 190, 112),
            Shape("cross", "red", RED, 530, 540, 104, 0.1, 0.3),
        ),
    ),
)
CLIP_SECONDS, CLIP_FPS = 4, 24


def clip() -> list[Scene]:
    """A blue circle crosses the picture from left to right."""
    ball = Shape("circle", "blue", BLUE, 0, 180, 62)
    count = CLIP_SECONDS * CLIP_FPS
    return [
        Scene(640, 360, PAPER, (replace(ball, x=70 + 500 * k / (count - 1)),)) for k in range(count)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", type=Path, default=Path("assets/examples"))
    target = parser.parse_args().target
    rng = random.Random(0)
    for name, scene in zip(("shapes", "pair-1", "pair-2"), (SHAPES, *PAIR), strict=True):
        draw(scene, rng, rough=False).save(target / f"{name}.png", optimize=True)
    with av.open(str(target / "clip.mp4"), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("libx264", rate=CLIP_FPS, options={"crf": "20"})
        stream.width, stream.height, stream.pix_fmt = 640, 360, "yuv420p"
        for scene in clip():
            pixels = np.asarray(draw(scene, rng, rough=False))
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24")))
        container.mux(stream.encode())


if __name__ == "__main__":
    main()
