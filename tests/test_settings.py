"""The command line and the environment."""

import pytest

from internvl_ui.errors import SettingsError
from internvl_ui.settings import read_settings


def test_memory_for_what_was_computed_before() -> None:
    assert read_settings([], {}).cache_gb is None
    assert read_settings(["--cache-gb", "1.5"], {}).cache_gb == 1.5
    assert read_settings([], {"INTERNVL_UI_CACHE_GB": "0"}).cache_gb == 0
    for wrong in ("-1", "nan", "inf"):
        with pytest.raises(SettingsError, match="--cache-gb"):
            read_settings([f"--cache-gb={wrong}"], {})
