"""What memory this machine has free, for the host and for each device that torch knows.

torch is imported only by what asks about devices.
"""

from dataclasses import dataclass
from pathlib import Path

import psutil

_CGROUP = Path("/sys/fs/cgroup")


@dataclass(frozen=True, slots=True)
class Device:
    """``place`` is torch's name ("cuda:0", "mps", "cpu"); bytes."""

    place: str
    name: str
    free: int
    total: int


def free_host_memory(cgroup: Path = _CGROUP) -> int:
    """Bytes that this process may still take, within a container's limit if it has one."""
    free = int(psutil.virtual_memory().available)
    try:
        limit = (cgroup / "memory.max").read_text().strip()
        taken = int((cgroup / "memory.current").read_text())
        return free if limit == "max" else max(0, min(free, int(limit) - taken))
    except (OSError, ValueError):
        return free


def host() -> Device:
    return Device("cpu", "processor", free_host_memory(), int(psutil.virtual_memory().total))


def gpus() -> list[Device]:
    """CUDA's devices in their order, or Apple's one, which shares the host's memory."""
    import torch

    if torch.cuda.is_available():
        found = []
        for number in range(torch.cuda.device_count()):
            free, total = torch.cuda.mem_get_info(number)
            name = torch.cuda.get_device_name(number)
            found.append(Device(f"cuda:{number}", name, free, total))
        return found
    if torch.backends.mps.is_available():
        limit = int(torch.mps.recommended_max_memory())
        free = min(limit - int(torch.mps.driver_allocated_memory()), free_host_memory())
        return [Device("mps", "Apple GPU", free, limit)]
    return []
