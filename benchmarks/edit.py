"""An earlier question of three changed, the image kept, until the first token."""

from benchmarks.measure import Result, Size
from benchmarks.turns import Conversation, compare, questions

WHAT = "the second question of three changed, image kept, time to first token"
GOAL = "at least 40 times faster"


def run(size: Size) -> Result:
    talk, new = Conversation(size, rounds=3), questions()
    return compare(
        lambda: talk.plain(next(new), turns=1), lambda: talk.ours(next(new), turns=1), size
    )
