"""Every word of the page in English."""

from internvl_ui.ui.strings.en.others import *  # noqa: F403
from internvl_ui.ui.strings.en.page import *  # noqa: F403
from internvl_ui.ui.strings.en.prompts import *  # noqa: F403

LANGUAGE = "en"
"""As in ``languages.NAMES``."""
