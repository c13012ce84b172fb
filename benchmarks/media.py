"""What the benchmarks of pictures and videos share: files made here, and memory at its peak."""

import hashlib
import multiprocessing
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import av
import av.filter
import numpy as np
from av.video.frame import PictureType
from PIL import Image

_RATE = 30
"""Frames a second of the clips."""
_PEAK_RESET = Path("/proc/self/clear_refs")


@cache
def folder() -> Path:
    """Kept from one run to the next, as a clip of ten minutes takes minutes to make."""
    path = Path(tempfile.gettempdir()) / "internvl-ui-benchmarks"
    path.mkdir(exist_ok=True)
    return path


def photo(number: int, *, quick: bool) -> Path:
    """A JPEG of 12 megapixels (quick: 0.1) with large shapes and fine grain, as photos have."""
    width, height = (400, 300) if quick else (4000, 3000)
    path = folder() / f"photo-{number}-{width}.jpg"
    if not path.exists():
        generator = np.random.default_rng(number)
        shapes = generator.integers(0, 256, (9, 12, 3), np.uint8)
        large = np.asarray(Image.fromarray(shapes).resize((width, height)), np.int16)
        grain = generator.integers(-12, 13, (height, width, 1), np.int16)
        whole = Image.fromarray(np.clip(large + grain, 0, 255).astype(np.uint8))
        whole.save(path.with_suffix(".part"), "JPEG", quality=88)
        path.with_suffix(".part").rename(path)
    return path


def clip(keyframe_every: int, *, quick: bool) -> Path:
    """Ten minutes (quick: 4 seconds) of 1080p H.264."""
    seconds, size, times = (4, "192x108", 1) if quick else (50, "1920x1080", 12)
    path = folder() / f"clip-{keyframe_every}-{seconds * times}.mp4"
    if not path.exists():
        scene, part = (path.with_suffix(suffix) for suffix in (".scene.mp4", ".part.mp4"))
        _encode(scene, size, seconds, keyframe_every)
        # The scene again and again: to decode it costs the same, to encode it all takes minutes.
        _repeat(scene, part, times)
        scene.unlink()
        part.rename(path)
    return path


def _encode(path: Path, size: str, seconds: int, keyframe_every: int) -> None:
    """ffmpeg's moving test picture with grain, by the ffmpeg that PyAV carries in itself."""
    graph = av.filter.Graph()
    source = graph.add("testsrc2", f"size={size}:rate={_RATE}:duration={seconds}")
    grain = graph.add("noise", "alls=6:allf=t")
    pixels = graph.add("format", "pix_fmts=yuv420p")
    graph.link_nodes(source, grain, pixels, graph.add("buffersink")).configure()
    options = {"preset": "veryfast", "crf": "26", "sc_threshold": "0"}
    options |= {"g": str(keyframe_every), "keyint_min": str(keyframe_every)}
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=_RATE, options=options)
        stream.width, stream.height = (int(side) for side in size.split("x"))
        stream.pix_fmt = "yuv420p"
        for _ in range(seconds * _RATE):
            frame = graph.vpull()
            # The picture's source calls each of its frames a key frame.
            frame.pict_type = PictureType.NONE
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def _repeat(scene: Path, path: Path, times: int) -> None:
    """The packets of ``scene``, so many times one after the other."""
    with av.open(str(path), "w") as target:
        copy = None
        for number in range(times):
            with av.open(str(scene)) as source:
                stream = source.streams.video[0]
                if copy is None:
                    copy = target.add_stream_from_template(stream)
                for packet in source.demux(stream):
                    if packet.dts is None:
                        continue
                    packet.pts += number * stream.duration
                    packet.dts += number * stream.duration
                    packet.stream = copy
                    target.mux(packet)


def digest(pixels: Any) -> str:
    """Of a tensor's bits, to see that two ways gave the same."""
    import torch

    return hashlib.sha256(pixels.contiguous().view(torch.uint8).numpy().tobytes()).hexdigest()


def peak_bytes(work: Callable[[], object], warm_up: Callable[[], object]) -> float:
    """By how much ``work`` raises a fresh process's memory at its peak; ``warm_up`` comes first,
    so that imports do not count. Only where there is a /proc."""
    context = multiprocessing.get_context("spawn")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_measure, args=(sender, work, warm_up))
    process.start()
    # The child's end here must be closed, or its failure would never be noticed.
    sender.close()
    try:
        return float(receiver.recv())
    finally:
        process.join()


def _measure(sender: Any, work: Callable[[], object], warm_up: Callable[[], object]) -> None:
    warm_up()
    _PEAK_RESET.write_text("5")
    before = _status("VmRSS")
    work()
    sender.send(_status("VmHWM") - before)


def _status(name: str) -> int:
    """Bytes. The process's own accounting, as getrusage counts a parent's peak as its child's."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name))
