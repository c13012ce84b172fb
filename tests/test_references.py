"""Names of files: only those that were given out here lead to one."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from internvl_ui.ui.references import References


def test_a_name_leads_back_to_its_file(tmp_path):
    file = tmp_path / "a:b ü.png"
    file.write_bytes(b"x")
    references = References()
    assert references.path(references.name(file)) == file
    file.unlink()
    assert references.path(references.name(file)) is None


def test_another_process_made_other_names(tmp_path):
    file = tmp_path / "cat.png"
    file.write_bytes(b"x")
    assert References().path(References().name(file)) is None


@pytest.mark.parametrize("path", ["/etc/passwd", "../secret.png", "", "/"])
def test_a_name_is_good_for_no_other_file(tmp_path, path):
    references = References()
    file = tmp_path / "cat.png"
    file.write_bytes(b"x")
    seal = references.name(file).partition(":")[0]
    for forged in (path, f":{path}", f"{seal}:{path}", f"{seal}:{file}/../{path}"):
        assert references.path(forged) is None


@given(st.text() | st.none() | st.integers() | st.lists(st.text()))
def test_nonsense_leads_nowhere(name):
    assert References().path(name) is None


def test_a_folder_is_no_file():
    references = References()
    assert references.path(references.name(Path("/"))) is None
