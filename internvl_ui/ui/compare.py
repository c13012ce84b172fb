"""What happens on the compare page: one question goes through its columns, one after another."""

import asyncio
import html
import json
import random
import secrets
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing, suppress
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from internvl_ui.conversation import Conversation, Message, Usage, Video
from internvl_ui.engines.base import Delta, Engine, Failed, Finished, Progress, Request
from internvl_ui.errors import MediaError, UserError
from internvl_ui.media.visuals import Kind, frame_times
from internvl_ui.ui import comparisons, convert, strings, views
from internvl_ui.ui.columns import (
    LETTERS,
    MOST,
    Column,
    Round,
    Way,
    head_html,
    numbers_html,
    results_csv,
    results_html,
)
from internvl_ui.ui.convert import MediaOptions
from internvl_ui.ui.runs import Runs
from internvl_ui.ui.status import Status, progress, status_html
from internvl_ui.ui.talk import Attachment, Talk, Thumbnail
from internvl_ui.ui.uploads import session_of

_PACE = 0.1
"""Seconds between two updates while words come: each is for all columns at once."""
Rounds = tuple[Round, ...]
Seen = list[tuple[Attachment, Kind]]


class Compare:
    """The compare page's event handlers. ``others``: engines to compare with by their names;
    ``keep_track`` is told every file made here."""

    def __init__(
        self,
        engine: Engine,
        *,
        limit: int,
        keep_track: Callable[[Path], object],
        others: Mapping[str, Engine] | None = None,
    ) -> None:
        self._engines = {"": engine, **(others or {})}
        self._runs = Runs(limit)
        self._keep_track = keep_track

    async def compare(
        self,
        files: list[Attachment],
        question: str,
        count: int,
        blind: bool,
        rounds: Rounds,
        request: gr.Request,
        *values: Any,
    ) -> AsyncGenerator[tuple[Any, ...], None]:
        """→ status, asked, then a heading, an answer and numbers for each of ``MOST`` places,
        results, rounds. ``values``: those of ``way`` for each column."""
        session = session_of(request)
        each = len(values) // MOST
        ways = [way(*values[i * each : (i + 1) * each]) for i in range(count)]
        try:
            if not question.strip():
                raise UserError(strings.NO_QUESTION)
            seen, thumbnails = await asyncio.to_thread(views.looked_at, files, self._keep_track)
            run = self._runs.start(session, session)
            if run is None:
                raise UserError(strings.FULL)
        except UserError as error:
            kept = (gr.skip(),) * (3 * MOST + 3)
            yield status_html("error", strings.said(error)), *kept
            return
        columns = [
            Column(
                LETTERS[i],
                ways[i],
                note=strings.COMPARE_WAITING,
                model=ways[i].model or self._engines[""].name,
            )
            for i in range(count)
        ]
        if blind:
            random.SystemRandom().shuffle(columns)
        round = Round(question, tuple(file.name for file, _ in seen), tuple(columns), blind)
        message = convert.to_message(question, seen, MediaOptions())
        asked = f'<div class="asked">{convert.question_html(message, thumbnails)}</div>'
        earlier = results_html(rounds)
        try:
            for place in range(count):
                if run.stop.is_set():
                    column = replace(round.columns[place], note=strings.STOPPED, ended=True)
                    round = round.with_column(place, column)
                    continue
                async with aclosing(
                    self._column(round, place, seen, thumbnails, run.stop)
                ) as steps:
                    async for round, state, words in steps:
                        line = strings.COMPARE_COLUMN.format(
                            number=place + 1, total=count, words=words
                        )
                        status = status_html(state, line)
                        yield status, asked, *_places(round), earlier, rounds
        finally:
            stopped = run.stop.is_set()
            self._runs.end(session, run)
        if stopped:
            round = replace(round, stopped=True)
        rounds = (*rounds, round)
        yield _last_words(round), asked, *_places(round), self._results(rounds), rounds

    def vote(self, place: int, rounds: Rounds) -> tuple[Any, ...]:
        """→ status, places, results, rounds. ``place``: the best, -1 for a tie."""
        if not rounds:
            return (gr.skip(),) * (3 * MOST + 3)
        rounds = (*rounds[:-1], replace(rounds[-1], vote=place))
        status = status_html("idle", strings.COMPARE_VOTED)
        return status, *_places(rounds[-1]), self._results(rounds), rounds

    def restore(self, kept: str) -> tuple[Any, ...]:
        """→ status, asked, places, results, rounds: as they were before a reload."""
        try:
            rounds = comparisons.load(kept)
            last = rounds[-1]
            message = convert.to_message(last.question, [], MediaOptions())
            asked = f'<div class="asked">{convert.question_html(message, {})}</div>'
            status = _last_words(last) if last.vote is None else gr.skip()
            return status, asked, *_places(last), self._results(rounds), rounds
        except (ValueError, TypeError, IndexError):
            return (gr.skip(),) * (3 * MOST + 4)

    def choose(self, chosen: str) -> tuple[Any, ...]:
        """→ count, blind, then the values of ``way`` for each column: as they were chosen before
        a reload, but for a model that is gone."""
        each = len(fields(Way))
        try:
            count, blind, *values = json.loads(chosen)
            models = values[::each]
            if len(values) != MOST * each or not set(values[1::each]) <= set(strings.PRESETS):
                raise ValueError("other settings")
        except (ValueError, TypeError):
            return (gr.skip(),) * (2 + MOST * each)
        values[::each] = [name if name in self._engines else gr.skip() for name in models]
        return count, blind, *values

    def stop(self, request: gr.Request) -> None:
        self._runs.stop(session_of(request))

    def leave(self, request: gr.Request) -> None:
        """The tab was closed."""
        self._runs.leave(session_of(request))

    async def _column(
        self,
        round: Round,
        place: int,
        seen: Seen,
        thumbnails: Mapping[Path, Thumbnail],
        stop: Any,
    ) -> AsyncGenerator[tuple[Round, Status, str], None]:
        """The round while the column at ``place`` is written, with the words for the status."""
        column = replace(round.columns[place], note="")
        media = MediaOptions(max_tiles=column.way.max_tiles, frames=column.way.frames)
        message = convert.to_message(round.question, seen, media)
        conversation = Conversation((message,), column.way.system or None)
        times = await asyncio.to_thread(_frame_times, message)
        column = replace(column, asked=Talk(conversation, thumbnails, times))
        request = Request(conversation, column.way.options)
        shown = float("-inf")
        engine = self._engines[column.way.model]
        async with aclosing(engine.stream(request, stop=stop)) as events:
            async for event in events:
                state: Status = "writing"
                words = strings.WRITING
                due = True
                match event:
                    case Progress():
                        state, words = progress(event)
                    case Delta():
                        column = replace(column, text=column.text + event.text)
                        due = time.monotonic() - shown >= _PACE
                    case Finished():
                        column = _finished(column, event.reason, event.usage)
                        # Meanwhile it may have become another.
                        column = replace(column, model=column.way.model or engine.name)
                    case Failed():
                        column = replace(column, note=strings.said(event.reason), ended=True)
                if due:
                    shown = time.monotonic()
                    yield round.with_column(place, column), state, words

    def _results(self, rounds: Rounds) -> str:
        table = results_html(rounds)
        if not table:
            return ""
        path = Path(get_upload_folder()) / secrets.token_hex(16) / "comparison.csv"
        path.parent.mkdir(parents=True)
        path.write_bytes(results_csv(rounds))
        self._keep_track(path)
        link = (
            f'<nav class="take"><a href="gradio_api/file={html.escape(str(path))}" '
            f'download="{path.name}">{strings.COMPARE_CSV}</a></nav>'
        )
        return f"<h2>{strings.COMPARE_RESULTS}</h2>{table}{link}"


def way(
    model: str,
    preset: str,
    system: str,
    max_tiles: float | None,
    frames: float | None,
    max_new_tokens: float | None,
    do_sample: bool,
    temperature: float | None,
    seed: float | None,
) -> Way:
    """From a column's values; an emptied field means its default, words of one's own come
    before a preset."""
    media = convert.media_options(max_tiles, frames, "")
    options = convert.generation_options(
        max_new_tokens, do_sample, temperature, None, None, None, seed
    )
    own = system.strip()
    return Way(
        model=model,
        preset=strings.PRESET_OWN_WORDS if own else preset,
        system=own or strings.PRESETS[preset],
        max_tiles=media.max_tiles,
        frames=media.frames,
        max_new_tokens=options.max_new_tokens,
        do_sample=options.do_sample,
        temperature=options.temperature,
        seed=options.seed,
    )


def _frame_times(message: Message) -> dict[Video, tuple[float, ...]]:
    """The seconds of the frames of the message's videos. One that cannot be read is for the
    engine to name."""
    times = {}
    for part in message.media:
        if isinstance(part, Video):
            with suppress(MediaError):
                times[part] = frame_times(part)
    return times


def _finished(column: Column, reason: str, usage: Usage) -> Column:
    notes = {"stopped": strings.STOPPED, "length": strings.LENGTH}
    note = notes.get(reason, "" if column.text.strip() else strings.NO_ANSWER)
    return replace(column, note=note, usage=usage, ended=True)


def _last_words(round: Round) -> str:
    """The status line of a round that has ended, and that nobody has voted on."""
    if round.stopped:
        return status_html("stopped", strings.STOPPED)
    words = strings.COMPARE_ASK_VOTE if round.blind else strings.COMPARE_DONE
    return status_html("done", words)


def _places(round: Round) -> list[Any]:
    """→ a heading, an answer and numbers for each place; those that are not used are empty."""
    shown: list[Any] = []
    for place in range(MOST):
        if place >= len(round.columns):
            shown += ["", [], ""]
            continue
        column = round.columns[place]
        entry = convert.answer_entry(column.text, column.asked, finished=column.ended)
        answer = [entry] if column.text else []
        shown += [head_html(round, place), answer, numbers_html(round, place)]
    return shown
