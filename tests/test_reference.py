"""Every conversation that the original code had, had again: same pixels, tokens and answers."""

import hashlib
from typing import Any

import pytest
import torch
from transformers import LogitsProcessor, LogitsProcessorList

from internvl_ui import load_image, load_video
from tests.conftest import CHECKPOINTS, MEDIA, expected

TILE = 112
CASES = [
    pytest.param(name, case, id=f"{name}:{case['case']}")
    for name in CHECKPOINTS
    for case in expected(name)["cases"]
]


class Recorder(LogitsProcessor):
    """Keeps what the model is given and what it says, and changes nothing."""

    def __init__(self) -> None:
        self.first: torch.Tensor | None = None
        self.prompt: torch.Tensor | None = None
        self.ids: torch.Tensor | None = None

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        if self.first is None:
            self.prompt, self.first = input_ids, scores.clone()
        self.ids = torch.cat([input_ids, scores.argmax(-1, keepdim=True)], dim=-1)
        return scores


def pixels_of(case: dict[str, Any]) -> tuple[torch.Tensor | None, list[int]]:
    if video := case.get("video"):
        return load_video(
            MEDIA / video,
            bound=case["bound"],
            input_size=TILE,
            num_segments=case["num_segments"],
        )
    images = [
        load_image(MEDIA / name, input_size=TILE, max_num=case["max_num"])
        for name in case.get("images", [])
    ]
    return (torch.cat(images) if images else None), [len(image) for image in images]


def test_there_are_sixty_conversations() -> None:
    assert len(CASES) == 60


@pytest.mark.parametrize(("checkpoint", "case"), CASES)
def test_same_as_the_original(checkpoint: str, case: dict[str, Any], loaded: Any) -> None:
    model, tokenizer = loaded(checkpoint)
    pixels, tiles = pixels_of(case)
    if pixels is not None:
        assert hashlib.sha256(pixels.numpy().tobytes()).hexdigest() == case["pixel_sha256"]
    if len(case.get("tiles", [])) == 1:
        assert sum(tiles) == case["tiles"][0]
        tiles = case["tiles"]
    assert tiles == case.get("tiles", [])
    recorder = Recorder()
    config = {
        "max_new_tokens": expected(checkpoint)["max_new_tokens"],
        "do_sample": False,
        "logits_processor": LogitsProcessorList([recorder]),
    }
    if "questions" in case:
        response: Any = model.batch_chat(
            tokenizer, pixels, case["questions"], config, num_patches_list=tiles
        )
    else:
        history = [(question, answer) for question, answer in case.get("history", [])]
        response = model.chat(
            tokenizer,
            pixels,
            case["question"],
            config,
            history=history or None,
            num_patches_list=tiles or None,
        )
    assert recorder.prompt is not None and recorder.ids is not None and recorder.first is not None
    assert recorder.prompt.tolist() == case["input_ids"]
    assert recorder.ids[:, recorder.prompt.shape[1] :].tolist() == case["output_ids"]
    assert response == case["response"]
    assert recorder.first[0, :16].tolist() == pytest.approx(case["first_logits"], abs=2e-3)
