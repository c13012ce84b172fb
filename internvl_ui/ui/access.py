"""Who may do what concerns everybody who has the page open."""

import ipaddress

import gradio as gr

from internvl_ui.settings import Settings

_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip")


def may_switch(settings: Settings, request: gr.Request) -> bool:
    """Whether this visitor may have another model answer. Where nothing else was said, those may
    who sit at this machine, on a page that no other machine can reach: on one that is open to all
    a visitor would make the others wait."""
    if settings.switching != "auto":
        return settings.switching == "on"
    visitor = request.client.host if request.client else ""
    through_another = any(name in request.headers for name in _FORWARDED)
    return is_loopback(settings.host) and is_loopback(visitor) and not through_another


def is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
