"""Which sizes fit, which do not and why, and which are on the disk."""

import json
from pathlib import Path

import huggingface_hub
import pytest

from internvl_ui import standing
from internvl_ui.catalog import FAMILY
from internvl_ui.standing import Room, standings
from internvl_ui.ui.models import family_html, running_html
from tests.fakes import FakeEngine

GPU = Room(free=int(20e9), total=int(24e9), place="cuda", name="A10")


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A local cache: a file of a checkpoint is there if it lies under the checkpoint's id."""

    def look(hub_id: str, name: str) -> str | None:
        path = tmp_path / hub_id / name
        return str(path) if path.is_file() else None

    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", look)
    return tmp_path


def download(cache: Path, hub_id: str, *names: str) -> None:
    for name in names:
        path = cache / hub_id / name
        path.parent.mkdir(parents=True, exist_ok=True)
        shards = {"weight_map": {"a": "1.safetensors", "b": "2.safetensors"}}
        path.write_text(json.dumps(shards) if name.endswith("index.json") else "{}")


def test_a_download_counts_when_it_is_complete(cache):
    small, large = "OpenGVLab/InternVL3-1B", "OpenGVLab/InternVL3-8B"
    download(cache, small, "config.json")
    assert not standing.is_here(small)
    download(cache, small, "model.safetensors")
    assert standing.is_here(small)
    download(cache, large, "config.json", "model.safetensors.index.json", "1.safetensors")
    assert not standing.is_here(large)
    download(cache, large, "2.safetensors")
    assert standing.is_here(large)
    (cache / large / "model.safetensors.index.json").write_text("[]")
    assert not standing.is_here(large)
    assert [s.here for s in standings()][:2] == [(small,), ()]


def test_what_is_there_of_a_download_is_counted_while_it_comes(tmp_path, monkeypatch):
    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path))
    assert standing.downloaded("OpenGVLab/InternVL3-1B") == 0
    blobs = tmp_path / "models--OpenGVLab--InternVL3-1B" / "blobs"
    blobs.mkdir(parents=True)
    (blobs / "whole").write_bytes(b"1234")
    (blobs / "half.incomplete").write_bytes(b"12")
    assert standing.downloaded("OpenGVLab/InternVL3-1B") == 6


def rows(here: Room, running: str = "") -> dict[str, tuple[str, str]]:
    """For each size its state and all of its row."""
    found = family_html(standings(), here, running).split("<li ")[1:]
    states = [row.split('data-state="')[1].split('"')[0] for row in found]
    return dict(zip([m.size for m in FAMILY], zip(states, found, strict=True), strict=True))


def test_each_size_says_whether_it_fits_and_why_not(cache):
    download(cache, "OpenGVLab/InternVL3-8B", "config.json", "model.safetensors")
    found = rows(GPU, "InternVL3-1B-Instruct")
    states = {size: state for size, (state, _) in found.items()}
    assert states == {
        "1B": "loaded",
        "2B": "fits",
        "8B": "fits",
        "9B": "fits",
        "14B": "fits",
        "38B": "large",
        "78B": "large",
    }
    assert "bf16, 8bit, 4bit" in found["8B"][1] and " · downloaded" in found["8B"][1]
    assert "Fits: 8bit, 4bit" in found["14B"][1] and "not downloaded" in found["14B"][1]
    assert "of 24.0 GB in all" in found["38B"][1]


def test_what_would_fit_if_memory_were_freed_says_how_much(cache):
    full = Room(free=int(1e9), total=int(24e9), place="cuda", name="A10")
    state, row = rows(full)["8B"]
    assert state == "tight" and "more would have to be free" in row


def test_no_quantised_weights_on_an_apple_gpu(cache):
    apple = Room(free=int(20e9), total=int(24e9), place="mps", name="Apple GPU")
    assert "Fits: bf16<" in rows(apple)["8B"][1] and rows(apple)["14B"][0] == "large"


def test_what_runs_is_named_with_its_precision():
    assert "Fake-1B · bf16" in running_html(FakeEngine())
    assert "&lt;b&gt;" in running_html(FakeEngine(name="<b>", precision=""))
