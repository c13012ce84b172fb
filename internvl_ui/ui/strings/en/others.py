"""What others than the page say, and what the page says instead, in English."""

from collections.abc import Mapping

TOASTS = {
    "Error": "Error",
    "Warning": "Please note",
    "Info": "For your information",
    "File(s) exceed the maximum allowed size of {size}: {names}": (
        "Larger than {size}, the most that is taken: {names}. Make it smaller and try again."
    ),
    "Invalid file type: {name}. Only {types} allowed.": (
        "{name} is no file for this panel. Any picture or video may be dropped on the question."
    ),
    "Error uploading file": "The file did not arrive; please add it again.",
    "Connection errored out.": "The server cannot be reached; please try again in a minute.",
    "Connection to the server was lost. Attempting reconnection...": (
        "The server cannot be reached; the page keeps trying."
    ),
}
"""What Gradio says in the browser, in English alone, and what the page says instead."""
SENTENCES: Mapping[str, str] = {}
"""What the other rooms say, by what they say in English, which needs no words of ours here."""
