"""Which frames of a video are looked at, and their pixels."""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import accumulate, chain, groupby
from pathlib import Path
from typing import Literal, TypeVar

import av
import numpy as np
from av.container import InputContainer
from av.video.stream import VideoStream
from PIL import Image

from internvl_ui.errors import MediaError, UserError
from internvl_ui.media.files import checked
from internvl_ui.media.remembered import Remembered
from internvl_ui.media.track import FrameTable, decoded, frame_rate, opened_track, packets_of, scan

VideoReader = Literal["pyav", "decord"]
Work = TypeVar("Work")

_TURNS = {
    90: Image.Transpose.ROTATE_90,
    180: Image.Transpose.ROTATE_180,
    270: Image.Transpose.ROTATE_270,
}


@dataclass(frozen=True, slots=True)
class VideoInfo:
    """``width`` and ``height`` in pixels as a player shows it, ``rotation`` (0, 90, 180 or 270
    degrees, counterclockwise) already applied. ``fps``: on average. ``times``: when each frame
    is shown, in seconds from the beginning; ``duration``: when the last one ends."""

    width: int
    height: int
    frame_count: int
    duration: float
    fps: float
    times: tuple[float, ...]
    rotation: int


_PROBED: Remembered[VideoInfo] = Remembered(16)
"""A page asks for the same one again and again. Each holds the times of all its frames."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame in RGB, upright; the ``index``-th of its video, shown ``seconds`` after the
    beginning."""

    index: int
    seconds: float
    image: Image.Image


def probe_video(path: str | Path, *, name: str | None = None) -> VideoInfo:
    """What there is to know of a video before its frames are read; decodes only the first, and
    that once for as long as the file stays as it is. Raises MediaError, which calls the file
    ``name`` (None: its own name)."""
    path, name = checked(path, name)
    return _PROBED.get(path, lambda: _probe(path, name))


def _probe(path: str | Path, name: str | None) -> VideoInfo:
    with opened_track(path, name) as (container, stream, known_as):
        table, first = scan(container, stream, decode_first=True)
        if first is None or not table.times:
            raise _nothing_decodes(known_as)
        rotation = _rotation(first)
        size = (first.width, first.height)
        width, height = size if rotation % 180 == 0 else size[::-1]
        count = len(table.times)
        fps = frame_rate(stream)
    return VideoInfo(width, height, count, table.duration, fps, table.times, rotation)


def frame_indices(
    frame_count: int,
    fps: float,
    *,
    segments: int,
    bound: tuple[float, float] | None = None,
) -> list[int]:
    """The frame in the middle of each of ``segments`` equal parts, as the model card picks
    them. ``bound``: only from and to these seconds. A video with few frames gives the same one
    more than once. Raises ValueError if no frame lies within ``bound``."""
    first, last = 0, frame_count - 1
    if bound is not None:
        first = max(first, round(bound[0] * fps))
        last = min(round(bound[1] * fps), last)
    if first > last:
        raise ValueError(f"no frame lies within {bound} seconds")
    part = (last - first) / segments
    return [int(first + part / 2 + np.round(part * i)) for i in range(segments)]


def read_frames(
    path: str | Path,
    indices: Sequence[int],
    *,
    name: str | None = None,
    reader: VideoReader = "pyav",
) -> Iterator[Frame]:
    """The frames at ``indices`` (ascending; repeated ones come again), one at a time.

    ``reader`` "decord" is the model card's: the same frames wherever it is right. In place of
    a frame that is too damaged to decode comes the one a player would still be showing, and
    its ``index`` says so. Raises MediaError if there is no such frame or nothing can be decoded.
    """
    if list(indices) != sorted(indices):
        raise ValueError("frames are read in ascending order")
    wanted = sorted(set(indices))
    if reader == "decord":
        frames = _with_decord(path, wanted, name)
    else:
        frames = _read(path, wanted, name, _table_for(path, wanted, name))
    for _, repeated in groupby(indices):
        frame = next(frames)
        for _ in repeated:
            yield frame


def map_frames(
    path: str | Path,
    indices: Sequence[int],
    work: Callable[[Frame], Work],
    *,
    name: str | None = None,
    reader: VideoReader = "pyav",
) -> list[Work]:
    """``work`` of each frame that ``read_frames`` would give, done as soon as it is decoded and
    in the thread that did it. Two decoders share the frames where they can."""
    if reader == "decord":
        return [work(frame) for frame in read_frames(path, indices, name=name, reader=reader)]
    wanted = sorted(set(indices))
    table = _table_for(path, wanted, name)
    shares = _shares(table, wanted)
    with ThreadPoolExecutor(len(shares), "frames") as pool:
        parts = pool.map(
            lambda share: [work(frame) for frame in _read(path, share, name, table)], shares
        )
        done = dict(zip(wanted, chain.from_iterable(parts), strict=True))
    return [done[index] for index in indices]


def _shares(table: FrameTable, wanted: list[int]) -> list[list[int]]:
    """``wanted`` in up to two parts that cost a decoder about the same. Frames that need the same
    key frame stay together, or what lies between it and them would be decoded twice."""
    if table.stamps is None or len(wanted) < 2:
        return [wanted]
    stamps, places = table.stamps, table.places
    groups = [list(group) for _, group in groupby(wanted, table.key_before)]
    # Frames lie about where they are shown, so this is near enough.
    costs = [
        max(1, places[stamps[group[-1]]] - places[table.key_before(group[0])[0]] + 1)
        for group in groups
    ]
    sums = list(accumulate(costs))
    middle = min(range(len(groups)), key=lambda place: abs(2 * sums[place] - sums[-1])) + 1
    halves = [list(chain.from_iterable(half)) for half in (groups[:middle], groups[middle:])]
    return [half for half in halves if half]


def _table_for(path: str | Path, wanted: list[int], name: str | None) -> FrameTable:
    with opened_track(path, name) as (container, stream, known_as):
        table, _ = scan(container, stream, decode_first=False)
        _check_range(wanted, len(table.times), known_as)
    return table


def _read(
    path: str | Path, wanted: list[int], name: str | None, table: FrameTable
) -> Iterator[Frame]:
    left = deque(wanted)
    with opened_track(path, name) as (container, stream, _):
        # Each of two decoders has a core of its own, and a thread costs it more than it gains.
        stream.codec_context.thread_count = 1
        while left and table.stamps is not None:
            found = False
            for index, frame in _from_key_frame(container, stream, table, left):
                yield Frame(index, table.times[index], _image(frame))
                left.popleft()
                found = True
            if not found:
                break
    if left:
        with opened_track(path, name) as (container, stream, known_as):
            for index, frame in _from_the_start(container, stream, table, left, known_as):
                yield Frame(index, table.times[index], _image(frame))


def _from_key_frame(
    container: InputContainer, stream: VideoStream, table: FrameTable, left: Sequence[int]
) -> Iterator[tuple[int, av.VideoFrame]]:
    """The first of the frames ``left``, and those behind it that need the same key frame. Ends
    early where the container does not let itself be searched or a frame comes out damaged."""
    assert table.stamps is not None
    key = table.key_before(left[0])
    targets = {table.stamps[i]: i for i in left if table.key_before(i) == key}
    last = max(targets)
    for packet in _packets_from(container, stream, table, key):
        # What no other frame refers to need not be decoded. Only H.264 says so for sure.
        if stream.codec_context.name == "h264":
            needed = packet.is_keyframe or packet.pts in targets
            stream.codec_context.skip_frame = "DEFAULT" if needed else "NONREF"
        for frame in decoded(packet):
            if frame.pts is None or frame.pts > min(targets) or frame.is_corrupt:
                return
            if frame.pts in targets:
                yield targets.pop(frame.pts), frame
                if frame.pts == last:
                    return


def _packets_from(
    container: InputContainer,
    stream: VideoStream,
    table: FrameTable,
    key: tuple[int, int | None],
) -> Iterator[av.Packet]:
    """The track's packets from the key frame ``key``, or one before it, to the end; none if
    the container cannot be made to go there."""
    # MP4 is searched by pts, MPEG-TS by dts: there a search for the pts lands behind the key.
    for stamp in key:
        if stamp is None:
            continue
        try:
            container.seek(stamp, stream=stream)
        except av.FFmpegError:
            continue
        packets = packets_of(container, stream)
        landed = next((packet for packet in packets if packet.is_keyframe), None)
        place = table.places.get(landed.pts) if landed and landed.pts is not None else None
        if place is not None and place <= table.places[key[0]]:
            return chain([landed], packets)
    return iter(())


def _from_the_start(
    container: InputContainer,
    stream: VideoStream,
    table: FrameTable,
    left: deque[int],
    name: str,
) -> Iterator[tuple[int, av.VideoFrame]]:
    """The frames ``left``, found by decoding every frame."""
    indices = {pts: index for index, pts in enumerate(table.stamps or ())}
    count = 0
    shown: tuple[int, av.VideoFrame] | None = None
    for packet in packets_of(container, stream):
        for frame in decoded(packet):
            index = count if table.stamps is None else indices.get(frame.pts or 0)
            count += 1
            if index is None:
                continue
            while left and left[0] <= index:
                yield (index, frame) if left[0] == index or shown is None else shown
                left.popleft()
            if not left:
                return
            shown = index, frame
    if shown is None:
        raise _nothing_decodes(name)
    for _ in left:
        yield shown


def _image(frame: av.VideoFrame) -> Image.Image:
    if frame.interlaced_frame:
        frame = _as_progressive(frame)
    return upright(frame, frame.to_image())


def upright(frame: av.VideoFrame, image: Image.Image) -> Image.Image:
    """``image``, which is ``frame`` as it is stored, turned as a player would."""
    turn = _TURNS.get(_rotation(frame))
    return image if turn is None else image.transpose(turn)


def _as_progressive(frame: av.VideoFrame) -> av.VideoFrame:
    """The same frame without the note that its lines are of two moments. The conversion to RGB
    would heed it and treat the halves apart, which the model card's reader does not."""
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=frame.width,
        height=frame.height,
        format=frame.format.name,
        time_base=frame.time_base,
    )
    mode = graph.add("setfield", "mode=prog")
    sink = graph.add("buffersink")
    source.link_to(mode)
    mode.link_to(sink)
    graph.configure()
    graph.push(frame)
    return graph.pull()


def _rotation(frame: av.VideoFrame) -> int:
    """By how much a player turns this frame, counterclockwise: 0, 90, 180 or 270 degrees."""
    return round(frame.rotation / 90) * 90 % 360


def _with_decord(path: str | Path, wanted: list[int], name: str | None) -> Iterator[Frame]:
    """As the model card reads frames. Decord turns them itself."""
    try:
        import decord
    except ImportError as error:
        raise UserError(
            "The video reader decord is not installed. Install it with pip install decord, "
            "or use the reader pyav."
        ) from error
    info = probe_video(path, name=name)
    name = Path(path).name if name is None else name
    try:
        video = decord.VideoReader(str(path), ctx=decord.cpu(0), num_threads=1)
        _check_range(wanted, min(len(video), info.frame_count), name)
        for index in wanted:
            yield Frame(index, info.times[index], Image.fromarray(video[index].asnumpy()))
    except (decord.DECORDError, RuntimeError) as error:
        raise MediaError(
            '"{name}" cannot be read with decord. Save it as H.264 in MP4, or use the reader pyav.',
            name=name,
        ) from error


def _check_range(wanted: list[int], frame_count: int, name: str) -> None:
    if frame_count == 0:
        raise _nothing_decodes(name)
    if wanted and not 0 <= wanted[0] <= wanted[-1] < frame_count:
        raise MediaError(
            '"{name}" has {count} frames and no frame {wanted}, counted from 0. '
            "Ask for an earlier one.",
            name=name,
            count=frame_count,
            wanted=wanted[-1],
        )


def _nothing_decodes(name: str) -> MediaError:
    return MediaError(
        '"{name}" is damaged: none of its frames can be decoded. Choose another copy of it.',
        name=name,
    )
