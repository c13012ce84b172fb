"""The check says what is here and never ends in a traceback."""

import subprocess
import sys
import urllib.request
from importlib.metadata import version
from pathlib import Path

import pytest

import app
from internvl_ui import doctor
from internvl_ui.catalog import FAMILY
from internvl_ui.doctor import as_text, examine
from internvl_ui.model import devices
from internvl_ui.model.devices import Device
from internvl_ui.settings import read_settings
from internvl_ui.ui.page import build_page
from internvl_ui.ui.serve import serve
from tests.fakes import FakeEngine

ROOT = Path(__file__).parent.parent


def lines(title: str) -> tuple[str, ...]:
    (section,) = [section for section in examine() if section.title == title]
    return section.lines


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert app.main(["--check"]) == 0
    said = capsys.readouterr().out
    assert f"transformers {version('transformers')}" in said
    assert "cpu: processor" in said and "GB free of" in said
    assert "video (PyAV): h264" in said and "HEIC" in said
    assert "could not be looked at" not in said


def with_gpus(monkeypatch: pytest.MonkeyPatch, *free: float) -> None:
    found = [Device(f"cuda:{i}", "A100", int(size), int(size)) for i, size in enumerate(free)]
    monkeypatch.setattr(devices, "gpus", lambda: found)


def fitting(monkeypatch: pytest.MonkeyPatch, *free: float) -> dict[str, int]:
    """For each size, at how many of the precisions it fits."""
    with_gpus(monkeypatch, *free)
    rows = lines("Models that fit")
    return {m.size: sum(row.count(" yes") for row in rows if m.name in row) for m in FAMILY}


def test_which_sizes_fit(monkeypatch: pytest.MonkeyPatch) -> None:
    none = dict.fromkeys(["1B", "2B", "8B", "9B", "14B", "38B", "78B"], 0)
    assert fitting(monkeypatch, 1e9) == none
    eight = {"1B": 3, "2B": 3, "8B": 1, "9B": 1}
    assert fitting(monkeypatch, 8e9) == none | eight
    assert fitting(monkeypatch, 80e9, 80e9) == dict.fromkeys(none, 3)
    assert any("2 GPUs together" in row for row in lines("Models that fit"))


def test_a_broken_part_costs_its_own_lines_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> Device:
        raise RuntimeError("driver too old")

    monkeypatch.setattr(devices, "host", broken)
    assert lines("Devices") == ("could not be looked at: RuntimeError: driver too old",)
    assert any("torch" in line for line in lines("Versions"))
    assert "Look out" in as_text(examine())


@pytest.mark.parametrize("package", ["torch", "av", "PIL", "psutil", "transformers"])
def test_without_a_package_it_still_speaks(package: str) -> None:
    code = (
        f"import sys; sys.modules[{package!r}] = None\n"
        "from internvl_ui.doctor import as_text, examine\n"
        "print(as_text(examine()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert "could not be looked at: ModuleNotFoundError" in done.stdout


def test_what_is_known_to_go_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    with_gpus(monkeypatch)
    versions = {"flash-attn": "2.8.3", "transformers": "4.57.1", "protobuf": None}
    monkeypatch.setattr(doctor, "_installed", lambda package: versions.get(package, "99.0"))
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    said = "\n".join(lines("Look out"))
    assert "install the torch build for your CUDA version" in said
    assert "flash-attn is installed without a CUDA device" in said
    assert "flash-attn does not fit this torch" in said
    assert "transformers is older than 5.23: pip install -U transformers" in said
    assert "pip install protobuf" in said and "torch is older" not in said


@pytest.mark.parametrize(
    ("own", "older"),
    [("5.22.9", True), ("5.23.0", False), ("6.0.0rc1", False), ("5.23rc1", False), ("5", True)],
)
def test_older(own: str, older: bool) -> None:
    assert doctor._older(own, (5, 23)) is older


def test_the_same_as_a_page() -> None:
    settings = read_settings(["--port", "0"], {})
    page = build_page(FakeEngine(), settings)
    try:
        address = serve(page, settings)
        with urllib.request.urlopen(f"{address}check", timeout=120) as answer:
            assert answer.headers["Content-Type"].startswith("text/plain")
            assert "Content-Security-Policy" in answer.headers
            said = answer.read().decode()
        with urllib.request.urlopen(address, timeout=60) as answer:
            assert "gradio" in answer.read().decode()
    finally:
        page.close()
    assert f"transformers {version('transformers')}" in said and "Models that fit" in said
