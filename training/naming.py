"""The head that names what lies under each visual token, thrown away when training is over."""

import torch
from torch.nn import functional

from training.cells import AT, FIELDS, TOKENS_PER_TILE

_SIZES = tuple(field.answers for field in FIELDS.values())
_PLACE = ("column", "row", "width", "height")


class NamingHead(torch.nn.Linear):
    """From a visual token's features to the fields of its cell and its own place in the tile."""

    def __init__(self, width: int) -> None:
        super().__init__(width, sum(_SIZES) + TOKENS_PER_TILE)

    def loss(self, features: torch.Tensor, cells: torch.Tensor) -> torch.Tensor:
        """Of ``features`` (tiles, 16, width) with ``cells`` (tiles, 16, fields)."""
        logits = self(features).reshape(-1, self.out_features).float()
        *parts, places = logits.split((*_SIZES, TOKENS_PER_TILE), dim=-1)
        targets = cells.reshape(-1, len(FIELDS))
        taken = targets[:, AT["shape"]] > 0
        # Each token's own place in its tile, so that its features say where as well as what.
        place = torch.arange(TOKENS_PER_TILE, device=logits.device).repeat(len(features))
        loss = functional.cross_entropy(places, place)
        for (name, field), part, target in zip(
            FIELDS.items(), parts, targets.unbind(-1), strict=True
        ):
            if name in _PLACE:
                if taken.any():
                    loss = loss + 0.4 * functional.cross_entropy(part[taken], target[taken])
            elif field.may_be_absent:
                # Most cells are empty; without the weight, "nothing" would be a good guess.
                weight = part.new_ones(field.answers)
                weight[0] = 0.4 if name in ("shape", "colour") else 0.1
                loss = loss + functional.cross_entropy(part, target, weight)
            else:
                loss = loss + 0.5 * functional.cross_entropy(part, target)
        return loss
