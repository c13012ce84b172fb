"""The showcases as data: files that are there, and answers that are kept of one model only."""

from dataclasses import replace
from pathlib import Path

from internvl_ui.conversation import Conversation, Image, Note, Usage, Video, assistant, user
from internvl_ui.settings import BUNDLED_MODEL
from internvl_ui.ui import strings
from internvl_ui.ui.examples import FOLDER, Example, load_examples, save_answers
from internvl_ui.ui.languages import NAMES, speaking


def answered(example: Example, text: str) -> Example:
    kind = Video if example.name == "video" else Image
    media = [kind(file.path, file.name) for file in example.files]
    note = Note("nano", "end", Usage(10, 8, 1, 3, 0.1, 0.2))
    question = user(*media, example.question)
    return replace(example, kept={"en": Conversation((question, assistant(text, note)))})


def test_every_showcase_has_its_words_files_and_card():
    examples = load_examples()
    assert [example.name for example in examples] == list(strings.SHOWCASES)
    for example in examples:
        assert example.title and example.question
        assert example.card.is_file() and all(file.path.is_file() for file in example.files)
    size = sum(file.stat().st_size for file in FOLDER.rglob("*") if file.is_file())
    assert size < 1_500_000


def test_kept_answers_are_of_the_bundled_weights():
    kept = [example for example in load_examples() if example.page == "chat"]
    for example in kept:
        assert list(example.kept) == list(NAMES), "run python -m showcases.answers"
        for conversation in example.kept.values():
            assert conversation.messages[-1].note.model == BUNDLED_MODEL.name


def test_most_showcases_are_answered_rightly_in_every_language():
    for language in NAMES:
        with speaking(language):
            right = {e.name for e in load_examples() if e.kept_of(BUNDLED_MODEL.name)}
        assert right >= {"describe", "pair", "ground", "video"}


def test_a_box_is_right_where_it_covers_most_of_the_thing():
    example = next(example for example in load_examples() if example.name == "ground")
    assert example.is_right("<ref>the green cross</ref><box>[[700, 110, 900, 400]]</box>")
    for wrong in ("[[93, 92, 268, 340]]", "[[724, 120, 800, 200]]", "It is at the top.", "[[1]]"):
        assert not example.is_right(wrong)


def test_only_the_same_weights_bring_their_answers(tmp_path: Path):
    (tmp_path / "examples.json").write_bytes((FOLDER / "examples.json").read_bytes())
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"one")
    examples = load_examples(tmp_path, tmp_path)
    right = answered(examples[3], "It is Image-2.")
    save_answers([right, answered(examples[1], "No idea.")], tmp_path, tmp_path)
    again = {example.name: example for example in load_examples(tmp_path, tmp_path)}
    assert again["pair"].kept == right.kept
    assert again["pair"].kept_of("nano") and not again["pair"].is_beyond("nano")
    assert not again["pair"].kept_of("another")
    assert again["receipt"].is_beyond("nano") and not again["receipt"].kept_of("nano")
    assert not again["receipt"].is_beyond("another") and not again["describe"].kept
    with speaking("zh-CN"):
        assert not again["pair"].kept_of("nano") and not again["pair"].is_beyond("nano")
    weights.write_bytes(b"two")
    assert not any(example.kept for example in load_examples(tmp_path, tmp_path))
