"""Files out of a zip that somebody sent, none of which is trusted."""

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from internvl_ui.errors import MediaError, Sentence
from internvl_ui.media.files import checked

_LARGEST_INDEX = 2 << 20
"""Bytes of a zip's list of contents, room for about twenty thousand files: the list is held in
memory many times its size."""
_AT_ONCE = 1 << 20
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
"""The only ones that ``zipfile`` unpacks piece by piece."""

_UNUSUAL = '"{name}" is packed in an unusual way. Pack it as an ordinary zip.'
_WITHIN = '"{name}" is an archive within an archive. Unpack it first.'
_ENCRYPTED = '"{name}" is encrypted. Pack it without a password.'
_DAMAGED = '"{name}" is damaged in the zip. Pack it anew.'


@dataclass(frozen=True, slots=True)
class Unpacked:
    """A file of an archive. ``name``: with its folders, as the archive has it; ``path``: where
    it lies now, or None, and then ``refusal`` says why."""

    name: str
    path: Path | None
    refusal: str = ""


def is_archive(path: Path) -> bool:
    """Whether a file begins as a zip does."""
    with path.open("rb") as file:
        return file.read(4) in (b"PK\3\4", b"PK\5\6")


def unpack(
    path: str | Path, folder: Path, *, name: str | None = None, most_files: int, most_bytes: int
) -> list[Unpacked]:
    """The files of the zip in ``path``, written to ``folder`` under names of our own.

    Folders and what operating systems add (``__MACOSX``, ``.DS_Store``) are left out. A file
    that is encrypted, damaged or itself an archive is refused by itself. Raises MediaError for
    a zip that cannot be read, has more than ``most_files`` files, or more than ``most_bytes``
    when unpacked, whatever it says of itself.
    """
    path, name = checked(path, name)
    unpacked: list[Unpacked] = []
    try:
        with _Bounded(path, name) as file, zipfile.ZipFile(file) as archive:
            entries = list(_entries(archive))
            if len(entries) > most_files:
                raise MediaError(
                    '"{name}" has {count:,} files; at most {most:,} are taken at a time. '
                    "Share them out among several zips.",
                    name=name,
                    count=len(entries),
                    most=most_files,
                )
            left = most_bytes
            for number, entry in enumerate(entries):
                target = folder / f"{number:05d}{_suffix(entry.filename)}"
                refusal = ""
                try:
                    if entry.compress_type not in _METHODS:
                        refusal = _UNUSUAL
                    else:
                        left -= _write(archive, entry, target, left, name)
                    if not refusal and is_archive(target):
                        refusal = _WITHIN
                except MediaError:
                    raise
                except RuntimeError:
                    refusal = _ENCRYPTED
                except Exception:  # Broken bytes and unknown methods raise anything.
                    refusal = _DAMAGED
                if refusal:
                    target.unlink(missing_ok=True)
                unpacked.append(
                    Unpacked(entry.filename, None, Sentence(refusal, name=entry.filename))
                    if refusal
                    else Unpacked(entry.filename, target)
                )
    except MediaError:
        for done in unpacked:
            if done.path is not None:
                done.path.unlink(missing_ok=True)
        raise
    except Exception as error:
        raise MediaError(
            '"{name}" is no zip that can be read, or it is incomplete. Pack it anew.', name=name
        ) from error
    return unpacked


class _Bounded(io.BufferedReader):
    """Of all that ``zipfile`` reads, only the list of contents is read in one piece."""

    def __init__(self, path: Path, name: str) -> None:
        super().__init__(path.open("rb", buffering=0))
        self._shown = name

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > _LARGEST_INDEX:
            raise MediaError(
                '"{name}" has too many files. Share them out among several zips.',
                name=self._shown,
            )
        return super().read(size)


def _entries(archive: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    for entry in archive.infolist():
        parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
        ours = parts and not (parts[0] == "__MACOSX" or parts[-1].startswith("."))
        if ours and not entry.is_dir() and parts[-1].lower() not in ("thumbs.db", "desktop.ini"):
            yield entry


def _suffix(name: str) -> str:
    suffix = PurePosixPath(name).suffix.lower()
    return suffix if suffix[1:].isalnum() and len(suffix) < 10 else ""


def _write(
    archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: Path, left: int, name: str
) -> int:
    """Unpack one file, whose size counts as it comes out; its stated size proves nothing."""
    written = 0
    with archive.open(entry) as source, target.open("xb") as file:
        while piece := source.read(min(_AT_ONCE, left - written + 1)):
            written += len(piece)
            if written > left:
                file.close()
                target.unlink()
                raise MediaError(
                    '"{name}" becomes too large when it is unpacked. Pack fewer files.', name=name
                )
            file.write(piece)
    return written
