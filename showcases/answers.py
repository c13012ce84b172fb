"""``python -m showcases.answers``: asks the bundled model every showcase of the chat, in every
language of the page.

What it says, right or wrong, is kept in ``assets/examples/answers.json``, for these weights only:
to be run again whenever the bundled model is another one.
"""

import asyncio
import threading
from dataclasses import replace

from app import local_engine
from internvl_ui.conversation import Conversation, GenerationOptions, Note, append, assistant
from internvl_ui.engines.base import Delta, Engine, Failed, Finished, Request
from internvl_ui.media.visuals import media_kind
from internvl_ui.settings import read_settings
from internvl_ui.ui.convert import MediaOptions, to_message
from internvl_ui.ui.examples import Example, load_examples, save_answers
from internvl_ui.ui.languages import NAMES, speaking


async def ask(engine: Engine, example: Example) -> Conversation:
    """The example's question, asked as the page does, and the answer with how it came about."""
    files = [(file, media_kind(file.path, name=file.name)) for file in example.files]
    asked = Conversation((to_message(example.question, files, MediaOptions()),))
    text = ""
    async for event in engine.stream(Request(asked, GenerationOptions()), stop=threading.Event()):
        match event:
            case Delta():
                text += event.text
            case Failed():
                raise RuntimeError(event.reason)
            case Finished():
                # How fast it was says nothing of the machine on which the answer is shown.
                usage = replace(event.usage, time_to_first_token=0.0, total_time=0.0)
                note = Note(engine.name, event.reason, usage, event.seed)
    return append(asked, assistant(text, note))


def main() -> None:
    engine = local_engine(read_settings([], {}))
    engine.wait_loaded()
    examples = []
    for example in load_examples():
        if example.page == "chat":
            kept: dict[str, Conversation] = {}
            for language in NAMES:
                with speaking(language):
                    kept[language] = asyncio.run(ask(engine, example))
                    said = kept[language].messages[-1].text
                    verdict = "right" if example.is_right(said) else "wrong"
                    print(f"{verdict}  {language} {example.name}: {said}")
            example = replace(example, kept=kept)
        examples.append(example)
    save_answers(examples)
    engine.close()


if __name__ == "__main__":
    main()
