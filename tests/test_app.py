"""The command: it starts, it serves, and it says in one sentence why it cannot."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import threading
import urllib.request
from contextlib import ExitStack, closing
from pathlib import Path

import gradio as gr
import pytest

import app
from internvl_ui.errors import SettingsError
from internvl_ui.settings import read_settings
from internvl_ui.ui.page import build_page
from internvl_ui.ui.serve import serve
from tests.fakes import FakeEngine

REFERENCE = Path(__file__).parent / "reference" / "qwen2-vit300m"


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """What the command says on stderr when it ends with code 2: one line."""
    assert app.main(arguments) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1 and "Traceback" not in said.err
    return said.err


def test_a_missing_checkpoint_ends_the_command(capsys, tmp_path):
    said = refused(capsys, "--model", str(tmp_path / "InternVL3-9B"))
    assert "InternVL3-9B" in said and str(tmp_path) not in said


def test_a_missing_checkpoint_to_compare_with_ends_the_command_too(capsys, tmp_path):
    assert "InternVL3-9B" in refused(capsys, "--compare-with", str(tmp_path / "InternVL3-9B"))


def test_a_model_to_compare_with_stands_by_itself():
    settings = read_settings(["--adapter", "mine", "--compare-with", str(REFERENCE)], {})
    (other,) = app.others_of(settings)
    with closing(other):
        other.wait_loaded()
        assert other.name == REFERENCE.name


def test_models_to_compare_load_one_after_another(monkeypatch):
    from internvl_ui.model import loading

    load, now, most = loading.load_model, [0], [0]

    def watched(*arguments, **options):
        now[0] += 1
        most[0] = max(most[0], now[0])
        try:
            return load(*arguments, **options)
        finally:
            now[0] -= 1

    monkeypatch.setattr(loading, "load_model", watched)
    models = ["--compare-with", f"{REFERENCE},{REFERENCE}", "--model", str(REFERENCE)]
    settings = read_settings(models, {})
    with ExitStack() as closing_all:
        for engine in (app.local_engine(settings), *app.others_of(settings)):
            closing_all.enter_context(closing(engine)).wait_loaded()
    assert most == [1]


def test_a_checkpoint_without_its_weights_ends_the_command(capsys, tmp_path):
    incomplete = tmp_path / "half"
    shutil.copytree(REFERENCE, incomplete)
    for file in incomplete.glob("*.safetensors"):
        file.unlink()
    assert "half" in refused(capsys, "--model", str(incomplete))


def test_an_empty_folder_ends_the_command(capsys, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "empty" in refused(capsys, "--model", str(tmp_path / "empty"))


def test_a_checkpoint_that_lacks_a_weight_ends_the_command(tmp_path):
    """Only loading can tell, when the page is already up: the command still ends."""
    from safetensors.torch import load_file, save_file

    folder = tmp_path / "torn"
    shutil.copytree(REFERENCE, folder)
    lacking = "language_model.model.norm.weight"
    for file in folder.glob("*.safetensors"):
        weights = load_file(file)
        if lacking in weights:
            del weights[lacking]
            save_file(weights, file, metadata={"format": "pt"})
    index = folder / "model.safetensors.index.json"
    if index.exists():
        content = json.loads(index.read_text())
        content["weight_map"].pop(lacking, None)
        index.write_text(json.dumps(content))
    ended = subprocess.run(
        [sys.executable, "app.py", "--model", str(folder), "--port", "0"],
        cwd=Path(app.__file__).parent,
        capture_output=True,
        text=True,
        timeout=180,
    )
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr and "norm" in ended.stderr


def test_the_command_prints_its_address_serves_the_page_there_and_can_be_interrupted():
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    command = subprocess.Popen(
        [sys.executable, "app.py", "--model", str(REFERENCE), "--port", "0"],
        cwd=Path(app.__file__).parent,
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )
    stopper = threading.Timer(120, command.kill)
    stopper.start()
    try:
        assert command.stdout is not None
        line = command.stdout.readline()
        address = re.search(r"http://127\.0\.0\.1:\d+/", line)
        assert address and "qwen2-vit300m" in line
        with urllib.request.urlopen(address[0], timeout=60) as page:
            assert "qwen2-vit300m" in page.read().decode()
        command.send_signal(signal.SIGINT)
        assert command.wait(60) == 0
    finally:
        stopper.cancel()
        command.kill()
        command.communicate()


def test_a_port_in_use_is_refused_with_a_sentence():
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        settings = read_settings(["--port", str(port)], {})
        with pytest.raises(SettingsError, match=f"port {port}"):
            serve(gr.Blocks(), settings)


def test_browsers_are_told_to_ask_no_other_host():
    settings = read_settings(["--port", "0"], {})
    page = build_page(FakeEngine(), settings)
    try:
        with urllib.request.urlopen(serve(page, settings), timeout=60) as answer:
            policy = answer.headers["Content-Security-Policy"]
    finally:
        page.close()
    assert "default-src 'self'" in policy
    assert "img-src 'self' data: blob:" in policy
    assert "http" not in policy and "*" not in policy


def test_the_page_is_built_without_torch():
    code = "import sys, internvl_ui.ui.page, internvl_ui.ui.serve; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=Path(app.__file__).parent, check=True)


def test_the_model_does_not_load_before_the_page_is_up():
    page_is_up = threading.Event()
    settings = read_settings(["--model", str(REFERENCE)], {})
    engine = app.local_engine(settings, after=page_is_up)
    with pytest.raises(TimeoutError):
        engine.wait_loaded(0.5)
    page_is_up.set()
    engine.wait_loaded(120)
    engine.close()


def test_a_model_is_fetched_while_another_one_loads(monkeypatch):
    fetched = threading.Event()
    monkeypatch.setattr(app, "read_checkpoint", lambda *_: fetched.set())
    with app._IN_TURN:
        engine = app.local_engine(read_settings(["--model", str(REFERENCE)], {}))
        assert fetched.wait(20)
    with closing(engine):
        engine.wait_loaded()
