"""Names of workspaces: which are valid, and how one is made from the name of a folder.

Pure, any thread.
"""

from __future__ import annotations

import re
from collections.abc import Container

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
MAX_CHARACTERS = 64


def valid_name(text: str) -> str:
    """Returns the valid name that is nearest to `text`."""
    cleaned = re.sub(r"[^A-Za-z0-9._-]+", "-", text).lstrip("._-").rstrip("-")
    return cleaned[:MAX_CHARACTERS] or "workspace"


def free_name(wanted: str, taken: Container[str], prefix: str = "") -> str:
    """Returns `wanted`, or `wanted` with -2, -3, …, such that `prefix` and it are not in `taken`."""
    if prefix + wanted not in taken:
        return wanted
    number = 2
    while prefix + _numbered(wanted, number) in taken:
        number += 1
    return _numbered(wanted, number)


def _numbered(wanted: str, number: int) -> str:
    suffix = f"-{number}"
    return wanted[: MAX_CHARACTERS - len(suffix)] + suffix
