"""What went wrong as a sentence for the visitor, and the memory that it held given back."""

import gc
import logging
import sys

from internvl_ui.errors import Sentence, UserError

logger = logging.getLogger(__name__)

_OUT_OF_MEMORY = Sentence(
    "The model ran out of memory: ask with fewer images, tiles or frames, allow a shorter answer, "
    "or start a new conversation."
)
_UNKNOWN = Sentence(
    "Something went wrong inside the model; try again, and if it happens again start a new "
    "conversation. The server's log has the details."
)


def sentence(error: BaseException) -> Sentence:
    """What the visitor reads. What they did not cause is in the log, with its traceback."""
    if isinstance(error, UserError):
        return error.sentence
    logger.error("An answer failed.", exc_info=error)
    return _OUT_OF_MEMORY if _is_out_of_memory(error) else _UNKNOWN


def loading_failed(reason: BaseException) -> UserError:
    """The same for a model that could not be loaded; its loader has logged the reason."""
    if isinstance(reason, UserError):
        return reason
    return UserError("The model could not be loaded; the server's log has the details.")


def free_memory() -> None:
    """Give back what nothing refers to any more, on the processor and the GPU."""
    gc.collect()
    if "torch" in sys.modules and (torch := sys.modules["torch"]).cuda.is_available():
        torch.cuda.empty_cache()


def _is_out_of_memory(error: BaseException) -> bool:
    if isinstance(error, MemoryError):
        return True
    # torch says it by a class of its own on a GPU and by words on a processor.
    return type(error).__name__ == "OutOfMemoryError" or "can't allocate memory" in str(error)
