"""How long what comes in over the API may be: one bound a field, refused before anything looks at it.

Pure functions.
"""

from __future__ import annotations

from obsd.errors import InvalidRequest

MAX_REQUEST_BYTES = 4 * 1024 * 1024
"""Of one message; gRPC itself refuses a larger one with RESOURCE_EXHAUSTED."""


def check_text(field: str, value: str | bytes, most: int, reason: str = "field_too_long") -> None:
    """Refuses a value over `most` characters (bytes), or with a NUL. Errors: InvalidRequest (`reason`)."""
    if len(value) > most:
        unit = "bytes" if isinstance(value, bytes) else "characters"
        raise InvalidRequest(
            reason, f"the field {field} has {len(value):,} {unit}; at most {most:,} are taken", f"shorten {field}"
        )
    if (b"\0" in value) if isinstance(value, bytes) else ("\0" in value):
        raise InvalidRequest(reason, f"the field {field} holds a NUL byte", "no path and no name holds one")
