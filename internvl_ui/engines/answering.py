"""What is done in the generation thread: the model answers one question, or a group at once.

torch is imported only inside these functions, as only that thread needs it.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

from internvl_ui.conversation import Usage
from internvl_ui.engines.base import Delta, Event, Finished, Progress, Request
from internvl_ui.engines.sampling import sampling, seeded
from internvl_ui.media.visuals import Visual
from internvl_ui.model.prompt import build_turns


class Stopped(Exception):
    """Ends an answer between two steps of the work."""


def answer_one(
    model: Any,
    tokenizer: Any,
    request: Request,
    visuals: Sequence[Visual],
    *,
    post: Callable[[Event], None],
    halted: Callable[[], bool],
) -> Finished:
    """Answers the request, its files being ``visuals``, and posts Progress and Delta meanwhile.
    Once it is ``halted``, raises Stopped before the first token and ends early after it."""
    from transformers import StoppingCriteriaList

    from internvl_ui.model.pixels import tiles_of
    from internvl_ui.model.streaming import StopWhen, TokenStreamer

    started = time.perf_counter()
    first_token: list[float] = []
    reused: list[int] = []
    options = request.options

    def on_tiles(done: int, total: int) -> None:
        if halted():
            raise Stopped
        post(Progress("prefill", done, total))

    def on_token() -> None:
        if not first_token:
            first_token.append(time.perf_counter() - started)

    if halted():
        raise Stopped
    *earlier, turn = build_turns(request.conversation, [visual.tile_counts for visual in visuals])
    pixels = tiles_of(visuals)
    streamer = TokenStreamer(
        tokenizer,
        on_text=lambda text: post(Delta(text, streamer.answer_tokens)),
        on_token=on_token,
        continuing=turn.answer is not None,
    )
    seed = seeded(options)
    model.chat(
        tokenizer,
        pixels,
        turn.question,
        {
            **sampling(options),
            "streamer": streamer,
            "stopping_criteria": StoppingCriteriaList([StopWhen(halted)]),
        },
        history=[(turn.question, turn.answer) for turn in earlier],
        answer_so_far=turn.answer or "",
        system_message=request.conversation.system,
        keep_tags=True,
        context_length=model.context_length,
        on_tiles=on_tiles,
        on_reuse=reused.append,
    )
    usage = Usage(
        prompt_tokens=streamer.prompt_tokens,
        visual_tokens=len(pixels) * model.tokens_per_tile,
        tiles=len(pixels),
        answer_tokens=streamer.answer_tokens,
        time_to_first_token=first_token[0],
        total_time=time.perf_counter() - started,
        reused_tokens=reused[-1],
    )
    if streamer.ended:
        return Finished("end", usage, seed)
    reached = streamer.answer_tokens >= options.max_new_tokens
    return Finished("length" if reached else "stopped", usage, seed)


def answer_group(
    model: Any,
    tokenizer: Any,
    requests: Sequence[Request],
    visuals: Sequence[Visual],
    *,
    halted: Callable[[], bool],
) -> list[tuple[str, Finished]]:
    """Answers alike requests at once, ``visuals`` being the files of all of them in order. Half
    an answer is none: raises Stopped once it is ``halted``."""
    from transformers import StoppingCriteriaList

    from internvl_ui.model.streaming import StopWhen
    from internvl_ui.model.together import answer_together

    def on_tiles(done: int, total: int) -> None:
        if halted():
            raise Stopped

    options = requests[0].options
    started = time.perf_counter()
    seed = seeded(options)
    answers = answer_together(
        model,
        tokenizer,
        [request.conversation for request in requests],
        visuals,
        {**sampling(options), "stopping_criteria": StoppingCriteriaList([StopWhen(halted)])},
        on_tiles=on_tiles,
    )
    if halted():
        raise Stopped
    took = time.perf_counter() - started
    return [
        (
            answer.text,
            Finished(
                "length" if answer.answer_tokens >= options.max_new_tokens else "end",
                Usage(
                    prompt_tokens=answer.prompt_tokens,
                    visual_tokens=answer.visual_tokens,
                    tiles=answer.tiles,
                    answer_tokens=answer.answer_tokens,
                    time_to_first_token=took,
                    total_time=took,
                ),
                seed,
            ),
        )
        for answer in answers
    ]


def foresee(model: Any, visual: Visual, *, busy: Callable[[], bool]) -> None:
    """The visual features of a picture that may be asked about, tile by tile for as long as
    nobody asks anything: nobody is to wait for what is done on a guess."""
    from internvl_ui.model.pixels import Tiles

    for picture in visual.pictures:
        for place, digest in enumerate(picture.digests):
            if busy():
                return
            model.see(Tiles((picture.tiles[place : place + 1],), (digest,)))
