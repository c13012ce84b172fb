"""What a checkpoint's folder says about itself, and the sentences when it says too little."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from internvl_ui.errors import CheckpointError
from internvl_ui.model.architecture import SYSTEM_MESSAGE
from internvl_ui.model.checkpoint import read_checkpoint
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
        ({"model_type": "llava"}, "“llava”, not an InternVL; supported are internvl_chat"),
        ({"llm_config__model_type": "phi3"}, "“phi3”; supported are qwen2, qwen3, llama"),
        ({"llm_config__model_type": "qwen3_moe"}, "“qwen3_moe”; supported are qwen2"),
        ({"vision_config__model_type": "siglip"}, "“siglip”; supported are intern_vit_6b"),
        ({"vision_config__norm_type": "batch_norm"}, "“batch_norm”; supported are layer_norm"),
        (
            {"llm_config__model_type": "internlm3", "llm_config__qkv_bias": True},
            "internlm3 with qkv_bias True and bias False",
        ),
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


def test_a_file_of_a_checkpoint_means_the_checkpoint() -> None:
    for file in ("config.json", "model-00001-of-00002.safetensors", "model.safetensors.index.json"):
        assert read_checkpoint(QWEN / file) == read_checkpoint(QWEN)


def test_a_weight_file_by_its_own_name(tmp_path: Path) -> None:
    folder = copy_with(tmp_path / "tuned")
    (folder / "step-200.safetensors").write_bytes(b"12345")
    checkpoint = read_checkpoint(folder / "step-200.safetensors")
    assert (checkpoint.weights, checkpoint.weight_bytes) == ("step-200.safetensors", 5)
    assert checkpoint.name == "tuned"


def test_a_file_that_is_no_part_of_a_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "a.safetensors").write_bytes(b"")
    with pytest.raises(CheckpointError, match="is a file without a config.json"):
        read_checkpoint(tmp_path / "a.safetensors")
    folder = copy_with(tmp_path / "old")
    (folder / "pytorch_model.bin").write_bytes(b"anything")
    with pytest.raises(CheckpointError, match="no safetensors file"):
        read_checkpoint(folder / "pytorch_model.bin")


def test_a_revision_is_one_of_the_hubs(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: dict[str, Any] = {}

    def download(hub_id: str, **options: Any) -> str:
        asked.update(options, id=hub_id)
        return str(QWEN)

    monkeypatch.setattr("huggingface_hub.snapshot_download", download)
    checkpoint = read_checkpoint("Somebody/Model", revision="v2")
    assert (asked["id"], asked["revision"], checkpoint.name) == (
        "Somebody/Model",
        "v2",
        "Somebody/Model",
    )
    assert not any(pattern.endswith((".py", ".bin", "*")) for pattern in asked["allow_patterns"])
    with pytest.raises(CheckpointError, match="no revision “v2”"):
        read_checkpoint(QWEN, revision="v2")


@pytest.mark.parametrize("content", ["{}", '{"weight_map": 3}', '{"weight_map": {}}'])
def test_an_index_that_names_nothing(content: str, tmp_path: Path) -> None:
    folder = copy_with(tmp_path / "empty")
    (folder / "model.safetensors.index.json").write_text(content)
    with pytest.raises(CheckpointError, match="names no weight files"):
        read_checkpoint(folder)


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


def test_an_index_without_metadata(tmp_path: Path) -> None:
    folder = copy_with(tmp_path / "bare")
    path = folder / "model.safetensors.index.json"
    path.write_text(json.dumps({"weight_map": json.loads(path.read_text())["weight_map"]}))
    with pytest.raises(CheckpointError, match="“bare” has no metadata"):
        read_checkpoint(folder)


def test_an_index_does_not_lead_out_of_the_folder(tmp_path: Path) -> None:
    folder = copy_with(tmp_path / "sly")
    (tmp_path / "elsewhere.safetensors").write_bytes(b"")
    index = {"metadata": {}, "weight_map": {"a": "../elsewhere.safetensors"}}
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
