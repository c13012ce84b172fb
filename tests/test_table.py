"""Tables as people's programs save them."""

from pathlib import Path

import pytest

from internvl_ui.errors import MediaError
from internvl_ui.media.table import read_table


def table(tmp_path: Path, content: str | bytes, encoding: str = "utf-8") -> list[tuple[str, str]]:
    path = tmp_path / "t.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return read_table(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_columns_are_found_by_their_headings(tmp_path: Path, encoding: str, delimiter: str) -> None:
    lines = [["id", "Question", "Image"], ["1", "Où?", "a.png"], ["2", "", "b.png"]]
    text = "\r\n".join(delimiter.join(line) for line in lines)
    assert table(tmp_path, text, encoding) == [("a.png", "Où?"), ("b.png", "")]


def test_without_headings_the_first_two_columns_count(tmp_path: Path) -> None:
    assert table(tmp_path, 'a.png,"What, and why?\nSay."\n\nb.png\n') == [
        ("a.png", "What, and why?\nSay."),
        ("b.png", ""),
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\n\n", "no rows"),
        (b"question\nWhat?\n", "no column image"),
        (b"\x89PNG\0\0", "no text"),
        (b"a,b\n" + b'"' + b"x" * 200_000 + b'"', "no table"),
    ],
)
def test_what_is_no_table_says_why(tmp_path: Path, content: bytes, sentence: str) -> None:
    with pytest.raises(MediaError, match=sentence) as refused:
        table(tmp_path, content)
    assert str(tmp_path) not in str(refused.value)
