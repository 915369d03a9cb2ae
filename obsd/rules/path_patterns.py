"""Path patterns in the syntax of gitignore(5): `*.pem`, `/build`, `.github/workflows/**`, `secrets/`.

Owns the translation; a leading `!` has no special meaning here. Pure, any thread.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache


def matches(path: str, pattern: str) -> bool:
    """Returns whether a pattern matches a path (relative, with slashes) or a folder above it."""
    return _compiled(pattern).fullmatch(path) is not None


@lru_cache(maxsize=1024)
def _compiled(pattern: str) -> re.Pattern[str]:
    body = pattern.rstrip("/")
    below = pattern.endswith("/") and bool(body)
    anchored = "/" in body
    start = "" if anchored else "(?:.*/)?"
    end = "/.+" if below else "(?:/.*)?"
    return re.compile(start + "".join(_parts(body.removeprefix("/"))) + end, re.DOTALL)


def _parts(pattern: str) -> Iterator[str]:
    place = 0
    while place < len(pattern):
        rest = pattern[place:]
        for glob, expression in (("**/", "(?:.*/)?"), ("**", ".*"), ("*", "[^/]*"), ("?", "[^/]")):
            if rest.startswith(glob):
                yield expression
                place += len(glob)
                break
        else:
            taken, expression = _class(rest)
            yield expression
            place += taken


def _class(text: str) -> tuple[int, str]:
    """Returns the length and the expression of a character class, an escaped character or a plain one."""
    if text[0] == "\\" and len(text) > 1:
        return 2, re.escape(text[1])
    end = text.find("]", 2)
    if text[0] != "[" or end < 0:
        return 1, re.escape(text[0])
    inner = text[1:end]
    negated = inner[0] in "!^"
    members = re.sub(r"([\\\[\]^&~|])", r"\\\1", inner[1:] if negated else inner)
    expression = f"(?!/)[{'^' if negated else ''}{members}]"
    try:
        re.compile(expression)
    except re.error:
        return 1, re.escape(text[0])
    return end + 1, expression
