"""Limits of fields in requests: one per field, checked before anything else uses the value.

Pure functions.
"""

from __future__ import annotations

from obsd.errors import InvalidRequest

MAX_REQUEST_BYTES = 4 * 1024 * 1024
"""Of one message; gRPC itself refuses a larger one with RESOURCE_EXHAUSTED."""


def check_text(field: str, value: str | bytes, most: int, reason: str = "field_too_long") -> None:
    """Refuses a value of more than `most` characters (bytes), or with a NUL. Errors: InvalidRequest (`reason`)."""
    if len(value) > most:
        unit = "bytes" if isinstance(value, bytes) else "characters"
        raise InvalidRequest(
            reason, f"the field {field} has {len(value):,} {unit}; at most {most:,} are allowed", f"shorten {field}"
        )
    if (b"\0" in value) if isinstance(value, bytes) else ("\0" in value):
        raise InvalidRequest(reason, f"the field {field} contains a NUL byte", "no path and no name contains one")
