"""The second question on one image of seven tiles, until its first token."""

from benchmarks.measure import Result, Size
from benchmarks.turns import Conversation, compare, questions

WHAT = "second question on one image of 7 tiles, time to first token"
GOAL = "at least 60 times faster"


def run(size: Size) -> Result:
    talk, new = Conversation(size), questions()
    return compare(lambda: talk.plain(next(new)), lambda: talk.ours(next(new)), size)
