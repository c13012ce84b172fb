"""Who is next, when several ask and one is answered at a time."""

import threading


class Line:
    """First come, first served. Safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._tickets: list[object] = []

    def join(self) -> object:
        """A ticket at the end of the line."""
        ticket = object()
        with self._lock:
            self._tickets.append(ticket)
        return ticket

    def ahead(self, ticket: object) -> int:
        """How many are served before the holder of ``ticket``, who has not left."""
        with self._lock:
            return self._tickets.index(ticket)

    def empty(self) -> bool:
        """Whether nobody waits or is served."""
        with self._lock:
            return not self._tickets

    def leave(self, ticket: object) -> None:
        """Give the place up; a second time it does nothing."""
        with self._lock:
            if ticket in self._tickets:
                self._tickets.remove(ticket)
