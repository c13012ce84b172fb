"""What comes out of a zip, whatever was put in."""

import io
import struct
import zipfile
from pathlib import Path

import pytest

from internvl_ui.errors import MediaError
from internvl_ui.media.archive import is_archive, unpack

LIMITS = {"most_files": 10, "most_bytes": 1_000_000}


def packed(path: Path, **files: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def test_files_keep_their_names_and_lie_under_ours(tmp_path: Path, folder: Path) -> None:
    files = {"a/b/one.PNG": b"1", "two.jpg": b"2", "../../evil.png": b"3", "/etc/x.png": b"4"}
    unpacked = unpack(packed(tmp_path / "z.zip", **files), folder, **LIMITS)
    assert [entry.name for entry in unpacked] == list(files)
    assert [entry.path for entry in unpacked] == [
        folder / name for name in ("00000.png", "00001.jpg", "00002.png", "00003.png")
    ]
    assert [entry.path.read_bytes() for entry in unpacked if entry.path] == list(files.values())
    assert len(list(tmp_path.rglob("*.png"))) == 3


def test_what_operating_systems_add_is_left_out(tmp_path: Path, folder: Path) -> None:
    path = packed(
        tmp_path / "z.zip",
        **{"__MACOSX/._a.png": b"x", ".DS_Store": b"x", "b/Thumbs.db": b"x", "b/a.png": b"1"},
    )
    with zipfile.ZipFile(path, "a") as archive:
        archive.mkdir("empty")
    assert [entry.name for entry in unpack(path, folder, **LIMITS)] == ["b/a.png"]


def test_an_archive_within_is_refused_by_itself(tmp_path: Path, folder: Path) -> None:
    inner = packed(tmp_path / "inner.zip", a=b"1").read_bytes()
    path = packed(tmp_path / "z.zip", **{"inner.png": inner, "a.png": b"1"})
    nested, good = unpack(path, folder, **LIMITS)
    assert nested.path is None and "Unpack it first" in nested.refusal
    assert good.path is not None and [*folder.iterdir()] == [good.path]


def test_a_bomb_is_stopped_while_it_unpacks(tmp_path: Path, folder: Path) -> None:
    path = packed(tmp_path / "z.zip", **{"a.png": b"0" * 600_000, "b.png": b"0" * 600_000})
    assert path.stat().st_size < 10_000
    with pytest.raises(MediaError, match="too large"):
        unpack(path, folder, **LIMITS)
    assert not [*folder.iterdir()]


def test_a_stated_size_proves_nothing(tmp_path: Path, folder: Path) -> None:
    path = packed(tmp_path / "z.zip", **{"a.png": b"0" * 2_000_000})
    data = path.read_bytes().replace(struct.pack("<I", 2_000_000), struct.pack("<I", 10))
    path.write_bytes(data)
    (entry,) = unpack(path, folder, **LIMITS)
    assert entry.path is None and "damaged" in entry.refusal


def test_too_many_files(tmp_path: Path, folder: Path) -> None:
    path = packed(tmp_path / "z.zip", **{f"{i}.png": b"1" for i in range(11)})
    with pytest.raises(MediaError, match="11 files"):
        unpack(path, folder, **LIMITS)


def test_a_list_of_contents_that_would_fill_the_memory(tmp_path: Path, folder: Path) -> None:
    path = packed(tmp_path / "z.zip", **{f"{'x' * 60_000}{i}": b"" for i in range(40)})
    with pytest.raises(MediaError, match="too many files"):
        unpack(path, folder, **LIMITS)


def test_encrypted_unusual_and_damaged_files(tmp_path: Path, folder: Path) -> None:
    data = bytearray(packed(tmp_path / "z.zip", **{"a.png": b"1" * 50}).read_bytes())
    locked = bytearray(data)
    for signature, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        locked[locked.index(signature) + place] |= 1
    (tmp_path / "z.zip").write_bytes(locked)
    (entry,) = unpack(tmp_path / "z.zip", folder, **LIMITS)
    assert entry.path is None and "password" in entry.refusal
    with zipfile.ZipFile(tmp_path / "z.zip", "w", zipfile.ZIP_BZIP2) as archive:
        archive.writestr("a.png", b"1")
    (entry,) = unpack(tmp_path / "z.zip", folder, **LIMITS)
    assert entry.path is None and "ordinary" in entry.refusal
    (tmp_path / "z.zip").write_bytes(data[: len(data) // 2])
    with pytest.raises(MediaError, match="no zip that can be read"):
        unpack(tmp_path / "z.zip", folder, **LIMITS)


def test_what_an_archive_is(tmp_path: Path) -> None:
    assert is_archive(packed(tmp_path / "z.zip", a=b"1"))
    empty = io.BytesIO()
    zipfile.ZipFile(empty, "w").close()
    (tmp_path / "empty.zip").write_bytes(empty.getvalue())
    assert is_archive(tmp_path / "empty.zip")
    (tmp_path / "a.png").write_bytes(b"\x89PNG")
    assert not is_archive(tmp_path / "a.png")
