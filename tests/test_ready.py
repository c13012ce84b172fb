"""Files are read once, whoever sends them and however often they are asked about."""

import shutil
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from internvl_ui.conversation import Image, Video
from internvl_ui.errors import MediaError
from internvl_ui.media import ready as ready_module
from internvl_ui.media.ready import Ready
from internvl_ui.media.visuals import load_visual
from tests.vectors import MEDIA, TILE_SIZE

PHOTO = Image(MEDIA / "photo.jpg", "photo.jpg", max_tiles=6)
CLIP = Video(MEDIA / "clip.mp4", "clip.mp4", frames=4)


@pytest.fixture
def reads(monkeypatch):
    """The parts whose files were decoded."""
    done = []

    def counted(part, **options):
        done.append(part)
        return load_visual(part, **options)

    monkeypatch.setattr(ready_module, "load_visual", counted)
    return done


@pytest.fixture
def ready():
    ready = Ready()
    yield ready
    ready.close()


@pytest.mark.parametrize("part", [PHOTO, CLIP])
def test_the_same_tiles_as_without(ready, reads, part):
    expected = load_visual(part, tile_size=TILE_SIZE)
    ready.prepare(part, tile_size=TILE_SIZE).result()
    visual = ready.get(part, tile_size=TILE_SIZE)
    assert (visual.kind, visual.name) == (expected.kind, expected.name)
    for seen, other in zip(visual.pictures, expected.pictures, strict=True):
        assert np.array_equal(seen.tiles, other.tiles) and seen.digests == other.digests
        assert (seen.grid, seen.size, seen.seconds) == (other.grid, other.size, other.seconds)
    assert reads == [part]


def test_what_is_in_the_file_counts_not_its_name_or_place(ready, reads, tmp_path):
    shutil.copy(PHOTO.path, tmp_path / "other.jpg")
    other = replace(PHOTO, path=tmp_path / "other.jpg", name="other.jpg")
    first, second = (ready.get(part, tile_size=TILE_SIZE) for part in (PHOTO, other))
    assert (first.name, second.name) == ("photo.jpg", "other.jpg")
    assert second.pictures is first.pictures and len(reads) == 1
    shutil.copy(MEDIA / "tiny.png", other.path)
    third = ready.get(other, tile_size=TILE_SIZE)
    assert third.pictures[0].size != first.pictures[0].size and len(reads) == 2


def test_other_settings_are_other_tiles(ready, reads):
    assert len(ready.get(PHOTO, tile_size=TILE_SIZE).pictures[0].tiles) > 1
    one = ready.get(replace(PHOTO, max_tiles=1), tile_size=TILE_SIZE)
    assert len(one.pictures[0].tiles) == 1
    assert ready.get(PHOTO, tile_size=32).pictures[0].tiles.shape[1] == 32
    assert len(ready.get(replace(CLIP, frames=2), tile_size=32).pictures) == 2
    assert len(ready.get(CLIP, tile_size=32).pictures) == 4 and len(reads) == 5


def test_who_comes_while_it_is_read_waits_for_it(ready, monkeypatch):
    go, done = threading.Event(), []

    def slowly(part, **options):
        go.wait(30)
        done.append(part)
        return load_visual(part, **options)

    monkeypatch.setattr(ready_module, "load_visual", slowly)
    futures = [ready.prepare(PHOTO, tile_size=TILE_SIZE) for _ in range(3)]
    go.set()
    visuals = [future.result() for future in futures]
    assert len(done) == 1 and visuals[0] is visuals[2]


def test_the_budget_holds(reads):
    ready = Ready(budget=2 * TILE_SIZE * TILE_SIZE * 3)
    single = [Image(MEDIA / name, name, max_tiles=1) for name in ("photo.jpg", "wide.png")]
    another = Image(MEDIA / "tall.png", "tall.png", max_tiles=1)
    for part in (*single, single[0], another, single[0]):
        ready.get(part, tile_size=TILE_SIZE)
    assert [part.name for part in reads] == ["photo.jpg", "wide.png", "tall.png"]
    ready.get(single[1], tile_size=TILE_SIZE)
    assert len(reads) == 4 and ready.used() == 2 * TILE_SIZE * TILE_SIZE * 3
    assert len(ready.get(PHOTO, tile_size=TILE_SIZE).pictures[0].tiles) > 2
    assert ready.used() == 2 * TILE_SIZE * TILE_SIZE * 3
    ready.close()
    assert ready.used() == 0


def test_a_bad_file_is_said_each_time_and_blocks_nothing(ready, tmp_path):
    path = tmp_path / "a.png"
    path.write_text("no picture")
    bad = Image(path, "holiday.png")
    for _ in range(2):
        with pytest.raises(MediaError, match="holiday.png"):
            ready.get(bad, tile_size=TILE_SIZE)
    shutil.copy(MEDIA / "tiny.png", path)
    assert ready.get(bad, tile_size=TILE_SIZE).name == "holiday.png"
    with pytest.raises(MediaError, match="gone.png"):
        ready.prepare(Image(Path("gone.png"), "gone.png"), tile_size=TILE_SIZE)
    assert not ready.busy
