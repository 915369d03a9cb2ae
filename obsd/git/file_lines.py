"""A file of a working tree or of a commit, by its lines: which commits have them, and other contents that have them.

Owns what leaves the reader: numbers and ids, and no line. Blocking: for the daemon it runs in a reader.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import NamedTuple

from obsd.errors import ObsdError
from obsd.git import blame, file_text, layout, line_diff, program, same_lines
from obsd.git.blame import Blamed
from obsd.git.file_text import Request
from obsd.git.layout import Layout
from obsd.git.repository import CommitInfo, Repository

_KEPT_CHARACTERS = 1 << 12
_MOST_ASKED = 200
"""Files of commits whose content is identified where libgit2 cannot be used, or the repository's ids are no SHA-1."""
_MOST_PLACES = 1 << 20


class Piece(NamedTuple):
    """Lines in a row that one commit has: lines above them in the file, and in that commit's content of it."""

    start: int
    lines: int
    commit_id: str
    path: str
    content_id: str
    above: int
    edge: bool


@dataclass(frozen=True, slots=True)
class FileLines:
    """A file: the git blob id (SHA-1) of its bytes, how many lines it has, and when it was written (0: a commit's).

    `repository`: there is one. `tracked`: git has the file. `same`: the commit at which git was asked has all of its
    lines and no other. `commits` has those of its pieces, with the beginning and the end of a long message. `files` and
    `numbers` are the pieces in a form that travels fast: `pieces()` has them.
    """

    content_id: str
    lines: int
    modified_at: float
    repository: bool
    tracked: bool
    same: bool
    files: tuple[tuple[str, str, str], ...] = ()
    numbers: str = ""
    commits: tuple[CommitInfo, ...] = ()

    def pieces(self) -> list[Piece]:
        """Which commits have the lines, in their order."""
        own = [int(word) for word in self.numbers.split()]
        found: list[Piece] = []
        for start, lines, file, above, edge in zip(*(own[at::5] for at in range(5)), strict=True):
            commit_id, path, content_id = self.files[file]
            found.append(Piece(start, lines, commit_id, path, content_id, above, bool(edge)))
        return found


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A content that has lines of a file; `pieces` are as `obsd.git.same_lines` has them."""

    content_id: str
    pieces: tuple[int, ...]


def read_lines(request: Request) -> FileLines:
    """The file as it is now. Raises ObsdError: what `file_text` refuses, and what git raises."""
    where = layout.find(request.root)
    repository = None if where is None else Repository(where)
    at = file_text.resolved(repository, request.commit)
    data, modified_at = file_text.read(repository, at, request)
    content_id = line_diff.content_id(data).hex()
    lines = line_diff.count(same_lines.plain(data))
    if repository is None or not at:
        tracked = repository is not None and file_text.tracked(repository.layout, request.path)
        file_text.refuse_ignored(repository, request.path, tracked)
        return FileLines(content_id, lines, modified_at, repository is not None, tracked, False)
    path, committed = _committed(repository, at, request)
    if committed is None:
        tracked = file_text.tracked(repository.layout, request.path)
        file_text.refuse_ignored(repository, request.path, tracked)
        return FileLines(content_id, lines, modified_at, True, tracked, False)
    shared = same_lines.pieces(data, committed, _MOST_PLACES)
    blamed = _blamed(repository, at, path, list(_wanted(shared, request)))
    pieces = list(_pieces(repository, blamed, shared))
    found = repository.commits(dict.fromkeys(piece.commit_id for piece in pieces))
    places = {file: number for number, file in enumerate(dict.fromkeys(piece[2:5] for piece in pieces))}
    numbers = " ".join(f"{one.start} {one.lines} {places[one[2:5]]} {one.above} {one.edge:d}" for one in pieces)
    commits = tuple(_bounded(one) for one in found if one is not None)
    same = sum(shared[2::3]) == lines == line_diff.count(same_lines.plain(committed))
    return FileLines(content_id, lines, modified_at, True, True, same, tuple(places), numbers, commits)


def find_elsewhere(request: Request, content_id: str, others: Sequence[str]) -> list[Elsewhere]:
    """Those contents of the repository, named by their ids, that have lines of the file, the most alike first.

    None, where the file has another content than `content_id` by now.
    """
    where = layout.find(request.root)
    if where is None:
        return []
    repository = Repository(where)
    data, _ = file_text.read(repository, file_text.resolved(repository, request.commit), request)
    if line_diff.content_id(data).hex() != content_id:
        return []
    found: list[Elsewhere] = []
    for other in others:
        program.alive()
        content = repository.blob(other, request.max_bytes)
        pieces = () if content is None else same_lines.pieces(data, content)
        if pieces:
            found.append(Elsewhere(other, pieces))
    return sorted(found, key=lambda one: -sum(one.pieces[2::3]))


def _committed(repository: Repository, at: str, request: Request) -> tuple[str, bytes | None]:
    """The name and the content that the file has in a commit; None where it is not in it."""
    names = [request.path] if request.commit else [request.path, *request.earlier_paths]
    for name, data in zip(names, repository.blobs(at, names), strict=True):
        if data is not None:
            return name, data
    renamed = _staged_rename(repository.layout, at, request.path)
    return (renamed, repository.blobs(at, [renamed])[0]) if renamed else (request.path, None)


def _staged_rename(where: Layout, at: str, path: str) -> str:
    """The name in a commit of what is staged under another; empty for none."""
    options = ["diff-index", "--cached", "-M", "--diff-filter=R", "--name-status", "-z", "--no-ext-diff"]
    with suppress(ObsdError):
        parts = [os.fsdecode(part) for part in program.run(where.worktree, [*options, at, "--"]).split(b"\0")]
        return dict(zip(parts[2::3], parts[1::3], strict=False)).get(path, "")
    return ""


def _wanted(shared: Sequence[int], request: Request) -> Iterator[tuple[int, int]]:
    """The places in the commit's file whose lines are among those that are asked for: lines above, and lines."""
    for start, above, lines in zip(shared[::3], shared[1::3], shared[2::3], strict=True):
        begin = max(start, request.first - 1)
        end = min(start + lines, request.last or start + lines)
        if begin < end:
            yield above + begin - start, end - begin


def _blamed(repository: Repository, at: str, path: str, ranges: Sequence[tuple[int, int]]) -> list[Blamed]:
    if not ranges:
        return []
    try:
        return blame.blame(repository.layout, at, path, ranges)
    except program.GitFailed:
        # A partial clone need not have what is older: then no commit is known.
        return []


def _pieces(repository: Repository, blamed: Sequence[Blamed], shared: Sequence[int]) -> Iterator[Piece]:
    """What git says of a commit's file, for the lines of it that the file has."""
    ids = _content_ids(repository, list(dict.fromkeys((one.commit_id, one.path) for one in blamed)))
    shares = list(zip(shared[::3], shared[1::3], shared[2::3], strict=True))
    at = 0
    for one in blamed:
        content_id = ids.get((one.commit_id, one.path), "")
        while at < len(shares) and shares[at][1] + shares[at][2] <= one.start:
            at += 1
        for number in range(at, len(shares)):
            start, above, lines = shares[number]
            begin, end = max(one.start, above), min(one.start + one.lines, above + lines)
            if begin >= one.start + one.lines:
                break
            place, origin = start + begin - above, one.above + begin - one.start
            yield Piece(place, end - begin, one.commit_id, one.path, content_id, origin, one.edge)


def _content_ids(repository: Repository, files: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
    """The git blob ids (SHA-1) of files of commits, as far as they can be had cheaply."""
    if files and len(files[0][0]) == 40:
        cheap = files if repository.libgit2 is not None else files[:_MOST_ASKED]
        return {file: found for file in cheap if (found := repository.blob_id(*file))}
    found_ids: dict[tuple[str, str], str] = {}
    for commit_id, path in files[:_MOST_ASKED]:
        program.alive()
        [data] = repository.blobs(commit_id, [path])
        if data is not None:
            found_ids[commit_id, path] = line_diff.content_id(data).hex()
    return found_ids


def _bounded(info: CommitInfo) -> CommitInfo:
    message = info.message
    if len(message) > 2 * _KEPT_CHARACTERS:
        message = f"{message[:_KEPT_CHARACTERS]}\n\n{message[-_KEPT_CHARACTERS:]}"
    return replace(info, message=message)
