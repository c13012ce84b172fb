"""A video at a glance."""

import pytest

from internvl_ui.errors import MediaError
from internvl_ui.media import strip as strip_module
from internvl_ui.media.strip import strip
from internvl_ui.media.video import frame_indices
from tests.clips import HEIGHT, WIDTH, number_in, remux, write_clip

KEYS = {"x264-params": "keyint=4:min-keyint=4:scenecut=0:bframes=2"}
SLOW = [2000 * index for index in range(40)]  # Milliseconds; the clip is 80 seconds long.


def never(*_: object, **__: object) -> None:
    raise AssertionError("looked at frame by frame")


@pytest.mark.parametrize("suffix", ["mp4", "mkv"])
def test_key_frames_of_a_long_video(tmp_path, monkeypatch, suffix):
    path = write_clip(tmp_path / f"long.{suffix}", times=SLOW, options=KEYS)
    monkeypatch.setattr(strip_module, "map_frames", never)
    glimpses = strip(path, count=4)
    numbers = [number_in(glimpse.image) for glimpse in glimpses]
    assert numbers == sorted(set(numbers)) and all(number % 4 == 0 for number in numbers)
    assert [glimpse.seconds for glimpse in glimpses] == pytest.approx([2.0 * n for n in numbers])
    for number, wanted in zip(numbers, (5, 15, 25, 35), strict=True):
        assert 0 <= wanted - number < 4


def test_the_very_frames_of_a_short_video(tmp_path):
    path = write_clip(tmp_path / "short.mp4")
    glimpses = strip(path, count=5)
    numbers = [number_in(glimpse.image) for glimpse in glimpses]
    assert numbers == frame_indices(40, 10, segments=5)
    assert [glimpse.seconds for glimpse in glimpses] == pytest.approx([n / 10 for n in numbers])
    assert len(strip(write_clip(tmp_path / "three.mp4", frames=3), count=8)) == 3


def test_too_few_key_frames(tmp_path):
    path = write_clip(tmp_path / "one.mp4", times=SLOW, options={"x264-params": "keyint=250"})
    numbers = [number_in(glimpse.image) for glimpse in strip(path, count=5)]
    assert numbers == frame_indices(40, 0.5, segments=5)


def test_small_and_upright(tmp_path):
    flat = write_clip(tmp_path / "flat.mp4", times=SLOW, options=KEYS)
    path = remux(flat, tmp_path / "phone.mp4", rotation=90)
    for glimpse in strip(path, count=3, side=64):
        assert glimpse.image.size == (64 * HEIGHT // WIDTH, 64)


def test_a_bad_file_is_named(tmp_path):
    path = tmp_path / "5f3a.mp4"
    path.write_text("no video")
    with pytest.raises(MediaError, match='"holiday.mp4"'):
        strip(path, name="holiday.mp4")
