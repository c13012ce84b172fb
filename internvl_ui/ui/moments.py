"""`Frame7` and times in an answer about a video, as buttons that take its player there. Pure."""

import re
from collections.abc import Mapping, Sequence

from internvl_ui.conversation import Message, Video

Span = tuple[int, int]

_MOMENTS = re.compile(
    # Letters are the Latin ones: other scripts leave no space between a word and a number.
    r"(?P<code>```.*?(?:```|\Z)|`[^`\n]+`)"
    r"|(?P<tag><[^<>\n]*>|\]\([^()\n]*\)|\bhttps?://\S+)"
    r"|(?<![A-Za-z\d_])Video-(?P<video>\d{1,4})(?!\d)"
    r"|(?<![A-Za-z\d_])frame[ -]?(?P<frame>\d{1,4})(?![A-Za-z\d_])"
    r"|第\s?(?P<nth>\d{1,4})\s?(?:帧|幀|[个個]?影格)"
    r"|(?<![\d:.,])(?:(?P<hours>\d{1,2}):)?(?P<minutes>\d{1,3}):(?P<seconds>[0-5]\d(?:\.\d{1,3})?)"
    r"(?![\d:]|\s?[ap]\.?m\b)"
    r"|(?<![A-Za-z\d_.,:])(?P<plain>\d{1,5}(?:\.\d{1,3})?)\s?(?:s|secs?|seconds?|秒)(?![A-Za-z\d_])",
    re.DOTALL | re.IGNORECASE,
)
_VIDEO = re.compile(r"(?<![A-Za-z\d_])Video-(\d{1,4})(?!\d)")


def buttons(
    answer: str,
    asked: Sequence[Message],
    frame_times: Mapping[Video, Sequence[float]],
    taken: Sequence[Span],
) -> list[tuple[Span, str]]:
    """Where in ``answer`` a moment of a video of ``asked`` is named, and the button in its place.

    The video is the one that is named before it, or the one that the question names, or the
    last. ``frame_times``: the seconds of the frames that the model was shown; a time after the
    last of them, by more than one of their distances, is no moment of the video. Places that
    are ``taken`` stay.
    """
    if not frame_times:
        return []
    videos = [part for message in asked for part in message.media if isinstance(part, Video)]
    if not videos:
        return []
    named = _VIDEO.findall(asked[-1].text)
    number = int(named[-1]) if named else len(videos)
    found = []
    for match in _MOMENTS.finditer(answer):
        if match["code"] or match["tag"]:
            continue
        if match["video"]:
            number = int(match["video"])
            continue
        number = number if 1 <= number <= len(videos) else len(videos)
        second = _second(match, frame_times.get(videos[number - 1], ()))
        if second is None or any(
            start < match.end() and match.start() < end for start, end in taken
        ):
            continue
        button = (
            f'<button type="button" class="moment" value="{player(number)}@{second:g}">'
            f"{match[0]}</button>"
        )
        found.append((match.span(), button))
    return found


def player(number: int) -> str:
    """The `name` of the element in which the ``number``-th video of a conversation plays."""
    return f"video-{number}"


def _second(match: re.Match[str], times: Sequence[float]) -> float | None:
    """The second that ``match`` names in a video whose frames were seen at ``times``."""
    if not times:
        return None
    if number := match["frame"] or match["nth"]:
        frame = int(number)
        return times[frame - 1] if 1 <= frame <= len(times) else None
    if match["plain"]:
        second = float(match["plain"])
    else:
        minutes = 60 * int(match["hours"] or 0) + int(match["minutes"])
        second = 60 * minutes + float(match["seconds"])
    longest = times[-1] + max(1.0, (times[-1] - times[0]) / max(1, len(times) - 1))
    return second if second <= longest else None
