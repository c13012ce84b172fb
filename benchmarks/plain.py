"""The plain way, to measure against: what the code on InternVL3's model card does, in our words.

Its steps, their order and their cost are kept, also where they are wasteful: that is the point.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from transformers.modeling_outputs import BaseModelOutputWithPooling

MEAN = torch.tensor((0.485, 0.456, 0.406)).view(3, 1, 1)
STD = torch.tensor((0.229, 0.224, 0.225)).view(3, 1, 1)


def _to_numbers(tile: Image.Image, size: int) -> torch.Tensor:
    """What torchvision's Resize, ToTensor and Normalize make of a tile, float32 (3, size, size)."""
    tile = tile.convert("RGB").resize((size, size), Image.Resampling.BICUBIC)
    pixels = torch.from_numpy(np.array(tile)).permute(2, 0, 1).contiguous().float().div(255)
    return pixels.sub_(MEAN).div_(STD)


def _grid(width: int, height: int, max_num: int, size: int) -> tuple[int, int]:
    shapes = {
        (columns, rows)
        for n in range(1, max_num + 1)
        for columns in range(1, n + 1)
        for rows in range(1, n + 1)
        if 1 <= columns * rows <= max_num
    }
    best, best_difference = (1, 1), float("inf")
    for columns, rows in sorted(shapes, key=lambda shape: shape[0] * shape[1]):
        difference = abs(width / height - columns / rows)
        large = width * height > 0.5 * size * size * columns * rows
        if difference < best_difference or (difference == best_difference and large):
            best, best_difference = (columns, rows), difference
    return best


def _tiles(image: Image.Image, size: int, max_num: int) -> list[Image.Image]:
    """Stretched to the grid and cropped one by one, the thumbnail last."""
    columns, rows = _grid(*image.size, max_num, size)
    stretched = image.resize((size * columns, size * rows))
    tiles = [
        stretched.crop((column * size, row * size, (column + 1) * size, (row + 1) * size))
        for row in range(rows)
        for column in range(columns)
    ]
    return [*tiles, image.resize((size, size))] if len(tiles) != 1 else tiles


def load_image(file: Path, input_size: int = 448, max_num: int = 12) -> torch.Tensor:
    image = Image.open(file).convert("RGB")
    return torch.stack(
        [_to_numbers(tile, input_size) for tile in _tiles(image, input_size, max_num)]
    )


def load_video(
    file: Path, input_size: int = 448, max_num: int = 1, num_segments: int = 32
) -> tuple[torch.Tensor, list[int]]:
    from decord import VideoReader, cpu

    video = VideoReader(str(file), ctx=cpu(0), num_threads=1)
    last = len(video) - 1
    part = last / num_segments
    indices = [int(part / 2 + np.round(part * i)) for i in range(num_segments)]
    frames, counts = [], []
    for index in indices:
        image = Image.fromarray(video[index].asnumpy()).convert("RGB")
        tiles = [_to_numbers(tile, input_size) for tile in _tiles(image, input_size, max_num)]
        frames.append(torch.stack(tiles))
        counts.append(len(tiles))
    return torch.cat(frames), counts


@torch.inference_mode()
def chat(
    model: Any,
    tokenizer: Any,
    pixel_values: torch.Tensor | None,
    question: str,
    generation_config: Mapping[str, Any],
    history: Sequence[tuple[str, str]] = (),
    num_patches_list: Sequence[int] = (),
) -> str:
    """Every image through the vision tower at once, the whole prompt through the language model."""
    prompt = f"<|im_start|>system\n{model.system_message}<|im_end|>\n"
    for asked, answer in history:
        prompt += (
            f"<|im_start|>user\n{asked}<|im_end|>\n<|im_start|>assistant\n{answer}<|im_end|>\n"
        )
    prompt += f"<|im_start|>user\n{question}<|im_end|>\n<|im_start|>assistant\n"
    for tiles in num_patches_list:
        visual = "<IMG_CONTEXT>" * (model.tokens_per_tile * tiles)
        prompt = prompt.replace("<image>", f"<img>{visual}</img>", 1)
    inputs = tokenizer(prompt, return_tensors="pt", verbose=False).to(model.device)
    options = dict(generation_config)
    if pixel_values is not None:
        seen = model.get_image_features(pixel_values.to(model.device, model.dtype)).pooler_output
        options["mm_encoder_outputs"] = {"image": BaseModelOutputWithPooling(pooler_output=seen)}
    end = tokenizer.convert_tokens_to_ids("<|im_end|>")
    output = model.generate(
        input_ids=inputs.input_ids,
        attention_mask=inputs.attention_mask,
        eos_token_id=end,
        pad_token_id=end,
        **options,
    )
    new = output[0, inputs.input_ids.shape[1] :]
    return str(tokenizer.decode(new, skip_special_tokens=True)).strip()
