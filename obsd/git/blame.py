"""Which commit has each line of a file, as `git blame` says it.

Owns how git is asked, so that nothing of the repository's runs: a commit's file is asked for and never the working
tree's, whose clean filter git would run, and text conversion is off. Blocking: for the daemon it runs in a reader.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from obsd.git import program
from obsd.git.layout import Layout

TIMEOUT_SECONDS = 30.0
MAX_RANGES = 50
"""Of a file of which more places are wanted, all lines are asked for."""

_ENTRY = re.compile(rb"([0-9a-f]{40,64}) (\d+) (\d+) (\d+)")
_ESCAPE = re.compile(rb"\\(?:([0-7]{3})|(.))", re.DOTALL)
_ESCAPED = {b"a": b"\a", b"b": b"\b", b"f": b"\f", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v"}
# Many set blame.ignoreRevsFile for all repositories, and git fails in those that have no such file.
_ENVIRONMENT = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}


class Blamed(NamedTuple):
    """Lines in a row that one commit has: lines above them now, and in that commit's file, which may have had another
    name; `edge`: nothing older is there, so that they may be older than the commit."""

    start: int
    lines: int
    commit_id: str
    path: str
    above: int
    edge: bool


def blame(where: Layout, commit_id: str, path: str, ranges: Sequence[tuple[int, int]] = ()) -> list[Blamed]:
    """Who has the lines of a commit's file, in their order; of `ranges` (lines above, lines) alone, if there are any.

    Raises GitFailed, TimedOut, Unavailable.
    """
    limits = [f"-L{above + 1},+{lines}" for above, lines in ranges] if len(ranges) <= MAX_RANGES else []
    output = program.run(
        where.worktree,
        ["blame", "--incremental", "--no-textconv", "--ignore-revs-file", "", *limits, commit_id, "--", path],
        timeout_seconds=TIMEOUT_SECONDS,
        environment=_ENVIRONMENT,
    )
    return sorted(parse(output))


def parse(output: bytes) -> Iterator[Blamed]:
    """The entries of `--incremental` output, in git's order."""
    edges: set[bytes] = set()
    entry: re.Match[bytes] | None = None
    for line in output.split(b"\n"):
        if entry is None:
            entry = _ENTRY.fullmatch(line)
        elif line == b"boundary":
            edges.add(entry[1])
        elif line.startswith(b"filename "):
            name = os.fsdecode(unquoted(line[len(b"filename ") :]))
            commit_id = entry[1].decode("ascii")
            yield Blamed(int(entry[3]) - 1, int(entry[4]), commit_id, name, int(entry[2]) - 1, entry[1] in edges)
            entry = None


def unquoted(name: bytes) -> bytes:
    """A name that git put in quotes because of its characters (core.quotePath in git-config(1))."""
    if not (len(name) > 1 and name.startswith(b'"') and name.endswith(b'"')):
        return name
    return _ESCAPE.sub(_character, name[1:-1])


def _character(escape: re.Match[bytes]) -> bytes:
    if escape[1]:
        return bytes([int(escape[1], 8) & 0xFF])
    return _ESCAPED.get(escape[2], escape[2])
