"""Scenes are what their answers say, and the bundled model knows scenes it has never seen."""

import math
import random
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import ImageFont
from torch.nn.functional import scaled_dot_product_attention
from transformers import AutoTokenizer

from internvl_ui import load_model
from internvl_ui.conversation import Image, Video
from internvl_ui.media.tiling import tile_grid
from internvl_ui.media.video import frame_indices
from internvl_ui.settings import BUNDLED_MODEL
from training import other_hand, questions
from training.attention import plain_attention
from training.cells import AT, CHARACTERS, FINE, TILE_SIZE, TOKENS_PER_SIDE, cells, scene_marks
from training.charts import random_chart
from training.data import IGNORE, batches, random_sample
from training.evaluate import KINDS, Outcome, Studio, as_seen, evaluate, is_right
from training.export import export
from training.questions import QA
from training.scenes import (
    COLOURS,
    SHAPES,
    Clip,
    Scene,
    Shape,
    draw,
    outline,
    random_clip,
    random_scene,
)
from training.several import random_pair, tell
from training.signs import Line, Sign, random_sign
from training.tokenizer import write_tokenizer
from training.train import Trainee, configuration
from training.words import CHINESE, ENGLISH, LANGUAGES

seeds = st.integers(0, 2**32)


def shape(kind: str, colour: str, x: float, y: float) -> Shape:
    rgb = {"red": (220, 20, 20), "blue": (20, 40, 220), "green": (20, 160, 60)}[colour]
    return Shape(kind, colour, rgb, x, y, 30)


SCENE = Scene(
    300,
    300,
    (250, 250, 250),
    (
        shape("circle", "red", 50, 50),
        shape("star", "blue", 250, 150),
        shape("circle", "green", 50, 250),
    ),
)


@given(seeds)
@settings(max_examples=60, deadline=None)
def test_a_scene_is_within_its_picture_and_nothing_overlaps(seed: int) -> None:
    scene = random_scene(random.Random(seed))
    assert 1 <= len(scene.shapes) <= 6
    for number, one in enumerate(scene.shapes):
        for x, y in outline(one):
            assert -1 <= x <= scene.width + 1 and -1 <= y <= scene.height + 1
        for other in scene.shapes[:number]:
            assert math.dist((one.x, one.y), (other.x, other.y)) > one.radius + other.radius
        assert math.dist(one.rgb, scene.background) > 90


@given(seeds)
@settings(max_examples=30, deadline=None)
def test_what_is_drawn_is_where_the_scene_says(seed: int) -> None:
    rng = random.Random(seed)
    scene = random_scene(rng)
    pixels = np.asarray(draw(scene, rng, rough=False)).astype(int)
    for one in scene.shapes:
        middle = pixels[int(one.y), int(one.x)]
        assert np.abs(middle - one.rgb).max() <= 3


@given(seeds)
@settings(max_examples=30, deadline=None)
def test_the_other_hand_draws_each_shape_where_the_scene_says(seed: int) -> None:
    rng = random.Random(seed)
    scene = random_scene(rng, radius=(1 / 8, 1 / 5))
    ground = np.asarray(other_hand.draw(replace(scene, shapes=()), random.Random(seed))).astype(int)
    picture = np.asarray(other_hand.draw(scene, random.Random(seed))).astype(int)
    changed = np.abs(picture - ground).max(axis=2) > 60
    rows, columns = np.mgrid[: scene.height, : scene.width] + 0.5
    outside = np.ones_like(changed)
    for one in scene.shapes:
        near = np.hypot(columns - one.x, rows - one.y) < one.radius + 9  # blocks of the codec
        assert changed[near].mean() > 0.03
        outside &= ~near
    assert not changed[outside].any()


def test_the_right_answers() -> None:
    assert questions.describe(SCENE) == (
        "I see a red circle at the top left, a blue star on the right "
        "and a green circle at the bottom left: three shapes."
    )
    assert questions.contents(SCENE) == "A red circle, a blue star and a green circle."


@given(seeds)
@settings(max_examples=100, deadline=None)
def test_a_count_is_the_number_of_shapes_it_asks_for(seed: int) -> None:
    rng = random.Random(seed)
    scene = random_scene(rng)
    qa = questions.ask_count(scene, rng)
    colour = next((c for c in COLOURS if c in qa.question), None)
    kind = next((s for s in SHAPES if s in qa.question), None)
    number = sum((colour in (None, s.colour)) and (kind in (None, s.shape)) for s in scene.shapes)
    assert f" {ENGLISH.numbers[number]} " in qa.answer


@given(seeds)
@settings(max_examples=40, deadline=None)
def test_a_clip_does_what_its_sentence_says(seed: int) -> None:
    clip = random_clip(random.Random(seed))
    first, last = clip.scenes[0].shapes, clip.scenes[-1].shapes
    if clip.frame is not None:
        before, after = clip.scenes[clip.frame - 1], clip.scenes[clip.frame]
        assert (before.shapes, after.shapes) == (first, last) and first != last
    if clip.event == "appears":
        assert len(last) == len(first) + 1 and clip.actor in last
    elif clip.event == "disappears":
        assert len(last) == len(first) - 1 and clip.actor in first
    elif clip.event == "turns":
        assert len(first) == len(last) and clip.colour in {s.colour for s in last}
    else:
        moved = {(s.x, s.y) for s in first} ^ {(s.x, s.y) for s in last}
        (x0, y0), (x1, y1) = [(s[-1].x, s[-1].y) for s in (first, last)]
        word = {(1, 0): "right", (-1, 0): "left", (0, 1): "down", (0, -1): "up"}
        assert len(moved) == 2
        assert word[(int(np.sign(x1 - x0)), int(np.sign(y1 - y0)))] in tell(clip)


def test_a_clip_is_told_by_its_first_picture_its_last_and_what_follows() -> None:
    actor = SCENE.shapes[1]
    empty, alone = (replace(SCENE, shapes=shapes) for shapes in ((), (actor,)))
    assert tell(Clip((empty, alone), actor, "appears", frame=1)) == (
        "First there is nothing, in the end a blue star on the right: a blue star appears."
    )
    assert tell(Clip((alone, empty), actor, "disappears", frame=1), CHINESE) == (
        "开始时右侧有一个蓝色星形，最后什么也没有：蓝色星形消失了。"
    )


@given(seeds, st.sampled_from([8, 16]))
@settings(max_examples=60, deadline=None)
def test_nobody_is_asked_about_what_no_frame_shows(seed: int, frames: int) -> None:
    clip = random_clip(random.Random(seed), frames=2 * frames)
    seen = as_seen(clip, frames)
    if seen is None:
        late = frame_indices(2 * frames, 8.0, segments=frames)[-1]
        assert clip.frame is not None and clip.frame > late
        return
    assert len(seen.scenes) == frames and seen.scenes[0] != seen.scenes[-1]
    if seen.frame is not None:
        before, after = seen.scenes[seen.frame - 1 : seen.frame + 1]
        assert before == seen.scenes[0] and after == seen.scenes[-1]


def test_every_object_is_marked_under_the_token_that_sees_its_centre() -> None:
    grid = tile_grid(SCENE.width, SCENE.height, max_tiles=4, tile_size=TILE_SIZE)
    assert (grid.columns, grid.rows, grid.thumbnail) == (2, 2, True)
    under = cells(scene_marks(SCENE), (300, 300), grid)
    under = under.reshape(5, TOKENS_PER_SIDE, TOKENS_PER_SIDE, -1)
    fields = [AT[name] for name in ("shape", "colour", "column", "row", "width", "whole")]
    red_circle = [1 + SHAPES.index("circle"), 1 + COLOURS.index("red")]
    # At a third of the first of two by two tiles, a sixth of the thumbnail, and a fifth as wide.
    assert under[0, 1, 1, fields].tolist() == [*red_circle, FINE // 3, FINE // 3, 14, 0]
    assert under[4, 0, 0, fields].tolist() == [*red_circle, FINE // 6, FINE // 6, 7, 1]
    assert np.count_nonzero(under[..., AT["shape"]]) == 2 * len(SCENE.shapes)


def test_letters_are_marked_in_the_order_in_which_they_are_read() -> None:
    font = ImageFont.load_default(20)
    assert isinstance(font, ImageFont.FreeTypeFont)
    sign = Sign(112, 112, (255, 255, 255), (0, 0, 0), (Line("Abc xyz7", font, 4, 30),))
    grid = tile_grid(112, 112, max_tiles=1, tile_size=TILE_SIZE)
    under = cells(sign.marks(), (112, 112), grid)[0]
    slots = [AT[f"character-{k}"] for k in range(4)]
    read = [CHARACTERS[c - 1] for c in under[:, slots].ravel() if c]
    assert "".join(read) == "Abcxyz7"
    # All in one row of visual tokens, and none of them where the letters are too small to read.
    assert len({k // TOKENS_PER_SIDE for k in np.flatnonzero(under[:, slots].any(axis=1))}) == 1
    tiny = cells(sign.marks(), (448, 448), tile_grid(448, 448, max_tiles=1, tile_size=TILE_SIZE))
    assert not tiny[..., slots].any()


@given(seeds)
@settings(max_examples=40, deadline=None)
def test_a_sign_is_inside_its_picture(seed: int) -> None:
    sign = random_sign(random.Random(seed))
    (line,) = sign.lines
    assert 1 <= len(line.text) <= 8
    for mark in sign.marks():
        assert mark.width / 2 <= mark.x <= sign.width - mark.width / 2
        assert 0 < mark.y < sign.height


@given(seeds)
@settings(max_examples=40, deadline=None)
def test_a_whole_chart_is_marked_with_the_values_of_its_bars(seed: int) -> None:
    chart = random_chart(random.Random(seed))
    size = chart.width, chart.height
    under = cells(chart.marks(), size, tile_grid(*size, max_tiles=1, tile_size=TILE_SIZE))
    told = {
        CHARACTERS[cell[AT[f"label-{k}"]] - 1]: cell[AT[f"level-{k}"]]
        for cell in under.reshape(-1, under.shape[-1])
        for k in range(2)
        if cell[AT[f"level-{k}"]]
    }
    values = dict(zip(chart.labels, chart.values, strict=True))
    assert (
        told and told.items() <= {n: round(20 * v / chart.top) for n, v in values.items()}.items()
    )
    if len(values) == 3:
        assert len(told) == 3


def test_a_sample_learns_its_answers_and_nothing_else() -> None:
    _, tokenizer = load_model(BUNDLED_MODEL)
    sample = random_sample(random.Random(4), tokenizer)
    learned = [label for label in sample.labels if label != IGNORE]
    text = tokenizer.decode(learned)
    assert text.endswith("<|im_end|>") and "user" not in text and "<img>" not in text
    context = tokenizer.convert_tokens_to_ids("<IMG_CONTEXT>")
    assert sample.ids.count(context) == 16 * len(sample.tiles)


def test_what_is_read_is_learned_character_by_character() -> None:
    _, tokenizer = load_model(BUNDLED_MODEL)
    sample = random_sample(random.Random(4), tokenizer, kinds=["sign"])
    learned = tokenizer.batch_decode([[k] for k in sample.labels if k != IGNORE])
    first = next(k for k, text in enumerate(learned) if text.endswith(('"', "“"))) + 1
    word = learned[first:-2]
    assert word and all(len(character) == 1 for character in word)


def test_while_everything_is_learned_some_pictures_are_only_named() -> None:
    _, tokenizer = load_model(BUNDLED_MODEL)
    trainee = Trainee(configuration(tokenizer, layers=1))
    found = set()
    for batch in batches(tokenizer, seed=1, stage="everything", kinds=["easy"], tokens=400):
        answers, naming = trainee.losses(batch, "everything")
        assert (answers is None) == (not batch.ids.numel()) and naming > 0
        if answers is not None:
            slots = batch.ids == trainee.model.config.image_token_id
            assert int(slots.sum()) == 16 * len(batch.pixels)
        found.add(answers is None)
        if found == {True, False}:
            break


def test_a_new_head_leaves_the_tower_that_it_reads_alone() -> None:
    _, tokenizer = load_model(BUNDLED_MODEL)
    trainee = Trainee(configuration(tokenizer, layers=1))
    batch = next(batches(tokenizer, seed=1, stage="head", tiles=8))
    answers, naming = trainee.losses(batch, "head")
    naming.backward()
    assert answers is None and trainee.naming.weight.grad is not None
    assert all(weight.grad is None for weight in trainee.model.parameters())


def test_only_the_kinds_that_are_asked_for_are_learned() -> None:
    _, tokenizer = load_model(BUNDLED_MODEL)
    rng = random.Random(5)
    for _ in range(3):
        assert len(random_sample(rng, tokenizer, kinds=["easy"]).tiles) == 1
        assert len(random_sample(rng, tokenizer, kinds=["words"]).tiles) == 0


def test_a_trainee_takes_over_the_tokens_that_both_vocabularies_know(tmp_path: Path) -> None:
    model, before = load_model(BUNDLED_MODEL, dtype="float32")
    write_tokenizer(tmp_path, vocabulary=400)
    tokenizer = AutoTokenizer.from_pretrained(tmp_path, trust_remote_code=False)
    trainee = Trainee(configuration(tokenizer))
    trainee.begin_at(BUNDLED_MODEL, tokenizer)
    text = "What colour is the star?<IMG_CONTEXT><|im_end|>"
    ours, theirs = (list(known(text).input_ids) for known in (tokenizer, before))
    words = trainee.model.get_input_embeddings().weight
    shared = 0
    for token in set(tokenizer.convert_ids_to_tokens(ours)):
        if token in before.get_vocab():
            shared += 1
            ours_row = words[tokenizer.convert_tokens_to_ids(token)]
            theirs_row = model.get_input_embeddings().weight[before.convert_tokens_to_ids(token)]
            assert torch.equal(ours_row, theirs_row)
    assert shared >= 5
    inside = "model.vision_tower.encoder.layer.0.mlp.fc1.weight"
    assert torch.equal(trainee.model.state_dict()[inside], model.state_dict()[inside])


def test_traditional_characters_are_read_as_the_simplified_ones() -> None:
    _, tokenizer = load_model(BUNDLED_MODEL)
    for traditional, simplified in (
        ("影片裡發生了什麼？", "视频里发生了什么？"),
        ("請提供以下描述所指區域的邊界框座標：", "请提供以下描述所指区域的边界框坐标："),
        ("What is this? <|im_end|>\n 圖 x", "What is this? <|im_end|>\n 图 x"),
    ):
        assert tokenizer(traditional).input_ids == tokenizer(simplified).input_ids
        assert tokenizer.decode(tokenizer(simplified).input_ids) == simplified


def test_an_export_replaces_the_tokenizer_of_the_one_before(tmp_path: Path) -> None:
    state, target = tmp_path / "state", tmp_path / "target"
    state.mkdir()
    shutil.copytree(BUNDLED_MODEL, target)
    write_tokenizer(state, vocabulary=400)
    known = AutoTokenizer.from_pretrained(state, trust_remote_code=False)
    torch.save({"trainee": Trainee(configuration(known)).state_dict()}, state / "state.pt")
    export(state, target)
    model, tokenizer = load_model(target)
    assert len(tokenizer) == len(known) == model.get_input_embeddings().num_embeddings
    text = "What colour is the star?"
    assert tokenizer(text).input_ids == known(text).input_ids


def test_layers_that_a_checkpoint_has_not_say_nothing_at_first() -> None:
    model, tokenizer = load_model(BUNDLED_MODEL, dtype="float32")
    layers = len(model.model.language_model.layers)
    trainee = Trainee(configuration(tokenizer, layers=layers + 2))
    trainee.begin_at(BUNDLED_MODEL, tokenizer)
    ids = tokenizer("What colour is the star?", return_tensors="pt").input_ids
    with torch.inference_mode():
        torch.testing.assert_close(trainee.model(ids).logits, model(input_ids=ids).logits)


def test_it_is_what_the_question_before_was_about() -> None:
    rng = random.Random(3)
    asked = [qa for _ in range(50) for qa in questions.ask_in_turn(SCENE, 6, rng)]
    follow_ups = [k for k, qa in enumerate(asked) if qa.kind == "follow-up"]
    assert len(follow_ups) > 10
    for k in follow_ups:
        subject = asked[k].subject
        assert subject is not None and subject is asked[k - 1].subject
        told = (subject.colour, subject.shape, SCENE.place(subject))
        assert any(word in asked[k].answer for word in told)


def test_plain_attention_equals_that_of_torch() -> None:
    torch.manual_seed(0)
    query, key, value = torch.randn(2, 6, 9, 8), torch.randn(2, 2, 9, 8), torch.randn(2, 2, 9, 8)
    for causal in (True, False):
        layer = torch.nn.Module()
        layer.is_causal = causal
        ours, _ = plain_attention(layer, query, key, value, None, scaling=0.3)
        expected = scaled_dot_product_attention(
            query, key, value, is_causal=causal, scale=0.3, enable_gqa=True
        )
        torch.testing.assert_close(ours, expected.transpose(1, 2))


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("I see a blue star on the right and a red circle on the left: two shapes.", True),
        ("I see a red circle on the left, a blue star on the right: two shapes.", True),
        ("I see a red star on the left and a blue circle on the right: two shapes.", False),
        ("I see a red circle on the left: two shapes.", False),
        ("I see a red circle on the left and a blue star on the right: three shapes.", False),
    ],
)
def test_an_answer_is_right_when_it_says_all_and_nothing_else(answer: str, right: bool) -> None:
    expected = "I see a red circle on the left and a blue star on the right: two shapes."
    assert is_right(QA("describe", "", expected), answer) is right


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        ("I see a red circle at the top and a red star on the right: two red shapes.", True),
        ("I see a red circle at the top and a red star on the left: two red shapes.", True),
        ("I see a red circle at the top: one red shape.", False),
        ("There are no red shapes.", False),
    ],
)
def test_of_a_count_only_the_number_counts(answer: str, right: bool) -> None:
    expected = "I see a red circle at the top and a red star on the right: two red shapes."
    assert is_right(QA("count", "", expected), answer) is right


def test_of_a_video_only_what_happens_counts() -> None:
    qa = QA("video", "", "First there is nothing, in the end a star at the top: a star appears.")
    assert is_right(qa, "First there is nothing, in the end a star on the left: a star appears.")
    assert not is_right(
        qa, "First there is nothing, in the end a star at the top: a star moves up."
    )


@pytest.mark.parametrize(
    ("qa", "answer", "right"),
    [
        (QA("grounding", "", "<box>[[100, 100, 300, 300]]</box>"), "[[120, 90, 310, 290]]", True),
        (QA("grounding", "", "<box>[[100, 100, 300, 300]]</box>"), "[[250, 250, 450, 450]]", False),
        (QA("grounding", "", "<box>[[100, 100, 300, 300]]</box>"), "It is red.", False),
        (QA("value", "", "The value of B is 40.", tolerance=5), "The value of B is 45.", True),
        (QA("value", "", "The value of B is 40.", tolerance=5), "The value of B is 46.", False),
        (QA("reading", "", 'The text says "AB1".'), 'The text says "AB1".', True),
        (QA("reading", "", 'The text says "AB1".'), 'The text says "ab1".', False),
    ],
)
def test_boxes_count_by_overlap_and_numbers_by_distance(qa: QA, answer: str, right: bool) -> None:
    assert is_right(qa, answer) is right


@given(seeds)
@settings(max_examples=30, deadline=None)
def test_a_pair_differs_in_the_one_object_that_its_answer_names(seed: int) -> None:
    (first, second), qa = random_pair(random.Random(seed))
    changed = set(first.shapes) ^ set(second.shapes)
    assert 1 <= len(changed) <= 2
    assert any(ENGLISH.name(s.shape, s.colour) in qa.answer for s in changed)


def test_chinese_questions_say_the_same_of_a_scene() -> None:
    assert questions.describe(SCENE, CHINESE) == (
        "左上角有一个红色圆形、右侧有一个蓝色星形和左下角有一个绿色圆形：共三个图形。"
    )
    assert questions.contents(SCENE, CHINESE) == "一个红色圆形、一个蓝色星形和一个绿色圆形。"


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_question_can_be_asked_in_every_language(kind: str, tmp_path: Path) -> None:
    for language in LANGUAGES:
        case = next(KINDS[kind](Studio(random.Random(1), tmp_path, language, draw)))
        assert all(part.path.is_file() for part in case.parts if isinstance(part, Image | Video))
        assert all(qa.question and qa.answer and "{" not in qa.question for qa in case.asked)
        assert is_right(case.asked[-1], case.asked[-1].answer)


# A little below what the bundled model reaches here, so that a swapped image, a lost frame or a
# misplaced tile shows. They are no aims: the model's card says how far it is from those.
THRESHOLDS = {
    "colour": 0.95,
    "shape": 0.95,
    "position": 0.9,
    "count": 0.85,
    "yes-no": 0.9,
    "describe": 0.75,
    "grounding": 0.8,
    "follow-up": 0.9,
    "reading": 0.35,
    "chart": 0.85,
    "axis": 0.85,
    "value": 0.7,
    "images": 0.8,
    "difference": 0.85,
    "video": 0.8,
    "video-16": 0.85,
    "frame": 0.9,
    "unknown": 0.95,
    "words": 0.95,
}


@pytest.fixture(scope="module")
def outcomes() -> list[Outcome]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    model, tokenizer = load_model(BUNDLED_MODEL)
    try:
        return evaluate(model, tokenizer, kinds=list(THRESHOLDS), cases=40, seed=7)
    finally:
        torch.set_num_threads(threads)


@pytest.mark.parametrize("kind", THRESHOLDS)
def test_the_bundled_model_on_scenes_it_has_never_seen(kind: str, outcomes: list[Outcome]) -> None:
    of_kind = [outcome for outcome in outcomes if outcome.kind == kind]
    wrong = [f"{o.question} → {o.answer} (not {o.expected})" for o in of_kind if not o.right]
    assert 1 - len(wrong) / len(of_kind) >= THRESHOLDS[kind], "\n".join(wrong)
