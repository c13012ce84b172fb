"""Memory that is freed while a model is quantised goes back to the system at once.

glibc learns to keep freed blocks of some megabytes for the next. Between the whole layers that
come and go lie the quantised ones that stay, so what it keeps is of no use: up to another model.
"""

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_MMAP_THRESHOLD = -3  # mallopt's number for it.
_WHILE_LOADING = 1 << 20
_AS_IT_WOULD_LEARN = 32 << 20


@contextmanager
def returned_at_once(wanted: bool) -> Iterator[None]:
    """Within it, if ``wanted`` and where the C library is glibc, blocks of a megabyte or more are
    the system's own."""
    libc = ctypes.CDLL(None) if wanted and sys.platform == "linux" else None
    if libc is None or not hasattr(libc, "malloc_trim"):
        yield
        return
    libc.mallopt(_MMAP_THRESHOLD, _WHILE_LOADING)
    try:
        yield
    finally:
        libc.mallopt(_MMAP_THRESHOLD, _AS_IT_WOULD_LEARN)
        libc.malloc_trim(0)
