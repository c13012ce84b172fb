"""Serving the page: addresses, limits, and a browser that is told to talk to nobody else."""

import socket
from pathlib import Path
from typing import Any

import gradio as gr
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from internvl_ui.errors import SettingsError
from internvl_ui.settings import Settings
from internvl_ui.ui import strings
from internvl_ui.ui.check import CHECK
from internvl_ui.ui.examples import FOLDER
from internvl_ui.ui.localised import Localised
from internvl_ui.ui.theme import page_theme
from internvl_ui.ui.tools import mcp_routes

_HERE = Path(__file__).resolve().parent
_SCRIPTS = (
    "page.js",
    "settings.js",
    "keeping.js",
    "pointing.js",
    "region.js",
    "chat.js",
    "files.js",
    "pictures.js",
    "enlarge.js",
    "drafts.js",
    "welcome.js",
    "languages.js",
)
_STYLES = (
    "frame.css",
    "chat.css",
    "welcome.css",
    "asking.css",
    "settings.css",
    "conversations.css",
    "sheets.css",
    "pointing.css",
    "preview.css",
)
FAVICON = _HERE.parents[1] / "assets" / "favicon.svg"

_HEADERS = {
    # An answer may contain the address of a picture elsewhere; without this policy the
    # visitor's browser would fetch it. Gradio itself needs inline scripts and eval.
    "Content-Security-Policy": "; ".join(
        [
            "default-src 'self'",
            "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "media-src 'self' data: blob:",
            "font-src 'self' data:",
            "connect-src 'self' data: blob:",
            "worker-src 'self' blob:",
            "object-src 'none'",
            "base-uri 'self'",
            "form-action 'self'",
        ]
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


class _WithHeaders:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers[name] = value
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def serve(page: gr.Blocks, settings: Settings) -> str:
    """Serve ``page`` in the background and return its address.

    Raises SettingsError when the port is taken, the host is not this machine's, or ``--mcp`` lacks
    its package.
    """
    port = _usable_port(settings.host, settings.port)
    app: dict[str, Any] = {
        "middleware": [Middleware(_WithHeaders), Middleware(Localised)],
        "routes": [CHECK],
    }
    if settings.mcp:
        routes, app["lifespan"] = mcp_routes(settings, port)
        app["routes"] += routes
    _, address, _ = page.launch(
        server_name=settings.host,
        server_port=port,
        prevent_thread_lock=True,
        quiet=True,
        share=False,
        inbrowser=False,
        ssr_mode=False,
        run_history=False,
        enable_monitoring=False,
        mcp_server=False,
        pwa=False,
        footer_links=[],
        allowed_paths=[str(FOLDER)],
        max_file_size=f"{settings.max_upload_mb}mb",
        favicon_path=str(FAVICON),
        app_kwargs=app,
        i18n=gr.I18n(**{name: words.UPLOAD for name, words in strings.MODULES.items()}),
        theme=page_theme(),
        css_paths=[_HERE / "style" / name for name in _STYLES],
        head=f"<style>{_read('style/narrow.css')}</style>"
        + "".join(f"<script>{_read(name)}</script>" for name in _SCRIPTS),
    )
    return str(address)


def _read(name: str) -> str:
    return (_HERE / name).read_text(encoding="utf-8")


def _usable_port(host: str, port: int) -> int:
    """``port``, or a free one for 0."""
    try:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
            return int(probe.getsockname()[1])
    except OSError:
        raise SettingsError(
            f"Cannot listen on port {port} of {host}; another program may have it. "
            "Choose another with --port, or --port 0 for any free one."
        ) from None
