"""What is freed while a model is quantised goes back to the system."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
# As layers are quantised: large blocks come and go, and between them smaller ones stay.
CODE = """
import ctypes, sys
from pathlib import Path
from internvl_ui.model.heap import returned_at_once

def own():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon")) // 1024

libc = ctypes.CDLL(None)
libc.malloc.restype, libc.malloc.argtypes = ctypes.c_void_p, [ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]

def block(size):
    address = libc.malloc(size)
    ctypes.memset(address, 1, size)
    return address

libc.free(block(30 << 20))  # From here on glibc keeps blocks up to this size.
before = own()
with returned_at_once(sys.argv[1] == "True"):
    large = []
    for _ in range(60):
        large.append(block(4 << 20))
        block(64 << 10)
    for address in large:
        libc.free(address)
    inside = own()
print(inside - before)
"""


def retained(wanted: bool) -> int:
    """Megabytes, of which four are in use and 240 were."""
    command = [sys.executable, "-c", CODE, str(wanted)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's way")
def test_freed_blocks_are_returned() -> None:
    assert retained(True) < 30 < retained(False)


def test_elsewhere_it_does_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    from internvl_ui.model.heap import returned_at_once

    monkeypatch.setattr(sys, "platform", "win32")
    with returned_at_once(True):
        pass
