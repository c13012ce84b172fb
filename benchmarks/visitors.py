"""Four conversations taking turns: do they lose what was computed for them?"""

from benchmarks.measure import Result, Size, versus
from benchmarks.turns import Conversation, questions

WHAT = "4 conversations taking turns, 3 rounds, time to first token of rounds 2 and 3"
GOAL = "at least 40 times faster"


def run(size: Size) -> Result:
    talks = [Conversation(size, seed) for seed in range(2 if size.quick else 4)]
    new = questions()
    ours, plain = [], []
    for _ in range(2):
        for number, talk in enumerate(talks):
            question = next(new)
            if number == 0:
                # What others asked meanwhile is nothing to the plain way: one is like another.
                plain.append(talk.plain(question))
            ours.append(talk.ours(question))
            talk.ask(question)
    note = "The plain way ran once a round, as each run takes half a minute or more on two cores."
    return versus({"plain way": plain, "this project": ours}, note=note)
