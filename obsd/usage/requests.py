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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from obsd.small_files import open_regular, read_at

MAX_BYTES: Final = 16 << 20
"""Of a document."""
MAX_REPORT_BYTES: Final = 64 << 20
"""Of a file of newline-delimited JSON; its lines are read one by one."""
MAX_LINE_BYTES: Final = 4 << 20
MAX_TOKEN_BYTES: Final = 4096
TIMEOUT_SECONDS: Final = 20.0
"""For each wait for bytes."""
WHOLE_SECONDS: Final = 120.0
"""For a whole answer: one that comes byte by byte ends there."""
MAX_WAIT_SECONDS: Final = 86_400.0
_PIECE: Final = 1 << 16


class UsageError(Exception):
    """A day is not read. `text` and `hint` are for a person; `wait_seconds`: the vendor asks for it, or 0.

    `code` is that of HTTP where the vendor refused, else 0.
    """

    def __init__(self, text: str, hint: str, wait_seconds: float = 0.0, code: int = 0) -> None:
        super().__init__(text)
        self.text = text
        self.hint = hint
        self.wait_seconds = wait_seconds
        self.code = code


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
    return get_answer(url, headers)[0]


def get_answer(url: str, headers: Mapping[str, str]) -> tuple[Any, Mapping[str, str]]:
    """The JSON document at a URL, None for an answer without one (204), and its headers. Raises UsageError."""
    return _answer(urllib.request.Request(url, headers=dict(headers)))  # noqa: S310 - the setting is https, or loopback


def post_json(url: str, headers: Mapping[str, str], document: object) -> Any:
    """The JSON document that answers another one. Raises UsageError."""
    data = json.dumps(document).encode()
    sent = {**headers, "Content-Type": "application/json"}
    return _answer(urllib.request.Request(url, data, sent, method="POST"))[0]  # noqa: S310 - as above


def get_lines(url: str) -> Iterator[Any]:
    """Each document of newline-delimited JSON at a signed URL, to which no header of ours goes. Raises UsageError.

    What was given before an error is no whole report.
    """
    with _opened(urllib.request.Request(url)) as answer:  # noqa: S310 - checked by who has it from the vendor
        rest = b""
        for piece in _pieces(answer, MAX_REPORT_BYTES):
            *lines, rest = (rest + piece).split(b"\n")
            if len(rest) > MAX_LINE_BYTES:
                raise UsageError(f"a line of its report has more than {MAX_LINE_BYTES >> 20} MiB", _NO_DAY)
            yield from (_document(line) for line in lines if line.strip())
        if rest.strip():
            yield _document(rest)


_NO_DAY: Final = "that is no day of this interface"


def _answer(request: urllib.request.Request) -> tuple[Any, Mapping[str, str]]:
    with _opened(request) as answer:
        data = b"".join(_pieces(answer, MAX_BYTES))
        headers = {name.lower(): value for name, value in answer.headers.items()}
    return (None if answer.status == http.HTTPStatus.NO_CONTENT else _document(data)), headers


@contextmanager
def _opened(request: urllib.request.Request) -> Iterator[http.client.HTTPResponse]:
    handlers: list[Any] = [_NoRedirect]
    if request.full_url.startswith("http:"):
        # Of the loopback interface: a proxy would read the key.
        handlers.append(urllib.request.ProxyHandler({}))
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=TIMEOUT_SECONDS) as answer:
            yield answer
    except urllib.error.HTTPError as error:
        error.close()
        raise _refused(error) from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or str(error) or type(error).__name__
        raise UsageError(f"no answer: {reason}", "is the vendor reachable from this machine?") from error


def _pieces(answer: http.client.HTTPResponse, most: int) -> Iterator[bytes]:
    size, until = 0, time.monotonic() + WHOLE_SECONDS
    while piece := answer.read1(_PIECE):
        size += len(piece)
        if size > most:
            raise UsageError(f"its answer has more than {most >> 20} MiB", _NO_DAY)
        if time.monotonic() > until:
            raise UsageError(f"its answer took more than {WHOLE_SECONDS:.0f} s", "the connection may be slow")
        yield piece
    if answer.length:
        raise UsageError("its answer broke off", "the connection may be unreliable")


def _document(data: bytes) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        hint = "the interface may have changed, or the answer broke off"
        raise UsageError("its answer is not whole JSON", hint) from error


def _refused(error: urllib.error.HTTPError) -> UsageError:
    code = error.code
    if code == 429 or (code == 403 and error.headers.get("x-ratelimit-remaining") == "0"):
        return UsageError(f"its limit of requests is reached ({code})", "nothing needs to be done", _wait(error), code)
    if code in (401, 403):
        return UsageError(f"it refuses the key ({code})", "token_file needs a key that may read usage", code=code)
    if code in (404, 410):
        hint = "is the url right, and has the account the interface?"
        return UsageError(f"it has no such interface ({code})", hint, code=code)
    if 300 <= code < 400:
        hint = "a redirect is not followed; set the url to where it is"
        return UsageError(f"it redirects ({code})", hint, code=code)
    if code >= 500:
        return UsageError(f"it fails ({code})", "nothing needs to be done", _wait(error), code)
    return UsageError(f"it refuses the request ({code})", "the interface may have changed", code=code)


def _wait(error: urllib.error.HTTPError) -> float:
    """Seconds until a request may be made again, by `Retry-After`, or by GitHub's time of the next window; else 0."""
    seconds = _whole(error.headers.get("retry-after"))
    if not seconds and (reset := _whole(error.headers.get("x-ratelimit-reset"))):
        seconds = max(reset - time.time(), 0.0)
    return min(seconds, MAX_WAIT_SECONDS)


def _whole(value: str | None) -> float:
    text = (value or "").strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) < 12 else 0.0
