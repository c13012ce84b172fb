"""Every word of the page: a module for each language, with the same names. English is the
reference."""

from internvl_ui.ui.strings.en import *  # noqa: F403
