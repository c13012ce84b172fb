"""The page's API as MCP tools, over a real server and a real client."""

import asyncio
import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from internvl_ui.conversation import Image
from internvl_ui.errors import SettingsError, UserError
from internvl_ui.settings import read_settings
from internvl_ui.ui import strings, tools
from internvl_ui.ui.page import build_page
from internvl_ui.ui.serve import serve
from tests.fakes import FakeEngine

PICTURE = Path(__file__).parents[1] / "assets" / "examples" / "pair-1.png"
CLIP = PICTURE.with_name("clip.mp4")


@pytest.fixture(scope="module")
def house() -> Iterator[tuple[FakeEngine, str]]:
    engine = FakeEngine()
    settings = read_settings(["--port", "0", "--mcp"], {})
    page = build_page(engine, settings)
    yield engine, serve(page, settings)
    page.close()


def talk(address: str, *calls: tuple[str, dict]) -> list[tuple[str, bool]]:
    """(text, is it an error) of each call, all in one session."""

    async def session() -> list[tuple[str, bool]]:
        async with (
            streamable_http_client(f"{address}mcp") as (reads, writes, _),
            ClientSession(reads, writes) as client,
        ):
            await client.initialize()
            results = [await client.call_tool(name, arguments) for name, arguments in calls]
            return [(result.content[0].text, result.isError) for result in results]

    return asyncio.run(session())


def test_a_session_is_a_conversation_until_it_is_cleared(house):
    engine, address = house
    answers = talk(
        address,
        ("chat", {"text": "One?", "files": [str(PICTURE)]}),
        ("chat", {"text": "Two?", "files": []}),
        ("clear", {}),
        ("chat", {"text": "Three?", "files": []}),
    )
    assert [text for text, _ in answers][:2] == ["This is an answer."] * 2
    first, second, third = (request.conversation for request in engine.requests[-3:])
    assert isinstance(first.messages[0].parts[0], Image)
    assert [message.text for message in second.messages[::2]] == ["One?", "Two?"]
    assert [message.text for message in third.messages] == ["Three?"]


def test_a_picture_comes_as_a_data_uri(house):
    engine, address = house
    content = base64.b64encode(PICTURE.read_bytes()).decode()
    (answer,) = talk(
        address, ("chat", {"text": "Look", "files": [f"data:image/png;base64,{content}"]})
    )
    assert answer == ("This is an answer.", False)
    (part, _) = engine.requests[-1].conversation.messages[0].parts
    assert isinstance(part, Image) and part.name == "file-1.png"


def test_many_pictures_are_asked_at_once_and_leave_the_conversation_alone(house):
    engine, address = house
    content = base64.b64encode(PICTURE.read_bytes()).decode()
    files = [str(PICTURE), f"data:image/png;base64,{content}"]
    (answer, failed), _ = talk(
        address,
        ("batch", {"files": files, "questions": ["What?", "How many?"]}),
        ("chat", {"text": "Hello?", "files": []}),
    )
    rows = json.loads(answer)["rows"]
    assert not failed and [row["image"] for row in rows] == ["pair-1.png"] * 2 + ["file-2.png"] * 2
    assert [row["question"] for row in rows] == ["What?", "How many?"] * 2
    assert {row["answer"] for row in rows} == {"This is an answer."}
    assert [message.text for message in engine.requests[-1].conversation.messages] == ["Hello?"]


def test_what_the_model_would_see_is_told_without_asking_it(house):
    engine, address = house
    asked = len(engine.requests)
    (picture, _), (video, _), (missing, failed) = talk(
        address,
        ("preview", {"file": str(PICTURE), "max_tiles": 1}),
        ("preview", {"file": str(CLIP), "frames": 3}),
        ("preview", {"file": "/no/such/file.png"}),
    )
    seen = json.loads(picture)
    assert (seen["kind"], seen["tile_count"], seen["visual_tokens"]) == ("image", 1, 256)
    assert len(json.loads(video)["frames"]) == 3
    assert failed and "There is no file" in missing
    assert len(engine.requests) == asked


def test_what_is_wrong_comes_as_a_sentence(house):
    _, address = house
    (empty, failed), (missing, _), (broken, _) = talk(
        address,
        ("chat", {"text": " ", "files": []}),
        ("chat", {"text": "Look", "files": ["/no/such/file.png"]}),
        ("chat", {"text": "Look", "files": ["data:image/png;base64,%%%"]}),
    )
    assert failed and strings.NO_QUESTION in empty
    assert "There is no file /no/such/file.png." in missing
    assert "File 1 is no data: URI" in broken


def test_a_server_for_others_reads_no_files_of_its_own(tmp_path):
    with pytest.raises(UserError, match="must be a data: URI"):
        tools._file(str(PICTURE), tmp_path, 1, local=False)


def test_without_the_package_the_flag_says_what_to_install(monkeypatch):
    monkeypatch.setattr(tools, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"pip install '\.\[mcp\]'"):
        tools.mcp_routes(read_settings(["--mcp"], {}), 7860)
