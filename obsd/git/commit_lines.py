"""The lines that a commit adds, place by place, and other contents in which the same lines stand.

Owns the reading of `git show --first-parent -m -M`, whose added lines are those that its `--numstat` counts, and the
search for a commit's lines in contents beside it: in ones that the file had lately, in other parents, on disk.
Blocking: for the daemon it runs in a reader.
"""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, NamedTuple

from obsd.errors import ObsdError
from obsd.git import line_diff, means, program, same_lines
from obsd.git.commit_attributes import read_attributes
from obsd.git.layout import Layout
from obsd.git.repository import Repository
from obsd.small_files import open_regular, read_at

MAX_FILES = 500
"""Files of a commit whose lines are looked for elsewhere."""

# Without any context git leaves the common end out before it compares (trim_common_tail in its xdiff-interface.c),
# and may find other lines than for --numstat.
_OPTIONS = (
    *("show", "--first-parent", "-m", "-M", "--raw", "-p", "-U1", "-z", "--full-index", "--no-abbrev", "--format="),
    *("--no-ext-diff", "--no-textconv", "--no-show-signature", "--no-notes", "--no-color"),
    *("--submodule=short", "--inter-hunk-context=0", "--no-relative"),
)
_HUNK = re.compile(rb"@@ -\d+(?:,(?P<gone>\d+))? \+(?P<start>\d+)(?:,(?P<lines>\d+))? @@")
_REGULAR = b"100"
_HASHED_BYTES = 8 << 20
"""A file of a repository of SHA-256 objects that is larger has no content id."""
_TYPE_CHANGE = b"T"

Kind = Literal["lately", "parent", "disk"]


@dataclass(frozen=True, slots=True)
class AddedLines:
    """What a commit adds to one file.

    `content_id` is the git blob id (SHA-1) of what the file is in the commit, empty for a submodule or a link. `places`
    has two numbers for each place: how many lines are above it, and how many are added there. `previous_path` is what
    a rename left.
    """

    path: str
    previous_path: str
    content_id: str
    places: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A content in which lines of a commit's file stand.

    `kind`: what the file was lately, is in another parent, or is on disk. `pieces` has
    three numbers for each piece: lines above it in the commit's file, lines above it here, and its lines. `modified_at`
    is the file's time on disk, 0 for others.
    """

    kind: Kind
    path: str
    content_id: str
    pieces: tuple[int, ...]
    modified_at: float = 0.0


class _Content(NamedTuple):
    kind: Kind
    path: str
    data: bytes
    modified_at: float = 0.0


def added_lines(where: Layout, commit_id: str) -> list[AddedLines]:
    """The files to which a commit adds lines. Raises ObsdError."""
    repository = Repository(where)
    attributes = read_attributes(repository, commit_id)
    means.distrust()
    with attributes.worktree() as (folder, environment):
        output = program.run(folder, [*_OPTIONS, commit_id, "--"], environment=environment)
    files = list(parse(output))
    if len(commit_id) == 40:
        return files
    return [_by_sha1(repository, commit_id, file) for file in files]


def parse(output: bytes) -> Iterator[AddedLines]:
    """The files in `--raw -p -z` output that have added lines."""
    raw, patch = _split(output)
    entries = iter(raw)
    entry = next(entries, None)
    parts = 0
    for places in _sections(patch):
        if entry is None:
            return
        if places:
            content_id = entry.content_id if entry.regular else ""
            yield AddedLines(entry.path, entry.previous_path, content_id, tuple(places))
        parts += 1
        if parts == entry.sections:
            entry, parts = next(entries, None), 0


def find_lines(
    where: Layout, commit_id: str, files: Sequence[AddedLines], lately: Sequence[Sequence[str]], max_bytes: int
) -> list[list[Found]]:
    """For each file the other contents in which its lines stand, the most alike first.

    `lately` has for each file the ids of contents that it had. What the repository does not have, cannot be read, or
    has more than `max_bytes`, is left out.
    """
    repository = Repository(where)
    parents = _other_parents(repository, commit_id)
    results: list[list[Found]] = []
    for number, file in enumerate(files):
        program.alive()
        new = _blob(repository, commit_id, file.path, max_bytes) if number < MAX_FILES and file.content_id else None
        if new is None:
            results.append([])
            continue
        contents = _contents(repository, file, lately[number], parents, max_bytes)
        found = (_match(new, content) for content in contents)
        results.append(sorted((one for one in found if one is not None), key=lambda one: -sum(one.pieces[2::3])))
    return results


def known_blobs(where: Layout, content_ids: Sequence[str]) -> set[str]:
    """Those of some blob ids that the repository has."""
    query = b"".join(f"{content_id}\n".encode("ascii") for content_id in content_ids)
    output = program.run(where.worktree, ["cat-file", "--batch-check=%(objectname) %(objecttype)"], stdin=query)
    return {
        words[0] for line in output.decode("ascii", "replace").splitlines() if (words := line.split())[1:] == ["blob"]
    }


class _Entry(NamedTuple):
    path: str
    previous_path: str
    content_id: str
    regular: bool
    sections: int


def _split(output: bytes) -> tuple[list[_Entry], bytes]:
    """The entries of the raw part, and the patch behind it."""
    entries: list[_Entry] = []
    position = 0
    while output.startswith(b":", position):
        end = output.index(b"\0", position)
        _, new_mode, _, new_id, status = output[position + 1 : end].split(b" ")
        names = 2 if status[:1] in (b"R", b"C") else 1
        paths: list[str] = []
        position = end + 1
        for _ in range(names):
            end = output.index(b"\0", position)
            paths.append(os.fsdecode(output[position:end]))
            position = end + 1
        previous = paths[0] if names == 2 else ""
        # A file that became a link, or another kind, is a patch that removes it and one that makes it.
        sections = 2 if status[:1] == _TYPE_CHANGE else 1
        entries.append(_Entry(paths[-1], previous, new_id.decode("ascii"), new_mode.startswith(_REGULAR), sections))
    return entries, output[position:].lstrip(b"\0")


def _sections(patch: bytes) -> Iterator[list[int]]:
    """The places of each file's patch. Lines of content are passed by their number, so that none is taken for more."""
    # One after the other: a list of short lines takes many times the patch.
    lines = iter(io.BytesIO(patch))
    places: list[int] | None = None
    for line in lines:
        if line.startswith(b"diff --git "):
            if places is not None:
                yield places
            places = []
        elif places is not None and (hunk := _HUNK.match(line)) is not None:
            _add_places(places, hunk, lines)
    if places is not None:
        yield places


def _add_places(places: list[int], hunk: re.Match[bytes], lines: Iterator[bytes]) -> None:
    """Takes the lines of a hunk, and adds where some were added: lines above them, and how many."""
    old, new = (int(value) if value is not None else 1 for value in hunk.group("gone", "lines"))
    # Where no line is left, git names the line before.
    at = int(hunk["start"]) - (1 if new else 0)
    while old > 0 or new > 0:
        kind = next(lines, b"")[:1]
        if kind == b"+":
            if places and places[-2] + places[-1] == at:
                places[-1] += 1
            else:
                places += (at, 1)
            at, new = at + 1, new - 1
        elif kind == b"-":
            old -= 1
        elif kind != b"\\":
            # A line that both have; an empty one may stand without its blank (diff.suppressBlankEmpty).
            at, old, new = at + 1, old - 1, new - 1


def _by_sha1(repository: Repository, commit_id: str, file: AddedLines) -> AddedLines:
    data = _blob(repository, commit_id, file.path, _HASHED_BYTES) if file.content_id else None
    content_id = "" if data is None else line_diff.content_id(data).hex()
    return AddedLines(file.path, file.previous_path, content_id, file.places)


def _other_parents(repository: Repository, commit_id: str) -> tuple[str, ...]:
    commit = repository.find(commit_id)
    return () if commit is None else commit.parents[1:]


def _blob(repository: Repository, commit_id: str, path: str, max_bytes: int) -> bytes | None:
    with suppress(ObsdError):
        [data] = repository.blobs(commit_id, [path])
        if data is not None and len(data) <= max_bytes:
            return data
    return None


def _contents(
    repository: Repository, file: AddedLines, lately: Sequence[str], parents: Sequence[str], max_bytes: int
) -> Iterator[_Content]:
    for content_id in lately:
        data = repository.blob(content_id, max_bytes)
        if data is not None:
            yield _Content("lately", file.path, data)
    for commit_id in parents:
        for path in filter(None, (file.path, file.previous_path)):
            data = _blob(repository, commit_id, path, max_bytes)
            if data is not None:
                yield _Content("parent", path, data)
                break
    with suppress(OSError, ValueError), open_regular(repository.layout.worktree / file.path) as descriptor:
        data = read_at(descriptor, 0, max_bytes + 1)
        if len(data) <= max_bytes:
            yield _Content("disk", file.path, data, os.fstat(descriptor).st_mtime)


def _match(new: bytes, content: _Content) -> Found | None:
    pieces = same_lines.pieces(new, content.data)
    content_id = line_diff.content_id(content.data).hex()
    return Found(content.kind, content.path, content_id, pieces, content.modified_at) if pieces else None
