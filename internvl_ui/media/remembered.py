"""What was found out about a file, for as long as the file stays as it is."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, TypeVar

Fact = TypeVar("Fact")


@dataclass(eq=False, slots=True)
class _Place(Generic[Fact]):
    lock: threading.Lock = field(default_factory=threading.Lock)
    found: list[Fact] = field(default_factory=list)
    """The fact, or nothing as long as it is not known."""


class Remembered(Generic[Fact]):
    """A fact about each of the ``most`` files that were asked about last. A file is known by its
    path, its inode, its size and its time.

    Safe to use from any thread: who asks while another finds out waits for what that one finds.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._places: OrderedDict[tuple[str, int, int, int], _Place[Fact]] = OrderedDict()

    def get(self, path: Path, find_out: Callable[[], Fact]) -> Fact:
        """What is known of the file, or else what ``find_out`` gives. What that raises is raised,
        and not remembered. Raises OSError if there is no file."""
        file = path.stat()
        key = str(path), file.st_ino, file.st_size, file.st_mtime_ns
        with self._lock:
            place = self._places.setdefault(key, _Place())
            self._places.move_to_end(key)
            if len(self._places) > self._most:
                self._places.popitem(last=False)
        with place.lock:
            if not place.found:
                place.found.append(find_out())
            return place.found[0]
