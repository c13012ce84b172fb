"""The benchmarks run, and the plain way they measure against gives what this project gives."""

import importlib
import time

import pytest
import torch

from benchmarks import plain
from benchmarks.__main__ import NAMES, README, main, newest_table
from benchmarks.measure import in_seconds, seconds, table, take_turns, versus
from internvl_ui import load_image, load_video
from tests.conftest import MEDIA

QUICK = (
    *("follow_up", "retry", "edit", "visitors", "first_turn", "stream", "decode"),
    *("pictures", "photos", "picture", "strip", "memory", "bundled"),
)


@pytest.mark.parametrize("name", QUICK)
def test_it_runs_and_ends_with_a_ratio(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "--quick"]) == 0
    last = capsys.readouterr().out.splitlines()[-1]
    assert float(last.split()[0]) > 0


def test_the_processors_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert seconds(lambda: time.sleep(0.1)) >= 0.1
    monkeypatch.setenv("BENCHMARKS_CLOCK", "processor")
    assert seconds(lambda: time.sleep(0.1)) < 0.1


def test_the_list(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines[2:]] == list(NAMES)
    with pytest.raises(SystemExit):
        main(["speed"])


def test_the_readme_shows_what_was_measured_last() -> None:
    assert newest_table() in README.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_each_has_a_goal(name: str) -> None:
    module = importlib.import_module(f"benchmarks.{name}")
    assert module.WHAT and module.GOAL and callable(module.run)


def test_ways_take_turns() -> None:
    order: list[str] = []
    ways = {name: lambda name=name: order.append(name) or 1.0 for name in "ab"}
    taken = take_turns(ways, {"a": 1, "b": 3})
    assert order == ["a", "b", "b", "b"] and taken == {"a": [1.0], "b": [1.0, 1.0, 1.0]}


def test_the_ratio_is_of_medians() -> None:
    result = versus({"plain": [9.0, 10.0, 30.0], "ours": [2.0, 1.0, 100.0]})
    assert result.ratio == 5 and result.rows[0] == ("plain", "10 s", "9 s", "30 s", "3")
    assert in_seconds(0.0123) == "12.3 ms"
    assert table(("a", "bb"), [("ccc", "d")]) == "| a   | bb |\n| --- | -- |\n| ccc | d  |"


@pytest.mark.parametrize("max_num", [1, 6])
@pytest.mark.parametrize("name", ["wide.png", "photo.jpg", "tiny.png"])
def test_the_plain_tiles_are_ours(name: str, max_num: int) -> None:
    assert torch.equal(
        plain.load_image(MEDIA / name, 112, max_num), load_image(MEDIA / name, 112, max_num)
    )


def test_the_plain_frames_are_ours() -> None:
    pytest.importorskip("decord")
    pixels, counts = plain.load_video(MEDIA / "clip.mp4", 112, num_segments=5)
    own_pixels, own_counts = load_video(MEDIA / "clip.mp4", input_size=112, num_segments=5)
    assert torch.equal(pixels, own_pixels) and counts == own_counts


def test_the_plain_chat_says_what_ours_says(tiny: tuple[object, object]) -> None:
    model, tokenizer = tiny
    pixels = load_image(MEDIA / "wide.png", input_size=112, max_num=3)
    config = {"max_new_tokens": 6, "do_sample": False}
    history = [("<image>\nWhat?", "A cat.")]
    arguments = (model, tokenizer, pixels, "Which?", config, history, [len(pixels)])
    own = model.chat(  # type: ignore[attr-defined]
        tokenizer, pixels, "Which?", config, history, num_patches_list=[len(pixels)]
    )
    assert plain.chat(*arguments) == own
