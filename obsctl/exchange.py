"""What a commit adds, line by line with its author, as the forms of other tools need it.

Owns how that is found: git says which lines a commit adds, the daemon whose they are. Runs as the user, on the user's
own repositories; no text of a file is kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from obsd.errors import NotFound, ObsdError
from obsd.git import layout
from obsd.git.commit_lines import AddedLines, added_lines

if TYPE_CHECKING:
    from obsd.client.client import Client
    from obsd.v1.activity_pb2 import Commit
    from obsd.v1.lines_pb2 import LineRun

_UNKNOWN = "unknown"
_CHANGE = "change"


class Author(NamedTuple):
    """An agent's id with its session (empty: not known), `person`, `several`, or `unknown`."""

    agent: str
    session: str = ""


class Range(NamedTuple):
    """Lines from the first to the last, counted from 1, in the commit's file."""

    first: int
    last: int


class FileAuthors(NamedTuple):
    """The lines that a commit adds to a file, by author, each in the order of the file; `path` is as git has it."""

    path: str
    authors: dict[Author, list[Range]]


class CommitAuthors(NamedTuple):
    """A commit with the lines that it adds; `at` is its time in Unix seconds."""

    workspace: str
    root: Path
    commit_id: str
    at: float
    files: list[FileAuthors]


def authors_of(client: Client, roots: dict[str, Path], commits: Iterable[Commit]) -> Iterator[CommitAuthors]:
    """Yields the commits of workspaces with these roots; those that git does not have any more are left out.

    Errors: ObsdError where the daemon or git fails.
    """
    from obsd import rpc_encoding

    for commit in commits:
        root = roots.get(commit.workspace)
        where = None if root is None else layout.find(root)
        if root is None or where is None:
            continue
        try:
            added = added_lines(where, commit.id)
        except NotFound:
            continue
        files = [_file(client, root, commit, one) for one in added]
        yield CommitAuthors(commit.workspace, root, commit.id, rpc_encoding.unix_seconds(commit.committed_at), files)


def _file(client: Client, root: Path, commit: Commit, added: AddedLines) -> FileAuthors:
    places = list(zip(added.places[::2], added.places[1::2], strict=True))
    runs: Sequence[LineRun] = ()
    # Where nobody is known of the whole commit, there is nothing to ask.
    if added.content_id and any(one.agent != _UNKNOWN for one in commit.origins):
        try:
            runs = client.blame(os.fspath(root / added.path), commit.id).runs
        except ObsdError:
            runs = ()
    return FileAuthors(added.path, by_author(places, runs))


def by_author(places: Iterable[tuple[int, int]], runs: Sequence[LineRun]) -> dict[Author, list[Range]]:
    """Returns the lines at `places` (lines above, lines) by author; what no run proves is `unknown`."""
    found: dict[Author, list[Range]] = {}
    for above, lines in places:
        at, last = above + 1, above + lines
        for run in runs:
            first, end = max(at, run.first), min(last, run.last)
            if first > end:
                continue
            _add(found, Author(_UNKNOWN), at, first - 1)
            _add(found, _author(run), first, end)
            at = end + 1
        _add(found, Author(_UNKNOWN), at, last)
    return found


def _author(run: LineRun) -> Author:
    proved = run.origin == _CHANGE and run.agent
    return Author(run.agent, run.session) if proved else Author(_UNKNOWN)


def _add(found: dict[Author, list[Range]], author: Author, first: int, last: int) -> None:
    if first > last:
        return
    ranges = found.setdefault(author, [])
    if ranges and ranges[-1].last == first - 1:
        ranges[-1] = Range(ranges[-1].first, last)
    else:
        ranges.append(Range(first, last))
