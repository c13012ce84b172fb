"""Small videos whose every frame shows its own number, made with PyAV."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from PIL import Image

_BITS = 8
WIDTH, HEIGHT = 128, 96


def numbered(number: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """Stripes that spell ``number`` in binary, and below a block that walks with it."""
    stripes = [255 if number >> bit & 1 else 0 for bit in range(_BITS)]
    picture = np.repeat(np.repeat(stripes, width // _BITS)[None], height, axis=0)
    picture = np.repeat(picture[..., None], 3, axis=2).astype(np.uint8)
    left = number * 5 % (width - 16)
    picture[height // 2 :, left : left + 16] = (200, 40, 90)
    return picture


def number_in(image: Image.Image) -> int:
    """The number that a frame's upper half shows."""
    grey = np.asarray(image.convert("L"))
    width = grey.shape[1] // _BITS
    rows = grey[grey.shape[0] // 8 : grey.shape[0] * 3 // 8]
    bits = [rows[:, bit * width + 2 : (bit + 1) * width - 2].mean() > 127 for bit in range(_BITS)]
    return sum(1 << bit for bit in range(_BITS) if bits[bit])


def write_clip(
    path: Path,
    *,
    frames: int = 40,
    rate: int = 10,
    codec: str = "libx264",
    pixels: str = "yuv420p",
    times: list[int] | None = None,
    options: dict[str, str] | None = None,
    container_options: dict[str, str] | None = None,
) -> Path:
    """``frames`` numbered frames in ``path``, whose suffix is the container. ``times``: each
    frame's time in milliseconds (None: evenly, ``rate`` a second)."""
    with av.open(str(path), "w", options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, pixels
        stream.codec_context.thread_count = 1
        stream.codec_context.time_base = Fraction(1, 1000) if times else Fraction(1, rate)
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(numbered(number), format="rgb24")
            frame.pts = times[number] if times else number
            frame.time_base = stream.codec_context.time_base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def remux(
    source: Path, path: Path, *, skip: int = 0, rotation: int = 0, damaged: int | None = None
) -> Path:
    """The same packets in another container (by ``path``'s suffix). ``skip``: leave out the
    first frames by an edit list, as a lossless cut does. ``rotation``: degrees,
    counterclockwise, by which a player shall turn the picture, as a phone notes it.
    ``damaged``: the packet (in the file's order) whose bytes are lost."""
    with av.open(str(source)) as old, av.open(str(path), "w") as new:
        stream = old.streams.video[0]
        copy = new.add_stream_from_template(stream)
        if rotation:
            copy.set_display_rotation(rotation)
        shift = int(skip / stream.average_rate / stream.time_base)
        for number, packet in enumerate(old.demux(stream)):
            if packet.dts is not None:
                if number == damaged:
                    packet.update(bytes(packet.size))
                packet.pts, packet.dts = packet.pts - shift, packet.dts - shift
                packet.stream = copy
                new.mux(packet)
    return path


def write_sound(path: Path) -> Path:
    """Half a second of silence."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=48_000, layout="mono")
        for start in range(0, 24_000, 1024):
            frame = av.AudioFrame.from_ndarray(
                np.zeros((1, 1024), np.float32), format="fltp", layout="mono"
            )
            frame.sample_rate, frame.pts = 48_000, start
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
