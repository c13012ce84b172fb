"""Settings that come from a browser or a link: whatever they are, the page gets good ones."""

import hashlib
import json
from types import SimpleNamespace

import gradio as gr
import pytest
from hypothesis import given
from hypothesis import strategies as st

from internvl_ui.settings import read_settings as read_command_line
from internvl_ui.ui import preferences, settings_panel, strings
from internvl_ui.ui.preferences import DEFAULTS, SETTINGS, Number, read_settings
from tests.fakes import FakeEngine

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def test_settings_come_back_as_they_went():
    assert read_settings(json.loads(json.dumps(dict(DEFAULTS)))) == DEFAULTS


def test_the_thinking_prompt_is_internvls_own_to_the_letter():
    prompt = strings.PRESETS["Thinking"]
    digest = hashlib.sha256(prompt.encode()).hexdigest()
    assert digest.startswith("a2cb9e8de918a3e3")


def test_a_link_spells_its_values():
    link = {"max_tiles": "6", "temperature": "0.35", "do_sample": "true", "system": "Be brief."}
    assert read_settings(link) == {
        "max_tiles": 6,
        "temperature": 0.35,
        "do_sample": True,
        "system": "Be brief.",
    }


def test_too_much_is_clamped_and_nonsense_is_left_out():
    arrived = {"max_tiles": "9999", "top_p": -3, "seed": "1e400", "frames": "many", "several": "x"}
    assert read_settings(arrived | {"color": "red"}) == {"max_tiles": 24, "top_p": 0.05}
    assert len(read_settings({"system": "a" * 10_000})["system"]) == 8000


@given(st.dictionaries(st.sampled_from(list(SETTINGS)), ANYTHING) | ANYTHING)
def test_whatever_arrives_only_good_values_come_of_it(arrived):
    for name, value in read_settings(arrived).items():
        setting = SETTINGS[name]
        assert type(value) is type(setting.default) or isinstance(setting, Number)
        if isinstance(setting, Number):
            assert setting.least <= value <= setting.most
            assert setting.step != 1 or isinstance(value, int)


def test_the_panel_has_each_setting_once_and_in_order():
    with gr.Blocks() as page:
        choices = settings_panel.settings_panel(page, FakeEngine(), read_command_line([], {}))
    assert [component.value for component in choices.all] == list(DEFAULTS.values())


def test_what_is_neither_kept_nor_in_the_link_stays_as_it_is(monkeypatch):
    said = []
    monkeypatch.setattr(gr, "Info", said.append)

    def restored(kept, **link):
        values = settings_panel._restore(kept, SimpleNamespace(query_params=link))
        return {
            name: value for name, value in zip(SETTINGS, values, strict=True) if value != gr.skip()
        }

    kept = {"max_tiles": 4, "top_k": 7}
    assert restored(None) == {} and restored(kept) == kept and not said
    assert restored(kept, max_tiles="6", seed="1") == {"max_tiles": 6, "top_k": 7, "seed": 1}
    assert said == [strings.LINK_ARRIVED]


@given(ANYTHING)
def test_presets_of_ones_own_may_be_anything(kept):
    prompts = preferences.system_prompts(kept)
    assert list(prompts)[: len(strings.PRESETS)] == list(strings.PRESETS)
    assert all(isinstance(text, str) for text in prompts.values())


def test_a_preset_is_found_by_its_words():
    own = {"Pirate": "Talk like a pirate.", "Default": "overruled", " spaces ": "", "x": 3}
    assert preferences.own_presets(own) == {"Pirate": "Talk like a pirate."}
    assert preferences.chosen_preset("Talk like a pirate.", own) == "Pirate"
    assert preferences.chosen_preset("", own) == "Default"
    assert preferences.chosen_preset("Something else", own) == preferences.OWN_WORDS


@pytest.mark.parametrize(
    ("typed", "title"), [("  My  own ", "My own"), ("", None), (" ", None), ("Concise", None)]
)
def test_titles_of_presets(typed, title):
    assert preferences.preset_title(typed) == title
