"""Imports run one way: conversation <- media <- model <- engines <- ui <- app."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = (
    "errors",
    "conversation",
    "grounding",
    "document",
    "media",
    "model",
    "engines",
    "ui",
    "app",
)
MAY_IMPORT_GRADIO = ("internvl_ui/ui/", "app.py")
MAY_IMPORT_TORCH = (
    "internvl_ui/model/",
    "internvl_ui/engines/answering.py",
    "internvl_ui/engines/sampling.py",
    "training/",
    "benchmarks/",
)
TORCH = ("torch", "transformers")


def modules() -> list[Path]:
    found = [ROOT / "app.py"]
    for folder in ("internvl_ui", "training", "benchmarks", "showcases"):
        found += sorted((ROOT / folder).rglob("*.py"))
    return found


def imports(file: Path) -> set[str]:
    """Every module that a file imports, at its top or inside a function."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports by full name only"
            names.add(node.module or "")
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def room(module: str) -> str | None:
    match = re.match(r"internvl_ui\.(\w+)", module)
    name = match[1] if match else module.split(".")[0]
    return name if name in ROOMS else None


@pytest.mark.parametrize("file", modules(), ids=lambda f: f.relative_to(ROOT).as_posix())
def test_no_arrow_turns_round(file: Path) -> None:
    path = file.relative_to(ROOT).as_posix()
    own = room(path.removesuffix(".py").replace("/", "."))
    used = imports(file)
    if own is not None:
        for module in used:
            other = room(module)
            if other is not None:
                assert ROOMS.index(other) <= ROOMS.index(own), f"{path} must not know {module}"
    packages = {module.split(".")[0] for module in used}
    if path.startswith("internvl_ui/") and not path.startswith(MAY_IMPORT_GRADIO):
        assert "gradio" not in packages, f"{path} must not know gradio"
    if not path.startswith(MAY_IMPORT_TORCH):
        assert not packages & set(TORCH), f"{path} must not know torch or transformers"
    assert not packages & {"pickle", "dill"}


def test_an_arrow_that_turns_round_is_seen() -> None:
    assert room("internvl_ui.ui.page") == "ui" and room("internvl_ui.media.video") == "media"
    assert ROOMS.index("ui") > ROOMS.index("media")
    assert "internvl_ui.model.prompt" in imports(ROOT / "internvl_ui/model/chat.py")


def test_no_code_from_the_hub() -> None:
    for file in modules():
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.keyword) and node.arg == "trust_remote_code":
                assert isinstance(node.value, ast.Constant) and node.value.value is False, file
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("eval", "exec"), file
