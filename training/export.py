"""``python -m training.export``: a trained state becomes a checkpoint in the original layout."""

import argparse
import json
import shutil
import tempfile
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer

from internvl_ui.model.chat import InternVLChat
from training.tokenizer import SYSTEM, TOKENIZER_FILES
from training.traditional import read_traditional
from training.train import Trainee, configuration


def export(state_folder: Path, target: Path) -> None:
    """Write weights (bfloat16), configuration and tokenizer of ``state_folder`` to ``target``."""
    tokenizer = AutoTokenizer.from_pretrained(state_folder, trust_remote_code=False)
    config = configuration(tokenizer)
    trainee = Trainee(config)
    state = torch.load(state_folder / "state.pt", weights_only=True)
    trainee.load_state_dict(state["trainee"])
    model = InternVLChat(config)
    model.load_state_dict(trainee.model.state_dict())
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        model.to(torch.bfloat16).save_pretrained(folder)
        shutil.copy(Path(folder) / "model.safetensors", target)
    for name in TOKENIZER_FILES:
        shutil.copy(state_folder / name, target)
    # What an earlier export wrote there is of that one's vocabulary, and would be read first.
    (target / "tokenizer.json").unlink(missing_ok=True)
    read_traditional(target)
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    _write(target / "config.json", _original_config(config, end))
    _write(target / "generation_config.json", {"eos_token_id": [end]})


def _write(file: Path, content: dict[str, Any]) -> None:
    file.write_text(json.dumps(content, indent=1) + "\n")


def _original_config(config: Any, end: int) -> dict[str, Any]:
    vision, text = config.vision_config, config.text_config
    return {
        "architectures": ["InternVLChatModel"],
        "model_type": "internvl_chat",
        "downsample_ratio": config.downsample_ratio,
        "dynamic_image_size": True,
        "force_image_size": vision.image_size[0],
        "max_dynamic_patch": 12,
        "min_dynamic_patch": 1,
        "ps_version": "v2",
        "select_layer": -1,
        "system_message": SYSTEM,
        "template": "internvl2_5",
        "tie_word_embeddings": False,
        "torch_dtype": "bfloat16",
        "use_thumbnail": True,
        "vision_config": {
            "architectures": ["InternVisionModel"],
            "model_type": "intern_vit_6b",
            "hidden_size": vision.hidden_size,
            "num_attention_heads": vision.num_attention_heads,
            "intermediate_size": vision.intermediate_size,
            "num_hidden_layers": vision.num_hidden_layers,
            "image_size": vision.image_size[0],
            "patch_size": vision.patch_size[0],
            "num_channels": 3,
            "qkv_bias": True,
            "qk_normalization": False,
            "norm_type": "layer_norm",
            "layer_norm_eps": vision.layer_norm_eps,
            "hidden_act": vision.hidden_act,
        },
        "llm_config": {
            "architectures": ["Qwen2ForCausalLM"],
            "model_type": "qwen2",
            "hidden_size": text.hidden_size,
            "num_attention_heads": text.num_attention_heads,
            "num_key_value_heads": text.num_key_value_heads,
            "num_hidden_layers": text.num_hidden_layers,
            "intermediate_size": text.intermediate_size,
            "vocab_size": text.vocab_size,
            "max_position_embeddings": text.max_position_embeddings,
            "rope_theta": text.rope_parameters["rope_theta"],
            "rms_norm_eps": text.rms_norm_eps,
            "hidden_act": text.hidden_act,
            "tie_word_embeddings": False,
            "eos_token_id": end,
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--state", type=Path, default=Path("runs/nano"))
    parser.add_argument("--target", type=Path, default=Path("assets/internvl-nano"))
    options = parser.parse_args()
    export(options.state, options.target)


if __name__ == "__main__":
    main()
