"""What a reload changes at once, what waits for the next start, and what no version acts on yet.

Owns the list of keys by when they take effect. Pure, any thread.
"""

from __future__ import annotations

from obsd.config import Config, changes

_AT_START = ("agents",)
_WITHOUT_EFFECT: tuple[str, ...] = ()


def judge(old: Config, new: Config) -> tuple[list[str], list[str]]:
    """A line for each key that changed, and the names of those that take effect at the next start only."""
    lines = changes(old, new)
    return list(lines.values()), [key for key in lines if key.startswith(_AT_START)]


def without_effect(config: Config) -> list[str]:
    """The keys that are set to something else than their default and that nothing acts on."""
    return [key for key in changes(Config(), config) if key.startswith(_WITHOUT_EFFECT)]
