"""The same question again, until its first token."""

from benchmarks.measure import Result, Size
from benchmarks.turns import Conversation, compare

WHAT = "the same question on one image of 7 tiles again, time to first token"
GOAL = "at least 100 times faster"


def run(size: Size) -> Result:
    talk = Conversation(size)
    question = talk.history[0][0]
    return compare(
        lambda: talk.plain(question, turns=0), lambda: talk.ours(question, turns=0), size
    )
