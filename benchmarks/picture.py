"""One photo of 12 megapixels, from the file to its tiles."""

from benchmarks import media, plain
from benchmarks.measure import Result, Size, seconds, take_turns, versus
from internvl_ui.model.pixels import load_image

WHAT = "one 12 MP JPEG, file to tiles, identical bits"
GOAL = "at least 1.4 times faster"


def run(size: Size) -> Result:
    file = media.photo(0, quick=size.quick)
    assert media.digest(plain.load_image(file)) == media.digest(load_image(file))
    runs = size.repeats(9)
    return versus(
        take_turns(
            {
                "model card's load_image": lambda: seconds(lambda: plain.load_image(file)),
                "this project": lambda: seconds(lambda: load_image(file)),
            },
            {"model card's load_image": runs, "this project": runs},
        )
    )
