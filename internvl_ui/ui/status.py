"""The words of the status line. Pure."""

import html
from typing import Literal

from internvl_ui.conversation import Usage
from internvl_ui.engines.base import Finished, Progress
from internvl_ui.ui import strings

Status = Literal[
    "idle",
    "uploading",
    "queued",
    "loading",
    "reading",
    "prefill",
    "writing",
    "done",
    "stopped",
    "error",
]


def calmed(status: str, ready: str) -> str:
    """The line once something was done about what it complains of: ``ready``; one that does not
    complain stays as it is."""
    return status_html("idle", ready) if 'data-state="error"' in status else status


def status_html(state: Status, words: str, speed: float = 0.0) -> str:
    """The status line. ``state`` is what style and tests go by, ``words`` what people read.
    ``speed``, in tokens a second, changes too often to be read out."""
    role = "alert" if state == "error" else "status"
    pace = f" · {strings.SPEED.format(speed=rate(speed))}" if speed else ""
    return (
        f'<div class="status" data-state="{state}" role="{role}">'
        f'<span class="dot"></span><span class="words">{html.escape(words)}</span>'
        f'<span class="speed" aria-hidden="true">{pace}</span>'
        f'<span class="uploading">{strings.UPLOADING}</span></div>'
    )


def rate(tokens_per_second: float) -> str:
    """The number as people write it: tenths only where they are seen."""
    return f"{tokens_per_second:,.{1 if tokens_per_second < 100 else 0}f}"


def progress(event: Progress) -> tuple[Status, str]:
    if event.stage == "loading" and event.name:
        template = strings.LOADING_NAMED_PART if event.total else strings.LOADING_NAMED
        return "loading", template.format(name=event.name, percent=event.done)
    if event.stage == "loading":
        part = strings.LOADING_PART.format(percent=event.done)
        return "loading", part if event.total else strings.LOADING
    if event.stage == "queued":
        ahead = event.total
        return "queued", strings.QUEUED.format(ahead=ahead) if ahead else strings.QUEUED_NEXT
    if event.stage == "media":
        if not event.total:
            return "reading", strings.READING_SOON
        number = min(event.done + 1, event.total)
        return "reading", strings.READING.format(done=number, total=event.total)
    if event.done < event.total:
        return "prefill", strings.PREFILL_TILES.format(done=event.done + 1, total=event.total)
    return "prefill", strings.PREFILL


def finished(event: Finished) -> tuple[Status, str]:
    words = usage(event.usage)
    if event.reason == "stopped":
        return "stopped", f"{strings.STOPPED} · {words}" if words else strings.STOPPED
    if event.reason == "length":
        return "done", f"{strings.LENGTH} · {words}"
    return "done", words


def usage(used: Usage) -> str:
    """What an answer cost, for people: speed first."""
    if not used.answer_tokens:
        return ""
    if used.tokens_per_second:
        words = [strings.DONE.format(tokens=used.answer_tokens, speed=rate(used.tokens_per_second))]
    else:
        words = [strings.DONE_ONE]
    words.append(strings.FIRST_TOKEN.format(seconds=used.time_to_first_token))
    if used.visual_tokens:
        template = strings.VISUAL_TOKENS_ONE if used.tiles == 1 else strings.VISUAL_TOKENS
        words.append(template.format(tiles=used.tiles, visual=used.visual_tokens))
    if used.reused_tokens:
        words.append(strings.REUSED.format(reused=used.reused_tokens, prompt=used.prompt_tokens))
    return " · ".join(words)
