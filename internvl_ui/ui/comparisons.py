"""Comparisons as the text that a tab keeps, so that a reload loses none. Pure."""

import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from internvl_ui.conversation import Usage
from internvl_ui.ui.columns import Column, Round, Way
from internvl_ui.ui.talk import Talk

_MOST = 1_500_000
"""Characters that are kept: a browser has room for some five million in a tab."""


def dump(rounds: Sequence[Round]) -> str:
    """The rounds without their pictures, which the files' names stand for; of too many the last
    ones."""
    kept: list[str] = []
    room = _MOST
    for round in reversed(rounds):
        text = json.dumps(_record(round), ensure_ascii=False)
        room -= len(text)
        if room < 0:
            break
        kept.insert(0, text)
    return f"[{','.join(kept)}]" if kept else ""


def load(text: str) -> tuple[Round, ...]:
    """What ``dump`` wrote. Raises ValueError if it is anything else."""
    try:
        return tuple(map(_round, json.loads(text)))
    except (TypeError, KeyError, AttributeError) as error:
        raise ValueError("not a comparison") from error


def _record(round: Round) -> dict[str, Any]:
    columns = [{**asdict(replace(column, asked=Talk())), "asked": None} for column in round.columns]
    return {**asdict(replace(round, columns=())), "columns": columns}


def _round(record: dict[str, Any]) -> Round:
    columns = tuple(map(_column, record["columns"]))
    if not columns:
        raise ValueError("a round without columns")
    return Round(**{**record, "columns": columns, "files": tuple(record["files"])})


def _column(record: dict[str, Any]) -> Column:
    usage = record["usage"]
    whole = {
        **record,
        "way": Way(**record["way"]),
        "usage": None if usage is None else Usage(**usage),
        "asked": Talk(),
    }
    return Column(**whole)
