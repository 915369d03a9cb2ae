"""The secret that signs the page's cookies, in a file of the state folder, so that a restart needs no new token.

Owns the file: removing it makes all cookies invalid at the next start. Blocks.
"""

from __future__ import annotations

import logging
import os
import secrets
from pathlib import Path

from obsd.text import printable
from obsd.web.keys import SECRET_BYTES

log = logging.getLogger(__name__)


def load(path: Path) -> bytes:
    """Returns the secret in a file, which is made if there is none; one for this start alone where that fails."""
    try:
        known = _read(path)
        if known is not None:
            return known
        made = secrets.token_bytes(SECRET_BYTES)
        path.unlink(missing_ok=True)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600), "wb") as stream:
            stream.write(made)
    except OSError as error:
        log.warning("the page's cookies hold until the next start only: %s: %s", printable(str(path)), error.strerror)
        return secrets.token_bytes(SECRET_BYTES)
    return made


def _read(path: Path) -> bytes | None:
    """The secret; None where there is none, or none that only this user could have read."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    with open(descriptor, "rb") as stream:
        state = os.fstat(descriptor)
        if state.st_uid != os.geteuid() or state.st_mode & 0o077:
            return None
        content = stream.read(SECRET_BYTES + 1)
    return content if len(content) == SECRET_BYTES else None
