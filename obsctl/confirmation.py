"""Questions before what cannot be undone: asked on a terminal alone, and answered with `y`."""

from __future__ import annotations

import sys

from obsd.errors import ObsdError


def can_ask() -> bool:
    """Returns whether somebody is there to answer."""
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def agreed(question: str) -> bool:
    """Returns whether the user says yes; anything else is no."""
    print(f"{question} [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def refused(what: str) -> ObsdError:
    """Returns the error for what was not agreed to."""
    return ObsdError("not_agreed", what, "answer y, or give --yes")
