"""Names for files that this process gives out and nobody else can make up.

What a visitor's browser keeps comes back as the visitor likes. A name is therefore sealed with a
key that never leaves this process: whoever shows one was given it, and a path that was not given
out here, be it the system's or another visitor's, has none.
"""

import hashlib
import hmac
import secrets
from pathlib import Path
from typing import Any


class References:
    """Holds nothing but its key, so that names cost no memory and end with the process."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)

    def name(self, path: Path) -> str:
        """The name of a file that its visitor has just used."""
        return f"{self._seal(str(path))}:{path}"

    def path(self, name: Any) -> Path | None:
        """The file of a name; None if the name was not given out here or the file is gone."""
        if not isinstance(name, str):
            return None
        seal, _, path = name.partition(":")
        if not hmac.compare_digest(seal.encode(), self._seal(path).encode()):
            return None
        return Path(path) if Path(path).is_file() else None

    def _seal(self, path: str) -> str:
        text = path.encode("utf-8", "surrogatepass")
        return hmac.new(self._key, text, hashlib.sha256).hexdigest()
