"""What a reload changes at once, and what waits for the next start.

Owns the list of keys by when they take effect. Pure, any thread.
"""

from __future__ import annotations

from obsd.config import Config, changes

_AT_START = ("agents",)


def effects(old: Config, new: Config) -> tuple[list[str], list[str]]:
    """A line for each key that changed, and the names of those that take effect at the next start only."""
    lines = changes(old, new)
    return list(lines.values()), [key for key in lines if key.startswith(_AT_START)]
