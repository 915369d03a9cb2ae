"""Reload: which settings take effect immediately, and which at the next start.

Owns the list of the latter. Pure, any thread.
"""

from __future__ import annotations

from obsd.config import Config, changes
from obsd.health import Health

_AT_START = ("agents", "authors.writers")


def effects(old: Config, new: Config) -> tuple[list[str], list[str]]:
    """Returns a line for each changed key, and the names of those that take effect only at the next start."""
    lines = changes(old, new)
    return list(lines.values()), [key for key in lines if key.startswith(_AT_START)]


def warn_of_waiting(health: Health, at_start: Config, now: Config) -> None:
    """Says in the health which keys wait for the next start."""
    waiting = effects(at_start, now)[1]
    if waiting:
        health.raise_("config_needs_restart", keys=", ".join(waiting))
    else:
        health.clear("config_needs_restart")
