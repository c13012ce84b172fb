"""What ``app.py --check`` says, as a page of plain text beside the other."""

from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from internvl_ui.doctor import as_text, examine


def _check(request: Request) -> PlainTextResponse:
    """Not a coroutine, so that it runs in a thread: to look takes a while."""
    return PlainTextResponse(as_text(examine()))


CHECK = Route("/check", _check)
