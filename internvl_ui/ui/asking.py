"""What belongs to the question box and is neither a panel nor the question: the list that comes
with an @, the line about files that were left out, and the order of the gallery."""

import html
from collections.abc import Sequence

from internvl_ui.ui import strings
from internvl_ui.ui.talk import Attachment


def asking_html() -> str:
    """Empty places which the page's scripts fill, and the words they use."""
    words = {
        "image": strings.IMAGE_NUMBER,
        "forward": strings.MOVE_FORWARD,
        "neither": strings.NEITHER,
        "one-video": strings.ONE_VIDEO,
        "lost": strings.LOST_IN_RELOAD,
        "edit": strings.EDIT_QUESTION,
    }
    data = " ".join(f'data-{name}="{html.escape(text)}"' for name, text in words.items())
    return (
        f'<div id="asking" {data}><p id="left-out" role="alert" hidden></p>'
        f'<ul id="mentions" role="listbox" aria-label="{strings.MENTION_LIST}" hidden></ul></div>'
    )


def moved(gallery: Sequence[Attachment], move: str) -> list[Attachment]:
    """The gallery with one picture elsewhere. ``move``: its place, the one it goes to, and which
    move it is, as the page's script writes them; the gallery as it is if that makes no sense."""
    order = list(gallery)
    numbers = [int(word) for word in move.split() if word.isdecimal()]
    if len(numbers) == 3 and max(numbers[:2]) < len(order):
        order.insert(numbers[1], order.pop(numbers[0]))
    return order
