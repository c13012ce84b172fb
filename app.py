"""Start the page: settings, engine, page, launch."""

import sys
import threading
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import replace
from typing import Any

from internvl_ui.engines.loading import Loading
from internvl_ui.engines.local import LocalEngine
from internvl_ui.engines.switching import Choice, Switching
from internvl_ui.errors import UserError
from internvl_ui.model.checkpoint import read_checkpoint
from internvl_ui.offers import name_of, settings_for, start_choice
from internvl_ui.settings import Settings, read_settings

_IN_TURN = threading.Lock()
"""Models load one after another: each is placed where the others left room, or refused."""


def local_engine(
    settings: Settings, *, after: threading.Event | None = None, loading: Loading | None = None
) -> LocalEngine:
    """The engine for the settings' checkpoint, which loads in the background once ``after`` is
    set (None: at once) and tells ``loading`` how far it is.

    Raises CheckpointError for a local folder that is no complete checkpoint.
    """
    loading = loading or Loading()

    def load() -> tuple[Any, Any]:
        if after is not None:
            after.wait()
        from internvl_ui.model.loading import load_model

        # Another model may load while this one's weights are still on their way.
        read_checkpoint(settings.model, settings.revision)
        with _IN_TURN:
            return load_model(
                settings.model,
                revision=settings.revision,
                adapter=settings.adapter,
                dtype=settings.dtype,
                quantization=settings.quantization,
                attention=settings.attention,
                device=settings.device,
                placement=settings.placement,
                offload_folder=settings.offload_folder,
                packed=True,
                on_progress=loading.report,
            )

    cache = None if settings.cache_gb is None else int(settings.cache_gb * 2**30)
    return LocalEngine(
        load,
        name=name_of(settings),
        video_reader=settings.video_reader,
        cache_bytes=cache,
        loading=loading,
    )


def switching_engine(settings: Settings, *, after: threading.Event | None = None) -> Switching:
    """The same, and another may take its place; raises the same."""

    def make(choice: Choice, loading: Loading) -> LocalEngine:
        return local_engine(settings_for(choice, settings), after=after, loading=loading)

    def fetch(choice: Choice) -> None:
        read_checkpoint(choice.model, settings_for(choice, settings).revision)

    return Switching(make, start_choice(settings), fetch=fetch)


def others_of(settings: Settings, *, after: threading.Event | None = None) -> list[LocalEngine]:
    """An engine for each model to compare with; raises the same. Each stands by itself: it has no
    adapter and no revision of the first."""
    return [
        local_engine(replace(settings, model=model, revision=None, adapter=None), after=after)
        for model in settings.compare_with
    ]


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the page until it is interrupted. Returns the exit code: 2 if it cannot."""
    try:
        settings = read_settings(arguments)
        if settings.check:
            from internvl_ui.doctor import as_text, examine

            print(as_text(examine()))
            return 0
        page_is_up = threading.Event()
        engine_for = local_engine if settings.switching == "off" else switching_engine
        with ExitStack() as closing_all:
            engine = closing_all.enter_context(closing(engine_for(settings, after=page_is_up)))
            try:
                others = others_of(settings, after=page_is_up)
                for other in others:
                    closing_all.enter_context(closing(other))
                # Gradio takes seconds to import: a command that cannot work should not wait for
                # it; nor should the page wait for torch, which takes as many.
                from internvl_ui.ui.page import build_page
                from internvl_ui.ui.serve import serve

                address = serve(build_page(engine, settings, others), settings)
            finally:
                page_is_up.set()
            print(f"Serving {engine.name} at {address}", flush=True)
            engine.wait_loaded()
            threading.Event().wait()
    except UserError as error:
        print(error, file=sys.stderr, flush=True)
        return 2
    except KeyboardInterrupt:
        pass
    return 0


if __name__ == "__main__":
    sys.exit(main())
