"""What a checkpoint's folder says about itself, and the sentences when it says too little."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from internvl_ui.errors import CheckpointError
from internvl_ui.model.checkpoint import SYSTEM_MESSAGE, read_checkpoint
from tests.conftest import REFERENCE, expected

QWEN = REFERENCE / "qwen2-vit300m"


def test_the_original_layout(tmp_path: Path) -> None:
    checkpoint = read_checkpoint(QWEN)
    assert (checkpoint.layout, checkpoint.name) == ("original", "qwen2-vit300m")
    assert (checkpoint.image_size, checkpoint.tokens_per_tile) == (112, 16)
    assert (checkpoint.min_tiles, checkpoint.max_tiles, checkpoint.thumbnail) == (1, 12, True)
    assert checkpoint.context_length == 32768
    assert checkpoint.dtype == "bfloat16"
    assert not checkpoint.tie_word_embeddings
    assert checkpoint.text["model_type"] == "qwen2"
    assert checkpoint.text["rope_parameters"] == {
        "rope_type": "dynamic",
        "factor": 2.0,
        "rope_theta": 1e6,
    }
    files = QWEN.glob("*.safetensors")
    assert checkpoint.weight_bytes == sum(path.stat().st_size for path in files)


def test_the_large_vision_tower() -> None:
    vision = read_checkpoint(REFERENCE / "qwen2-vit6b").vision
    assert vision["use_qk_norm"] and not vision["attention_bias"]
    assert vision["norm_type"] == "rms_norm"


def test_internlm2_becomes_a_llama() -> None:
    text = read_checkpoint(REFERENCE / "internlm2-vit300m").text
    assert text["model_type"] == "llama" and text["attention_bias"] is False


def test_no_system_message_means_the_templates_own() -> None:
    assert read_checkpoint(QWEN).system_message == SYSTEM_MESSAGE
    assert expected("qwen2-vit300m")["system_message"] == SYSTEM_MESSAGE


def copy_with(folder: Path, **changes: Any) -> Path:
    """A copy of a checkpoint whose config.json has other values; a dotted key goes deeper."""
    shutil.copytree(QWEN, folder)
    path = folder / "config.json"
    config = json.loads(path.read_text())
    for key, value in changes.items():
        *way, last = key.split("__")
        inner = config
        for step in way:
            inner = inner[step]
        inner[last] = value
    path.write_text(json.dumps(config))
    return folder


def test_a_system_message_of_its_own(tmp_path: Path) -> None:
    folder = copy_with(tmp_path / "own", system_message="Be kind.")
    assert read_checkpoint(folder).system_message == "Be kind."


def test_the_forced_size_wins(tmp_path: Path) -> None:
    folder = copy_with(tmp_path / "own", vision_config__image_size=448)
    checkpoint = read_checkpoint(folder)
    assert checkpoint.image_size == checkpoint.vision["image_size"] == 112


def test_only_known_keys_get_through(tmp_path: Path) -> None:
    folder = copy_with(
        tmp_path / "own",
        llm_config__attn_implementation="surprise",
        llm_config___name_or_path="surprise",
        vision_config__quantization_config={"surprise": 1},
        auto_map={"AutoModel": "surprise.py"},
    )
    assert "surprise" not in repr(read_checkpoint(folder))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"model_type": "llava"}, "not an InternVL"),
        ({"llm_config__model_type": "phi3"}, "phi3"),
        ({"template": "Hermes-2"}, "Hermes-2"),
        ({"ps_version": "v1"}, "pixel shuffle"),
        ({"use_llm_lora": 16}, "LoRA"),
        ({"vision_config": None}, "config.json"),
        ({"llm_config__hidden_size": "wide"}, "config.json"),
    ],
)
def test_an_unknown_kind_is_refused(changes: dict[str, Any], sentence: str, tmp_path: Path) -> None:
    folder = copy_with(tmp_path / "odd", **changes)
    with pytest.raises(CheckpointError, match=sentence) as caught:
        read_checkpoint(folder)
    assert str(tmp_path) not in str(caught.value)


def test_no_folder() -> None:
    with pytest.raises(CheckpointError, match="no checkpoint folder “nowhere”"):
        read_checkpoint("/there/is/nowhere")


def test_a_file_is_no_folder() -> None:
    with pytest.raises(CheckpointError, match="is a file"):
        read_checkpoint(QWEN / "config.json")


def test_an_id_that_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(CheckpointError, match="Nobody/Nothing"):
        read_checkpoint("Nobody/Nothing")


def test_a_folder_without_config(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="has no config.json"):
        read_checkpoint(tmp_path)


@pytest.mark.parametrize("content", ["{", "[]", "\xff"])
def test_a_garbled_config(content: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(content, encoding="latin-1")
    with pytest.raises(CheckpointError, match="JSON"):
        read_checkpoint(tmp_path)


def test_a_missing_shard_is_named(tmp_path: Path) -> None:
    folder = copy_with(tmp_path / "short")
    (folder / "model-00002-of-00002.safetensors").unlink()
    with pytest.raises(CheckpointError, match="model-00002-of-00002.safetensors is missing"):
        read_checkpoint(folder)


def test_weights_that_are_no_safetensors_are_not_read(tmp_path: Path) -> None:
    folder = copy_with(tmp_path / "old")
    for path in folder.glob("model*"):
        path.unlink()
    (folder / "pytorch_model.bin").write_bytes(b"anything")
    with pytest.raises(CheckpointError, match="only safetensors"):
        read_checkpoint(folder)


def test_an_index_does_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    folder = copy_with(tmp_path / "sly")
    (tmp_path / "elsewhere.safetensors").write_bytes(b"")
    index = {"weight_map": {"a": "../elsewhere.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(CheckpointError, match="missing"):
        read_checkpoint(folder)


def test_neither_the_package_nor_reading_a_checkpoint_imports_torch() -> None:
    code = (
        "import sys, internvl_ui\n"
        "from internvl_ui.model.checkpoint import read_checkpoint\n"
        f"read_checkpoint({str(QWEN)!r})\n"
        "import internvl_ui.engines.local\n"
        "assert not {'torch', 'transformers'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=REFERENCE.parent.parent)
