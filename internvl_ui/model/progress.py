"""How far a load has come, told while transformers reads the weights."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from transformers.utils.logging import set_tqdm_hook

OnProgress = Callable[[int, int], None]
"""Called with the weights that are read and those that there are."""

_WEIGHTS = "Loading weights"
_one_load = threading.Lock()


@contextmanager
def reported(on_progress: OnProgress | None) -> Iterator[None]:
    """Within it, what transformers' bar for the weights shows goes to ``on_progress`` too; the
    bar itself stays in the terminal."""
    if on_progress is None:
        yield
        return
    told = on_progress

    def hook(make: Callable[..., Any], given: tuple[Any, ...], options: dict[str, Any]) -> Any:
        bar = make(*given, **options)
        return _Told(bar, told) if options.get("desc") == _WEIGHTS else bar

    # The hook is transformers' only one, for all threads.
    with _one_load:
        before = set_tqdm_hook(hook)
        try:
            yield
        finally:
            set_tqdm_hook(before)


class _Told:
    def __init__(self, bar: Any, told: OnProgress) -> None:
        self._bar = bar
        self._told = told

    def __iter__(self) -> Iterator[Any]:
        total = len(self._bar)
        self._told(0, total)
        for done, item in enumerate(self._bar, 1):
            yield item
            self._told(done, total)
