"""A video at a glance: a few small pictures with their times, before anything else of it."""

from dataclasses import dataclass
from pathlib import Path

import av
from av.container import InputContainer
from av.video.stream import VideoStream
from PIL import Image

from internvl_ui.media.track import decoded, opened_track, packets_of
from internvl_ui.media.video import frame_indices, map_frames, probe_video, upright

_SHORT = 60.0
"""Seconds up to which a video is quick enough to be looked at frame by frame."""


@dataclass(frozen=True, slots=True)
class Glimpse:
    """A small picture in RGB, upright, shown ``seconds`` after the video's beginning."""

    seconds: float
    image: Image.Image


def strip(
    path: str | Path, *, count: int = 8, side: int = 240, name: str | None = None
) -> list[Glimpse]:
    """``count`` pictures spread evenly over a video, in order, none longer than ``side`` pixels.

    Of a long video they are key frames near the even spread, which take a moment to decode; of
    a short one, and where key frames are too few, the very frames that ``frame_indices`` gives.
    Fewer if the video has fewer. Raises MediaError, which calls the file ``name``.
    """
    with opened_track(path, name) as (container, stream, _):
        glimpses = _key_frames(container, stream, count, side)
    if len(glimpses) == count:
        return glimpses
    info = probe_video(path, name=name)
    indices = sorted(set(frame_indices(info.frame_count, info.fps, segments=count)))
    frames = map_frames(
        path, indices, lambda frame: Glimpse(frame.seconds, _small(frame.image, side)), name=name
    )
    return list({glimpse.seconds: glimpse for glimpse in frames}.values())


def _key_frames(
    container: InputContainer, stream: VideoStream, count: int, side: int
) -> list[Glimpse]:
    """The key frame at or before the middle of each of ``count`` parts; none for a short video."""
    duration = (container.duration or 0) / av.time_base
    if duration <= _SHORT or not stream.time_base:
        return []
    start = (container.start_time or 0) / av.time_base
    stream.codec_context.skip_frame = "NONKEY"
    glimpses: dict[float, Glimpse] = {}
    for part in range(count):
        middle = start + duration * (part + 0.5) / count
        try:
            container.seek(round(middle / stream.time_base), stream=stream)
        except av.FFmpegError:
            return []
        frame = _next_key_frame(container, stream)
        if frame is None or frame.pts is None or frame.is_corrupt:
            return []
        # Not frame.time: a frame that the decoder had to be asked for knows no time base.
        seconds = float(frame.pts * stream.time_base) - start
        glimpses[seconds] = Glimpse(seconds, _thumbnail(frame, side))
    return [glimpses[time] for time in sorted(glimpses)]


def _next_key_frame(container: InputContainer, stream: VideoStream) -> av.VideoFrame | None:
    for packet in packets_of(container, stream):
        if packet.is_keyframe and packet.size and not packet.is_discard:
            # A decoder that waits for frames shown earlier is told that none will come.
            frames = decoded(packet) or stream.codec_context.decode(None)
            return frames[0] if frames else None
    return None


def _thumbnail(frame: av.VideoFrame, side: int) -> Image.Image:
    scale = min(1.0, side / max(frame.width, frame.height))
    width, height = (max(1, round(length * scale)) for length in (frame.width, frame.height))
    return upright(frame, frame.to_image(width=width, height=height))


def _small(image: Image.Image, side: int) -> Image.Image:
    image.thumbnail((side, side))
    return image
