"""Errors that a visitor or an operator may cause: the message is the sentence they read."""


class UserError(Exception):
    """Something the person can put right. ``str(error)`` is shown as it is, so it must be
    one clear sentence that says what is wrong and what to do, without paths of the server."""


class MediaError(UserError):
    """A file that cannot be used. The sentence names the file as the visitor named it."""


class PromptError(UserError):
    """A question that cannot be put to the model as it stands."""


class CheckpointError(UserError):
    """A checkpoint that is missing, incomplete or of an unknown kind."""


class SettingsError(UserError):
    """A command line or environment that contradicts itself."""
