"""The page's API as a program sees it, over a real server."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import PIL.Image
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError

from internvl_ui.conversation import GenerationOptions, Image, Text, Video
from internvl_ui.errors import Sentence
from internvl_ui.settings import read_settings
from internvl_ui.ui import strings
from internvl_ui.ui.page import build_page
from internvl_ui.ui.serve import serve
from tests.fakes import LONG, FakeEngine

EXAMPLES = Path(__file__).parents[1] / "assets" / "examples"


@pytest.fixture(scope="module")
def house() -> Iterator[tuple[FakeEngine, str]]:
    engine = FakeEngine()
    settings = read_settings(["--port", "0"], {})
    page = build_page(engine, settings)
    yield engine, serve(page, settings)
    page.close()


@pytest.fixture
def engine(house) -> FakeEngine:
    """The server's engine as if it were new."""
    engine = house[0]
    vars(engine).update(vars(FakeEngine()))
    return engine


@pytest.fixture
def client(house, engine) -> Iterator[Client]:
    client = Client(house[1], verbose=False)
    yield client
    client.close()


def ask(client: Client, text: str, *files: Path) -> list[str]:
    message = {"text": text, "files": [handle_file(str(file)) for file in files]}
    job = client.submit(message=message, api_name="/chat")
    updates = list(job)
    job.result()  # Iterating ends quietly on an error; this raises it.
    return updates


def wait_until(true: Callable[[], bool], seconds: float = 20) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.02)


def test_the_answer_grows(client, engine):
    updates = ask(client, "Hello?")
    assert updates[-1] == "This is an answer."
    assert len(updates) > 2
    assert all(b.startswith(a) for a, b in zip(updates, updates[1:], strict=False))


def test_files_come_in_their_order_and_by_their_names(client, engine):
    ask(client, "Compare", EXAMPLES / "pair-2.png", EXAMPLES / "clip.mp4", EXAMPLES / "pair-1.png")
    *media, words = engine.requests[0].conversation.messages[0].parts
    assert [(type(part), part.name) for part in media] == [
        (Image, "pair-2.png"),
        (Video, "clip.mp4"),
        (Image, "pair-1.png"),
    ]
    assert words == Text("Compare")
    assert media[0].path.read_bytes() == (EXAMPLES / "pair-2.png").read_bytes()
    assert engine.requests[0].options == GenerationOptions()


def test_a_client_keeps_its_conversation_until_it_clears_it(client, engine):
    ask(client, "One")
    ask(client, "Two")
    client.predict(api_name="/clear")
    ask(client, "Three")
    lengths = [len(request.conversation.messages) for request in engine.requests]
    assert lengths == [1, 3, 1]


def test_clients_are_strangers(client, house, engine):
    other = Client(house[1], verbose=False)
    try:
        ask(client, "One")
        ask(other, "Other")
        ask(client, "Two")
    finally:
        other.close()
    said = [[m.text for m in request.conversation.messages] for request in engine.requests]
    assert said[1:] == [["Other"], ["One", "This is an answer.", "Two"]]


def test_cancel_stops_the_engine(client, engine):
    engine.text = LONG
    job = client.submit(message={"text": "Tell me everything", "files": []}, api_name="/chat")
    wait_until(lambda: len(job.outputs()) > 1)
    job.cancel()
    wait_until(lambda: engine.stopped.is_set(), 5)
    engine.text = "Short."
    assert ask(client, "And now?")[-1] == "Short."
    assert len(engine.requests[-1].conversation.messages) == 1


def test_a_failure_reaches_the_program_as_a_sentence(client, engine):
    engine.fail_after = 1
    with pytest.raises(AppError, match="no memory left"):
        ask(client, "Hello?")
    engine.fail_after = None
    assert ask(client, "Hello?")[-1] == "This is an answer."


def test_a_bad_file_is_named_and_the_next_question_works(client, engine, tmp_path):
    bad = tmp_path / "words.png"
    bad.write_text("I am no picture")
    with pytest.raises(AppError, match=r"words\.png") as refused:
        ask(client, "What is it?", bad)
    assert "/tmp" not in str(refused.value)
    assert ask(client, "Hello?")[-1] == "This is an answer."
    assert len(engine.requests) == 1


def test_an_empty_question_is_refused(client, engine):
    with pytest.raises(AppError, match=strings.NO_QUESTION):
        ask(client, "")


def test_only_these_endpoints_are_public(client):
    described = client.view_api(return_format="dict", print_info=False)
    assert set(described["named_endpoints"]) == {"/chat", "/clear", "/batch", "/preview"}
    assert not described["unnamed_endpoints"]


def test_questions_of_two_clients_run_side_by_side(client, house, engine, tmp_path):
    engine.text = LONG
    other = Client(house[1], verbose=False)
    picture = tmp_path / "a.png"
    PIL.Image.new("RGB", (20, 20), "red").save(picture)
    jobs = [
        which.submit(message={"text": "Go", "files": [handle_file(str(picture))]}, api_name="/chat")
        for which in (client, other)
    ]
    try:
        wait_until(lambda: all(len(job.outputs()) > 1 for job in jobs))
    finally:
        for job in jobs:
            job.cancel()
        other.close()
    assert threading.active_count() < 100


def test_a_batch_answers_every_picture_and_every_question(client, engine):
    files = [handle_file(str(EXAMPLES / name)) for name in ("pair-1.png", "clip.mp4")]
    job = client.submit(files=files, questions=["What?", "Where?"], api_name="/batch")
    updates = list(job)
    rows = job.result()
    assert rows == updates[-1] and all(updates)
    assert [(row["image"], row["question"], row["state"]) for row in rows] == [
        ("pair-1.png", "What?", "done"),
        ("pair-1.png", "Where?", "done"),
        ("clip.mp4", "", "failed"),
    ]
    assert rows[0]["answer"] == "This is an answer." and "clip.mp4" in rows[2]["note"]


def test_a_batch_without_questions_is_refused(client):
    with pytest.raises(AppError, match=strings.NO_QUESTION):
        client.predict(
            files=[handle_file(str(EXAMPLES / "pair-1.png"))], questions=[], api_name="/batch"
        )


def test_a_batch_takes_uploaded_files_only(client, engine, house):
    for path in (EXAMPLES / "pair-1.png", Path("/etc/passwd")):
        answer = httpx.post(
            f"{house[1]}gradio_api/call/batch", json={"data": [[{"path": str(path)}], ["What?"]]}
        )
        event = httpx.get(f"{house[1]}gradio_api/call/batch/{answer.json()['event_id']}").text
        assert "event: error" in event and "uploaded" in event, event
    assert not engine.requests


def test_cancel_stops_a_batch(client, engine):
    engine.text = LONG
    files = [handle_file(str(EXAMPLES / "pair-1.png"))]
    job = client.submit(files=files, questions=["What?"] * 3, api_name="/batch")
    wait_until(lambda: bool(engine.requests))
    job.cancel()
    wait_until(lambda: engine.stopped.is_set(), 5)
    assert len(engine.requests) == 1


def test_a_program_sees_what_the_model_would_see(client):
    seen = client.predict(handle_file(str(EXAMPLES / "shapes.png")), api_name="/preview")
    assert (seen["kind"], seen["name"]) == ("image", "shapes.png")
    assert seen["visual_tokens"] == 256 * seen["tile_count"] == 256 * len(seen["tiles"])
    film = client.predict(
        file=handle_file(str(EXAMPLES / "clip.mp4")), frames=3, start=1, api_name="/preview"
    )
    assert len(film["frames"]) == film["tile_count"] == 3
    assert all(frame["seconds"] >= 1 for frame in film["frames"])


@pytest.mark.parametrize("meta", [{}, {"meta": {"_type": "gradio.FileData"}}])
def test_only_what_was_uploaded_can_be_previewed(house, meta):
    # Not with the client, which would upload the file first.
    address = f"{house[1]}gradio_api/call/preview"
    file = {"path": str(EXAMPLES / "shapes.png"), **meta}
    asked = httpx.post(address, json={"data": [file, 12, 8, 0, None, 1]}).json()["event_id"]
    said = httpx.get(f"{address}/{asked}").text
    assert "event: error" in said and "tile_count" not in said


@pytest.mark.parametrize("limits", [{"max_tiles": 1000}, {"frames": 0}, {"frames": 10**9}])
def test_a_preview_has_the_limits_of_the_page(client, limits):
    file = handle_file(str(EXAMPLES / "clip.mp4"))
    with pytest.raises(AppError, match="value"):
        client.predict(file=file, **limits, api_name="/preview")


def test_two_programs_at_once_read_their_own_language(house, engine):
    engine.fail_after, engine.pace = 2, 0.1
    engine.reason = Sentence("The question is empty; write one and send it.")
    clients = [
        Client(house[1], verbose=False, headers={"Accept-Language": language})
        for language in ("zh-CN,zh;q=0.9", "zh-TW", "fr")
    ]
    message = {"text": "Hi", "files": []}
    jobs = [client.submit(message=message, api_name="/chat") for client in clients]
    said = []
    for job in jobs:
        with pytest.raises(AppError) as failure:
            job.result()
        said.append(str(failure.value))
    assert len(engine.requests) == 3
    assert [sentence.partition("；")[0] for sentence in said[:2]] == ["问题是空的", "問題是空的"]
    assert said[2] == str(engine.reason)
    for client in clients:
        client.close()
