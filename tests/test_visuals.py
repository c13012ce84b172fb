import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from internvl_ui import conversation
from internvl_ui.errors import MediaError
from internvl_ui.media.images import open_image
from internvl_ui.media.tiling import Grid, cut_tiles, tile_grid
from internvl_ui.media.video import frame_indices, probe_video, read_frames
from internvl_ui.media.visuals import load_visual, media_kind, outline
from tests.clips import number_in, remux, write_clip, write_sound
from tests.vectors import MEDIA, TILE_SIZE

IMAGES = ["wide.png", "tall.png", "tiny.png", "rgba.png", "gray.png", "photo.jpg"]


def picture(path, **options):
    return conversation.Image(path, path.name, **options)


def film(path, **options):
    return conversation.Video(path, path.name, **options)


@pytest.mark.parametrize("name", IMAGES)
@pytest.mark.parametrize("max_tiles", [1, 6, 12])
def test_a_picture(name, max_tiles):
    part = picture(MEDIA / name, max_tiles=max_tiles)
    visual = load_visual(part, tile_size=TILE_SIZE)
    [seen] = visual.pictures
    image = open_image(MEDIA / name)
    grid = tile_grid(*image.size, max_tiles=max_tiles, tile_size=TILE_SIZE)
    assert (visual.kind, visual.name) == ("image", name)
    assert (seen.grid, seen.size, seen.index, seen.seconds) == (grid, image.size, None, None)
    assert np.array_equal(seen.tiles, cut_tiles(image, grid, tile_size=TILE_SIZE))
    assert visual.tile_counts == [len(seen.tiles)] == outline(part, tile_size=TILE_SIZE).tile_counts


def test_a_photo_is_cut_upright(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    path = tmp_path / "phone.jpg"
    Image.new("RGB", (1200, 300), "green").save(path, exif=exif)
    part = picture(path, max_tiles=4)
    [seen] = load_visual(part, tile_size=64).pictures
    assert (seen.size, seen.grid) == ((300, 1200), Grid(1, 4, True))
    assert outline(part, tile_size=64).tile_counts == [5]


def test_tiles_are_counted_without_decoding_a_pixel(tmp_path):
    whole = (MEDIA / "photo.jpg").read_bytes()
    path = tmp_path / "photo.jpg"
    path.write_bytes(whole[: len(whole) // 2])
    part = picture(path)
    assert outline(part, tile_size=TILE_SIZE).tile_counts == [13]
    with pytest.raises(MediaError, match='"photo.jpg" is damaged'):
        load_visual(part, tile_size=TILE_SIZE)


@pytest.mark.parametrize("reader", ["pyav", "decord"])
@pytest.mark.parametrize("options", [{}, {"frames": 5, "start": 0.5, "end": 1.5, "max_tiles": 6}])
def test_a_video(reader, options):
    if reader == "decord":
        pytest.importorskip("decord")
    path = MEDIA / "clip.mp4"
    part = film(path, **options)
    visual = load_visual(part, tile_size=TILE_SIZE, video_reader=reader)
    info = probe_video(path)
    bound = (0.5, 1.5) if options else None
    indices = frame_indices(info.frame_count, info.fps, segments=part.frames, bound=bound)
    frames = list(read_frames(path, indices))
    assert (visual.kind, visual.name) == ("video", "clip.mp4")
    assert [seen.index for seen in visual.pictures] == indices
    assert [seen.seconds for seen in visual.pictures] == [info.times[index] for index in indices]
    for seen, frame in zip(visual.pictures, frames, strict=True):
        grid = tile_grid(*frame.image.size, max_tiles=part.max_tiles, tile_size=TILE_SIZE)
        assert (seen.size, seen.grid) == (frame.image.size, grid)
        assert np.array_equal(seen.tiles, cut_tiles(frame.image, grid, tile_size=TILE_SIZE))
    before = outline(part, tile_size=TILE_SIZE)
    assert visual.tile_counts == before.tile_counts
    assert before.frames == tuple((seen.index, seen.seconds) for seen in visual.pictures)
    assert (before.size, before.duration) == (frames[0].image.size, info.duration)


def test_from_a_moment_to_the_end_and_from_the_beginning_to_a_moment():
    path = MEDIA / "clip.mp4"
    late = load_visual(film(path, start=1.5), tile_size=TILE_SIZE)
    early = load_visual(film(path, end=1.0), tile_size=TILE_SIZE)
    assert all(1.5 <= seen.seconds for seen in late.pictures)
    assert all(seen.seconds <= 1.0 for seen in early.pictures)
    assert len(late.pictures) == len(early.pictures) == 8


def test_a_short_video_gives_each_frame_once(tmp_path):
    path = write_clip(tmp_path / "short.mp4", frames=3)
    part = film(path, frames=8)
    visual = load_visual(part, tile_size=32)
    assert [seen.index for seen in visual.pictures] == [0, 1, 2]
    assert visual.tile_counts == outline(part, tile_size=32).tile_counts == [1, 1, 1]


def test_a_phones_video_is_cut_upright(tmp_path):
    path = remux(write_clip(tmp_path / "flat.mp4"), tmp_path / "phone.mp4", rotation=90)
    part = film(path, frames=2, max_tiles=12)
    visual = load_visual(part, tile_size=32)
    assert [seen.size for seen in visual.pictures] == [(96, 128)] * 2
    assert visual.pictures[0].grid == Grid(3, 4, True)
    assert visual.tile_counts == outline(part, tile_size=32).tile_counts == [13, 13]


@pytest.mark.parametrize("start, end", [(9.0, None), (2.0, 1.0), (60.0, 70.0)])
def test_times_outside_the_video_are_named(start, end):
    part = film(MEDIA / "clip.mp4", start=start, end=end)
    for attempt in (load_visual, outline):
        with pytest.raises(MediaError, match='"clip.mp4" has no frame between .* 2.5 seconds'):
            attempt(part, tile_size=TILE_SIZE)


def test_an_animation_is_a_picture_or_a_video_as_it_is_given(tmp_path):
    path = write_clip(tmp_path / "moving.gif", codec="gif", pixels="rgb8", frames=20)
    assert media_kind(path) == "image"
    assert len(load_visual(picture(path), tile_size=32).pictures) == 1
    seen = load_visual(film(path, frames=4), tile_size=128).pictures
    assert [number_in(Image.fromarray(one.tiles[0])) for one in seen] == [one.index for one in seen]
    assert len(seen) == 4


@pytest.mark.parametrize("name", IMAGES)
def test_pictures_are_known_by_their_bytes(tmp_path, name):
    path = tmp_path / "upload.mp4"
    path.write_bytes((MEDIA / name).read_bytes())
    assert media_kind(path) == "image"


@pytest.mark.parametrize("suffix", ["mp4", "mkv", "ts", "avi", "flv"])
def test_videos_are_known_by_their_bytes(tmp_path, suffix):
    path = write_clip(tmp_path / f"clip.{suffix}", frames=5).rename(tmp_path / "upload.png")
    assert media_kind(path) == "video"


def test_anything_else_is_named_with_advice(tmp_path):
    bad = {
        "notes.png": (b"Dear model, this is neither. " * 50, "neither a picture nor a video"),
        "report.pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "neither a picture nor a video"),
        "empty.mp4": (b"", "is empty"),
        "song.mp4": (write_sound(tmp_path / "song.m4a").read_bytes(), "only sound"),
    }
    for name, (content, words) in bad.items():
        path = tmp_path / "5f3a"
        path.write_bytes(content)
        with pytest.raises(MediaError, match=f'"{name}" .*{words}|"{name}" {words}'):
            media_kind(path, name=name)
    with pytest.raises(MediaError, match='"holiday" is a folder'):
        media_kind(tmp_path, name="holiday")


def test_the_media_room_brings_in_nothing_heavy():
    heavy = ("torch", "transformers", "gradio", "decord", "internvl_ui.model", "internvl_ui.ui")
    code = (
        "import sys, internvl_ui.media.visuals\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert answer.stdout.strip() == "[]", answer.stderr
