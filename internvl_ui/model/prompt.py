"""From messages to turns, and from turns to token ids.

A turn's question is a sequence of segments: words, and slots where a picture's tiles stand. Only
a slot becomes visual tokens, so whatever a visitor types stays words, `<image>` and `<|im_end|>`
too. The one exception is grounding, which people have to be able to write: `<ref>the cat</ref>`
and `<box>[[12, 30, 400, 500]]</box>` are tags, but a tag that stands alone is a word.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, zip_longest
from typing import Any

from internvl_ui.conversation import Conversation, Message, Text, Video, image_numbers
from internvl_ui.errors import PromptError
from internvl_ui.grounding import TAGGED

IMAGE_TAG = "<image>"
TURN_START = "<|im_start|>"
TURN_END = "<|im_end|>"
GROUNDING_TAGS = ("<ref>", "</ref>", "<box>", "</box>", "<quad>", "</quad>")
_GROUNDING = re.compile(f"({'|'.join(map(re.escape, GROUNDING_TAGS))})")


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of ``tiles`` tiles, in the order of the pixels that go with the prompt."""

    tiles: int


@dataclass(frozen=True, slots=True)
class Control:
    """One of the tokenizer's own tokens, by its name."""

    name: str


Segment = str | Slot


@dataclass(frozen=True, slots=True)
class Turn:
    """A question and its answer. The last turn's is to be written by the model: None, or what it
    has written so far."""

    question: tuple[Segment, ...]
    answer: str | None = None


@dataclass(frozen=True, slots=True)
class VisualTokens:
    """How a slot is written: one opening token, so many for each tile, one closing token."""

    tokens_per_tile: int
    start: str = "<img>"
    context: str = "<IMG_CONTEXT>"
    end: str = "</img>"


def build_turns(
    conversation: Conversation, tile_counts: Sequence[Sequence[int]]
) -> tuple[Turn, ...]:
    """The conversation as turns, every part where the visitor put it.

    ``tile_counts`` has one entry for each image and video that is put to the model, in order: the
    tile count of each of its pictures (one for an image, one a frame for a video).

    An image alone in the conversation's first message that has any is `<image>`; further ones
    and several in one message are `Image-K: <image>`, counted through the conversation. A
    combined message's images share the place of the first and count as one; a video between them
    parts them. A video is
    `Frame1: <image>` and so on, after a line `Video-K:` unless it is the only one so far. As K
    depends on earlier messages alone, a turn's prompt never changes afterwards. An answer at the
    end is unfinished: the model goes on with it.

    Raises PromptError if questions and answers do not alternate or a question is empty.
    """
    counts = iter(tile_counts)
    images = videos = 0
    questions: list[tuple[Segment, ...]] = []
    answers: list[str] = []
    for position, message in enumerate(conversation.messages):
        if message.role != ("user", "assistant")[position % 2]:
            raise PromptError("Questions and answers do not alternate; start a new conversation.")
        if position < 2 * conversation.left_out:
            images = max((images, *image_numbers(message, images)))
            videos += sum(isinstance(part, Video) for part in message.parts)
            continue
        if message.role == "assistant":
            answers.append(message.text)
            continue
        question, images, videos = _question(message, counts, images, videos)
        questions.append(question)
    if not questions:
        raise PromptError("There is no question to answer; write one and send it.")
    return tuple(Turn(*turn) for turn in zip_longest(questions, answers))


def _question(
    message: Message, counts: Iterator[Sequence[int]], images: int, videos: int
) -> tuple[tuple[Segment, ...], int, int]:
    """A message's segments, and how many images and videos the conversation has had with it."""
    if not message.media:
        refuse_empty(message.text)
    number_images = max((images, *image_numbers(message, images))) > 1
    number_videos = videos + sum(isinstance(part, Video) for part in message.parts) > 1
    segments: list[Segment] = []
    shared: int | None = None
    for part in message.parts:
        if isinstance(part, Text):
            segments.append(part.text)
            continue
        tiles = next(counts)
        if isinstance(part, Video):
            videos += 1
            shared = None
            if number_videos:
                segments.append(f"Video-{videos}:\n")
            for frame, count in enumerate(tiles, 1):
                segments += [f"Frame{frame}: ", Slot(count), "\n"]
        elif shared is not None:
            place = segments[shared]
            assert isinstance(place, Slot)
            segments[shared] = Slot(place.tiles + sum(tiles))
        else:
            images += 1
            if number_images:
                segments.append(f"Image-{images}: ")
            if message.combined:
                shared = len(segments)
            segments += [Slot(sum(tiles)), "\n"]
    return tuple(segments), images, videos


def parse_questions(
    questions: Sequence[str | Sequence[Segment]], num_patches_list: Sequence[int]
) -> list[tuple[Segment, ...]]:
    """Questions with the model card's `<image>` tags → segments; segments pass as they are.

    Each tag takes the next of ``num_patches_list``. Raises PromptError unless all are taken.
    """
    tags = sum(q.count(IMAGE_TAG) for q in questions if isinstance(q, str))
    if tags != len(num_patches_list):
        raise PromptError(
            "The questions have {tags} <image> tags, but {images} images were given; write one tag "
            "for each entry of num_patches_list.",
            tags=tags,
            images=len(num_patches_list),
        )
    counts = iter(num_patches_list)
    parsed: list[tuple[Segment, ...]] = []
    for question in questions:
        if isinstance(question, str):
            first, *rest = question.split(IMAGE_TAG)
            segments: list[Segment] = [first]
            for words in rest:
                segments += [Slot(next(counts)), words]
            question = segments
        parsed.append(tuple(question))
    return parsed


def parse_batch(
    questions: Sequence[str | Sequence[Segment]], num_patches_list: Sequence[int]
) -> list[tuple[Segment, ...]]:
    """Independent questions → segments, each with its share of ``num_patches_list``; segments
    pass as they are and have no share.

    Either there are as many entries as tags, and each tag takes the next; or, as the model card
    has it, one entry a question, whose tag may be left out; 0 is a question without image.
    Raises PromptError if it is neither.
    """
    typed = [question for question in questions if isinstance(question, str)]
    tags = [question.count(IMAGE_TAG) for question in typed]
    shares: list[Sequence[int]]
    if sum(tags) == len(num_patches_list):
        ends = list(accumulate(tags))
        shares = [num_patches_list[end - own : end] for own, end in zip(tags, ends, strict=True)]
    elif len(num_patches_list) == len(typed):
        shares = [[count] if count else [] for count in num_patches_list]
        typed = [
            f"{IMAGE_TAG}\n{question}" if share and not own else question
            for question, share, own in zip(typed, shares, tags, strict=True)
        ]
    else:
        raise PromptError(
            "The questions have {tags} <image> tags, but num_patches_list has {entries} entries; "
            "give one for each tag, or one for each question.",
            tags=sum(tags),
            entries=len(num_patches_list),
        )
    parsed = (
        parse_questions([question], share)[0] for question, share in zip(typed, shares, strict=True)
    )
    return [
        next(parsed) if isinstance(question, str) else tuple(question) for question in questions
    ]


def refuse_empty(question: str) -> None:
    if not question.strip():
        raise PromptError("The question is empty; write one and send it.")


def count_tiles(turns: Iterable[Turn]) -> int:
    return sum(s.tiles for turn in turns for s in turn.question if isinstance(s, Slot))


def encode(
    tokenizer: Any, turns: Sequence[Turn], *, system: str, visual: VisualTokens
) -> list[int]:
    """Token ids of the whole prompt, up to where the model begins to write.

    Raises PromptError if the tokenizer lacks a token that the prompt needs.
    """
    pieces: list[str | Control | Slot] = [Control(TURN_START), f"system\n{system}"]
    for turn in turns:
        pieces += [Control(TURN_END), "\n", Control(TURN_START), "user\n"]
        for segment in turn.question:
            pieces += [segment] if isinstance(segment, Slot) else _asked(tokenizer, segment)
        pieces += [Control(TURN_END), "\n", Control(TURN_START), "assistant\n"]
        if turn.answer is not None:
            pieces += _grounded(tokenizer, turn.answer)
    words: list[str] = []
    ids: list[int] = []
    if getattr(tokenizer, "add_bos_token", False) and tokenizer.bos_token_id is not None:
        ids.append(tokenizer.bos_token_id)

    def write_words() -> None:
        # Neighbouring words are encoded as one, as tokens may reach across a seam.
        text = "".join(words)
        words.clear()
        if text:
            ids.extend(
                tokenizer(
                    text, add_special_tokens=False, split_special_tokens=True, verbose=False
                ).input_ids
            )

    token_id = _lookup(tokenizer)
    for piece in pieces:
        if isinstance(piece, str):
            words.append(piece)
            continue
        write_words()
        if isinstance(piece, Control):
            ids.append(token_id(piece.name))
        else:
            context = [token_id(visual.context)] * (visual.tokens_per_tile * piece.tiles)
            ids += [token_id(visual.start), *context, token_id(visual.end)]
    write_words()
    return ids


def special_id(tokenizer: Any, name: str) -> int | None:
    """The id of an added token, or None if the tokenizer has no such token."""
    return tokenizer.get_added_vocab().get(name)


def _lookup(tokenizer: Any) -> Callable[[str], int]:
    added = tokenizer.get_added_vocab()

    def token_id(name: str) -> int:
        if name not in added:
            raise PromptError(
                "The checkpoint's tokenizer has no token {name}; choose another.", name=name
            )
        return int(added[name])

    return token_id


def _asked(tokenizer: Any, text: str) -> list[str | Control | Slot]:
    """A visitor's words, in which only a whole reference or a whole box has tags."""
    pieces: list[str | Control | Slot] = []
    end = 0
    for pair in TAGGED.finditer(text):
        pieces += [text[end : pair.start()], *_grounded(tokenizer, pair[0])]
        end = pair.end()
    return [*pieces, text[end:]]


def _grounded(tokenizer: Any, text: str) -> list[str | Control | Slot]:
    added = tokenizer.get_added_vocab()
    return [Control(p) if p in added else p for p in _GROUNDING.split(text) if p]
