"""What happens on the batch page: its handlers with real files and an engine that obeys."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import PIL.Image
import pytest

from internvl_ui.ui import batch, sheet_store, strings
from internvl_ui.ui.batch import Batch
from internvl_ui.ui.runs import Runs
from internvl_ui.ui.talk import Attachment
from tests.fakes import FakeEngine

ALICE = SimpleNamespace(session_hash="alice")
BOB = SimpleNamespace(session_hash="bob")


class House:
    def __init__(self, engine: FakeEngine, limit: int = 8, most_rows: int = 50) -> None:
        self.engine, self.made, self.key = engine, [], ""
        self.do = Batch(
            engine,
            limit=limit,
            most_rows=most_rows,
            most_bytes=1_000_000,
            keep_track=self.made.append,
        )

    def begin(self, files: list[Attachment], questions: str, who: Any = ALICE) -> list[Any]:
        """What the page is shown; ``key`` is what its browser keeps."""

        async def collect() -> list[Any]:
            steps = []
            async for key, *shown in self.do.begin(files, questions, 4, 99, "Be brief.", who):
                self.key = key if isinstance(key, str) else self.key
                steps.append(shown)
            return steps

        return asyncio.run(collect())

    def resume(self, who: Any = ALICE, *, again: bool = False) -> list[Any]:
        async def collect() -> list[Any]:
            handler = self.do.again if again else self.do.resume
            return [step async for step in handler(self.key, who)]

        return asyncio.run(collect())


def states(sheet: str) -> list[str]:
    return [piece.split('"')[0] for piece in sheet.split('<tr data-state="')[1:]]


@pytest.fixture(autouse=True)
def uploads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheet_store, "get_upload_folder", lambda: str(tmp_path / "uploads"))


@pytest.fixture
def red(tmp_path: Path) -> Attachment:
    PIL.Image.new("RGB", (64, 48), "red").save(tmp_path / "upload-1.png")
    return Attachment(tmp_path / "upload-1.png", "red.png")


def test_the_settings_reach_the_engine(red: Attachment) -> None:
    house = House(FakeEngine(pace=0))
    status, sheet, links = house.begin([red], "What?")[-1]
    assert 'data-state="done"' in status and states(sheet) == ["done"]
    assert links.count("download=") == 3
    (request,) = house.engine.requests
    assert request.conversation.system == "Be brief."
    assert request.conversation.messages[0].media[0].max_tiles == 4
    assert request.options.max_new_tokens == 99


def test_everything_that_is_made_is_kept_track_of(red: Attachment, tmp_path: Path) -> None:
    house = House(FakeEngine(pace=0))
    house.begin([red], "What?\nWhere?")
    made = [path for path in (tmp_path / "uploads").rglob("*") if path.is_file()]
    assert made and set(made) <= set(house.made)


def test_pause_keeps_what_is_done_and_resume_asks_the_rest(red: Attachment) -> None:
    engine = FakeEngine(pace=0)
    house = House(engine)

    def text(request: Any) -> str:
        if len(engine.requests) == 2:
            house.do._runs.leave("alice")
        return "Yes."

    engine.text = text
    status, sheet, _ = house.begin([red], "1\n2\n3")[-1]
    assert 'data-state="stopped"' in status and states(sheet) == ["done", "waiting", "waiting"]
    engine.text = "No."
    status, sheet, _ = house.do.restore(house.key)
    assert 'data-state="stopped"' in status and states(sheet) == ["done", "waiting", "waiting"]
    status, sheet, _ = house.resume(BOB)[-1]
    assert 'data-state="done"' in status and (sheet.count("Yes."), sheet.count("No.")) == (1, 2)
    assert states(house.do.restore(house.key)[1]) == ["done"] * 3


def test_a_row_that_fails_says_why_and_can_be_asked_again(red: Attachment) -> None:
    house = House(FakeEngine(pace=0, fail_after=0, reason="No <memory>."))
    status, sheet, links = house.begin([red], "1")[-1]
    assert states(sheet) == ["failed"] and "No &lt;memory&gt;." in sheet
    assert "data-again" in links and "1 failed" in status
    house.engine.fail_after = None
    assert states(house.resume(again=True)[-1][1]) == ["done"]


def test_a_picture_that_is_gone_is_told(red: Attachment) -> None:
    house = House(FakeEngine(pace=0, fail_after=0))
    house.begin([red], "1")
    red.path.unlink()
    house.engine.requests.clear()
    _, sheet, _ = house.resume(again=True)[-1]
    assert strings.VANISHED.format(name="red.png") in sheet
    assert strings.VANISHED.format(name="red.png") in house.do.restore(house.key)[1]
    assert not house.engine.requests


def test_what_cannot_begin_leaves_the_page_as_it_was(red: Attachment) -> None:
    house = House(FakeEngine(), limit=0, most_rows=2)
    for files, questions, sentence in [
        ([], "What?", strings.BATCH_NO_FILES),
        ([red], " \n", strings.NO_QUESTION),
        ([red], "1\n2\n3", strings.BATCH_TOO_LONG.format(most=2)),
    ]:
        status, sheet, _ = house.begin(files, questions)[-1]
        assert sentence in status and not isinstance(sheet, str) and not house.key
    assert strings.BATCH_BUSY in house.begin([red], "1")[-1][0]
    house.key = "0" * 32
    assert strings.BATCH_GONE in house.do.restore(house.key)[0]
    assert strings.BATCH_GONE in house.resume()[-1][0]


def test_a_long_sheet_does_not_drown_the_page(
    red: Attachment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch, "_PACE", 1000)
    steps = House(FakeEngine("Yes.", pace=0)).begin([red], "1\n2\n3\n4\n5")
    assert len(steps) == 4  # Unpacking, the plan, the beginning, the end.
    assert states(steps[-1][1]) == ["done"] * 5


def test_a_batch_runs_once_and_so_many_at_a_time() -> None:
    runs = Runs(2)
    first = runs.start("a", "alice")
    other = runs.start("b", "bob")
    assert first and other and runs.start("c", "carol") is None
    second = runs.start("a", "alice, another tab")
    assert second and first.stop.is_set() and not second.stop.is_set()
    runs.end("a", first)
    runs.leave("bob")
    assert other.stop.is_set() and not second.stop.is_set()
    runs.stop("a")
    assert second.stop.is_set()
    runs.end("a", second)
    assert runs.start("c", "carol")
