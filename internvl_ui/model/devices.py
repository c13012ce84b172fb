"""What memory this machine has free, for the host and for each device that torch knows."""

from dataclasses import dataclass

import psutil
import torch

from internvl_ui.model.store import free_host_memory


@dataclass(frozen=True, slots=True)
class Device:
    """``place`` is torch's name ("cuda:0", "mps", "cpu"); bytes."""

    place: str
    name: str
    free: int
    total: int


def host() -> Device:
    return Device("cpu", "processor", free_host_memory(), int(psutil.virtual_memory().total))


def gpus() -> list[Device]:
    """CUDA's devices in their order, or Apple's one, which shares the host's memory."""
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
