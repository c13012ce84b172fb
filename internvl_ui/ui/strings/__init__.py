"""Every word of the page: a module for each language, with the same names. English is the
reference. ``strings.READY`` is in the language of the visitor whose event is being handled."""

from typing import TYPE_CHECKING

from internvl_ui.errors import Sentence, UserError
from internvl_ui.ui.languages import spoken
from internvl_ui.ui.strings import en, zh_cn, zh_tw

MODULES = {"en": en, "zh-CN": zh_cn, "zh-TW": zh_tw}

if TYPE_CHECKING:
    from internvl_ui.ui.strings.en import *  # noqa: F403
else:

    def __getattr__(name):
        words = vars(MODULES[spoken()])
        return words[name] if name in words else getattr(en, name)


def said(problem: UserError | str) -> str:
    """A sentence of the other rooms, which speak English, in the visitor's language."""
    sentence = problem.sentence if isinstance(problem, UserError) else problem
    if not isinstance(sentence, Sentence):
        return sentence
    template = MODULES[spoken()].SENTENCES.get(sentence.template)
    if template is None:
        return str(sentence)
    # A field may be a part of a sentence, which has its own words in each language.
    return template.format(
        **{
            name: said(value) if isinstance(value, Sentence) else value
            for name, value in sentence.fields.items()
        }
    )
