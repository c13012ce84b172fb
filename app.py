"""Start the page: settings, engine, page, launch."""

import sys
import threading
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from internvl_ui.engines.loading import Loading
from internvl_ui.engines.local import LocalEngine
from internvl_ui.errors import UserError
from internvl_ui.model.checkpoint import read_checkpoint
from internvl_ui.settings import Settings, read_settings


def local_engine(settings: Settings, *, after: threading.Event | None = None) -> LocalEngine:
    """The engine for the settings' checkpoint, which loads in the background once ``after`` is
    set (None: at once).

    Raises CheckpointError for a local folder that is no complete checkpoint.
    """
    model = settings.model
    loading = Loading()
    on_the_hub = not Path(model).expanduser().exists() and model.count("/") == 1
    name = model.split("/")[1] if on_the_hub else read_checkpoint(model, settings.revision).name

    def load() -> tuple[Any, Any]:
        if after is not None:
            after.wait()
        from internvl_ui.model.loading import load_model

        return load_model(
            model,
            revision=settings.revision,
            adapter=settings.adapter,
            dtype=settings.dtype,
            quantization=settings.quantization,
            attention=settings.attention,
            device=settings.device,
            placement=settings.placement,
            offload_folder=settings.offload_folder,
            on_progress=loading.report,
        )

    cache = None if settings.cache_gb is None else int(settings.cache_gb * 2**30)
    return LocalEngine(
        load,
        name=name,
        video_reader=settings.video_reader,
        cache_bytes=cache,
        loading=loading,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve the page until it is interrupted. Returns the exit code: 2 if it cannot."""
    try:
        settings = read_settings(arguments)
        if settings.check:
            from internvl_ui.doctor import as_text, examine

            print(as_text(examine()))
            return 0
        page_is_up = threading.Event()
        with closing(local_engine(settings, after=page_is_up)) as engine:
            try:
                # Gradio takes seconds to import: a command that cannot work should not wait for
                # it; nor should the page wait for torch, which takes as many.
                from internvl_ui.ui.page import build_page
                from internvl_ui.ui.serve import serve

                address = serve(build_page(engine, settings), settings)
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
