"""What is under way and can be stopped: the only thing that sessions' requests share."""

import threading
from dataclasses import dataclass, field


@dataclass(slots=True, eq=False)
class Run:
    session: str
    stop: threading.Event = field(default_factory=threading.Event)


class Runs:
    """What is being answered under which key, at most ``limit``. Safe to use from any thread."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._runs: dict[str, Run] = {}
        self._lock = threading.Lock()

    def start(self, key: str, session: str) -> Run | None:
        """A new run, or None if there are too many. One of the same key, in another tab or in one
        that was just closed, is stopped."""
        with self._lock:
            if key not in self._runs and len(self._runs) >= self._limit:
                return None
            self._stop(self._runs.get(key))
            self._runs[key] = Run(session)
            return self._runs[key]

    def end(self, key: str, run: Run) -> None:
        run.stop.set()
        with self._lock:
            if self._runs.get(key) is run:
                del self._runs[key]

    def stop(self, key: str) -> None:
        with self._lock:
            self._stop(self._runs.get(key))

    def leave(self, session: str) -> None:
        """Stop what was begun in a tab that is gone."""
        with self._lock:
            for run in self._runs.values():
                if run.session == session:
                    run.stop.set()

    @staticmethod
    def _stop(run: Run | None) -> None:
        if run is not None:
            run.stop.set()
