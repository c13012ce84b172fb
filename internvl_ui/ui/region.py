"""The dialog in which a visitor draws a region of an image, with a pointer or by numbers. What
happens in it is in region.js: all that leaves it is a `<box>` in the question."""

from internvl_ui.ui import strings


def dialog() -> str:
    """HTML of the dialog, which is closed at first."""
    edges = "".join(
        f'<label>{edge}<input type="number" min="0" max="1000" inputmode="numeric"></label>'
        for edge in strings.REGION_EDGES
    )
    return (
        f'<dialog aria-label="{strings.DRAW_REGION}">'
        f'<div class="title">{strings.DRAW_REGION}</div><p>{strings.REGION_HELP}</p>'
        f'<div class="which" role="group" aria-label="{strings.PANEL_IMAGES}"></div>'
        '<div class="sheet"><img alt="" draggable="false"><span class="drawn" hidden></span></div>'
        f"<fieldset><legend>{strings.REGION_NUMBERS}</legend>{edges}</fieldset>"
        f'<div class="choices"><button type="button" class="cancel">{strings.CANCEL}</button>'
        f'<button type="button" class="add">{strings.ADD_REGION}</button></div></dialog>'
    )
