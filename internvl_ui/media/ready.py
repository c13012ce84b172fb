"""Files made ready beforehand: read, cut and known by a digest before they are asked about."""

import hashlib
import threading
from collections import OrderedDict
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from internvl_ui.conversation import Image, Video
from internvl_ui.media.files import checked
from internvl_ui.media.remembered import Remembered
from internvl_ui.media.video import VideoReader
from internvl_ui.media.visuals import Visual, load_visual

_Key = tuple[bytes, int, Image | Video]
_BUDGET = 512 << 20
_WORKERS = 2
_MOST_WAITING = 64
_NOWHERE = Path()


class Ready:
    """Visuals by the content of their file and the settings, each made once, in ``workers``
    threads. ``budget``: bytes of tiles that are kept, the least recently used out first.

    Safe to use from any thread. What a file contains decides, so a file that several visitors
    send, or one that comes again in every turn, is read once.
    """

    def __init__(
        self, *, video_reader: VideoReader = "pyav", budget: int = _BUDGET, workers: int = _WORKERS
    ) -> None:
        self._video_reader = video_reader
        self._budget = budget
        self._lock = threading.Lock()
        self._pool = ThreadPoolExecutor(workers, "media")
        self._under_way: dict[_Key, Future[Visual]] = {}
        self._kept: OrderedDict[_Key, Visual] = OrderedDict()
        self._used = 0
        self._digests: Remembered[bytes] = Remembered(1000)

    def prepare(self, part: Image | Video, *, tile_size: int) -> Future[Visual]:
        """Begin to make the part ready, unless it is or somebody has begun. The future gives
        what ``load_visual`` gives, or raises what it raises. Raises MediaError for no file."""
        key = self._key(part, tile_size)
        with self._lock:
            if (future := self._under_way.get(key)) is not None:
                return future
            if (visual := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
                future = Future()
                future.set_result(visual)
                return future
            future = self._pool.submit(self._make, key, part)
            self._under_way[key] = future
        # Outside of the lock: a future that is done already calls back here and now.
        future.add_done_callback(lambda _: self._under_way.pop(key, None))
        return future

    def get(self, part: Image | Video, *, tile_size: int) -> Visual:
        """The part's tiles, as soon as they are ready; raises what ``load_visual`` raises."""
        visual = self.prepare(part, tile_size=tile_size).result()
        return visual if visual.name == part.name else replace(visual, name=part.name)

    @property
    def busy(self) -> bool:
        """Whether so much is under way that nothing should be made ready on a mere guess."""
        return len(self._under_way) >= _MOST_WAITING

    def used(self) -> int:
        """Bytes of the tiles that are kept."""
        return self._used

    def close(self) -> None:
        """Forget everything; what is under way ends by itself."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        with self._lock:
            self._kept.clear()
            self._used = 0

    def _make(self, key: _Key, part: Image | Video) -> Visual:
        visual = load_visual(part, tile_size=key[1], video_reader=self._video_reader)
        size = sum(picture.tiles.nbytes for picture in visual.pictures)
        with self._lock:
            if size <= self._budget and key not in self._kept:
                self._kept[key] = visual
                self._used += size
            while self._used > self._budget:
                _, oldest = self._kept.popitem(last=False)
                self._used -= sum(picture.tiles.nbytes for picture in oldest.pictures)
        return visual

    def _key(self, part: Image | Video, tile_size: int) -> _Key:
        return self._digest(part), tile_size, replace(part, path=_NOWHERE, name="")

    def _digest(self, part: Image | Video) -> bytes:
        """SHA-256 of the file. A file of the same place, size and time is not read again."""
        path, _ = checked(part.path, part.name)

        def read() -> bytes:
            with path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").digest()

        return self._digests.get(path, read)
