"""What a visitor may switch to, and who may."""

import shutil
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import huggingface_hub
import pytest

from internvl_ui import offers as offers_module
from internvl_ui.engines.switching import Choice
from internvl_ui.errors import CheckpointError, SettingsError
from internvl_ui.offers import Offer, chosen, name_of, offers, settings_for, start_choice
from internvl_ui.settings import BUNDLED_MODEL, Settings, read_settings
from internvl_ui.standing import Room, standings
from internvl_ui.ui.access import may_switch
from tests.conftest import REFERENCE

GPU = Room(free=int(20e9), total=int(24e9), place="cuda", name="A10")


@pytest.fixture(autouse=True)
def nothing_downloaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huggingface_hub, "try_to_load_from_cache", lambda *_: None)
    monkeypatch.setattr(offers_module.importlib.util, "find_spec", lambda name: name)


def offered(*arguments: str, room: Room = GPU) -> dict[str, Offer]:
    return {o.name: o for o in offers(read_settings(arguments, {}), standings(), room)}


def test_the_family_and_the_bundled_model_are_always_there():
    found = offered()
    assert list(found)[0] == BUNDLED_MODEL.name and len(found) == 8
    eight = found["InternVL3-8B"]
    assert eight.model == "OpenGVLab/InternVL3-8B" and eight.download > 15e9
    assert eight.precisions == ("auto", "bfloat16", "float16", "8bit", "4bit")
    assert found["InternVL3-14B"].precisions == ("8bit", "4bit")
    assert found["InternVL3-38B"].precisions == () and found["InternVL3-38B"].needs > 24e9
    assert not found[BUNDLED_MODEL.name].download


def test_without_bitsandbytes_nothing_is_quantised(monkeypatch):
    monkeypatch.setattr(offers_module.importlib.util, "find_spec", lambda name: None)
    found = offered()
    assert found["InternVL3-8B"].precisions == ("auto", "bfloat16", "float16")
    assert found["InternVL3-14B"].precisions == ()


def test_the_operators_folder_is_offered_and_what_is_broken_in_it_says_so(tmp_path):
    shutil.copytree(REFERENCE / "qwen2-vit300m", tmp_path / "ours")
    shutil.copytree(REFERENCE / "qwen2-vit300m", tmp_path / "half")
    for shard in (tmp_path / "half").glob("*.safetensors"):
        shard.unlink()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes.txt").write_text("no checkpoint")
    found = offered("--models-folder", str(tmp_path), "--model", "me/tuned-1B")
    assert list(found)[:4] == ["tuned-1B", "half", "ours", BUNDLED_MODEL.name]
    assert "notes" not in found
    assert found["ours"].model == str(tmp_path / "ours") and "auto" in found["ours"].precisions
    assert "incomplete" in found["half"].reason and not found["half"].precisions
    assert str(tmp_path) not in found["half"].reason
    assert found["tuned-1B"].precisions and found["tuned-1B"].needs == 0
    tight = Room(free=1000, total=int(1e9), place="cpu", name="here")
    assert offered("--models-folder", str(tmp_path), room=tight)["ours"].precisions == ()
    with pytest.raises(SettingsError, match="--models-folder"):
        read_settings(["--models-folder", str(tmp_path / "none")], {})


def test_only_what_is_offered_can_be_chosen():
    found = list(offered().values())
    choice = chosen("InternVL3-14B", "4bit", found)
    assert choice == Choice("InternVL3-14B", "OpenGVLab/InternVL3-14B", "4bit")
    for name, precision in (
        ("InternVL3-14B", "bfloat16"),
        ("InternVL3-38B", "4bit"),
        ("OpenGVLab/InternVL3-8B", "auto"),
        ("../../etc", "auto"),
        ("", ""),
    ):
        assert chosen(name, precision, found) is None


def settings(*arguments: str) -> Settings:
    return read_settings(arguments, {})


def test_revision_and_adapter_stay_with_the_checkpoint_of_the_command_line():
    own = settings(
        *("--model", "me/tuned-1B", "--revision", "v2", "--adapter", "a", "--dtype", "float32")
    )
    start = start_choice(own)
    assert start == Choice("tuned-1B", "me/tuned-1B", "float32")
    assert settings_for(start, own) == own
    fewer = settings_for(replace(start, precision="8bit"), own)
    assert (fewer.revision, fewer.adapter, fewer.quantization) == ("v2", "a", "8bit")
    other = settings_for(Choice("x", "OpenGVLab/InternVL3-1B", "float16"), own)
    assert (other.model, other.revision, other.adapter) == ("OpenGVLab/InternVL3-1B", None, None)
    assert (other.dtype, other.quantization) == ("float16", None)
    quantised = start_choice(settings("--model", "me/tuned-1B", "--quantization", "4bit"))
    assert quantised.precision == "4bit"


def test_the_checkpoint_of_the_command_line_keeps_its_name_and_its_path(monkeypatch):
    monkeypatch.chdir(REFERENCE)
    local = settings("--model", "./qwen2-vit300m")
    start = start_choice(local)
    (first, *_) = offers(local, standings(), GPU)
    assert (first.name, first.model) == (start.name, start.model)
    assert name_of(local) == "qwen2-vit300m"
    with pytest.raises(CheckpointError):
        start_choice(settings("--model", "none"))


def visitor(host: str = "127.0.0.1", **headers: str) -> Any:
    return SimpleNamespace(client=SimpleNamespace(host=host), headers=headers)


def test_who_may_switch():
    here = visitor()
    assert may_switch(settings(), here) and may_switch(settings("--host", "localhost"), here)
    assert not may_switch(settings("--host", "0.0.0.0"), here)
    assert not may_switch(settings(), visitor("10.0.0.7"))
    assert not may_switch(settings(), visitor(**{"x-forwarded-for": "10.0.0.7"}))
    assert not may_switch(settings("--switching", "off"), here)
    assert may_switch(settings("--switching", "on", "--host", "0.0.0.0"), visitor("10.0.0.7"))
