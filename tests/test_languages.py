"""Every visitor reads their own language, and each language says all that English says."""

import ast
import re
import shutil
import string
import threading
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import app
from internvl_ui.errors import CheckpointError, MediaError, Sentence, UserError
from internvl_ui.settings import read_settings
from internvl_ui.ui import strings
from internvl_ui.ui.languages import NAMES, Language, language_of, speaking
from internvl_ui.ui.localised import framed, worded
from internvl_ui.ui.strings import en
from tests.conftest import REFERENCE
from tests.test_handlers import House, state

ROOT = Path(__file__).parent.parent
OTHERS = [module for module in strings.MODULES.values() if module is not en]
SAME = {"TITLE", "TOP_P", "TOP_K", "IMAGE_NUMBER", "FRAME_NUMBER", "BOXES_FILE"}
"""Names, and words that the prompt or a file has too: the same in every language."""
ANY = re.compile(r"[A-Za-z]{3,}")
KNOWN = re.compile(
    r"(config|tokenizer|vocab)\.json|tokenizer\.model|merges\.txt|automatic|"
    r"tokens?|GPU|bf16|float32|Markdown|JSON|JPEG|PNG|WebP|HEIC|MP4|WebM|CSV|UTF-8|zip|pyav|decord|"
    r"pip install|InternVL\w*|OpenGVLab|Image-1|Image-2|image|question|app\.py|--model|[Tt]op-[pk]|"
    r"--switching on|auto|</?ref>|Hugging Face|Hub|NVIDIA|Ampere|flash-attn|flash_attention_2|"
    r"--no-build-isolation|--attention sdpa|--dtype bfloat16|float16|[48]bit|bitsandbytes|peft|"
    r"sentencepiece|protobuf|safetensors|metadata|internvl\w*|internlm3|(qkv_)?bias|pixel shuffle|"
    r"L[oO]RA|split|num_patches_list|(batch_)?chat"
)
"""What is written in Latin letters in a Chinese text too."""


def words(module: ModuleType) -> dict[str, Any]:
    return {name: value for name, value in vars(module).items() if name.isupper()}


def texts(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Every text in a value, with where it is."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            yield from texts(item, f"{path}[{key}]")
    else:
        for place, item in enumerate(value):
            yield from texts(item, f"{path}[{place}]")


def fields(template: str) -> set[tuple[str, str]]:
    """Names and formats; how exact a number is does not depend on the language."""
    return {(name, form or "") for _, name, form, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("module", OTHERS, ids=lambda module: module.LANGUAGE)
def test_a_language_has_every_name_and_every_field_of_english(module: ModuleType) -> None:
    own, reference = words(module), words(en)
    assert own.keys() == reference.keys()
    for name in reference.keys() - {"SENTENCES"}:
        mine, theirs = dict(texts(own[name], name)), dict(texts(reference[name], name))
        assert mine.keys() == theirs.keys()
        for path in theirs:
            if "PRESETS" not in path:
                assert fields(mine[path]) == fields(theirs[path]), path
    for template, translated in own["SENTENCES"].items():
        assert fields(translated) == fields(template), template


@pytest.mark.parametrize("module", OTHERS, ids=lambda module: module.LANGUAGE)
def test_nothing_in_a_language_is_left_in_english(module: ModuleType) -> None:
    for name, value in words(module).items():
        if name in SAME | {"LANGUAGE"}:
            assert name == "LANGUAGE" or value == getattr(en, name)
            continue
        for path, text in texts(value, name):
            if path == "PRESETS[Thinking]":  # The model card's own words.
                assert text == en.PRESETS["Thinking"]
                continue
            bare = KNOWN.sub("", re.sub(r"\{[^}]*\}", "", text))
            assert not ANY.search(bare), f"{path}: {text}"
            assert not re.search(r"[\u4e00-\u9fff][,.:;?!](?!\d)", bare), f"{path}: {text}"


def test_no_character_of_the_other_script_is_left() -> None:
    hans, hant = strings.MODULES["zh-CN"], strings.MODULES["zh-TW"]
    only_hans = set("们这为时对说过还没见图张视频设开关长问题选择请无应发个会将从点样话")
    only_hant = set("們這為時對說過還沒見圖張視頻設開關長問題選擇請無應發個會將從點樣話")
    shared = only_hans & only_hant
    for path, text in texts(words(hant), ""):
        assert not set(text) & (only_hans - shared), f"{path}: {text}"
    for path, text in texts(words(hans), ""):
        assert not set(text) & (only_hant - shared), f"{path}: {text}"


def test_traditional_speaks_as_people_in_taiwan_do() -> None:
    mainland = ("視頻", "文件夾", "服務器", "默認", "設置", "保存", "鏈接", "加載", "內存", "上載")
    for path, text in texts(words(strings.MODULES["zh-TW"]), ""):
        assert not [word for word in mainland if word in text], f"{path}: {text}"


REFUSALS = {
    "UserError",
    "MediaError",
    "NotAVideo",
    "DocumentError",
    "PromptError",
    "CheckpointError",
}
ROOMS = {
    "document.py": REFUSALS,
    "standing.py": {"Sentence"},
    "media/*.py": REFUSALS,
    "model/*.py": REFUSALS | {"Sentence"},
    "engines/*.py": REFUSALS | {"Sentence"},
}
"""What the rooms below the page say to a visitor by."""


def raised() -> Iterator[tuple[str, ast.Call]]:
    """Where they say it, by the file."""
    for files, names in ROOMS.items():
        for file in (ROOT / "internvl_ui").glob(files):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and getattr(node.func, "id", "") in names:
                    yield file.name, node


def test_whatever_a_visitor_can_cause_is_said_in_every_language() -> None:
    found = list(raised())
    assert len(found) > 100
    for file, call in found:
        template = call.args[0]
        assert isinstance(template, ast.Constant), f"{file}:{call.lineno} is not a template"
        for module in OTHERS:
            assert template.value in module.SENTENCES, f"{file}: {template.value}"


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("", "en"),
        ("de-DE,de;q=0.9", "en"),
        ("de,zh-CN;q=0.5", "zh-CN"),
        ("en-US,en;q=0.9,zh-CN;q=0.8", "en"),
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-CN"),
        ("zh", "zh-CN"),
        ("zh-SG", "zh-CN"),
        ("zh-TW,zh;q=0.9,en-US;q=0.8", "zh-TW"),
        ("zh-HK", "zh-TW"),
        ("zh-Hant-MO;q=0.7, en;q=0.6", "zh-TW"),
        ("zh-Hans-HK", "zh-CN"),
        ("en;q=0.1,ZH-tw;q=0.2", "zh-TW"),
        ("zh;q=0", "en"),
        ("zh;q=nonsense;;,,=", "zh-CN"),
    ],
)
def test_the_browser_chooses_the_language(asked: str, language: Language) -> None:
    assert language_of({"accept-language": asked}) == language


def test_what_was_chosen_on_the_page_comes_before_the_browser() -> None:
    def chosen(cookie: str) -> str:
        return language_of({"cookie": cookie, "accept-language": "zh-CN"})

    assert chosen("a=b; internvl-ui-language=zh-TW; c=d") == "zh-TW"
    assert chosen("internvl-ui-language=en") == "en"
    assert chosen("internvl-ui-language=klingon") == "zh-CN"
    assert chosen("not-internvl-ui-language=en") == "zh-CN"


def test_words_are_those_of_the_language_spoken() -> None:
    assert strings.SEND == "Send"
    with speaking("zh-CN"):
        assert strings.SEND == "发送"
        with speaking("zh-TW"):
            assert strings.SEND == "傳送"
        assert strings.SEND == "发送"
    assert set(NAMES) == set(strings.MODULES)
    with pytest.raises(AttributeError):
        _ = strings.NO_SUCH_WORD


def test_a_sentence_of_another_room_is_said_in_the_visitors_language() -> None:
    error = MediaError('"{name}" is not there. Choose the file again.', name="a {b}.png")
    assert str(error) == strings.said(error) == '"a {b}.png" is not there. Choose the file again.'
    with speaking("zh-CN"):
        assert strings.said(error) == "找不到“a {b}.png”。请重新选择文件。"
        assert strings.said(error.sentence) == strings.said(error)
        assert strings.said(UserError("Unknown {here}.")) == "Unknown {here}."
        assert strings.said("plain") == "plain"
    assert Sentence("{a:.1f} {b}", a=1.25, b="x") == "1.2 x"


def test_a_part_of_a_sentence_is_said_in_the_same_language() -> None:
    error = CheckpointError(
        "“{name}” lacks the weight {weights}; download the checkpoint again.",
        name="a",
        weights=Sentence("{first} and {count} more", first="b", count=2),
    )
    assert str(error) == "“a” lacks the weight b and 2 more; download the checkpoint again."
    with speaking("zh-CN"):
        assert strings.said(error) == "“a”缺少权重 b 及另外 2 个；请重新下载检查点。"


def test_why_a_model_could_not_be_loaded_is_said_in_the_visitors_language(tmp_path: Path) -> None:
    folder = tmp_path / "short"
    shutil.copytree(REFERENCE / "qwen2-vit300m", folder)
    page_is_up = threading.Event()
    engine = app.local_engine(read_settings(["--model", str(folder)], {}), after=page_is_up)
    (folder / "model-00002-of-00002.safetensors").unlink()
    page_is_up.set()
    house = House(engine)
    for language, sentence in (
        ("zh-CN", "“short”不完整：缺少权重文件 model-00002-of-00002.safetensors；请重新下载"),
        ("zh-TW", "「short」不完整：缺少權重檔 model-00002-of-00002.safetensors；請重新下載"),
    ):
        with speaking(language):
            house.send("你好")
            *_, (_, status, _) = house.answer()
        assert state(status) == "error" and sentence in status
    engine.close()


def test_words_are_laid_over_a_page_and_its_numbers_stay() -> None:
    own = {"id": 3, "props": {"label": "Seed", "choices": [["On", "on"]], "value": None}}
    other = {"id": 9, "props": {"label": "种子", "choices": [["开", "on"]], "value": "x"}}
    assert worded(own, other) == {
        "id": 3,
        "props": {"label": "种子", "choices": [["开", "on"]], "value": None},
    }


def test_the_frame_of_the_page_names_its_language() -> None:
    page = framed(b'<!doctype html><html\n\tlang="en"><head><title></title></head>', "zh-TW")
    assert b'lang="zh-TW"' in page and b'lang="en"' not in page
    assert page.index(b"'language'") < page.index(b"<title>")
