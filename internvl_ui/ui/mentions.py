"""``@2`` in a question names an image, by the number that it has in the prompt. Pure."""

import re

from internvl_ui.conversation import (
    Conversation,
    Message,
    count_images,
    image_numbers,
    reworded,
)
from internvl_ui.ui import strings

_MENTION = re.compile(r"(?<![\w@.])@(\d{1,4})(?![\w@])(?!\.\d)")


def resolved(message: Message, conversation: Conversation) -> Message:
    """``message``, to be asked in ``conversation``, with ``Image-2`` for ``@2``.

    A number that no image has stays as it was typed.
    """
    before = count_images(conversation)
    known = max((before, *image_numbers(message, before)))

    def name(found: re.Match[str]) -> str:
        number = int(found[1])
        return strings.IMAGE_NUMBER.format(number=number) if 1 <= number <= known else found[0]

    words = _MENTION.sub(name, message.text)
    return message if words == message.text else reworded(message, words)
