"""Controls that stand on more than one page."""

import gradio as gr

from internvl_ui.ui.components import FilesPanel
from internvl_ui.ui.preferences import Number


def slider(
    range_: Number,
    label: str,
    help_: str | None = None,
    elem_id: str | None = None,
    *,
    value: float | None = None,
) -> gr.Slider:
    """A slider over a setting's range, at ``value`` or where the setting begins."""
    return gr.Slider(
        range_.least,
        range_.most,
        range_.default if value is None else value,
        step=range_.step,
        label=label,
        info=help_,
        elem_id=elem_id,
    )


def files_panel(label: str, elem_id: str) -> FilesPanel:
    """Where any number of files are dropped."""
    return FilesPanel(
        elem_id=elem_id,
        elem_classes="files",
        label=label,
        file_count="multiple",
        show_label=False,
        height=180,
        container=False,
    )
