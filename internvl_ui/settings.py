"""The command line and the environment, read once into one frozen ``Settings``.

Every option has an environment variable ``INTERNVL_UI_<OPTION>``, for Spaces and containers;
the command line wins. Knows neither gradio nor torch.
"""

import argparse
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from internvl_ui.errors import SettingsError

BUNDLED_MODEL = Path(__file__).resolve().parent.parent / "assets" / "internvl-nano"
_PREFIX = "INTERNVL_UI_"


@dataclass(frozen=True, slots=True)
class Settings:
    model: str
    revision: str | None
    adapter: str | None
    dtype: str
    quantization: str | None
    attention: str
    device: str
    placement: str
    offload_folder: str | None
    cache_gb: float | None
    switching: Literal["auto", "on", "off"]
    models_folder: str | None
    video_reader: Literal["pyav", "decord"]
    host: str
    port: int
    max_queue: int
    max_upload_mb: int
    keep_files_hours: float
    compare_with: tuple[str, ...]
    mcp: bool
    max_batch_rows: int
    check: bool


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="app.py",
        description="A page on which people talk with InternVL3 about pictures and videos.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--model", default=str(BUNDLED_MODEL), help="checkpoint: a folder, a file, or a Hub id")
    add("--revision", default=None, help="branch, tag or commit of a Hub id")
    add("--adapter", default=None, help="LoRA adapter on top: a local folder or a Hub id")
    add("--dtype", default="auto", choices=["auto", "float32", "bfloat16", "float16"])
    add("--quantization", default=None, choices=["8bit", "4bit"], help="with bitsandbytes")
    add("--attention", default="auto", choices=["auto", "sdpa", "eager", "flash_attention_2"])
    add("--device", default="auto", help="auto, cpu, cuda, cuda:1, mps")
    add(
        "--placement",
        default="split",
        choices=["split", "automatic"],
        help="over several GPUs: the model card's way or accelerate's",
    )
    add(
        "--offload-folder",
        default=None,
        help="what fits on no device may lie in the host's memory and in this folder",
    )
    add(
        "--cache-gb",
        default=None,
        type=float,
        help="memory for what was computed before, 0 for none; left out, a share of what is free",
    )
    add(
        "--switching",
        default="auto",
        choices=["auto", "on", "off"],
        help="who may switch the model on the page; auto: whoever sits at this machine",
    )
    add(
        "--models-folder",
        default=None,
        help="a folder of checkpoints that may be switched to, besides the InternVL3 family",
    )
    add(
        "--compare-with",
        default=(),
        type=_names,
        metavar="MODEL,MODEL",
        help="further checkpoints, loaded beside the first, for columns of the compare page",
    )
    add("--video-reader", default="pyav", choices=["pyav", "decord"])
    add("--host", default="127.0.0.1", help="address to listen on")
    add("--port", default=7860, type=int, help="0 picks a free one")
    add("--max-queue", default=64, type=int, help="questions that may wait")
    add("--max-upload-mb", default=512, type=int, help="largest file a visitor may upload")
    add("--keep-files-hours", default=24.0, type=float, help="uploads are deleted after this")
    add("--mcp", action="store_true", help="offer the API as tools of the MCP, at /mcp")
    add("--max-batch-rows", default=500, type=int, help="pictures times questions of one batch")
    add("--check", action="store_true", help="say what this machine has and can run, and end")
    return parser


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.split(",") if name.strip())


def read_settings(
    arguments: Sequence[str] | None = None, environment: Mapping[str, str] = os.environ
) -> Settings:
    """Settings from ``arguments`` (None: this process's) over ``environment`` over defaults.

    Exits with code 2 and a sentence, as argparse does, on an unknown or malformed option.
    """
    parser = _parser()
    from_environment = []
    for action in parser._actions:
        variable = _PREFIX + action.dest.upper()
        # An option that takes no value is for a person at the command line.
        if action.nargs != 0 and environment.get(variable):
            from_environment += [action.option_strings[0], environment[variable]]
    arguments = sys.argv[1:] if arguments is None else arguments
    settings = Settings(**vars(parser.parse_args([*from_environment, *arguments])))
    if not 0 <= settings.port <= 65535:
        raise SettingsError(f"--port {settings.port} is no port; use 0 to 65535.")
    if settings.cache_gb is not None and not 0 <= settings.cache_gb < float("inf"):
        raise SettingsError(f"--cache-gb {settings.cache_gb} is no amount; use 0 or more.")
    if settings.models_folder is not None and not Path(settings.models_folder).is_dir():
        raise SettingsError(f"--models-folder {settings.models_folder} is no folder.")
    return settings
