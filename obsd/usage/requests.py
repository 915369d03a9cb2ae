"""Requests to a vendor: bounded in size and time, no redirect, and errors in words that a person can act on.

Owns the one way in which a vendor is asked, and the reading of its token. Blocking: a worker thread.
"""

from __future__ import annotations

import http.client
import json
import os
import stat
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, Final

from obsd.small_files import open_regular, read_at

MAX_BYTES: Final = 16 << 20
MAX_TOKEN_BYTES: Final = 4096
TIMEOUT_SECONDS: Final = 20.0
"""For each wait for bytes."""
WHOLE_SECONDS: Final = 120.0
"""For a whole answer: one that comes byte by byte ends there."""
MAX_WAIT_SECONDS: Final = 86_400.0
_PIECE: Final = 1 << 16


class UsageError(Exception):
    """A day is not read. `text` and `hint` are for a person; `wait_seconds`: the vendor asks for it, or 0."""

    def __init__(self, text: str, hint: str, wait_seconds: float = 0.0) -> None:
        super().__init__(text)
        self.text = text
        self.hint = hint
        self.wait_seconds = wait_seconds


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an error: the token goes to the configured host alone."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def read_token(path: str) -> str:
    """The token in a file that its owner alone may read. Raises UsageError."""
    try:
        with open_regular(path, follow=True) as descriptor:
            status = os.fstat(descriptor)
            if stat.S_IMODE(status.st_mode) & 0o077 or status.st_uid not in (os.geteuid(), 0):
                raise UsageError(f"{path} may be read by others", f"chmod 600 {path}, and let it be yours")
            token = read_at(descriptor, 0, MAX_TOKEN_BYTES).decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "not a token"
        raise UsageError(f"{path} cannot be read: {reason}", "token_file names the file with the key") from error
    if not token or not token.isprintable() or " " in token:
        raise UsageError(f"{path} has no token", "token_file names a file with the key alone in it")
    return token


def get_json(url: str, headers: Mapping[str, str]) -> Any:
    """The JSON document at a URL. Raises UsageError, whose text never has a header in it."""
    handlers: list[Any] = [_NoRedirect]
    if url.startswith("http:"):
        # Of the loopback interface: a proxy would read the key.
        handlers.append(urllib.request.ProxyHandler({}))
    opener = urllib.request.build_opener(*handlers)
    request = urllib.request.Request(url, headers=dict(headers))  # noqa: S310 - the setting is https, or loopback
    until = time.monotonic() + WHOLE_SECONDS
    try:
        with opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
            data = _bounded(answer, until)
    except urllib.error.HTTPError as error:
        error.close()
        raise _refused(error) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or str(error) or type(error).__name__
        raise UsageError(f"no answer: {reason}", "is the vendor reachable from this machine?") from error
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        hint = "the interface may have changed, or the answer broke off"
        raise UsageError("its answer is not whole JSON", hint) from error


def _bounded(answer: http.client.HTTPResponse, until: float) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := answer.read1(_PIECE):
        parts.append(part)
        size += len(part)
        if size > MAX_BYTES:
            raise UsageError(f"its answer has more than {MAX_BYTES >> 20} MiB", "that is no day of this interface")
        if time.monotonic() > until:
            raise UsageError(f"its answer took more than {WHOLE_SECONDS:.0f} s", "the connection may be slow")
    if answer.length:
        raise UsageError("its answer broke off", "the connection may be unreliable")
    return b"".join(parts)


def _refused(error: urllib.error.HTTPError) -> UsageError:
    code = error.code
    if code in (401, 403):
        return UsageError(f"it refuses the key ({code})", "token_file needs a key that may read usage")
    if code == 404:
        return UsageError("it has no such interface (404)", "is the url right, and has the account the interface?")
    if code == 429:
        return UsageError("its limit of requests is reached (429)", "nothing needs to be done", _wait(error))
    if 300 <= code < 400:
        return UsageError(f"it redirects ({code})", "a redirect is not followed; set the url to where it is")
    if code >= 500:
        return UsageError(f"it fails ({code})", "nothing needs to be done", _wait(error))
    return UsageError(f"it refuses the request ({code})", "the interface may have changed")


def _wait(error: urllib.error.HTTPError) -> float:
    text = (error.headers.get("retry-after") or "").strip()
    return min(float(text), MAX_WAIT_SECONDS) if text.isascii() and text.isdigit() and len(text) < 10 else 0.0
