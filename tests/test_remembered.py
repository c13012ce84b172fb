"""A fact about a file is found out once, until the file is another."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from internvl_ui.media.remembered import Remembered


def test_a_file_is_read_again_only_when_it_has_changed(tmp_path: Path) -> None:
    path, known = tmp_path / "a", Remembered[str](4)
    path.write_text("one")
    assert known.get(path, path.read_text) == "one"
    assert known.get(path, lambda: "never asked") == "one"
    path.write_text("three")
    assert known.get(path, path.read_text) == "three"


def test_the_least_recently_used_is_forgotten(tmp_path: Path) -> None:
    known = Remembered[str](2)
    paths = [tmp_path / name for name in "abc"]
    for path in paths:
        path.write_text(path.name)
    asked = []

    def ask(path: Path) -> None:
        known.get(path, lambda: asked.append(path.name) or path.name)

    for place in (0, 1, 0, 2, 0, 1):
        ask(paths[place])
    assert asked == ["a", "b", "c", "b"]


def test_a_failure_is_not_remembered(tmp_path: Path) -> None:
    path, known = tmp_path / "a", Remembered[str](4)
    path.write_text("one")

    def fail() -> str:
        raise ValueError("damaged")

    with pytest.raises(ValueError, match="damaged"):
        known.get(path, fail)
    assert known.get(path, path.read_text) == "one"
    path.unlink()
    with pytest.raises(OSError):
        known.get(path, path.read_text)


def test_who_asks_meanwhile_waits_and_others_do_not(tmp_path: Path) -> None:
    path, other, known = tmp_path / "a", tmp_path / "b", Remembered[str](4)
    path.write_text("one")
    other.write_text("other")
    begun, go = threading.Event(), threading.Event()
    asked: list[int] = []

    def slowly() -> str:
        asked.append(1)
        begun.set()
        assert go.wait(30)
        return "one"

    with ThreadPoolExecutor(2) as pool:
        answers = [pool.submit(known.get, path, slowly) for _ in range(2)]
        assert begun.wait(30)
        assert known.get(other, other.read_text) == "other"
        go.set()
        assert [answer.result(30) for answer in answers] == ["one", "one"]
    assert asked == [1]
