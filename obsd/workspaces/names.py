"""Names of workspaces: which are valid, and how one is made from the name of a folder.

Pure, any thread.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container

MAX_CHARACTERS = 64
_MARKS = "._-"


def is_valid(text: str) -> bool:
    """Returns whether a text is a name: 1 to 64 letters and digits of any script, `.`, `_` and `-`, not one of these
    three first."""
    return (
        0 < len(text) <= MAX_CHARACTERS
        and all(map(_is_part, text))
        and unicodedata.category(text[0])[0] in "LN"
        and unicodedata.is_normalized("NFC", text)
    )


def valid_name(text: str) -> str:
    """Returns the valid name that is nearest to `text`."""
    composed = unicodedata.normalize("NFC", text)
    cleaned = re.sub(r" +", "-", "".join(char if _is_part(char) else " " for char in composed))
    while cleaned and unicodedata.category(cleaned[0])[0] not in "LN":
        cleaned = cleaned[1:]
    return cleaned[:MAX_CHARACTERS].rstrip("-") or "workspace"


def _is_part(char: str) -> bool:
    """Whether a character is a letter with its marks, a digit, or one of the three signs; nothing invisible is."""
    return char in _MARKS or unicodedata.category(char)[0] in "LMN"


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
