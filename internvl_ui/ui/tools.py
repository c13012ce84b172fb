"""What the page's API offers, as tools of the Model Context Protocol at ``/mcp``.

Each tool calls the page's own API over this machine's loopback, so that a tool waits in the same
queue, obeys the same limits and gets the same sentences as everybody else. One MCP session is one
conversation.
"""

import asyncio
import base64
import binascii
import ipaddress
import re
import tempfile
import weakref
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.routing import BaseRoute, Route

from internvl_ui.errors import SettingsError, UserError
from internvl_ui.settings import Settings

if TYPE_CHECKING:
    from gradio_client import Client

Lifespan = Callable[[Any], AbstractAsyncContextManager[None]]

_SUFFIXES = {"jpeg": ".jpg", "quicktime": ".mov", "x-matroska": ".mkv", "svg+xml": ".svg"}


def mcp_routes(settings: Settings, port: int) -> tuple[list[BaseRoute], Lifespan]:
    """The route of the tools and what has to run as long as the page is served.

    Raises SettingsError when the ``mcp`` package is not installed.
    """
    if find_spec("mcp") is None:
        raise SettingsError("--mcp needs one more package: pip install '.[mcp]'")
    from mcp.server.fastmcp import Context, FastMCP

    local = _is_loopback(settings.host)
    address = f"http://{settings.host if local else '127.0.0.1'}:{port}"
    server = FastMCP(
        "internvl-ui",
        host=settings.host,
        log_level="WARNING",
        max_request_body_size=settings.max_upload_mb << 20,
    )
    clients: weakref.WeakKeyDictionary[Any, Client] = weakref.WeakKeyDictionary()

    def client_of(context: Context) -> "Client":
        from gradio_client import Client

        session = context.session
        if session not in clients:
            clients[session] = client = Client(address, verbose=False)
            weakref.finalize(session, client.close)
        return clients[session]

    @server.tool()
    async def chat(text: str, files: list[str], context: Context) -> str:
        """Ask the vision-language model about pictures and videos and get its whole answer.

        text: the question. files: pictures and videos in their order, each as a data: URI (on a
        server on your own machine also as the path of a file); an empty list for a question on
        what was sent before. The session remembers the conversation; "clear" starts a new one.
        """
        from gradio_client import handle_file

        client = await asyncio.to_thread(client_of, context)
        with tempfile.TemporaryDirectory() as folder:
            paths = [_file(file, Path(folder), k, local=local) for k, file in enumerate(files, 1)]
            message = {"text": text, "files": [handle_file(str(path)) for path in paths]}
            # Uploading is the client's first step, in this call.
            job = await asyncio.to_thread(client.submit, message=message, api_name="/chat")
            try:
                return str(await asyncio.wrap_future(job.future))
            except asyncio.CancelledError:
                job.cancel()
                raise

    @server.tool()
    async def clear(context: Context) -> str:
        """Forget the conversation so far and start a new one."""
        client = await asyncio.to_thread(client_of, context)
        await asyncio.to_thread(client.predict, api_name="/clear")
        return "A new conversation has begun."

    app = server.streamable_http_app()

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        async with server.session_manager.run():
            yield

    return [route for route in app.routes if isinstance(route, Route)], lifespan


def _file(given: str, folder: Path, number: int, *, local: bool) -> Path:
    """The file that a tool was given, as a path of this machine. Raises UserError."""
    if given.startswith("data:"):
        kind, _, content = given.partition(",")
        form = re.fullmatch(r"data:\w+/([\w.+-]+);base64", kind)
        try:
            pixels = base64.b64decode(content, validate=True)
        except binascii.Error:
            form = None
        if form is None:
            raise UserError(f"File {number} is no data: URI with a type and base64 content.")
        path = folder / f"file-{number}{_SUFFIXES.get(form[1], '.' + form[1])}"
        path.write_bytes(pixels)
        return path
    if not local:
        raise UserError(f"File {number} must be a data: URI: this server reads no other files.")
    path = Path(given.removeprefix("file://")).expanduser()
    if not path.is_file():
        raise UserError(f"There is no file {given}.")
    return path


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
