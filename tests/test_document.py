"""A conversation as JSON and back, and what is made of documents that nobody saved here."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from internvl_ui import document
from internvl_ui.conversation import (
    Conversation,
    Image,
    Message,
    Note,
    Text,
    Usage,
    Video,
    assistant,
    user,
)
from internvl_ui.document import DocumentError

CAT, CLIP = Path("/files/cat.png"), Path("/files/clip.mp4")
KEYS = {CAT: "1", CLIP: "2"}
FILES = {key: path for path, key in KEYS.items()}

_MEDIA = st.builds(
    Image, st.just(CAT), st.text(max_size=20), max_tiles=st.integers(1, 40)
) | st.builds(
    Video,
    st.just(CLIP),
    st.text(max_size=20),
    frames=st.integers(1, 64),
    start=st.none() | st.floats(0, 100),
    end=st.none() | st.floats(0, 100),
    max_tiles=st.integers(1, 12),
)
_TURN = st.tuples(
    st.builds(
        Message,
        st.just("user"),
        st.lists(_MEDIA | st.builds(Text, st.text()), max_size=4).map(tuple),
        st.booleans(),
    ),
    st.builds(Message, st.just("assistant"), st.builds(Text, st.text()).map(lambda t: (t,))),
)
CONVERSATIONS = st.builds(
    lambda turns, system, left_out: Conversation(
        tuple(message for turn in turns for message in turn), system, min(left_out, len(turns))
    ),
    st.lists(_TURN, max_size=3),
    st.none() | st.text(),
    st.integers(0, 3),
)


@given(CONVERSATIONS)
def test_a_conversation_comes_back_as_it_was(conversation):
    text = json.dumps(document.save(conversation, KEYS))
    assert document.load(json.loads(text), FILES) == conversation


@given(CONVERSATIONS)
def test_a_document_holds_no_path(conversation):
    assert "/files" not in json.dumps(document.save(conversation, KEYS))


def saved(**changes: Any) -> dict[str, Any]:
    question = Message("user", (Image(CAT, "cat.png"), Video(CLIP, "clip.mp4"), Text("What?")))
    answer = Message("assistant", (Text("A cat."),))
    return document.save(Conversation((question, answer)), KEYS) | changes


def damaged(*way: Any, to: Any) -> dict[str, Any]:
    """A document in which one place holds something else."""
    whole = json.loads(json.dumps(saved()))
    inner: Any = whole
    for step in way[:-1]:
        inner = inner[step]
    inner[way[-1]] = to
    return whole


@pytest.mark.parametrize(
    "wrong",
    [
        None,
        [],
        "text",
        {},
        saved(format="something"),
        saved(version=2),
        saved(messages=None),
        saved(messages=[None]),
        saved(system=7),
        saved(left_out=2),
        saved(left_out=-1),
        saved(left_out="1"),
        damaged("messages", 0, "role", to="system"),
        damaged("messages", 0, "role", to=["user"]),
        damaged("messages", 1, "role", to="user"),
        damaged("messages", 0, "parts", to={}),
        damaged("messages", 0, "combined", to="yes"),
        damaged("messages", 0, "parts", 0, "type", to="file"),
        damaged("messages", 0, "parts", 0, "path", to="/etc/passwd"),
        damaged("messages", 0, "parts", 0, "path", to=None),
        damaged("messages", 0, "parts", 0, "name", to=["cat"]),
        damaged("messages", 0, "parts", 0, "max_tiles", to=0),
        damaged("messages", 0, "parts", 0, "max_tiles", to=10**9),
        damaged("messages", 0, "parts", 0, "max_tiles", to=True),
        damaged("messages", 0, "parts", 0, "max_tiles", to=2.5),
        damaged("messages", 0, "parts", 1, "frames", to="8"),
        damaged("messages", 0, "parts", 1, "start", to=float("nan")),
        damaged("messages", 0, "parts", 1, "end", to=float("inf")),
        damaged("messages", 1, "parts", to=[{"type": "image", "path": "1", "name": "x"}]),
        damaged("messages", 1, "parts", to=[{"type": "text"}]),
    ],
)
def test_what_is_no_conversation_is_refused_with_a_sentence(wrong):
    with pytest.raises(DocumentError, match=r"\.$"):
        document.load(wrong, FILES)


def test_half_a_turn_is_no_conversation():
    half = saved()
    half["messages"].pop()
    with pytest.raises(DocumentError):
        document.load(half, FILES)


def test_what_a_later_page_adds_does_no_harm():
    more = saved(mood="good")
    more["messages"][0]["parts"][0]["mood"] = "good"
    assert document.load(more, FILES) == document.load(saved(), FILES)


def test_what_an_earlier_page_did_not_save_is_as_it_was_then():
    earlier = saved()
    del earlier["left_out"]
    assert document.load(earlier, FILES) == document.load(saved(), FILES)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(st.sampled_from(["messages", "system", "left_out", "version", "format"]), JSON)
def test_nonsense_is_refused_or_read_and_nothing_else(field, value):
    try:
        document.load(saved(**{field: value}), FILES)
        document.media(saved(**{field: value}))
    except DocumentError:
        pass


def test_the_files_that_a_document_names():
    assert document.media(saved()) == {"1": Image, "2": Video}


def test_how_an_answer_came_about_comes_back():
    note = Note("Tiny", "length", Usage(9, 4, 1, 3, 0.5, 1.5), seed=7, thought=2.0, liked=False)
    turn = user("What?"), assistant("A cat.", note)
    text = json.dumps(document.save(Conversation(turn), {}))
    assert document.load(json.loads(text), {}).messages[1].note == note


@pytest.mark.parametrize("other", [{"a": 1}, [], "text", None])
def test_another_file_is_called_no_conversation(other):
    for read in (document.media, lambda file: document.load(file, FILES)):
        with pytest.raises(DocumentError, match="This is no conversation"):
            read(other)
