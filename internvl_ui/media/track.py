"""A video's picture track: open it safely, and learn from its packets which frames it has."""

from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from internvl_ui.errors import MediaError
from internvl_ui.media.files import check_pixels, checked

# Only containers that people's videos have: FFmpeg also takes texts for videos, and playlists,
# through which it would open other files and hosts.
_CONTAINERS = "mov,matroska,avi,mpegts,mpeg,flv,ogg,gif,asf,mxf"
_PICTURE_BRANDS = {"heic", "heix", "hevc", "hevx", "heim", "heis", "mif1", "msf1", "avif", "avis"}


class NotAVideo(MediaError):
    """Nothing in the file looks like a video."""


@dataclass(frozen=True, slots=True)
class FrameTable:
    """The frames of a track in the order of display.

    ``times``: seconds from the video's beginning, one a frame. ``duration``: seconds from the
    beginning to the end of the last frame. ``stamps``: the pts of each frame; None where the
    container does not tell, so that frames can only be counted, from the first. ``keys``: (pts,
    dts) of the key frames by pts. ``places``: where in the file a pts comes, counted in packets.
    """

    times: tuple[float, ...]
    duration: float
    stamps: tuple[int, ...] | None
    keys: tuple[tuple[int, int | None], ...]
    places: dict[int, int]

    def key_before(self, index: int) -> tuple[int, int | None]:
        """The key frame from which frame ``index`` can be decoded. Not the last one before it
        in the file: a frame shown before a key frame but stored behind it needs the one before
        that (open GOP)."""
        assert self.stamps is not None
        after = bisect_right(self.keys, self.stamps[index], key=lambda key: key[0])
        return self.keys[max(after - 1, 0)]


@contextmanager
def opened_track(
    path: str | Path, name: str | None
) -> Iterator[tuple[InputContainer, VideoStream, str]]:
    """The open container, its picture track and the name the visitor knows it by. Raises
    MediaError for what is no video or has no picture track."""
    path, name = checked(path, name)
    try:
        container = av.open(
            str(path.absolute()),
            options={"format_whitelist": _CONTAINERS, "protocol_whitelist": "file"},
            metadata_errors="replace",
        )
    except av.FFmpegError as error:
        raise NotAVideo(
            '"{name}" is not a video that can be read here, or it is incomplete. '
            "Save it as MP4 and try again.",
            name=name,
        ) from error
    with container:
        if container.metadata.get("major_brand", "").strip() in _PICTURE_BRANDS:
            raise MediaError('"{name}" is a picture, not a video. Give it as a picture.', name=name)
        stream = _picture_track(container)
        if stream is None:
            raise MediaError(
                '"{name}" has no pictures, only sound. Choose another video.', name=name
            )
        if stream.codec_context is None:
            raise MediaError(
                '"{name}" is coded in a way that is not known here. Save it as H.264 in MP4.',
                name=name,
            )
        check_pixels(stream.codec_context.width, stream.codec_context.height, name)
        yield container, stream, name


def frame_rate(stream: VideoStream) -> float:
    """Frames a second, on average, as the container has it."""
    return float(stream.average_rate or stream.guessed_rate or 25)


@dataclass(frozen=True, slots=True)
class _Packet:
    """What the table needs of a packet, so that none of its bytes are kept."""

    pts: int | None
    dts: int | None
    duration: int
    key: bool
    shown: bool
    whole: bool


def scan(
    container: InputContainer, stream: VideoStream, *, decode_first: bool
) -> tuple[FrameTable, av.VideoFrame | None]:
    """Read the whole track's packets. ``decode_first`` decodes until one frame is out, which is
    the second thing returned."""
    packets = []
    first: av.VideoFrame | None = None
    for packet in packets_of(container, stream):
        if packet.size:
            packets.append(
                _Packet(
                    packet.pts,
                    packet.dts,
                    packet.duration or 0,
                    packet.is_keyframe,
                    not packet.is_discard,
                    not packet.is_corrupt,
                )
            )
        if decode_first and first is None:
            first = next(iter(decoded(packet)), None)
    return _table(container, stream, packets), first


def packets_of(container: InputContainer, stream: VideoStream) -> Iterator[av.Packet]:
    """The track's packets from where the container stands; last an empty one, which makes the
    decoder give out what it still holds. A damaged file ends where it cannot be read on."""
    try:
        yield from container.demux(stream)
    except av.FFmpegError:
        last = av.Packet()
        last.stream = stream
        yield last


def decoded(packet: av.Packet) -> list[av.VideoFrame]:
    """The frames that this packet makes the decoder give out; none if it is damaged."""
    try:
        return packet.decode()
    except av.FFmpegError:
        return []


def _picture_track(container: InputContainer) -> VideoStream | None:
    """The main track of moving pictures; the cover of a song is none."""
    tracks = [
        stream
        for stream in container.streams.video
        if not stream.disposition & Disposition.attached_pic
    ]
    best = container.streams.best("video")
    return best if best in tracks else next(iter(tracks), None)


def _table(container: InputContainer, stream: VideoStream, packets: list[_Packet]) -> FrameTable:
    # Before the first key frame nothing can be decoded; the last packet may be a mere piece.
    start = next((place for place, packet in enumerate(packets) if packet.key), 0)
    packets = packets[start:]
    if packets and not packets[-1].whole:
        packets.pop()
    shown = [packet for packet in packets if packet.shown]
    stamps = [packet.pts for packet in shown if packet.pts is not None]
    keys = [(packet.pts, packet.dts) for packet in packets if packet.key and packet.pts is not None]
    keys.sort(key=lambda key: key[0])
    rate = frame_rate(stream)
    unstamped = len(set(stamps)) < len(shown) or _in_file_order(container, stream, stamps)
    if unstamped or not keys:
        times = tuple(index / rate for index in range(len(shown)))
        return FrameTable(times, len(shown) / rate, None, (), {})

    stamps = sorted(pts for pts in stamps if pts >= keys[0][0])
    tick = float(stream.time_base or 0)
    zero = (container.start_time or 0) / av.time_base
    times = tuple(pts * tick - zero for pts in stamps)
    lasts = {packet.pts: packet.duration * tick for packet in shown}
    duration = times[-1] + (lasts[stamps[-1]] or 1 / rate) if times else 0.0
    places = {packet.pts: place for place, packet in enumerate(packets) if packet.pts is not None}
    return FrameTable(times, duration, tuple(stamps), tuple(keys), places)


def _in_file_order(container: InputContainer, stream: VideoStream, stamps: list[int]) -> bool:
    """Whether the stamps only tell the order in the file, while the frames are shown in
    another: AVI knows no pts."""
    reordered = stream.codec_context.reorder_depth > 0
    return container.format.name == "avi" and reordered and stamps == sorted(stamps)
