"""Which session's question is being answered: the only thing that sessions' requests share."""

import threading
from dataclasses import dataclass, field
from typing import Literal

from internvl_ui.conversation import Message
from internvl_ui.ui.talk import Talk


@dataclass(slots=True, eq=False)
class Job:
    """One question on its way. ``base`` is the talk it is asked in, ``before`` the talk to go
    back to when it fails; ``give_back``: a failed question returns to the box; ``begun``: the
    answer that was cut off and goes on."""

    message: Message
    base: Talk
    before: Talk
    give_back: bool = True
    begun: Message | None = None
    stop: threading.Event = field(default_factory=threading.Event)
    discarded: bool = False
    phase: Literal["waiting", "running", "failed"] = "waiting"


class Jobs:
    """At most one job a session and ``limit`` in all. Safe to use from any thread."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()

    def busy(self, session: str) -> bool:
        with self._lock:
            return self._busy(session)

    def put(self, session: str, job: Job) -> Literal["taken", "busy", "full"]:
        """Place ``job`` unless the session has one under way or too many wait already."""
        with self._lock:
            if self._busy(session):
                return "busy"
            if sum(self._busy(other) for other in self._jobs) >= self._limit:
                return "full"
            self._jobs[session] = job
            return "taken"

    def claim(self, session: str) -> Job | None:
        """The session's waiting job, for the one that will answer it."""
        with self._lock:
            job = self._jobs.get(session)
            if job is None or job.phase != "waiting":
                return None
            job.phase = "running"
            return job

    def end(self, session: str, job: Job, *, failed: bool) -> None:
        """``job`` is over. A failed one waits here until its question is given back."""
        with self._lock:
            if self._jobs.get(session) is not job:
                return
            if failed and job.give_back and not job.discarded:
                job.phase = "failed"
            else:
                del self._jobs[session]

    def give_back(self, session: str) -> Message | None:
        """The question of the session's failed job, once."""
        with self._lock:
            job = self._jobs.get(session)
            if job is None or job.phase != "failed":
                return None
            del self._jobs[session]
            return job.message

    def stop(self, session: str) -> None:
        with self._lock:
            if job := self._jobs.get(session):
                job.stop.set()

    def discard(self, session: str) -> None:
        """Stop the session's job and forget it: nothing of it may reach the page any more."""
        with self._lock:
            if job := self._jobs.pop(session, None):
                job.discarded = True
                job.stop.set()

    def _busy(self, session: str) -> bool:
        job = self._jobs.get(session)
        return job is not None and job.phase != "failed"
