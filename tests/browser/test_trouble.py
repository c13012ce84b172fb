"""Stop, failures, bad files, and other people."""

import struct
import time
import zlib
from pathlib import Path

import pytest
from playwright.sync_api import Route, expect

from internvl_ui.engines.base import Progress
from tests.browser.conftest import EXAMPLES, PATIENCE
from tests.fakes import LONG


def test_stop_ends_the_answer_and_keeps_it(visit, engine):
    engine.text = LONG
    visitor = visit()
    visitor.ask("Tell me everything")
    visitor.wait_for("writing")
    visitor.stop()
    visitor.wait_for("stopped")
    assert engine.ends == ["stopped"]
    written = visitor.answers.inner_text()
    assert written and len(written) < len(LONG)
    engine.text = "Short."
    visitor.ask("And now?")
    visitor.wait_for("done")
    assert len(engine.requests[1].conversation.messages) == 3


def test_a_failure_is_told_and_the_question_is_still_in_the_box(visit, engine):
    engine.fail_after = 2
    visitor = visit()
    visitor.attach("images", EXAMPLES / "pair-1.png", EXAMPLES / "pair-2.png")
    visitor.ask("What is different?")
    visitor.wait_for("error")
    assert engine.reason in visitor.status.inner_text()
    expect(visitor.box).to_have_value("What is different?", timeout=PATIENCE)
    expect(visitor.page.locator("#gallery img")).to_have_count(2, timeout=PATIENCE)
    expect(visitor.answers).to_have_count(0)
    engine.fail_after = None
    visitor.page.click("#send")
    visitor.wait_for("done")
    names = [part.name for part in engine.requests[1].conversation.messages[0].media]
    assert names == ["pair-1.png", "pair-2.png"]


def test_without_a_question_nothing_happens_to_the_picture(visit, engine):
    visitor = visit()
    visitor.attach("image", EXAMPLES / "shapes.png")
    visitor.page.click("#send")
    visitor.wait_for("error")
    expect(visitor.page.locator("#image img")).to_have_count(1)
    assert not engine.requests


def _huge_png(path: Path) -> None:
    """A PNG that says it has 30,000 x 30,000 pixels and is 100 bytes long."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"0" * 64)) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + data)


def _silent_film(path: Path) -> None:
    """An MP4 with sound and no picture."""
    import av
    import numpy as np

    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), "fltp", "mono")
        frame.sample_rate = 44100
        for packet in [*stream.encode(frame), *stream.encode()]:
            container.mux(packet)


BAD = {
    "empty.png": ("image", lambda path: path.write_bytes(b"")),
    "my words.png": ("image", lambda path: path.write_text("I am no picture")),
    "cut.png": (
        "image",
        lambda path: path.write_bytes((EXAMPLES / "shapes.png").read_bytes()[:-200]),
    ),
    "huge.png": ("image", _huge_png),
    "noise.png": ("images", lambda path: path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"?" * 500)),
    "sound.mp4": ("video", _silent_film),
    "half.mp4": (
        "video",
        lambda path: path.write_bytes((EXAMPLES / "clip.mp4").read_bytes()[:600]),
    ),
}


def test_bad_files_are_named_and_the_next_question_works(visit, engine, tmp_path):
    visitor = visit()
    visitor.box.fill("What is this?")
    for name, (panel, make) in BAD.items():
        make(tmp_path / name)
        visitor.choose(panel, tmp_path / name)
        expect(visitor.status).to_contain_text(name, timeout=PATIENCE)
        assert visitor.state == "error"
        assert "/tmp" not in visitor.status.inner_text()
        expect(visitor.box).to_have_value("What is this?")
    assert visitor.page.locator(".toast-body").all_inner_texts() == []
    visitor.attach("image", EXAMPLES / "shapes.png")
    visitor.page.click("#send")
    visitor.wait_for("done")
    (part,) = engine.requests[0].conversation.messages[0].media
    assert part.name == "shapes.png"


def test_a_video_that_the_browser_cannot_play_is_no_mistake(visit, engine, tmp_path):
    """MPEG-4 part 2 in AVI: no browser plays it, the model sees it."""
    import av

    with (
        av.open(str(EXAMPLES / "clip.mp4")) as clip,
        av.open(str(tmp_path / "old.avi"), "w") as old,
    ):
        stream = old.add_stream("mpeg4", rate=12)
        stream.width, stream.height = clip.streams.video[0].width, clip.streams.video[0].height
        for frame in clip.decode(video=0):
            for packet in stream.encode(av.VideoFrame.from_image(frame.to_image())):
                old.mux(packet)
        for packet in stream.encode():
            old.mux(packet)
    visitor = visit()
    visitor.choose("video", tmp_path / "old.avi")
    expect(visitor.status).to_contain_text("old.avi", timeout=PATIENCE)
    assert visitor.state == "idle"
    assert visitor.page.locator(".toast-body").count() == 0
    visitor.ask("What happens?")
    visitor.wait_for("done")
    assert engine.requests[0].conversation.messages[0].media[0].name == "old.avi"
    expect(visitor.questions.locator("img")).to_have_count(1)


def test_good_pictures_stay_beside_a_bad_one(visit, engine, tmp_path):
    bad = tmp_path / "bad.png"
    bad.write_text("I am no picture")
    visitor = visit()
    visitor.choose("images", EXAMPLES / "pair-1.png", bad, EXAMPLES / "pair-2.png")
    visitor.wait_for("error")
    expect(visitor.page.locator("#gallery img")).to_have_count(2, timeout=PATIENCE)


def test_clearing_while_an_answer_is_written_leaves_the_page_empty(visit, engine):
    engine.text = LONG
    visitor = visit()
    visitor.ask("Tell me everything")
    visitor.wait_for("writing")
    visitor.clear()
    visitor.wait_for("idle")
    visitor.page.wait_for_timeout(1500)
    expect(visitor.questions).to_have_count(0)
    expect(visitor.answers).to_have_count(0)
    expect(visitor.box).to_have_value("")
    assert visitor.state == "idle" and engine.ends == ["stopped"]
    engine.text = "Short."
    visitor.ask("And now?")
    visitor.wait_for("done")
    assert len(engine.requests[1].conversation.messages) == 1


def test_two_visitors_at_once_see_their_own(visit, engine):
    engine.text = lambda request: "You said: " + request.conversation.messages[-1].text
    engine.pace = 0.1
    anna, ben = visit(), visit()
    anna.ask("I am Anna " * 5)
    ben.ask("I am Ben " * 5)
    anna.wait_for("writing")
    ben.wait_for("writing")
    for visitor, own, other in ((anna, "Anna", "Ben"), (ben, "Ben", "Anna")):
        visitor.wait_for("done")
        text = visitor.page.locator("#chat").inner_text()
        assert own in text and other not in text
    assert all(len(request.conversation.messages) == 1 for request in engine.requests)


def test_the_place_in_the_queue_is_shown(visit, engine):
    engine.progress, engine.pace = (Progress("queued", total=2), Progress("queued", total=1)), 0.8
    visitor = visit()
    visitor.ask("Hello?")
    visitor.wait_for("queued")
    expect(visitor.status).to_contain_text("2 ahead of you", timeout=PATIENCE)
    expect(visitor.page.locator("#stop")).to_be_visible()
    visitor.stop()
    visitor.wait_for("stopped")
    expect(visitor.box).to_have_value("Hello?", timeout=PATIENCE)


def test_a_closed_tab_stops_its_answer(visit, engine):
    engine.text = LONG
    visitor = visit()
    visitor.ask("Tell me everything")
    visitor.wait_for("writing")
    visitor.leave()
    end = time.monotonic() + 30
    while not engine.stopped.is_set():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_question_waits_for_its_upload(visit, engine):
    visitor = visit()
    held: list[Route] = []
    visitor.page.route("**/upload*", lambda route: held.append(route), times=1)
    visitor.box.fill("What is this?")
    visitor.choose("image", EXAMPLES / "shapes.png")
    visitor.wait_for("uploading")
    visitor.box.press("Enter")
    held[0].continue_()
    visitor.wait_for("idle")
    assert not engine.requests
    expect(visitor.box).to_have_value("What is this?")


@pytest.mark.parametrize(
    ("panel", "file", "button"),
    [("image", "shapes.png", "Remove Image"), ("video", "clip.mp4", "Clear")],
)
def test_a_file_can_be_taken_out_again(visit, engine, panel, file, button):
    visitor = visit()
    visitor.attach(panel, EXAMPLES / file)
    visitor.page.locator(f"#{panel}").get_by_label(button).click()
    visitor.ask("Hello?")
    visitor.wait_for("done")
    assert engine.requests[0].conversation.messages[0].media == ()
