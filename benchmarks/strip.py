"""Eight thumbnails with their times: what a visitor sees of a video first."""

from benchmarks import media, plain
from benchmarks.measure import Result, Size, seconds, take_turns, versus
from internvl_ui.media.strip import strip

WHAT = "8 thumbnails with times of 10 minutes of 1080p H.264"
GOAL = "at least 10 times faster than 8 frames by load_video, at most 0.3 s"


def run(size: Size) -> Result:
    file = media.clip(250, quick=size.quick)
    runs = size.repeats()
    return versus(
        take_turns(
            {
                "8 frames by load_video": lambda: seconds(
                    lambda: plain.load_video(file, num_segments=8)
                ),
                "this project": lambda: seconds(lambda: strip(file, count=8)),
            },
            {"8 frames by load_video": runs, "this project": runs},
        )
    )
