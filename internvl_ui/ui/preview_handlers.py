"""What the model sees and what it costs: drawn anew whenever a file, a slider or the question
changes, and before anything is sent."""

import asyncio
import hashlib
import math
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import gradio as gr

from internvl_ui.conversation import (
    Conversation,
    Image,
    Message,
    Video,
    append,
    count_images,
    image_numbers,
)
from internvl_ui.engines.base import Counting, Engine
from internvl_ui.errors import MediaError, UserError
from internvl_ui.media.strip import strip
from internvl_ui.media.video import probe_video
from internvl_ui.media.visuals import media_kind, outline
from internvl_ui.ui import convert, meter, preview, strings, views
from internvl_ui.ui.convert import MOST_FRAMES, MediaOptions
from internvl_ui.ui.jobs import Jobs
from internvl_ui.ui.preview import Film
from internvl_ui.ui.talk import Attachment, Talk

_AT_ONCE = 0.05
"""Seconds within which what is known is known."""
_SIDE = 200
"""Longest side of a frame's small copy in pixels: sharp at the size it is shown."""
_LARGEST_COPY = 960
"""Longest side of a picture's copy in pixels."""
_GLANCES = 8

Copies = Mapping[Path, Film]
"""The visitor's files' small copies, by the file; a picture's has no times."""


@dataclass(frozen=True, slots=True)
class Came:
    """The last video that came, and whether it is still in its panel."""

    path: Path | None = None
    here: bool = False


class Preview:
    """The two panels' event handlers. ``keep_track`` is told every file made here.

    ``choices`` are always the values that ``convert.media_options`` takes.
    """

    def __init__(self, engine: Engine, jobs: Jobs, *, keep_track: Callable[[Path], object]) -> None:
        self._engine = engine
        self._jobs = jobs
        self._keep_track = keep_track

    async def look(
        self,
        image: Attachment | None,
        gallery: list[Attachment],
        video: Attachment | None,
        talk: Talk,
        copies: Copies,
        *choices: Any,
    ) -> AsyncGenerator[tuple[Any, Any, Any], None]:
        """→ drawing, area, copies: the files as they would be cut up if they were sent now."""
        if not (image or gallery or video):
            yield "", gr.update(label=strings.PREVIEW), gr.skip()
            return
        options = convert.media_options(*choices)
        async with aclosing(self._counting(strings.PREVIEW_LOADING)) as known:
            async for counting in known:
                if isinstance(counting, str):
                    said = preview.sentence_html(counting)
                    yield preview.preview_html([said], []), gr.skip(), gr.skip()
                    continue
                message = await asyncio.to_thread(self._message, "", image, gallery, video, options)
                copies = await self._copied(message, copies)
                drawn = await asyncio.to_thread(
                    self._draw, message, talk, copies, options, counting
                )
                yield *drawn, copies

    async def frames(
        self,
        image: Attachment | None,
        gallery: list[Attachment],
        video: Attachment | None,
        *choices: Any,
    ) -> str:
        """→ film: the very frames that the model gets, as soon as they are read."""
        options = convert.media_options(*choices)
        message = await asyncio.to_thread(self._message, "", image, gallery, video, options)
        styles = []
        for part in message.media:
            if not isinstance(part, Video):
                continue
            try:
                visual = await self._engine.look(part)
            except UserError:
                continue  # The drawing says so.
            times = [picture.seconds or 0.0 for picture in visual.pictures]
            pictures = await asyncio.to_thread(views.fed_frames, visual, _SIDE)
            film, path = await asyncio.to_thread(views.film, pictures, times)
            self._keep_track(path)
            styles.append(preview.film_css(film, key=_key(part)))
        return "".join(styles)

    def video_came(
        self, video: Attachment | None, came: Came, frames: float | None
    ) -> tuple[Any, ...]:
        """→ came, frames, way, start, end, tiles: another video is looked at as a whole, the same
        one that comes back as it was."""
        if video is None or video.path == came.path:
            return replace(came, here=video is not None), *(gr.skip(),) * 5
        try:
            duration = probe_video(video.path, name=video.name).duration
        except MediaError:
            return (gr.skip(),) * 6
        length = max(0.1, math.ceil(duration * 10) / 10)
        return (
            Came(video.path, True),
            frames or MediaOptions().frames,
            convert.EVENLY,
            gr.update(value=0, maximum=length),
            gr.update(value=length, maximum=length),
            1,
        )

    async def measure(
        self,
        text: str,
        image: Attachment | None,
        gallery: list[Attachment],
        video: Attachment | None,
        talk: Talk,
        system: str,
        max_new_tokens: float | None,
        *choices: Any,
    ) -> AsyncGenerator[tuple[Any, ...], None]:
        """→ meter, offers, and a button for each: what the question would cost if sent now."""
        options = convert.media_options(*choices)
        if not (text.strip() or image or gallery or video):
            yield "", meter.Offers(), *_buttons(meter.Offers(), talk)
            return
        async with aclosing(self._counting(strings.METER_LOADING)) as known:
            async for counting in known:
                if isinstance(counting, str):
                    said = preview.sentence_html(counting)
                    yield said, meter.Offers(), *_buttons(meter.Offers(), talk)
                    continue
                answer = convert.generation_options(
                    max_new_tokens, False, None, None, None, None, None
                ).max_new_tokens
                yield await asyncio.to_thread(
                    self._measured,
                    partial(self._message, text, image, gallery, video),
                    talk,
                    system,
                    answer,
                    options,
                    counting,
                )

    def fewer_tiles(
        self, offers: meter.Offers, max_tiles: float | None, frame_tiles: float | None
    ) -> tuple[Any, Any]:
        """→ max_tiles, frame_tiles."""
        if offers.tiles is None:
            return gr.skip(), gr.skip()
        return min(offers.tiles, int(max_tiles or 1)), min(offers.tiles, int(frame_tiles or 1))

    def fewer_frames(self, offers: meter.Offers) -> tuple[Any, Any]:
        """→ frames, way."""
        if offers.frames is None:
            return gr.skip(), gr.skip()
        return offers.frames, convert.EVENLY

    def shorter_answer(self, offers: meter.Offers) -> Any:
        """→ max_new_tokens."""
        return gr.skip() if offers.answer is None else offers.answer

    def leave_out(self, talk: Talk, request: gr.Request) -> tuple[Any, Any]:
        """→ chatbot, talk: one more of the earliest turns stays on the page only."""
        return self._left_out(talk, talk.conversation.left_out + 1, request)

    def bring_back(self, talk: Talk, request: gr.Request) -> tuple[Any, Any]:
        """→ chatbot, talk: every turn is put to the model again."""
        return self._left_out(talk, 0, request)

    def _left_out(self, talk: Talk, turns: int, request: gr.Request) -> tuple[Any, Any]:
        if self._jobs.busy(request.session_hash or ""):
            return gr.skip(), gr.skip()
        most = len(talk.conversation.messages) // 2
        conversation = replace(talk.conversation, left_out=min(turns, most))
        talk = replace(talk, conversation=conversation)
        return convert.to_chat(talk), talk

    async def _counting(self, meanwhile: str) -> AsyncGenerator[Counting | str, None]:
        """How the model counts; before that, if it takes a while, ``meanwhile``; or a sentence
        that says why it will not be known."""
        waiting = asyncio.ensure_future(self._engine.counting())
        try:
            done, _ = await asyncio.wait([waiting], timeout=_AT_ONCE)
            if not done:
                yield meanwhile
            try:
                counting = await waiting
            except UserError as error:
                yield strings.said(error)
            else:
                yield counting
        finally:
            waiting.cancel()

    def _message(
        self,
        text: str,
        image: Attachment | None,
        gallery: Sequence[Attachment],
        video: Attachment | None,
        options: MediaOptions,
    ) -> Message:
        """The question as it would be sent, without the files that cannot be read: those are
        named, and taken out, as they arrive."""
        seen, durations = [], {}
        for file in [*([image] if image else []), *gallery, *([video] if video else [])]:
            try:
                kind = media_kind(file.path, name=file.name)
                if kind == "video":
                    durations[file.path] = probe_video(file.path, name=file.name).duration
            except MediaError:
                continue
            seen.append((file, kind))
        return convert.to_message(text, seen, options, durations)

    async def _copied(self, message: Message, copies: Copies) -> Copies:
        """``copies`` with those of the message's files that can be read."""
        new = {part.path: part for part in message.media if part.path not in copies}
        made = await asyncio.gather(*(asyncio.to_thread(_copy, part) for part in new.values()))
        found = {}
        for path, copy in zip(new, made, strict=True):
            if copy is not None:
                found[path], file = copy
                self._keep_track(file)
        return {**copies, **found}

    def _draw(
        self,
        message: Message,
        talk: Talk,
        copies: Copies,
        options: MediaOptions,
        counting: Counting,
    ) -> tuple[str, Any]:
        numbers = _image_numbers(message, talk.conversation)
        drawn: list[str] = []
        kinds: list[str] = []
        tiles = 0
        for part, number in zip(message.media, numbers, strict=True):
            if part.path not in copies:
                continue
            kinds.append("video" if isinstance(part, Video) else "picture")
            try:
                seen = outline(part, tile_size=counting.tile_size)
            except MediaError as error:
                drawn.append(preview.sentence_html(strings.said(error)))
                continue
            tiles += sum(seen.tile_counts)
            copy = copies[part.path]
            each = counting.tokens_per_tile
            if isinstance(part, Image):
                drawn.append(
                    preview.picture_html(seen, copy.url, number=number, tokens_per_tile=each)
                )
                continue
            capped = options.every is not None and part.frames == MOST_FRAMES
            notes = [strings.MOST_FRAMES_TAKEN.format(frames=MOST_FRAMES)] if capped else []
            drawn.append(
                preview.video_html(seen, copy, key=_key(part), tokens_per_tile=each, notes=notes)
            )
        label = preview.summary(tiles, tiles * counting.tokens_per_tile)
        return preview.preview_html(drawn, kinds), gr.update(label=label)

    def _measured(
        self,
        message: Callable[[MediaOptions], Message],
        talk: Talk,
        system: str,
        answer: int,
        options: MediaOptions,
        counting: Counting,
    ) -> tuple[Any, ...]:
        own = replace(talk.conversation, system=system.strip() or None)

        def cost_with(options: MediaOptions) -> meter.Cost:
            asked = append(own, message(options))
            return meter.cost(
                counting, asked, self._tile_counts(asked, counting), max_new_tokens=answer
            )

        try:
            question = message(options)
            now = cost_with(options)
            turns = len(append(own, question).asked) // 2
            offers = meter.offers(now, question, options, cost_with, turns=turns)
        except UserError:  # A file is gone, or cannot be looked at so; elsewhere the page says so.
            return "", meter.Offers(), *_buttons(meter.Offers(), talk)
        return meter.meter_html(now), offers, *_buttons(offers, talk)

    def _tile_counts(self, asked: Conversation, counting: Counting) -> list[list[int]]:
        return [
            outline(part, tile_size=counting.tile_size).tile_counts
            for message in asked.asked
            for part in message.media
        ]


def _copy(part: Image | Video) -> tuple[Film, Path] | None:
    """A picture's small copy, or a glance at a video, and where it lies; None if neither can be
    made."""
    try:
        if isinstance(part, Image):
            # Larger than in the chat: each tile is shown as a part of this copy.
            file = Attachment(part.path, part.name)
            thumbnail, path = views.thumbnail(file, "image", side=_LARGEST_COPY)
            return Film(thumbnail.url, ()), path
        glimpses = strip(part.path, count=_GLANCES, side=_SIDE, name=part.name)
        return views.film(
            [glimpse.image for glimpse in glimpses], [glimpse.seconds for glimpse in glimpses]
        )
    except MediaError:
        return None


def _image_numbers(message: Message, before: Conversation) -> list[int | None]:
    """By which number the prompt calls each of the message's files; None: by none."""
    numbers = image_numbers(message, count_images(before))
    called = iter(numbers if numbers and numbers[-1] > 1 else [None] * len(numbers))
    return [next(called) if isinstance(part, Image) else None for part in message.media]


def _buttons(offers: meter.Offers, talk: Talk) -> tuple[Any, ...]:
    """→ tiles, frames, answer, turn, back."""

    def button(number: int | None, one: str, several: str) -> Any:
        if number is None:
            return gr.update(visible=False)
        words = one if number == 1 else several.format(number=number)
        return gr.update(value=words, visible=True)

    return (
        button(offers.tiles, strings.OFFER_TILES_ONE, strings.OFFER_TILES),
        button(offers.frames, strings.OFFER_FRAMES_ONE, strings.OFFER_FRAMES),
        button(offers.answer, strings.OFFER_ANSWER, strings.OFFER_ANSWER),
        gr.update(visible=offers.turn),
        gr.update(visible=talk.conversation.left_out > 0),
    )


def _key(part: Video) -> str:
    """By which a page finds the frames that belong to exactly this choice of them."""
    return hashlib.sha256(repr(part).encode()).hexdigest()[:16]
