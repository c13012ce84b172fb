import random
import sys
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from internvl_ui.errors import MediaError, UserError
from internvl_ui.media import video
from internvl_ui.media.tiling import cut_tiles, tile_grid
from internvl_ui.media.track import opened_track, scan
from internvl_ui.media.video import frame_indices, map_frames, probe_video, read_frames
from tests.clips import HEIGHT, WIDTH, number_in, remux, write_clip, write_sound
from tests.vectors import MEDIA, TILE_SIZE, cases_with, pixel_sha256


def x264(words: str) -> dict[str, str]:
    return {"x264-params": f"keyint=12:scenecut=0:{words}"}


def x265(words: str) -> dict[str, str]:
    return {"x265-params": f"keyint=12:log-level=none:pools=none:frame-threads=1:{words}"}


def uneven(frames: int) -> list[int]:
    """Times in milliseconds as a screen recorder has them."""
    steps = random.Random(1).choices([20, 40, 100, 250, 900], k=frames - 1)
    return [sum(steps[:i]) for i in range(frames)]


OPEN_GOP = "bframes=3:open-gop=1:b-adapt=0"
CLIPS = {
    "closed.mp4": dict(options=x264("bframes=3")),
    "open.mp4": dict(options=x264(OPEN_GOP)),
    "open.mkv": dict(options=x264(OPEN_GOP)),
    "open.ts": dict(options=x264(OPEN_GOP)),
    "hevc-open.mp4": dict(codec="libx265", options=x265(OPEN_GOP)),
    "hevc-open.ts": dict(codec="libx265", options=x265(OPEN_GOP)),
    "hevc-ten-bit.mkv": dict(codec="libx265", pixels="yuv420p10le", options=x265("bframes=3")),
    "ten-bit.mp4": dict(pixels="yuv420p10le", options=x264("bframes=3")),
    "full-range.mp4": dict(pixels="yuvj420p", options=x264("bframes=3")),
    "interlaced.mp4": dict(options=x264("bframes=2:tff=1")),
    "interlaced.ts": dict(options=x264("bframes=2:tff=1")),
    "refresh.ts": dict(options=x264("intra-refresh=1:bframes=0")),
    "fragments.mp4": dict(
        options=x264("bframes=3"), container_options={"movflags": "frag_keyframe+empty_moov"}
    ),
    "uneven.mp4": dict(times=uneven(40), options=x264("bframes=3")),
    "uneven.mkv": dict(times=uneven(40), options=x264("bframes=3")),
    "reordered.avi": dict(options=x264("bframes=3")),
    "old.avi": dict(codec="mpeg4", options={"bf": "2", "g": "12"}),
    "dvd.mpg": dict(codec="mpeg2video", rate=25, options={"bf": "2", "g": "12"}),
    "vp8.webm": dict(codec="libvpx", options={"g": "12", "auto-alt-ref": "1"}),
    "vp9.webm": dict(codec="libvpx-vp9", options={"g": "12", "lag-in-frames": "16"}),
    "av1.mp4": dict(codec="libsvtav1", options={"preset": "10", "svtav1-params": "keyint=12"}),
    "moving.gif": dict(codec="gif", pixels="rgb8"),
    "flash.flv": dict(options=x264("bframes=3")),
    "windows.wmv": dict(codec="wmv2"),
}
# Found by going to a key frame, so that a long video need not be decoded from its beginning.
SEARCHED = ["closed.mp4", "open.mp4", "open.mkv", "open.ts", "hevc-open.mp4", "vp9.webm", "av1.mp4"]
# decord reads these rightly.
BY_DECORD = ["closed.mp4", "full-range.mp4", "interlaced.mp4", "fragments.mp4", "uneven.mp4"]


@pytest.fixture(scope="session")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    folder = tmp_path_factory.mktemp("clips")

    def make(name: str) -> Path:
        path = folder / name
        return path if path.exists() else write_clip(path, **CLIPS[name])

    return make


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image).astype(int)


def all_frames(path: Path) -> list[Image.Image]:
    """Every frame in turn, from a decoder that never jumps."""
    with av.open(str(path)) as container:
        return [video._image(frame) for frame in container.decode(video=0)]


def model_card_indices(bound, fps, max_frame, first_idx=0, num_segments=32):
    """The model card's get_index, word for word."""
    if bound:
        start, end = bound[0], bound[1]
    else:
        start, end = -100000, 100000
    start_idx = max(first_idx, round(start * fps))
    end_idx = min(round(end * fps), max_frame)
    seg_size = float(end_idx - start_idx) / num_segments
    return [
        int(start_idx + (seg_size / 2) + np.round(seg_size * idx)) for idx in range(num_segments)
    ]


@pytest.mark.parametrize("case", cases_with("video"), ids=lambda case: case["case"])
def test_reference_frames_and_pixels(case):
    path = MEDIA / case["video"]
    info = probe_video(path)
    indices = frame_indices(
        info.frame_count, info.fps, segments=case["num_segments"], bound=case["bound"]
    )
    assert indices == case["frame_indices"]
    tiles = []
    for frame in read_frames(path, indices):
        grid = tile_grid(*frame.image.size, max_tiles=1, tile_size=TILE_SIZE)
        tiles.append(cut_tiles(frame.image, grid, tile_size=TILE_SIZE))
    assert [len(tile) for tile in tiles] == case["tiles"]
    assert pixel_sha256(tiles) == case["pixel_sha256"]


@settings(deadline=None)
@given(
    st.integers(1, 50_000),  # The model card looks no further than 100,000 seconds.
    st.floats(0.5, 240),
    st.integers(1, 64),
    st.none() | st.tuples(st.floats(0, 500), st.floats(0, 500)).map(sorted),
)
def test_indices_are_the_model_cards(frame_count, fps, segments, bound):
    if bound and round(bound[0] * fps) > min(round(bound[1] * fps), frame_count - 1):
        with pytest.raises(ValueError):
            frame_indices(frame_count, fps, segments=segments, bound=bound)
        return
    indices = frame_indices(frame_count, fps, segments=segments, bound=bound)
    assert indices == model_card_indices(bound, fps, frame_count - 1, num_segments=segments)
    assert all(0 <= index < frame_count for index in indices)
    assert indices == sorted(indices)


@pytest.mark.parametrize("name", CLIPS)
def test_the_right_frames_wherever_they_stand(clip, name):
    path = clip(name)
    info = probe_video(path)
    assert (info.frame_count, info.width, info.height) == (40, WIDTH, HEIGHT)
    expected = all_frames(path)
    assert [number_in(image) for image in expected] == list(range(40))
    one_by_one = [next(read_frames(path, [index])) for index in range(40)]
    chance = sorted(random.Random(name).sample(range(40), 7))
    for frame in [*one_by_one, *read_frames(path, chance)]:
        assert np.array_equal(pixels(frame.image), pixels(expected[frame.index])), frame.index
        assert frame.seconds == info.times[frame.index]
    assert [frame.index for frame in one_by_one] == list(range(40))
    assert [frame.index for frame in read_frames(path, chance)] == chance


@pytest.mark.parametrize("name", SEARCHED)
def test_long_videos_are_searched_not_decoded_throughout(clip, name, monkeypatch):
    def never(*_: object) -> None:
        raise AssertionError("decodes from the start")

    monkeypatch.setattr(video, "_from_the_start", never)
    assert [number_in(frame.image) for frame in read_frames(clip(name), [5, 22, 38])] == [5, 22, 38]


def test_times_are_those_of_the_file(clip):
    for name in ("uneven.mp4", "uneven.mkv"):
        info = probe_video(clip(name))
        assert info.times == pytest.approx([time / 1000 for time in uneven(40)], abs=0.002)
        assert info.duration >= info.times[-1]
    info = probe_video(clip("open.ts"))
    assert info.times == pytest.approx([index / 10 for index in range(40)])
    assert info.duration == pytest.approx(4.0)
    assert info.fps == 10


def test_repeated_frames_come_again(clip):
    assert [frame.index for frame in read_frames(clip("closed.mp4"), [2, 2, 2, 9])] == [2, 2, 2, 9]


def test_an_edit_list_hides_the_frames_before_the_cut(clip, tmp_path):
    path = remux(clip("closed.mp4"), tmp_path / "cut.mp4", skip=5)
    assert probe_video(path).frame_count == 35
    for index in range(35):
        frame = next(read_frames(path, [index]))
        assert number_in(frame.image) == index + 5
        assert frame.seconds == pytest.approx(index / 10)


@pytest.mark.parametrize("rotation", [90, 180, -90])
@pytest.mark.parametrize("reader", ["pyav", "decord"])
def test_phone_clips_are_turned(clip, tmp_path, rotation, reader):
    if reader == "decord":
        pytest.importorskip("decord")
    flat = clip("closed.mp4")
    path = remux(flat, tmp_path / "phone.mp4", rotation=rotation)
    info = probe_video(path)
    assert info.rotation == rotation % 360
    [frame] = read_frames(path, [0], reader=reader)
    assert frame.image.size == (info.width, info.height)
    assert (info.width, info.height) == ((WIDTH, HEIGHT) if rotation == 180 else (HEIGHT, WIDTH))
    upright = all_frames(flat)[0].rotate(rotation, expand=True)
    assert np.array_equal(pixels(frame.image), pixels(upright))


def test_cut_files_give_what_is_left(clip, tmp_path):
    for name, part in (("open.mkv", 0.7), ("fragments.mp4", 0.6), ("open.ts", 0.6)):
        whole = clip(name).read_bytes()
        path = tmp_path / name
        path.write_bytes(whole[: int(len(whole) * part)])
        info = probe_video(path)
        assert 10 < info.frame_count < 40
        complete = all_frames(clip(name))
        for frame in read_frames(path, range(0, info.frame_count, 4)):
            number = round(info.times[frame.index] * 10)
            assert np.array_equal(pixels(frame.image), pixels(complete[number]))


def test_a_recording_that_starts_amid_a_scene_starts_at_its_first_whole_picture(clip, tmp_path):
    whole = clip("open.ts").read_bytes()
    path = tmp_path / "late.ts"
    path.write_bytes(whole[188 * 45 :])
    info = probe_video(path)
    assert 0 < info.frame_count < 40
    frames = list(read_frames(path, range(info.frame_count)))
    assert [number_in(frame.image) for frame in frames] == list(range(40))[-info.frame_count :]


@pytest.mark.parametrize("damaged, instead", [(20, 19), (0, 1), (39, 38)])
def test_a_damaged_frame_is_replaced_by_its_neighbour_and_says_so(tmp_path, damaged, instead):
    whole = write_clip(tmp_path / "whole.mkv", codec="mjpeg", pixels="yuvj420p")
    path = remux(whole, tmp_path / "scratched.mkv", damaged=damaged)
    frames = list(read_frames(path, sorted([damaged, 10])))
    indices = [frame.index for frame in frames]
    assert indices == sorted([instead, 10]) == [number_in(frame.image) for frame in frames]


@pytest.mark.parametrize("name", BY_DECORD)
def test_decord_gives_the_same_frames_where_it_is_right(clip, name):
    pytest.importorskip("decord")
    indices = [0, 5, 17, 36]
    ours = list(read_frames(clip(name), indices))
    theirs = list(read_frames(clip(name), indices, reader="decord"))
    for mine, other in zip(ours, theirs, strict=True):
        assert (mine.index, mine.seconds) == (other.index, other.seconds)
        assert np.array_equal(pixels(mine.image), pixels(other.image))


def test_what_decord_cannot_read_is_named_with_advice(clip):
    pytest.importorskip("decord")
    with pytest.raises(MediaError, match='"moving.gif" cannot be read with decord.*pyav'):
        list(read_frames(clip("moving.gif"), [1], reader="decord"))


def test_decord_is_asked_for_only_when_wanted_and_missed_with_advice(clip, monkeypatch):
    monkeypatch.setitem(sys.modules, "decord", None)
    assert len(list(read_frames(clip("closed.mp4"), [1]))) == 1
    with pytest.raises(UserError, match="pip install decord"):
        list(read_frames(clip("closed.mp4"), [1], reader="decord"))


def test_bad_files_are_named_with_advice(clip, tmp_path):
    playlist = f"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{clip('open.ts')}\n#EXT-X-ENDLIST\n"
    silent = write_sound(tmp_path / "silent.m4a").read_bytes()
    whole = clip("closed.mp4").read_bytes()
    index = whole.index(b"moov") - 4
    bad = {
        "empty.mp4": (b"", "empty"),
        "letter.mp4": (b"Dear model, this is no video. " * 50, "not a video"),
        "letter.txt": (b"FFmpeg would draw this text as a video.\n" * 50, "not a video"),
        "photo.mp4": ((MEDIA / "photo.jpg").read_bytes(), "not a video"),
        "list.m3u8": (playlist.encode(), "not a video"),
        "song.mp4": (silent, "only sound"),
        "start.mp4": (whole[:1500], "incomplete"),
        "blank.mp4": (whole[:48] + bytes(index - 48) + whole[index:], "damaged"),
    }
    for name, (content, words) in bad.items():
        path = tmp_path / name
        path.write_bytes(content)
        for attempt in (
            lambda p, n: probe_video(p, name=n),
            lambda p, n: list(read_frames(p, [0], name=n)),
        ):
            with pytest.raises(MediaError, match=words) as caught:
                attempt(path, f"my {name}")
            assert str(caught.value).startswith(f'"my {name}"')
            assert str(tmp_path) not in str(caught.value)


def test_a_picture_in_a_films_container_is_no_video(tmp_path):
    path = tmp_path / "phone.mp4"
    Image.new("RGB", (64, 48), "red").save(path, "AVIF")
    with pytest.raises(MediaError, match="is a picture, not a video"):
        probe_video(path)


def test_frames_that_do_not_exist(clip):
    with pytest.raises(MediaError, match='"closed.mp4" has 40 frames and no frame 40'):
        list(read_frames(clip("closed.mp4"), [3, 40]))
    with pytest.raises(ValueError, match="ascending"):
        list(read_frames(clip("closed.mp4"), [4, 3]))


@pytest.mark.parametrize("name", CLIPS)
def test_two_decoders_give_what_one_gives(clip, name):
    chance = sorted(random.Random(name).choices(range(40), k=9))
    seen = map_frames(clip(name), chance, lambda frame: (frame.index, pixels(frame.image)))
    alone = list(read_frames(clip(name), chance))
    assert [index for index, _ in seen] == [frame.index for frame in alone] == chance
    for (_, mine), frame in zip(seen, alone, strict=True):
        assert np.array_equal(mine, pixels(frame.image))


def test_decoders_share_what_costs_about_the_same(clip):
    with opened_track(clip("closed.mp4"), None) as (container, stream, _):
        table, _ = scan(container, stream, decode_first=False)
    # Key frames stand at 0, 12, 24 and 36.
    assert video._shares(table, [0, 11, 34, 35]) == [[0, 11], [34, 35]]
    assert video._shares(table, [0, 12, 24, 35]) == [[0, 12], [24, 35]]
    assert video._shares(table, [1, 5, 11]) == [[1, 5, 11]]
    assert video._shares(table, [11, 24]) == [[11], [24]]
    assert video._shares(table, [7]) == [[7]]


def test_what_fails_in_a_decoders_thread_is_raised(clip):
    def fail(frame: video.Frame) -> None:
        raise MemoryError

    with pytest.raises(MemoryError):
        map_frames(clip("closed.mp4"), [1, 30], fail)
    with pytest.raises(MediaError, match="no frame 40"):
        map_frames(clip("closed.mp4"), [3, 40], number_in)
