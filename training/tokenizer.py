"""The bundled model's tokenizer: byte-level BPE in Qwen2's format, learned from the questions
and answers, so that a word is mostly one token and anything else is still its bytes."""

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from tokenizers import Regex, Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel, Sequence, Split
from tokenizers.trainers import BpeTrainer

from training import several, smalltalk
from training.charts import ask_chart, random_chart
from training.questions import ask_one_image, sloppy
from training.scenes import random_clip, random_scene
from training.signs import ask_sign, random_sign
from training.unknown import ask_unknown
from training.words import LANGUAGES

SPECIAL = (
    "<|endoftext|>", "<|im_start|>", "<|im_end|>", "<img>", "</img>", "<IMG_CONTEXT>",
    "<quad>", "</quad>", "<ref>", "</ref>", "<box>", "</box>",
)  # fmt: skip
TOKENIZER_FILES = ("vocab.json", "merges.txt", "tokenizer_config.json", "added_tokens.json")
SYSTEM = "You are internvl-nano, a small model that knows drawn shapes."
_QWEN2_WORDS = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def _corpus(rng: random.Random) -> Iterator[str]:
    for _ in range(20):
        yield f"system\n{SYSTEM}\nuser\nassistant\n"
        yield "".join(f"Image-{k}: \nFrame{k}: \nVideo-{k}:\n" for k in range(1, 17))
        for table in smalltalk.WORDS.values():
            for _, asked, answer in table:
                for question in asked:
                    yield f"user\n{sloppy(question, rng)}\nassistant\n{answer}"
    for number in range(6000):
        language = LANGUAGES[number % 3 == 0]
        scenes = [random_scene(rng) for _ in range(rng.randint(2, 4))]
        for qa in (
            ask_one_image(scenes[0], rng, language),
            several.ask_images(scenes, rng, language),
            several.random_pair(rng, language)[1],
            *several.ask_clip(random_clip(rng), rng, language),
            ask_chart(random_chart(rng), rng, language),
            ask_unknown(rng, language),
            replace(ask_sign(random_sign(rng), rng, language), answer=language.say["read"]),
        ):
            yield f"user\n{sloppy(qa.question, rng)}"
            yield f"assistant\n{qa.answer}"


def write_tokenizer(folder: Path, *, vocabulary: int = 1280) -> None:
    """Learn and write vocab.json, merges.txt and tokenizer_config.json into ``folder``."""
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = Sequence(
        [
            Split(Regex(_QWEN2_WORDS), behavior="isolated"),
            ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = ByteLevelDecoder()
    trainer = BpeTrainer(
        vocab_size=vocabulary - len(SPECIAL),
        initial_alphabet=ByteLevel.alphabet(),
        show_progress=False,
        # Words, not whole sentences: what is asked in other words has tokens too.
        max_token_length=14,
    )
    tokenizer.train_from_iterator(_corpus(random.Random(0)), trainer)
    tokenizer.model.save(str(folder))
    size = tokenizer.get_vocab_size()
    added = {name: size + k for k, name in enumerate(SPECIAL)}
    config = {
        "add_bos_token": False,
        "add_prefix_space": False,
        "added_tokens_decoder": {
            str(index): {
                "content": name,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "single_word": False,
                "special": True,
            }
            for name, index in added.items()
        },
        "additional_special_tokens": list(SPECIAL[1:]),
        "bos_token": None,
        "clean_up_tokenization_spaces": False,
        "eos_token": "<|im_end|>",
        "errors": "replace",
        "model_max_length": 8192,
        "pad_token": "<|endoftext|>",
        "split_special_tokens": False,
        "tokenizer_class": "Qwen2Tokenizer",
        "unk_token": None,
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(config, indent=1) + "\n")
    (folder / "added_tokens.json").write_text(json.dumps(added, indent=1) + "\n")
