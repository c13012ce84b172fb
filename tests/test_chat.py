"""The model card's calls, and what they refuse."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from internvl_ui import load_image
from internvl_ui.errors import PromptError
from internvl_ui.media.images import open_image
from internvl_ui.media.tiling import cut_tiles, tile_grid
from internvl_ui.model import chat as chat_module
from internvl_ui.model.pixels import load_images, normalise
from internvl_ui.model.prompt import Slot
from tests.conftest import MEDIA

CONFIG = {"max_new_tokens": 6, "do_sample": False}


def picture(name: str = "wide.png", max_num: int = 3) -> torch.Tensor:
    return load_image(MEDIA / name, input_size=112, max_num=max_num)


def test_history_grows_and_the_given_one_stays(tiny: Any) -> None:
    model, tokenizer = tiny
    answer, history = model.chat(tokenizer, None, "Hello", CONFIG, None, True)
    assert history == [("Hello", answer)]
    second, longer = model.chat(tokenizer, None, "More", CONFIG, history, return_history=True)
    assert longer == [("Hello", answer), ("More", second)] and len(history) == 1


def test_the_tag_that_was_added_is_in_the_history(tiny: Any) -> None:
    model, tokenizer = tiny
    _, history = model.chat(tokenizer, picture(), "What?", CONFIG, return_history=True)
    assert history[0][0] == "<image>\nWhat?"


def test_generation_config_is_left_alone(tiny: Any) -> None:
    model, tokenizer = tiny
    config = dict(CONFIG)
    model.chat(tokenizer, None, "Hello", config)
    model.batch_chat(tokenizer, None, ["Hello", "You there?"], config)
    assert config == CONFIG


def test_segments_and_tags_are_the_same_prompt(tiny: Any) -> None:
    model, tokenizer = tiny
    pixels = picture()
    segments = ("Image-1: ", Slot(len(pixels)), "\nWhat?")
    assert model.chat(tokenizer, pixels, segments, CONFIG) == model.chat(
        tokenizer, pixels, "Image-1: <image>\nWhat?", CONFIG
    )


def test_tiles_as_bytes_are_the_same_pixels(tiny: Any) -> None:
    model, tokenizer = tiny
    image = open_image(MEDIA / "wide.png", orient=False)
    grid = tile_grid(*image.size, max_tiles=3, tile_size=112)
    tiles = cut_tiles(image, grid, tile_size=112)
    assert torch.equal(normalise(tiles), picture())
    assert model.chat(tokenizer, tiles, "What?", CONFIG) == model.chat(
        tokenizer, picture(), "What?", CONFIG
    )


def test_normalised_as_torchvision_does() -> None:
    """ToTensor is a division by 255, Normalize a subtraction and a division, all in float32."""
    every = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(3, axis=3)
    expected = torch.from_numpy(every).permute(0, 3, 1, 2).contiguous().float().div(255)
    mean, std = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    expected.sub_(mean[:, None, None]).div_(std[:, None, None])
    assert torch.equal(normalise(every), expected)


def test_the_vision_tower_sees_a_bounded_number_of_tiles(
    tiny: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, tokenizer = tiny
    pixels = picture(max_num=12)
    at_once = model.chat(tokenizer, pixels, "What?", CONFIG)
    monkeypatch.setattr(chat_module, "TILES_AT_ONCE", 2)
    model.reuse.clear()
    seen: list[tuple[int, int]] = []
    answer = model.chat(
        tokenizer, pixels, "What?", CONFIG, on_tiles=lambda done, total: seen.append((done, total))
    )
    assert answer == at_once
    assert seen == [(done, 9) for done in range(0, 9, 2)]


def test_a_system_message_for_one_call_only(tiny: Any) -> None:
    model, tokenizer = tiny
    before = model.chat(tokenizer, None, "Hello", CONFIG)
    other = model.chat(tokenizer, None, "Hello", CONFIG, system_message="Be a pirate.")
    assert other != before
    assert model.chat(tokenizer, None, "Hello", CONFIG) == before


def test_keep_tags(tiny: Any) -> None:
    model, tokenizer = tiny
    added = tokenizer.get_added_vocab()
    ids = [added["<ref>"], 97, added["</ref>"], added["<|im_start|>"]]
    assert chat_module._response(tokenizer, ids, keep_tags=True) == "<ref>a</ref>"
    assert chat_module._response(tokenizer, ids, keep_tags=False) == "a"


def test_verbose_prints_the_prompt_without_its_many_visual_tokens(
    tiny: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    model, tokenizer = tiny
    model.chat(tokenizer, picture(), "What?", CONFIG, verbose=True)
    assert "<img></img>\nWhat?<|im_end|>" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("question", "tiles", "patches", "sentence"),
    [
        ("", 0, None, "empty"),
        (" \n", 1, None, "empty"),
        ("<image>", 0, None, "1 <image> tags, but 0 images"),
        ("<image> <image>", 2, None, "2 <image> tags, but 1 images"),
        ("<image>", 2, [1, 1], "1 <image> tags, but 2 images"),
        ("<image> <image>", 3, [1, 1], "places for 2 tiles, but 3"),
        ("<image>", 1, [2], "places for 2 tiles, but 1"),
    ],
)
def test_what_does_not_fit_is_refused(
    question: str, tiles: int, patches: list[int] | None, sentence: str, tiny: Any
) -> None:
    model, tokenizer = tiny
    pixels = torch.zeros(tiles, 3, 112, 112) if tiles else None
    with pytest.raises(PromptError, match=sentence):
        model.chat(tokenizer, pixels, question, CONFIG, num_patches_list=patches)


def test_tags_of_the_history_count_and_its_answers_do_not(tiny: Any) -> None:
    model, tokenizer = tiny
    history = [("<image>\nWhat?", "An <image> of a cat.")]
    model.chat(tokenizer, picture(), "And?", CONFIG, history)
    with pytest.raises(PromptError, match="tags"):
        model.chat(tokenizer, picture(), "And <image>?", CONFIG, history)


def test_more_than_the_context_holds_is_refused(tiny: Any) -> None:
    model, tokenizer = tiny
    with pytest.raises(PromptError, match="can hold 100"):
        model.chat(tokenizer, None, "Hello", CONFIG, context_length=100)


def test_batch_needs_a_tile_count_for_each_question(tiny: Any) -> None:
    model, tokenizer = tiny
    with pytest.raises(PromptError, match="num_patches_list"):
        model.batch_chat(tokenizer, picture(), ["One?", "Two?"], CONFIG)
    with pytest.raises(PromptError, match="history"):
        model.batch_chat(tokenizer, None, ["One?"], CONFIG, return_history=True)


def test_batch_answers_as_one_by_one(tiny: Any) -> None:
    model, tokenizer = tiny
    first, second = picture("wide.png"), picture("tiny.png")
    questions = ["What is the image?", "<image>\nDescribe."]
    together = model.batch_chat(
        tokenizer,
        torch.cat([first, second]),
        questions,
        CONFIG,
        image_counts=[len(first), len(second)],
    )
    alone = [
        model.chat(tokenizer, pixels, question, CONFIG)
        for pixels, question in zip((first, second), questions, strict=True)
    ]
    assert together == alone


def test_an_image_that_is_none(tmp_path: Path) -> None:
    from internvl_ui.errors import MediaError

    (tmp_path / "a.png").write_text("no picture")
    with pytest.raises(MediaError, match="a.png"):
        load_image(tmp_path / "a.png")


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float32])
def test_several_images_are_each_image_in_turn(dtype: torch.dtype) -> None:
    files = [MEDIA / name for name in ("photo.jpg", "rgba.png", "tiny.png")]
    alone = [load_image(file, input_size=112, max_num=6) for file in files]
    together, counts = load_images(files, input_size=112, max_num=6, dtype=dtype)
    assert torch.equal(together, torch.cat(alone).to(dtype)) and together.dtype is dtype
    assert counts == [len(tiles) for tiles in alone]
