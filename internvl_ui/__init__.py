"""See what InternVL3 can do: talk with it about pictures and videos.

``load_model``, ``load_image`` and ``load_video`` are imported when they are first asked for, so
that ``import internvl_ui`` itself stays light.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from internvl_ui.model.loading import load_model as load_model
    from internvl_ui.model.pixels import load_image as load_image
    from internvl_ui.model.pixels import load_video as load_video

_HOMES = {
    "load_model": "internvl_ui.model.loading",
    "load_image": "internvl_ui.model.pixels",
    "load_video": "internvl_ui.model.pixels",
}

__all__ = ["load_image", "load_model", "load_video"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
