"""``python -m training.train``: trains the bundled model, from nothing to its folder.

Three stages on one clock. First the vision tower and projector learn to name the object under
each visual token through a linear head, which is thrown away in the end. Then the language model
learns the conversations while the vision tower rests, as such steps cost a third. In the end
everything learns together, with the head as a companion, and some pictures are only named.
Where a checkpoint's weights are the beginning, a new head first learns to read their features.
Progress is kept every few minutes, and the same command goes on from there.
"""

import argparse
import math
import shutil
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch.nn import functional
from transformers import AutoTokenizer, InternVLConfig, InternVLForConditionalGeneration

from internvl_ui import load_model
from training import attention
from training.cells import TILE_SIZE, TOKENS_PER_TILE
from training.data import IGNORE, KINDS, Batch, Stage, batches
from training.naming import NamingHead
from training.tokenizer import TOKENIZER_FILES, write_tokenizer

ADAMW_RATE = 1.5e-3
MUON_RATE = 3e-3
WARM_UP_STEPS = 60
NAMING_WEIGHT = 0.3
_KEEP_EVERY = 180.0
_LONGEST_STEP = 10.0
_HEAD_ALONE = 120.0
"""Seconds for which a new head learns to read the features of a checkpoint as they are: before,
all that it could teach their tower is to forget."""


def configuration(tokenizer: Any, *, layers: int = 6) -> InternVLConfig:
    """The architecture of InternVL3-1B, with small numbers; ``layers`` of the language model."""
    return InternVLConfig(
        vision_config={
            "hidden_size": 128,
            "num_hidden_layers": 4,
            "num_attention_heads": 4,
            "intermediate_size": 512,
            "image_size": [TILE_SIZE, TILE_SIZE],
            "patch_size": [14, 14],
            "attention_bias": True,
            "use_qk_norm": False,
            "norm_type": "layer_norm",
            "initializer_range": 0.06,
        },
        text_config={
            "model_type": "qwen2",
            "hidden_size": 192,
            "num_hidden_layers": layers,
            "num_attention_heads": 6,
            "num_key_value_heads": 2,
            "intermediate_size": 512,
            "vocab_size": len(tokenizer),
            "max_position_embeddings": 8192,
            "initializer_range": 0.05,
            "tie_word_embeddings": False,
        },
        image_token_id=tokenizer.convert_tokens_to_ids("<IMG_CONTEXT>"),
        image_seq_length=TOKENS_PER_TILE,
        tie_word_embeddings=False,
    )


def position_waves(side: int, width: int) -> torch.Tensor:
    """Sines and cosines of a patch's row and column, (side * side, width): neighbours are alike
    from the start, so attention finds them. From "An Image is Worth 16x16 Words" follow-ups
    (MoCo v3); the tower learns on from there."""
    frequency = 1 / 100 ** (torch.arange(width // 4) / (width // 4))
    angle = torch.arange(side).unsqueeze(1) * frequency
    wave = torch.cat([angle.sin(), angle.cos()], dim=1)
    rows = wave.repeat_interleave(side, dim=0)
    return torch.cat([rows, wave.repeat(side, 1)], dim=1)


class Trainee(torch.nn.Module):
    """The model and its naming head."""

    def __init__(self, config: InternVLConfig) -> None:
        super().__init__()
        self.model = InternVLForConditionalGeneration(config)
        for layer in self.model.model.vision_tower.encoder.layer:
            # The usual 0.1 is for towers ten times deeper; here it only slows learning.
            torch.nn.init.ones_(layer.lambda_1)
            torch.nn.init.ones_(layer.lambda_2)
        positions = self.model.model.vision_tower.embeddings.position_embeddings
        with torch.no_grad():
            positions[0, 1:] = position_waves(TILE_SIZE // 14, positions.shape[-1])
        self.naming = NamingHead(config.text_config.hidden_size)

    def begin_at(self, checkpoint: Path, tokenizer: Any) -> None:
        """Take over a checkpoint's weights. Its tokenizer may be another: of the rows of the
        vocabulary, those of the tokens that both know are taken over. It may have fewer layers:
        those it has not add nothing to what goes through them at first."""
        model, before = load_model(checkpoint, dtype="float32")
        weights, ours = model.state_dict(), self.model.state_dict()
        known = before.get_vocab()
        shared = [
            (new, known[token]) for token, new in tokenizer.get_vocab().items() if token in known
        ]
        to, of = (torch.tensor(rows) for rows in zip(*shared, strict=True))
        for name in ("lm_head.weight", "model.language_model.embed_tokens.weight"):
            rows = ours[name].clone()
            rows[to] = weights[name][of]
            weights[name] = rows
        for name in ours.keys() - weights.keys():
            silent = name.endswith(("o_proj.weight", "down_proj.weight"))
            weights[name] = torch.zeros_like(ours[name]) if silent else ours[name]
        self.model.load_state_dict(weights)

    def losses(self, batch: Batch, stage: Stage) -> tuple[torch.Tensor | None, torch.Tensor]:
        """(loss of the answers, loss of the naming head); None where there are no words."""
        with torch.set_grad_enabled(stage not in ("head", "language")):
            features = self.model.model.get_image_features(pixel_values=batch.pixels).pooler_output
        with torch.set_grad_enabled(stage != "language"):
            naming = self.naming.loss(features, batch.cells)
        if not batch.ids.numel():
            return None, naming
        embeddings = self.model.get_input_embeddings()(batch.ids)
        slots = (batch.ids == self.model.config.image_token_id).unsqueeze(-1)
        embeddings = embeddings.masked_scatter(slots, features.to(embeddings.dtype))
        # No mask: padding stands behind everything, where nothing attends to it.
        hidden = self.model.model.language_model(
            inputs_embeds=embeddings, use_cache=False
        ).last_hidden_state
        asked = batch.labels[:, 1:] != IGNORE
        logits = self.model.lm_head(hidden[:, :-1][asked])
        return functional.cross_entropy(logits.float(), batch.labels[:, 1:][asked]), naming


class Optimizers:
    """Muon (Jordan et al. 2024) for the matrices inside the layers, AdamW for everything else:
    in the same time, Muon answers a fifth more questions rightly."""

    def __init__(self, trainee: Trainee) -> None:
        matrices: list[torch.nn.Parameter] = []
        others: list[torch.nn.Parameter] = []
        for name, parameter in trainee.named_parameters():
            inside = ".layers." in name or ".encoder.layer." in name or "projector" in name
            (matrices if inside and parameter.ndim == 2 else others).append(parameter)
        self.parts: tuple[torch.optim.Optimizer, ...] = (
            torch.optim.AdamW(others, lr=ADAMW_RATE, betas=(0.9, 0.97), weight_decay=0.01),
            torch.optim.Muon(
                matrices, lr=MUON_RATE, weight_decay=0.03, adjust_lr_fn="match_rms_adamw"
            ),
        )

    def step(self, rate: float) -> None:
        """One step at this share of the peak learning rates; gradients are gone afterwards."""
        for part, peak in zip(self.parts, (ADAMW_RATE, MUON_RATE), strict=True):
            for group in part.param_groups:
                group["lr"] = peak * rate
            part.step()
            part.zero_grad(set_to_none=True)

    def state_dict(self) -> list[dict[str, Any]]:
        return [part.state_dict() for part in self.parts]

    def load_state_dict(self, states: list[dict[str, Any]]) -> None:
        for part, state in zip(self.parts, states, strict=True):
            part.load_state_dict(state)


def rate(step: int, share: float) -> float:
    """Learning rate as a share of its peak: warm-up by step, then even until 60 % of the time
    are gone (``share``), then straight down."""
    return min(1.0, (step + 1) / WARM_UP_STEPS) * min(1.0, max(0.02, (1 - share) / 0.4))


def train(
    folder: Path,
    *,
    minutes: float,
    naming_minutes: float,
    language_minutes: float,
    seed: int,
    start: Path | None = None,
    kinds: Sequence[str] = tuple(KINDS),
    peak: float = 1.0,
    new_vocabulary: bool = False,
) -> None:
    """Train for so many minutes in all, resumed runs counted in; keep the state in ``folder``.
    A new run begins with the weights of the checkpoint ``start``, if given, and its vocabulary,
    if no ``new_vocabulary`` is wanted. Conversations are of these ``kinds``. ``peak``: this share
    of the usual learning rates, for what is known well."""
    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    if not (folder / "vocab.json").exists():
        if start is None or new_vocabulary:
            write_tokenizer(folder)
        else:
            for name in TOKENIZER_FILES:
                shutil.copy(start / name, folder)
    tokenizer = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
    device = "cuda" if torch.cuda.is_available() else "cpu"
    trainee = Trainee(configuration(tokenizer)).to(device)
    if device == "cpu":
        attention.register()
        trainee.model.set_attn_implementation(attention.NAME)
    optimizers = Optimizers(trainee)
    state_file = folder / "state.pt"
    step, spent = 0, 0.0
    if state_file.exists():
        state = torch.load(state_file, map_location=device, weights_only=True)
        trainee.load_state_dict(state["trainee"])
        optimizers.load_state_dict(state["optimizers"])
        step, spent = state["step"], state["spent"]
    elif start is not None:
        trainee.begin_at(start, tokenizer)

    def keep() -> None:
        state = {
            "trainee": trainee.state_dict(),
            "optimizers": optimizers.state_dict(),
            "step": step,
            "spent": spent,
        }
        torch.save(state, state_file.with_suffix(".new"))
        state_file.with_suffix(".new").replace(state_file)

    streamed_stage: Stage | None = None
    kept = clock = time.monotonic()
    smooth = [math.nan, math.nan]
    while spent < minutes * 60:
        stage: Stage = "everything"
        if start is not None and spent < _HEAD_ALONE:
            stage = "head"
        elif spent < (naming_minutes + language_minutes) * 60:
            stage = "naming" if spent < naming_minutes * 60 else "language"
        if stage != streamed_stage:
            stream = batches(tokenizer, seed=seed + step, stage=stage, kinds=kinds)
            streamed_stage = stage
        batch = next(stream).to(device)
        with torch.autocast(device, torch.bfloat16):
            answers, naming = trainee.losses(batch, stage)
        loss = naming if answers is None else answers + NAMING_WEIGHT * naming
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trainee.parameters(), 1.0)
        optimizers.step(rate(step, spent / (minutes * 60)) * (1.0 if stage == "head" else peak))
        for k, part in enumerate((answers, naming)):
            if part is not None:
                value = part.item()
                smooth[k] = value if math.isnan(smooth[k]) else 0.97 * smooth[k] + 0.03 * value
        step += 1
        now = time.monotonic()
        # A machine that slept, or a process that was stopped, did not train meanwhile.
        spent, clock = spent + min(now - clock, _LONGEST_STEP), now
        if step % 20 == 0:
            print(
                f"\rstep {step}  {spent / 60:.1f} of {minutes:g} min  "
                f"answers {smooth[0]:.4f}  naming {smooth[1]:.4f}",
                end="" if step % 200 else "\n",
                flush=True,
            )
        if now - kept > _KEEP_EVERY:
            keep()
            kept = now
    keep()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("runs/nano"))
    parser.add_argument("--minutes", type=float, default=90.0)
    parser.add_argument("--naming-minutes", type=float, default=12.0)
    parser.add_argument("--language-minutes", type=float, default=35.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--start", type=Path, help="a checkpoint to begin with")
    parser.add_argument(
        "--new-vocabulary", action="store_true", help="instead of that checkpoint's"
    )
    parser.add_argument(
        "--kinds", nargs="+", choices=KINDS, default=list(KINDS), help="of conversations"
    )
    parser.add_argument("--rate", type=float, default=1.0, help="as a share of the usual one")
    options = parser.parse_args()
    train(
        options.folder,
        minutes=options.minutes,
        naming_minutes=options.naming_minutes,
        language_minutes=options.language_minutes,
        seed=options.seed,
        start=options.start,
        kinds=options.kinds,
        peak=options.rate,
        new_vocabulary=options.new_vocabulary,
    )


if __name__ == "__main__":
    main()
