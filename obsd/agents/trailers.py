"""Git's trailers: the lines of a message's last paragraph, as `git log` reads them, and the blocks of them above it.

Owns a translation of git's rules (trailer.c of git 2.39, without configured trailers); pure, any thread. A test
compares it with git itself. Agents and recorders write a block each, of which git reads the last.
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from dataclasses import dataclass

_COMMENT = "#"
_SCISSORS = "# ------------------------ >8 ------------------------\n"
_GENERATED = ("Signed-off-by: ", "(cherry picked from commit ")
_TOKEN = frozenset(string.ascii_letters + string.digits + "-")
_SPACE = " \t\n\r"


@dataclass(frozen=True, slots=True)
class Blocks:
    """The trailers of a message, and the lines of its paragraphs between the subject and the trailers.

    `mixed` are the lines of git's own block: a sign-off in it makes git overlook some that are no trailers.
    """

    pairs: Sequence[tuple[str, str]]
    mixed: Sequence[str]
    body: Sequence[Sequence[str]]


def parse(message: str) -> list[tuple[str, str]]:
    """Returns git's trailers as (key, value), in order; values are unfolded to one line."""
    lines = _lines(message)
    end = _end(lines)
    return _read(lines[_start(lines[:end]) : end])


def blocks(message: str) -> Blocks:
    """Returns git's trailers, after those of every paragraph directly above that has only trailers, in order."""
    lines = _lines(message)
    end = _end(lines)
    start = _start(lines[:end])
    paragraphs = _paragraphs(lines[:start])
    pairs = _read(lines[start:end])
    while len(paragraphs) > 1 and pairs and _all_trailers(paragraphs[-1]):
        pairs = [*_read(paragraphs.pop()), *pairs]
    mixed, *body = ([line.rstrip("\n") for line in part] for part in (lines[start:end], *paragraphs[1:]))
    return Blocks(pairs, mixed, body)


def _lines(message: str) -> list[str]:
    # str.splitlines also splits at \v, \f, \x1c, U+2028 and others, which do not end a line for git.
    parts = message.split("\n")
    lines = [part + "\n" for part in parts[:-1]]
    return [*lines, parts[-1]] if parts[-1] else lines


def _paragraphs(lines: Sequence[str]) -> list[list[str]]:
    found: list[list[str]] = [[]]
    for line in lines:
        if line.strip(_SPACE):
            found[-1].append(line)
        elif found[-1]:
            found.append([])
    return [paragraph for paragraph in found if paragraph]


def _all_trailers(paragraph: Sequence[str]) -> bool:
    begins = [line.startswith(_COMMENT) or line.startswith(_GENERATED) or _separator(line) >= 1 for line in paragraph]
    return begins[0] and all(begin or line[0] in _SPACE for begin, line in zip(begins, paragraph, strict=True))


def _end(lines: list[str]) -> int:
    """Returns the index after the last line that is no comment, blank line or old-style list of conflicts."""
    cutoff = next((n for n, line in enumerate(lines) if line == _SCISSORS), len(lines))
    tail: int | None = None
    in_conflicts = False
    for number, line in enumerate(lines[:cutoff]):
        if line.startswith((_COMMENT, "\n")):
            tail = number if tail is None else tail
        elif line == "Conflicts:\n":
            in_conflicts = True
            tail = number if tail is None else tail
        elif not (in_conflicts and line.startswith("\t")):
            tail, in_conflicts = None, False
    return cutoff if tail is None else tail


def _start(lines: list[str]) -> int:
    """Returns the index of the first trailer: after the last blank line, if enough of the lines below are trailers."""
    title_end = next(
        (n for n, line in enumerate(lines) if not line.startswith(_COMMENT) and not line.strip(_SPACE)),
        len(lines),
    )
    trailers = others = continuations = 0
    only_spaces, generated = True, False
    for number in range(len(lines) - 1, title_end - 1, -1):
        line = lines[number]
        if line.startswith(_COMMENT):
            others += continuations
            continuations = 0
        elif not line.strip(_SPACE):
            if only_spaces:
                continue
            others += continuations
            enough = (generated and trailers * 3 >= others) or (trailers > 0 and others == 0)
            return number + 1 if enough else len(lines)
        else:
            only_spaces = False
            if line.startswith(_GENERATED):
                trailers, continuations, generated = trailers + 1, 0, True
            elif line[0] not in _SPACE and _separator(line) >= 1:
                trailers, continuations = trailers + 1, 0
            elif line[0] in _SPACE:
                continuations += 1
            else:
                others, continuations = others + 1 + continuations, 0
    return len(lines)


def _separator(line: str) -> int:
    """Returns the index of the colon after a token, or -1 for a line that is no trailer."""
    blank = False
    for position, char in enumerate(line):
        if char == ":":
            return position
        if not blank and char in _TOKEN:
            continue
        if position > 0 and char in " \t":
            blank = True
            continue
        break
    return -1


def _read(lines: list[str]) -> list[tuple[str, str]]:
    joined: list[str] = []
    can_continue = False
    for line in lines:
        if can_continue and line[:1] and line[0] in _SPACE:
            joined[-1] += line
            continue
        joined.append(line)
        can_continue = _separator(line) >= 1
    found = []
    for line in joined:
        position = _separator(line)
        if not line.startswith(_COMMENT) and position >= 1:
            found.append((line[:position].strip(_SPACE), _unfold(line[position + 1 :])))
    return found


def _unfold(value: str) -> str:
    return re.sub(r"\n[ \t\n\r]*", " ", value.strip(_SPACE))
