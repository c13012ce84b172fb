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


def test_which_checkpoint_and_where() -> None:
    settings = read_settings(["--revision", "v2", "--adapter", "here"], {})
    assert (settings.revision, settings.adapter) == ("v2", "here")
    assert (settings.placement, settings.offload_folder) == ("split", None)
    variables = {"INTERNVL_UI_OFFLOAD_FOLDER": "there", "INTERNVL_UI_PLACEMENT": "automatic"}
    settings = read_settings([], variables)
    assert (settings.placement, settings.offload_folder) == ("automatic", "there")


def test_models_to_compare_with_are_apart_by_commas() -> None:
    assert read_settings([], {}).compare_with == ()
    variables = {"INTERNVL_UI_COMPARE_WITH": "/models/a, OpenGVLab/InternVL3-2B,"}
    assert read_settings([], variables).compare_with == ("/models/a", "OpenGVLab/InternVL3-2B")
    assert read_settings(["--compare-with", "b"], variables).compare_with == ("b",)


def test_a_check_is_asked_for_at_the_command_line_only() -> None:
    assert read_settings(["--check"], {}).check
    assert not read_settings([], {"INTERNVL_UI_CHECK": "1"}).check
