"""How far the load of a model has come, between the thread that loads and those who wait."""

from internvl_ui.engines.base import Progress


class Loading:
    """``report`` is written by one thread; ``now`` may be read by any."""

    def __init__(self) -> None:
        self.now = Progress("loading")

    def report(self, done: int, total: int) -> None:
        """In hundredths, as a page need not be told of each of a thousand weights."""
        self.now = Progress("loading", 100 * done // total, 100)
