"""Encodings that both ends of the API share: errors as metadata, times, and paths that are not UTF-8.

Imported only by the client and the servicers. No I/O except in `fs_path`, which checks whether a path exists.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote, unquote

from google.protobuf.timestamp_pb2 import Timestamp

from obsd import errors
from obsd.errors import ObsdError
from obsd.text import printable

REASON_KEY = "obsd-reason"
HINT_KEY = "obsd-hint"
CLASS_KEY = "obsd-error"
MAX_MESSAGE_CHARACTERS = 1000
"""Limit of a message or a hint: gRPC's metadata must stay far below 8 KiB."""

_BY_STATUS: Mapping[str, type[ObsdError]] = {
    "INVALID_ARGUMENT": errors.InvalidRequest,
    "NOT_FOUND": errors.NotFound,
    "ALREADY_EXISTS": errors.AlreadyExists,
    "PERMISSION_DENIED": errors.NotPermitted,
    "RESOURCE_EXHAUSTED": errors.LimitReached,
    "FAILED_PRECONDITION": errors.ConfigError,
    "DEADLINE_EXCEEDED": errors.TimedOut,
    "UNAVAILABLE": errors.Unavailable,
}
_ESCAPED_BYTE = re.compile(r"\\x([89a-f][0-9a-f])")


def bounded(text: str) -> str:
    """Returns `text` printable and cut to the limit of metadata."""
    shown = printable(text[:MAX_MESSAGE_CHARACTERS])
    return shown if len(text) <= MAX_MESSAGE_CHARACTERS else f"{shown}…"


def error_metadata(error: ObsdError) -> tuple[tuple[str, str], ...]:
    """Returns trailing metadata for `error`: reason, hint and class, percent-encoded UTF-8."""
    return (
        (REASON_KEY, quote(bounded(error.reason), safe="")),
        (HINT_KEY, quote(bounded(error.hint), safe=" /:,.`'$-_()=<>[]{}|;&+*@!")),
        (CLASS_KEY, type(error).__name__),
    )


def error_from(status: str, message: str, metadata: Iterable[tuple[str, str | bytes]]) -> ObsdError | None:
    """Returns the error that the daemon raised, or None if the metadata has no reason: gRPC itself failed the call."""
    found = {key: value for key, value in metadata if isinstance(value, str)}
    reason = unquote(found.get(REASON_KEY, ""))
    if not reason:
        return None
    kind = _known_classes().get(found.get(CLASS_KEY, "")) or _BY_STATUS.get(status, ObsdError)
    return kind(reason, message, unquote(found.get(HINT_KEY, "")))


def _known_classes() -> dict[str, type[ObsdError]]:
    known = {ObsdError.__name__: ObsdError}
    waiting = [ObsdError]
    while waiting:
        for kind in waiting.pop().__subclasses__():
            known[kind.__name__] = kind
            waiting.append(kind)
    return known


def timestamp(unix_seconds: float) -> Timestamp:
    """Returns Unix seconds as a protobuf time, to the microsecond."""
    microseconds = round(unix_seconds * 1_000_000)
    return Timestamp(seconds=microseconds // 1_000_000, nanos=microseconds % 1_000_000 * 1000)


def unix_seconds(time: Timestamp) -> float:
    """Returns a protobuf time as Unix seconds."""
    return float(time.seconds) + time.nanos / 1e9


def rfc3339(time: Timestamp) -> str:
    """Returns a protobuf time in UTC, to the millisecond: `2026-05-04T03:02:01.000Z`."""
    moment = datetime.fromtimestamp(max(0, time.seconds), UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{time.nanos // 1_000_000:03d}Z"


def wire_path(path: str) -> str:
    r"""Returns a path from the file system as a protobuf string: bytes that are not UTF-8 become `\xNN`."""
    return "".join(f"\\x{ord(c) - 0xDC00:02x}" if 0xDC80 <= ord(c) <= 0xDCFF else c for c in path)


def fs_path(text: str) -> str:
    r"""Returns the path that `wire_path` or `printable` encoded, as `os.fsdecode` gives it.

    `\xNN` is decoded to a byte only if no file has the backslash in its name.
    """
    if "\\x" not in text or os.path.lexists(text):
        return text
    return _ESCAPED_BYTE.sub(lambda match: os.fsdecode(bytes([int(match[1], 16)])), text)
