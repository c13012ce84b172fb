"""Tensors worth keeping, within a budget of bytes: the least recently used go first."""

import os
import threading
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path

import torch

Tensors = tuple[torch.Tensor, ...]

_HOST = torch.device("cpu")
_SHARE_OF_DEVICE = 4
_SHARE_OF_HOST = 8
_CGROUP = Path("/sys/fs/cgroup")
_SUPPOSED = 4 << 30
"""Bytes of free memory where the system does not say."""


@dataclass(slots=True)
class _Held:
    tensors: Tensors
    devices: tuple[torch.device, ...]
    size: int
    on_host: bool = False


class Store:
    """What is put in can be had until its memory is needed. Safe to use from any thread.

    ``budget``: bytes where the tensors are. ``host_budget``: bytes in the host's memory, to which
    tensors of a GPU move before they are dropped. None: a share of what is free when the first
    tensor comes. Tensors are never written to, so whoever has got some may keep them.
    """

    def __init__(self, budget: int | None = None, host_budget: int | None = None) -> None:
        self._lock = threading.RLock()
        self._held: OrderedDict[Hashable, _Held] = OrderedDict()
        self._used = {False: 0, True: 0}
        self._budget = budget
        self._host_budget = host_budget

    @property
    def enabled(self) -> bool:
        """Whether anything could be kept at all."""
        return self._budget != 0

    def limit(self, budget: int | None) -> None:
        """Another budget from now on, also for what is here; 0 keeps nothing."""
        with self._lock:
            self._budget = budget
            self._host_budget = 0 if budget == 0 else self._host_budget
            if budget is not None:
                self._make_room()

    def used(self) -> tuple[int, int]:
        """Bytes on the device and, of those that had to leave it, on the host."""
        with self._lock:
            return self._used[False], self._used[True]

    def keys(self) -> list[Hashable]:
        """The least recently used first."""
        with self._lock:
            return list(self._held)

    def get(self, key: Hashable) -> Tensors | None:
        """The tensors on the devices they came from, now the most recently used."""
        with self._lock:
            held = self._held.get(key)
            if held is None:
                return None
            self._held.move_to_end(key)
            if held.on_host:
                pairs = zip(held.tensors, held.devices, strict=True)
                held.tensors = tuple(tensor.to(device) for tensor, device in pairs)
                self._move(held, on_host=False)
                self._make_room()
                # Even if the device has no room to keep them, this caller has them there.
                return tuple(t.to(d) for t, d in zip(held.tensors, held.devices, strict=True))
            return held.tensors

    def put(self, key: Hashable, tensors: Tensors) -> None:
        with self._lock:
            if not self.enabled or not tensors:
                return
            if self._budget is None:
                self._budget = _share(tensors[0].device)
            if self._host_budget is None:
                on_gpu = tensors[0].device.type == "cuda"
                self._host_budget = free_host_memory() // _SHARE_OF_HOST if on_gpu else 0
            self.drop(key)
            size = sum(tensor.nbytes for tensor in tensors)
            self._held[key] = _Held(tensors, tuple(tensor.device for tensor in tensors), size)
            self._used[False] += size
            self._make_room()

    def drop(self, key: Hashable) -> None:
        with self._lock:
            if (held := self._held.pop(key, None)) is not None:
                self._used[held.on_host] -= held.size

    def clear(self) -> bool:
        """Forget everything; whether there was anything."""
        with self._lock:
            had = bool(self._held)
            self._held.clear()
            self._used = {False: 0, True: 0}
            return had

    def _move(self, held: _Held, *, on_host: bool) -> None:
        self._used[held.on_host] -= held.size
        self._used[on_host] += held.size
        held.on_host = on_host

    def _make_room(self) -> None:
        assert self._budget is not None
        host_budget = self._host_budget or 0
        for key, held in list(self._held.items()):
            if self._used[False] <= self._budget:
                break
            if held.on_host:
                continue
            if held.size > host_budget:
                self.drop(key)
                continue
            held.tensors = tuple(tensor.to(_HOST) for tensor in held.tensors)
            self._move(held, on_host=True)
        for key, held in list(self._held.items()):
            if self._used[True] <= host_budget:
                break
            if held.on_host:
                self.drop(key)


def _share(device: torch.device) -> int:
    if device.type == "cuda":
        return torch.cuda.mem_get_info(device)[0] // _SHARE_OF_DEVICE
    return free_host_memory() // _SHARE_OF_HOST


def free_host_memory() -> int:
    """Bytes that this process may still take, within a container's limit if it has one."""
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        free = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvail"))
    except (OSError, StopIteration):
        return _of_all_memory()
    try:
        limit = (_CGROUP / "memory.max").read_text().strip()
        taken = int((_CGROUP / "memory.current").read_text())
    except (OSError, ValueError):
        return free
    return free if limit == "max" else max(0, min(free, int(limit) - taken))


def _of_all_memory() -> int:
    """A guess where there is no /proc: half of what the machine has."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 2
    except (AttributeError, OSError, ValueError):
        return _SUPPOSED
