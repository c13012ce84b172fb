"""Which device a load is planned for, what is refused, and offloading for real."""

import logging
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate import cpu_offload

from internvl_ui import load_image, load_model
from internvl_ui.catalog import needed_bytes, parts, working_bytes
from internvl_ui.errors import CheckpointError
from internvl_ui.model import plan as plan_module
from internvl_ui.model.checkpoint import read_checkpoint
from internvl_ui.model.devices import Device
from internvl_ui.model.memory import dimensions
from internvl_ui.model.placement import FIRST, LAYERS
from internvl_ui.model.plan import main_device, plan_devices
from tests.conftest import CHECKPOINTS, MEDIA, REFERENCE
from tests.family import shape_of

QWEN = REFERENCE / "qwen2-vit300m"
CHECKPOINT = read_checkpoint(QWEN)
DIMENSIONS = dimensions(CHECKPOINT)
NEED, WORKING = needed_bytes(DIMENSIONS, "bf16"), working_bytes(DIMENSIONS, "bf16")
WEIGHTS = parts(DIMENSIONS, "bf16").total
CONFIG = {"max_new_tokens": 8, "do_sample": False}


def with_gpus(monkeypatch: pytest.MonkeyPatch, *free: int) -> None:
    found = [Device(f"cuda:{i}", "a GPU", size, size) for i, size in enumerate(free)]
    monkeypatch.setattr(plan_module, "gpus", lambda: found)


def planned(**options: Any) -> Any:
    given: dict[str, Any] = {
        "device": "auto",
        "dtype": torch.bfloat16,
        "quantization": None,
        "placement": "split",
        "max_memory": None,
        "offload": False,
    }
    return plan_devices(CHECKPOINT, lambda: shape_of(DIMENSIONS), **{**given, **options})


def test_the_best_device_that_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    with_gpus(monkeypatch)
    assert main_device("auto") == planned() == "cpu"
    with_gpus(monkeypatch, NEED)
    assert main_device("auto") == planned() == "cuda:0"
    assert planned(device="cpu") == "cpu"
    with_gpus(monkeypatch, NEED, NEED)
    assert planned(device="cuda:1") == "cuda:1"


@pytest.mark.parametrize("device", ["cuda", "cuda:7", "mps", "abacus"])
def test_a_device_that_is_not_there(device: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with_gpus(monkeypatch)
    with pytest.raises(CheckpointError, match=f"no device “{device}” here; use auto, cpu"):
        main_device(device)


def test_what_is_too_large_for_a_gpu_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with_gpus(monkeypatch, NEED - 1)
    with pytest.raises(CheckpointError, match="the GPU has 3.9 MB free: load it in 8bit"):
        planned()
    with_gpus(monkeypatch, NEED // 3, NEED // 3)
    with pytest.raises(CheckpointError, match="all GPUs has 2.6 MB free"):
        planned()


def test_what_is_too_large_for_this_machine_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan_module, "free_host_memory", lambda: NEED)
    with pytest.raises(CheckpointError, match="in fp32, but this machine has .* load it in bf16"):
        load_model(QWEN, dtype="float32", device="cpu")


def test_several_gpus_share_by_the_model_cards_way(monkeypatch: pytest.MonkeyPatch) -> None:
    with_gpus(monkeypatch, *[2 * NEED] * 3)
    device_map = planned()
    assert {device_map[name] for name in FIRST} == {0}
    assert [device_map[f"{LAYERS}.{layer}"] for layer in range(3)] == [0, 1, 2]


def test_one_of_several_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """Numbers are CUDA's, also where some are left out."""
    with_gpus(monkeypatch, *[2 * NEED] * 4)
    assert planned(max_memory={2: NEED}) == "cuda:2"
    memory = {1: 2 * NEED, 3: 2 * NEED}
    assert set(planned(max_memory=memory).values()) == {1, 3}
    assert set(planned(max_memory=memory, placement="automatic").values()) <= {1, 3}


def test_where_the_split_does_not_fit_the_automatic_map_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_gpus(monkeypatch, WORKING + int(0.6 * WEIGHTS), 2 * NEED)
    device_map = planned()
    assert set(device_map.values()) == {0, 1}
    assert any(place == 1 and not name.startswith(LAYERS) for name, place in device_map.items())


def test_what_does_not_fit_on_a_gpu_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    with_gpus(monkeypatch, WORKING + WEIGHTS // 2)
    monkeypatch.setattr(plan_module, "free_host_memory", lambda: WORKING + WEIGHTS // 4)
    assert set(planned(offload=True).values()) == {0, "cpu", "disk"}
    with_gpus(monkeypatch, NEED)
    assert planned(offload=True) == "cuda:0"


def test_quantised_layers_are_not_offloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    with_gpus(monkeypatch, WORKING)
    with pytest.raises(CheckpointError, match="does not fit in 8bit, and quantised layers cannot"):
        planned(offload=True, quantization="8bit")


def test_an_unknown_placement() -> None:
    with pytest.raises(CheckpointError, match="no placement “astrology”; use split or automatic"):
        planned(placement="astrology")


def answer(model: Any, tokenizer: Any) -> str:
    pixels = load_image(MEDIA / "tiny.png", input_size=112)
    return model.chat(tokenizer, pixels, "What is this?", CONFIG)


@pytest.mark.parametrize("share", [0.0, 0.4, 0.8])
@pytest.mark.parametrize("name", CHECKPOINTS)
def test_offloaded_to_disk_for_real(name: str, share: float, loaded: Any, tmp_path: Path) -> None:
    """In the host's memory this share of the weights, the rest on disk."""
    own = dimensions(read_checkpoint(REFERENCE / name))
    room = working_bytes(own, "fp32") + int(share * parts(own, "fp32").total)
    model, tokenizer = load_model(
        REFERENCE / name,
        dtype="float32",
        device="cpu",
        max_memory={"cpu": room},
        offload_folder=tmp_path,
    )
    assert "disk" in model.hf_device_map.values()
    assert any(parameter.device.type == "meta" for parameter in model.parameters())
    assert model.device.type == "cpu"
    assert answer(model, tokenizer) == answer(*loaded(name))


@pytest.mark.parametrize("name", CHECKPOINTS)
def test_offloaded_to_the_hosts_memory_for_real(name: str, loaded: Any) -> None:
    """As for a GPU without room: each layer's weights come when it computes, and go."""
    model, tokenizer = load_model(REFERENCE / name, dtype="float32", device="cpu")
    cpu_offload(model, execution_device=torch.device("cpu"))
    assert all(parameter.device.type == "meta" for parameter in model.parameters())
    assert answer(model, tokenizer) == answer(*loaded(name))


def test_loading_is_told(caplog: pytest.LogCaptureFixture) -> None:
    told: list[tuple[int, int]] = []
    with caplog.at_level(logging.WARNING):
        load_model(
            QWEN,
            dtype="float32",
            device="cpu",
            on_progress=lambda done, total: told.append((done, total)),
        )
    total = told[0][1]
    assert total > 50
    assert told == [(done, total) for done in range(total + 1)]
    told.clear()
    load_model(QWEN, dtype="float32", device="cpu")
    assert told == []
