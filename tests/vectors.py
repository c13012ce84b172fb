"""The reference vectors: what the model card's own code made of the files in tests/media."""

import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np

TESTS = Path(__file__).parent
MEDIA = TESTS / "media"
CHECKPOINTS = ("qwen2-vit300m", "qwen2-vit6b", "internlm2-vit300m")
TILE_SIZE = 112

_MEAN = np.array((0.485, 0.456, 0.406), np.float32)
_STD = np.array((0.229, 0.224, 0.225), np.float32)


def cases_with(kind: str) -> list[Any]:
    """All cases of all checkpoints that have ``kind``: "images" or "video"."""
    found = []
    for checkpoint in CHECKPOINTS:
        expected = json.loads((TESTS / "reference" / checkpoint / "expected.json").read_text())
        found += [case for case in expected["cases"] if kind in case]
    return found


def pixel_sha256(tiles: list[np.ndarray]) -> str:
    """Of the float32 tensor (tiles, 3, size, size) after ImageNet's normalisation."""
    pixels = np.concatenate(tiles).astype(np.float32) / np.float32(255)
    normal = (pixels - _MEAN) / _STD
    return hashlib.sha256(np.ascontiguousarray(normal.transpose(0, 3, 1, 2)).tobytes()).hexdigest()
