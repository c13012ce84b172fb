"""First questions of several conversations answered by one ``batch_chat``."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from internvl_ui.conversation import Conversation
from internvl_ui.media.visuals import Visual
from internvl_ui.model.pixels import tiles_of
from internvl_ui.model.prompt import Turn, build_turns, count_tiles


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer and what it took; ``prompt_tokens`` includes ``visual_tokens``."""

    text: str
    prompt_tokens: int
    visual_tokens: int
    tiles: int
    answer_tokens: int


def answer_together(
    model: Any,
    tokenizer: Any,
    conversations: Sequence[Conversation],
    visuals: Sequence[Visual],
    generation_config: Mapping[str, Any],
    *,
    on_tiles: Callable[[int, int], None] | None = None,
) -> list[Answer]:
    """An answer to each conversation's one question.

    ``visuals``: the files of all conversations in order. They share the first one's system
    prompt. The rest is as for ``batch_chat``, and so is what is raised.
    """
    turns: list[Turn] = []
    seen = 0
    for conversation in conversations:
        files = sum(len(message.media) for message in conversation.messages)
        own = visuals[seen : seen + files]
        seen += files
        turns += build_turns(conversation, [visual.tile_counts for visual in own])
    lengths: list[tuple[int, int]] = []
    texts = model.batch_chat(
        tokenizer,
        tiles_of(visuals),
        [turn.question for turn in turns],
        generation_config,
        system_message=conversations[0].system,
        keep_tags=True,
        context_length=model.context_length,
        on_tiles=on_tiles,
        on_lengths=lengths.extend,
    )
    tiles = [count_tiles([turn]) for turn in turns]
    return [
        Answer(text, prompt, own * model.tokens_per_tile, own, written)
        for text, own, (prompt, written) in zip(texts, tiles, lengths, strict=True)
    ]
