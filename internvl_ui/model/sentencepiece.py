"""The tokenizer of InternLM2 and InternLM3 checkpoints, from ``tokenizer.model`` and its settings.

Their own class is Python code of the checkpoint, which is never run. Words go through
sentencepiece itself, so they become the same pieces; what is here are the added tokens around it.
Their ids come from the checkpoint's files, lie above sentencepiece's pieces or take the place of
unused ones, and win over them.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MODEL_FILE = "tokenizer.model"
_SETTINGS_FILE = "tokenizer_config.json"
_SPACE = "▁"


@dataclass(frozen=True, slots=True)
class Encoded:
    input_ids: list[int]


class SentencePieceTokenizer:
    """What the prompt and the streamer need of a tokenizer, with transformers' names.

    ``model`` is the content of tokenizer.model; ``settings`` that of tokenizer_config.json, with
    ``added_tokens_decoder`` (id to content) complete.
    """

    def __init__(self, model: bytes, settings: Mapping[str, Any]) -> None:
        from sentencepiece import SentencePieceProcessor
        from sentencepiece import sentencepiece_model_pb2 as messages

        proto = messages.ModelProto.FromString(model)
        # The newer of the two conventions that Llama's descendants know: no space is put in
        # front of words that follow a token such as <|im_start|>.
        if settings.get("legacy") is False:
            proto.normalizer_spec.add_dummy_prefix = False
        self._strips = bool(proto.normalizer_spec.add_dummy_prefix)
        self._sp = SentencePieceProcessor(model_proto=proto.SerializeToString())
        self._model, self._settings = model, dict(settings)
        added = {int(i): token for i, token in settings.get("added_tokens_decoder", {}).items()}
        self._added = {i: _content(token) for i, token in added.items()}
        self._ids = {content: i for i, content in self._added.items()}
        controls = [i for i in range(len(self._sp)) if self._sp.is_control(i)]
        special = [i for i, t in added.items() if isinstance(t, str) or t.get("special", True)]
        self.all_special_ids = sorted({*controls, *special})
        self._silent = set(controls) - set(self._added)
        self._reserved = {i for i in self._added if i < len(self._sp)} | set(controls)
        self.add_bos_token = bool(settings.get("add_bos_token", True))
        self.bos_token_id = self._named("bos_token", self._sp.bos_id())
        self.eos_token_id = self._named("eos_token", self._sp.eos_id())
        self.pad_token_id = self._named("pad_token", self._sp.pad_id())
        longest_first = sorted(self._ids, key=len, reverse=True)
        self._splitter = re.compile(f"({'|'.join(map(re.escape, longest_first))})")

    @classmethod
    def from_folder(cls, folder: Path) -> "SentencePieceTokenizer":
        """Raises OSError or ValueError if a file is missing or damaged."""
        settings = _read(folder / _SETTINGS_FILE)
        added = dict(settings.get("added_tokens_decoder") or {})
        known = {_content(token) for token in added.values()}
        for content, number in _read(folder / "added_tokens.json").items():
            if content not in known:
                added[str(number)] = {"content": content, "special": True}
        named = {**_read(folder / "special_tokens_map.json"), **settings}
        named["added_tokens_decoder"] = added
        return cls((folder / MODEL_FILE).read_bytes(), named)

    def save_pretrained(self, folder: str | Path) -> None:
        """Write the files that ``from_folder`` reads."""
        Path(folder).mkdir(parents=True, exist_ok=True)
        (Path(folder) / MODEL_FILE).write_bytes(self._model)
        settings = json.dumps(self._settings, ensure_ascii=False, indent=1)
        (Path(folder) / _SETTINGS_FILE).write_text(settings, encoding="utf-8")

    def __len__(self) -> int:
        """One more than the largest id."""
        return max(len(self._sp), *(i + 1 for i in self._added), 0)

    def __call__(
        self,
        text: str,
        *,
        add_special_tokens: bool = True,
        split_special_tokens: bool = False,
        verbose: bool = True,
    ) -> Encoded:
        """``split_special_tokens``: names of added tokens in ``text`` are words like others."""
        bos = add_special_tokens and self.add_bos_token and self.bos_token_id is not None
        ids = [self.bos_token_id] if bos else []
        words = [text] if split_special_tokens or not self._ids else self._splitter.split(text)
        for position, piece in enumerate(words):
            ids += [self._ids[piece]] if position % 2 else self._encode(piece)
        return Encoded([i for i in ids if i is not None])

    def get_added_vocab(self) -> dict[str, int]:
        return dict(self._ids)

    def convert_tokens_to_ids(self, token: str) -> int | None:
        """The id of an added token or a piece; None if there is no such token."""
        if token in self._ids:
            return self._ids[token]
        number = self._sp.piece_to_id(token)
        return number if self._sp.id_to_piece(number) == token else None

    def decode(
        self,
        ids: Iterable[int],
        *,
        skip_special_tokens: bool = False,
        clean_up_tokenization_spaces: bool = False,
    ) -> str:
        """``ids`` as text; a character whose last bytes are missing is one replacement sign."""
        skipped = self._silent | set(self.all_special_ids if skip_special_tokens else ())
        text: list[str] = []
        words = bytearray()
        first = True
        for number in map(int, ids):
            if number in self._added or number in skipped or number >= len(self._sp):
                text.append(words.decode("utf-8", "replace"))
                words.clear()
                first = True
                text.append("" if number in skipped else self._added.get(number, ""))
            else:
                words += self._bytes(number, strip=first and self._strips)
                first = False
        return "".join([*text, words.decode("utf-8", "replace")])

    def _bytes(self, number: int, strip: bool) -> bytes:
        piece: str = self._sp.id_to_piece(number)
        if self._sp.is_byte(number):
            return bytes([int(piece[3:5], 16)])
        if self._sp.is_unknown(number):
            return str(self._sp.decode([number])).encode()
        return (piece.removeprefix(_SPACE) if strip else piece).replace(_SPACE, " ").encode()

    def _encode(self, words: str) -> list[int]:
        ids: list[int] = []
        for number in self._sp.encode(words):
            if number not in self._reserved:
                ids.append(number)
                continue
            # Words that happen to be the name of a piece whose id an added token took.
            for character in self._sp.id_to_piece(number):
                own = self._sp.piece_to_id(character)
                spelt = [self._sp.piece_to_id(f"<0x{byte:02X}>") for byte in character.encode()]
                ids += spelt if self._sp.is_unknown(own) else [own]
        return ids

    def _named(self, key: str, otherwise: int) -> int | None:
        token = self._settings.get(key)
        number = None if token is None else self.convert_tokens_to_ids(_content(token))
        return number if number is not None else otherwise if otherwise >= 0 else None


def _content(token: Any) -> str:
    return str(token["content"] if isinstance(token, Mapping) else token)


def _read(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    content = json.loads(path.read_text(encoding="utf-8"))
    if not isinstance(content, dict):
        raise ValueError(f"{path.name} is not a JSON object")
    return content
