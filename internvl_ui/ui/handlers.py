"""What happens to a question, from the box to the end of its answer.

A question goes three steps: ``send`` checks it and empties the box, ``answer`` streams, and
``settle`` puts a failed question back into the box.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import gradio as gr

from internvl_ui.conversation import (
    GenerationOptions,
    Message,
    Note,
    Video,
    append,
    assistant,
    reworded,
)
from internvl_ui.engines.base import Delta, Engine, Failed, Finished, Progress, Request
from internvl_ui.errors import UserError
from internvl_ui.media.video import probe_video
from internvl_ui.media.visuals import frame_times
from internvl_ui.ui import convert, mentions, strings, views
from internvl_ui.ui.convert import MediaOptions
from internvl_ui.ui.examples import Example
from internvl_ui.ui.jobs import Job, Jobs
from internvl_ui.ui.status import Status, finished, progress, status_html
from internvl_ui.ui.talk import Attachment, Talk
from internvl_ui.ui.uploads import notice, session_of
from internvl_ui.ui.writing import Writing

_HALF = "\ufffd"
"""Stands for a character of which the last tokens had only some bytes."""


class Refused(UserError):
    """A question that is not asked at all."""


@dataclass(frozen=True, slots=True)
class _Step:
    """How far an answer is. ``talk`` is set by the last step: what is true from then on."""

    text: str
    state: Status
    words: str
    talk: Talk | None = None
    thought: float = 0.0
    speed: float = 0.0


class Handlers:
    """The page's event handlers for one engine.

    ``keep_track`` is told every file made here, so that it is deleted with the visitor's own.
    """

    def __init__(
        self,
        engine: Engine,
        jobs: Jobs,
        *,
        examples: Sequence[Example],
        keep_track: Callable[[Path], object],
    ) -> None:
        self._engine = engine
        self._jobs = jobs
        self._examples = {example.name: example for example in examples}
        self._keep_track = keep_track

    # Asking

    def send(
        self,
        text: str,
        image: Attachment | None,
        gallery: list[Attachment],
        video: Attachment | None,
        max_tiles: float | None,
        frames: float | None,
        several: str,
        talk: Talk,
        request: gr.Request,
        *cut: Any,
    ) -> tuple[Any, ...]:
        """→ question, image, gallery, video, status. A refused question stays where it is.
        ``cut``: how the video is looked at, as ``convert.media_options`` takes it."""
        files = [*([image] if image else []), *gallery, *([video] if video else [])]
        options = convert.media_options(max_tiles, frames, several, *cut)
        try:
            job = self._job(text, files, options, talk)
            job.message = mentions.resolved(job.message, talk.conversation)
            self._put(session_of(request), job)
        except UserError as error:
            return *(gr.skip(),) * 4, notice(self._jobs, request, strings.said(error))
        return "", None, [], None, status_html("reading", strings.READING_SOON)

    def send_example(
        self,
        name: str,
        talk: Talk,
        max_tiles: float | None,
        frames: float | None,
        several: str,
        system: str,
        request: gr.Request,
        *generation: Any,
    ) -> tuple[Any, Any, Any]:
        """→ chatbot, status, talk. Asks a showcase's question at once, or shows the answer that
        this model has given to the very same question."""
        try:
            example = self._examples[name]
            options = convert.media_options(max_tiles, frames, several)
            job = self._job(example.question, example.files, options, talk)
            kept = example.kept_of(self._engine.name)
            asked = replace(append(talk.conversation, job.message), system=system.strip() or None)
            plain = convert.generation_options(*generation) == GenerationOptions()
            if kept and plain and asked == replace(kept, messages=kept.messages[:-1]):
                if self._jobs.busy(session_of(request)):
                    raise Refused(strings.BUSY)
                talk = replace(job.base, conversation=kept)
                words = strings.KEPT_ANSWER.format(model=self._engine.name)
                return convert.to_chat(talk), status_html("done", words), talk
            self._put(session_of(request), job)
        except UserError as error:
            return gr.skip(), notice(self._jobs, request, strings.said(error)), gr.skip()
        if example.is_beyond(self._engine.name):
            gr.Info(strings.BEYOND.format(model=self._engine.name))
        return gr.skip(), status_html("reading", strings.READING_SOON), gr.skip()

    def retry(self, talk: Talk, request: gr.Request) -> Any:
        """→ status. Asks the last question again; the old answer stays if that fails."""
        return self._ask_again(talk, request)

    def go_on(self, talk: Talk, request: gr.Request) -> Any:
        """→ status. Has the last answer continued; it stays as it is if that fails."""
        messages = talk.conversation.messages
        if not messages or not convert.can_go_on(messages[-1]):
            return gr.skip()
        return self._ask_again(talk, request, begun=messages[-1])

    def edit(self, talk: Talk, edited: gr.EditData, request: gr.Request) -> tuple[Any, Any]:
        """→ chatbot, status. Asks an earlier question in other words; what came after it is there
        again if that fails, and the new question is in the box."""
        messages = talk.conversation.messages
        place = edited.index if isinstance(edited.index, int) else -1
        words = str(edited.value)
        try:
            if not 0 <= place < len(messages) or messages[place].role != "user":
                raise Refused(strings.NO_QUESTION)
            if not words.strip():
                raise Refused(strings.NO_QUESTION)
            base = replace(talk, conversation=replace(talk.conversation, messages=messages[:place]))
            question = mentions.resolved(reworded(messages[place], words), base.conversation)
            self._put(session_of(request), Job(question, base=base, before=talk))
        except Refused as error:
            # The browser has already put the new words into the chat.
            return convert.to_chat(talk), notice(self._jobs, request, strings.said(error))
        asked = replace(base, conversation=append(base.conversation, question))
        return convert.to_chat(asked), status_html("prefill", strings.PREFILL)

    def _ask_again(self, talk: Talk, request: gr.Request, begun: Message | None = None) -> Any:
        shorter, question = convert.without_last_exchange(talk.conversation)
        if question is None:
            return gr.skip()
        base = replace(talk, conversation=shorter)
        job = Job(question, base=base, before=talk, give_back=False, begun=begun)
        try:
            self._put(session_of(request), job)
        except Refused as error:
            return notice(self._jobs, request, strings.said(error))
        return status_html("prefill", strings.PREFILL)

    def like(self, talk: Talk, thumb: gr.LikeData, request: gr.Request) -> Any:
        """→ talk. The thumb stays with the answer in the visitor's own conversation; like the
        question and the answer, it is written to no log."""
        messages = list(talk.conversation.messages)
        place = thumb.index if isinstance(thumb.index, int) else -1
        note = messages[place].note if 0 <= place < len(messages) else None
        if note is None or self._jobs.busy(session_of(request)):
            return gr.skip()
        liked = thumb.liked if isinstance(thumb.liked, bool) else None
        messages[place] = replace(messages[place], note=replace(note, liked=liked))
        return replace(talk, conversation=replace(talk.conversation, messages=tuple(messages)))

    def undo(
        self,
        talk: Talk,
        text: str,
        image: Attachment | None,
        gallery: list[Attachment],
        video: Attachment | None,
        request: gr.Request,
    ) -> tuple[Any, ...]:
        """→ chatbot, status, talk, question, image, gallery, video: the last question is in the
        box."""
        shorter, question = convert.without_last_exchange(talk.conversation)
        if question is None or self._jobs.busy(session_of(request)):
            return (gr.skip(),) * 7
        talk = replace(talk, conversation=shorter)
        ready = status_html("idle", strings.READY)
        box = convert.box(question, text, image, gallery, video)
        return convert.to_chat(talk), ready, talk, *box

    def thumbs(self, talk: Talk) -> Any:
        """→ chatbot, of which only the thumbs change."""
        return gr.update(feedback_value=convert.thumbs(talk))

    def _job(
        self, text: str, files: Sequence[Attachment], options: MediaOptions, talk: Talk
    ) -> Job:
        """A question made ready. Raises a UserError whose sentence says why it cannot be."""
        if not text.strip():
            raise Refused(strings.NO_QUESTION)
        seen, small = views.looked_at(files, self._keep_track)
        durations = {
            file.path: probe_video(file.path, name=file.name).duration
            for file, kind in seen
            if kind == "video"
        }
        message = convert.to_message(text, seen, options, durations)
        videos = [part for part in message.media if isinstance(part, Video)]
        times = {**talk.frame_times, **{video: frame_times(video) for video in videos}}
        base = replace(talk, thumbnails={**talk.thumbnails, **small}, frame_times=times)
        return Job(message, base=base, before=talk)

    def _put(self, session: str, job: Job) -> None:
        for earlier in job.base.conversation.messages:
            for part in earlier.media:
                if not part.path.is_file():
                    raise Refused(strings.GONE.format(names=part.name))
        refusal = {"taken": None, "busy": strings.BUSY, "full": strings.FULL}
        if sentence := refusal[self._jobs.put(session, job)]:
            raise Refused(sentence)

    # Answering

    async def answer(
        self,
        system: str,
        max_new_tokens: float | None,
        do_sample: bool,
        temperature: float | None,
        top_p: float | None,
        top_k: float | None,
        repetition_penalty: float | None,
        seed: float | None,
        request: gr.Request,
    ) -> AsyncGenerator[tuple[Any, ...], None]:
        """→ chatbot, status, talk, again and again while the engine writes."""
        session = session_of(request)
        job = self._jobs.claim(session)
        if job is None:
            yield gr.skip(), gr.skip(), gr.skip()
            return
        options = convert.generation_options(
            max_new_tokens, do_sample, temperature, top_p, top_k, repetition_penalty, seed
        )
        asked = replace(job.base, conversation=append(job.base.conversation, job.message))
        shown = convert.to_chat(asked)
        async with aclosing(self._follow(session, job, options, system)) as steps:
            async for step in steps:
                chat = shown if step.talk is None else convert.to_chat(step.talk)
                if step.talk is None and step.text:
                    entry = convert.answer_entry(step.text, asked, thought=step.thought)
                    chat = [*shown, entry]
                talk = gr.skip() if step.talk is None else step.talk
                yield chat, status_html(step.state, step.words, step.speed), talk
        if job.discarded:
            # What was yielded just before may reach the page after the clearing did; and the
            # last thing yielded is what Gradio sends once more at the end.
            newer = self._jobs.busy(session)
            yield (gr.skip(), gr.skip(), gr.skip()) if newer else _cleared()

    def settle(
        self,
        text: str,
        image: Attachment | None,
        gallery: list[Attachment],
        video: Attachment | None,
        request: gr.Request,
    ) -> tuple[Any, ...]:
        """→ question, image, gallery, video: a failed question returns to the box."""
        message = self._jobs.give_back(session_of(request))
        if message is None:
            return (gr.skip(),) * 4
        return convert.box(message, text, image, gallery, video)

    async def chat(
        self, message: dict[str, Any], talk: Talk, request: gr.Request
    ) -> AsyncGenerator[tuple[Any, Any], None]:
        """Answer a program's question: the text so far, again and again.

        message: {"text": the question, "files": images and videos in their order}. The same
        client keeps its conversation; /clear starts a new one. A question that cannot be
        answered is an error with a sentence that says what to do.
        """
        session = session_of(request)
        try:
            job = await asyncio.to_thread(
                self._job, message["text"], message["files"], MediaOptions(), talk
            )
            job.give_back = False
            self._put(session, job)
        except UserError as error:
            raise gr.Error(strings.said(error), print_exception=False) from None
        self._jobs.claim(session)
        async with aclosing(self._follow(session, job, GenerationOptions(), "")) as steps:
            async for step in steps:
                if step.state == "error":
                    raise gr.Error(step.words, print_exception=False)
                if step.talk is not None:
                    yield step.text, step.talk
                elif step.text:
                    yield step.text, gr.skip()

    async def _follow(
        self, session: str, job: Job, options: GenerationOptions, system: str
    ) -> AsyncGenerator[_Step, None]:
        """The engine's events as steps. Ends early, without a last step, once discarded."""
        begun = () if job.begun is None else (assistant(job.begun.text.rstrip(_HALF)),)
        conversation = append(job.base.conversation, job.message, *begun)
        request = Request(replace(conversation, system=system.strip() or None), options)
        earlier = job.begun.note if job.begun else None
        writing = Writing("".join(m.text for m in begun), earlier.thought if earlier else 0.0)
        failed = False
        try:
            async with aclosing(self._engine.stream(request, stop=job.stop)) as events:
                async for event in events:
                    if job.discarded:
                        return
                    match event:
                        case Progress():
                            state, words = progress(event)
                            thought = writing.thought(time.monotonic())
                            yield _Step(writing.text, state, words, thought=thought)
                        case Delta():
                            now = time.monotonic()
                            writing.add(event, now)
                            yield _Step(
                                writing.text,
                                "writing",
                                strings.WRITING,
                                thought=writing.thought(now),
                                speed=writing.speed,
                            )
                        case Finished():
                            failed = not writing.text
                            yield self._last_step(job, writing, event)
                        case Failed():
                            failed = True
                            yield _Step(
                                writing.text, "error", strings.said(event.reason), job.before
                            )
        finally:
            job.stop.set()
            self._jobs.end(session, job, failed=failed)

    def _last_step(self, job: Job, writing: Writing, event: Finished) -> _Step:
        text = writing.text
        if job.begun and not event.usage.answer_tokens:
            return _Step(text, *finished(event), job.before)
        if not text and event.reason == "stopped":
            return _Step(text, "stopped", strings.STOPPED, job.before)
        if not text:
            return _Step(text, "error", strings.NO_ANSWER, job.before)
        earlier = job.begun.note if job.begun else None
        note = Note(
            self._engine.name,
            event.reason,
            earlier.usage.continued(event.usage) if earlier else event.usage,
            event.seed,
            writing.thought(time.monotonic()),
            earlier.liked if earlier else None,
        )
        said = append(job.base.conversation, job.message, assistant(text, note))
        return _Step(text, *finished(event), replace(job.base, conversation=said))

    # Everything else

    def stop(self, request: gr.Request) -> None:
        self._jobs.stop(session_of(request))

    def leave(self, request: gr.Request) -> None:
        """The tab was closed or the program went away."""
        self._jobs.discard(session_of(request))

    def start_over(self, request: gr.Request) -> tuple[Any, ...]:
        """→ chatbot, status, talk."""
        self._jobs.discard(session_of(request))
        return _cleared()

    def forget(self, request: gr.Request) -> Talk:
        """Start a new conversation."""
        self._jobs.discard(session_of(request))
        return Talk()


def _cleared() -> tuple[Any, ...]:
    """→ chatbot, status, talk of a new conversation."""
    return [], status_html("idle", strings.READY), Talk()
