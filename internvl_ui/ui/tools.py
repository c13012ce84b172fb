"""What the page's API offers, as tools of the Model Context Protocol at ``/mcp``.

Each tool calls the page's own API over this machine's loopback, so that a tool waits in the same
queue, obeys the same limits and gets the same sentences as everybody else. One MCP session is one
conversation.
"""

import asyncio
import base64
import binascii
import re
import tempfile
import weakref
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from starlette.routing import BaseRoute, Route

from internvl_ui.errors import SettingsError, UserError
from internvl_ui.settings import Settings
from internvl_ui.ui.access import is_loopback

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

    local = is_loopback(settings.host)
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

    async def call(context: Context, api_name: str, **arguments: Any) -> Any:
        """What an endpoint of the page gives last."""
        client = await asyncio.to_thread(client_of, context)
        # Uploading is the client's first step, in this call.
        job = await asyncio.to_thread(client.submit, api_name=api_name, **arguments)
        try:
            return await asyncio.wrap_future(job.future)
        except asyncio.CancelledError:
            job.cancel()
            raise

    @server.tool()
    async def chat(text: str, files: list[str], context: Context) -> str:
        """Ask the vision-language model about pictures and videos and get its whole answer.

        text: the question. files: pictures and videos in their order, each as a data: URI (on a
        server on your own machine also as the path of a file); an empty list for a question on
        what was sent before. The session remembers the conversation; "clear" starts a new one.
        """
        with _handed(files, local=local) as handed:
            message = {"text": text, "files": handed}
            return str(await call(context, "/chat", message=message))

    @server.tool()
    async def clear(context: Context) -> str:
        """Forget the conversation so far and start a new one."""
        await call(context, "/clear")
        return "A new conversation has begun."

    @server.tool()
    async def batch(files: list[str], questions: list[str], context: Context) -> dict[str, Any]:
        """Ask every picture every question, several at once where the model can.

        files: pictures, zips of pictures, and a CSV with the columns image and question if each
        picture has questions of its own (then questions may be empty), each as for "chat"; what
        comes as a data: URI is called file-1.png and so on, by its place. Gives "rows", each with
        image, question, answer, note (why there is no answer, or that it was cut off), state,
        tiles and tokens. The conversation of the session knows nothing of it.
        """
        with _handed(files, local=local) as handed:
            return {"rows": await call(context, "/batch", files=handed, questions=questions)}

    @server.tool()
    async def preview(
        file: str,
        context: Context,
        max_tiles: int = 12,
        frames: int = 8,
        start: float = 0,
        end: float | None = None,
        frame_tiles: int = 1,
    ) -> dict[str, Any]:
        """Say what the model would see of a picture or a video, and how many tokens that takes.
        Asks the model nothing.

        file: as for "chat". max_tiles: the most tiles that a picture is cut into. frames: how
        many frames of a video, spread evenly from start to end (seconds; null: to its end), each
        cut into at most frame_tiles tiles.
        """
        with _handed([file], local=local) as (handed,):
            seen: dict[str, Any] = await call(
                context,
                "/preview",
                file=handed,
                max_tiles=max_tiles,
                frames=frames,
                start=start,
                end=end,
                frame_tiles=frame_tiles,
            )
        return seen

    app = server.streamable_http_app()

    @asynccontextmanager
    async def lifespan(_: Any) -> AsyncIterator[None]:
        async with server.session_manager.run():
            yield

    return [route for route in app.routes if isinstance(route, Route)], lifespan


@contextmanager
def _handed(files: Sequence[str], *, local: bool) -> Iterator[list[Any]]:
    """What a tool was given, as the page's client hands files over; see ``_file``."""
    from gradio_client import handle_file

    with tempfile.TemporaryDirectory() as folder:
        paths = [_file(file, Path(folder), k, local=local) for k, file in enumerate(files, 1)]
        yield [handle_file(str(path)) for path in paths]


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
