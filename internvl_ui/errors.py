"""Errors that a visitor or an operator may cause: the message is the sentence they read."""

from collections.abc import Mapping
from typing import Any


class Sentence(str):
    """``template`` with its ``fields`` filled in, which another language can fill in too."""

    template: str
    fields: Mapping[str, Any]

    def __new__(cls, template: str, **fields: Any) -> "Sentence":
        # Without fields the template is a sentence already, and its braces are its own.
        sentence = super().__new__(cls, template.format(**fields) if fields else template)
        sentence.template, sentence.fields = template, fields
        return sentence


class UserError(Exception):
    """Something the person can put right. ``str(error)`` is one clear sentence that says what is
    wrong and what to do, without paths of the server; ``sentence`` is the same, not yet bound to
    its language."""

    def __init__(self, template: str = "", **fields: Any) -> None:
        self.sentence = Sentence(template, **fields)
        super().__init__(str(self.sentence))


class MediaError(UserError):
    """A file that cannot be used. The sentence names the file as the visitor named it."""


class PromptError(UserError):
    """A question that cannot be put to the model as it stands."""


class CheckpointError(UserError):
    """A checkpoint that is missing, incomplete or of an unknown kind."""


class SettingsError(UserError):
    """A command line or environment that contradicts itself."""
