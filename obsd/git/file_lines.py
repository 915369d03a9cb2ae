"""A file of a working tree or of a commit, by its lines: which commits have them, and other contents that have them.

Owns what is refused: what is no regular file, is ignored, lies in a repository of its own, is binary or too large. No
line leaves this module, only numbers and ids. Blocking: for the daemon it runs in a reader.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

from obsd.errors import InvalidRequest, NotFound, NotPermitted, ObsdError
from obsd.git import blame, layout, line_diff, program, same_lines
from obsd.git.blame import Blamed
from obsd.git.layout import Layout
from obsd.git.repository import CommitInfo, Repository
from obsd.small_files import NotRegular, open_regular, read_at
from obsd.text import printable

_REVISION = re.compile(r"[0-9a-f]{4,64}")
_KEPT_CHARACTERS = 1 << 12
_MOST_ASKED = 200
"""Files of commits whose content is identified where libgit2 cannot be used, or the repository's ids are no SHA-1."""
_MOST_PLACES = 1 << 20


@dataclass(frozen=True, slots=True)
class Request:
    """A file by the folder of its workspace and its path in it; `commit` is hexadecimal, empty for what is on disk.

    `earlier_paths` are names that the file had. Lines count from 1; `last` 0 is the file's last.
    """

    root: str
    path: str
    commit: str = ""
    first: int = 1
    last: int = 0
    max_bytes: int = 1 << 21
    earlier_paths: tuple[str, ...] = ()


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
    lines and no other. `commits` has those of `pieces`, with the beginning and the end of a long message.
    """

    content_id: str
    lines: int
    modified_at: float
    repository: bool
    tracked: bool
    same: bool
    pieces: tuple[Piece, ...]
    commits: tuple[CommitInfo, ...]


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """A content that has lines of a file; `pieces` are as `obsd.git.same_lines` has them."""

    content_id: str
    pieces: tuple[int, ...]


def read_lines(request: Request) -> FileLines:
    """The file as it is now. Raises ObsdError: what `_data` refuses, and what git raises."""
    where = layout.find(request.root)
    repository = None if where is None else Repository(where)
    at = _resolved(repository, request.commit)
    data, modified_at = _data(repository, at, request)
    content_id = line_diff.content_id(data).hex()
    lines = line_diff.count(same_lines.plain(data))
    if repository is None or not at:
        tracked = repository is not None and _tracked(repository.layout, request.path)
        _refuse_ignored(repository, request.path, tracked)
        return FileLines(content_id, lines, modified_at, repository is not None, tracked, False, (), ())
    path, committed = _committed(repository, at, request)
    if committed is None:
        tracked = _tracked(repository.layout, request.path)
        _refuse_ignored(repository, request.path, tracked)
        return FileLines(content_id, lines, modified_at, True, tracked, False, (), ())
    shared = same_lines.pieces(data, committed, _MOST_PLACES)
    blamed = _blamed(repository, at, path, list(_wanted(shared, request)))
    pieces = tuple(_pieces(repository, blamed, shared))
    found = repository.commits(dict.fromkeys(piece.commit_id for piece in pieces))
    commits = tuple(_bounded(one) for one in found if one is not None)
    same = sum(shared[2::3]) == lines == line_diff.count(same_lines.plain(committed))
    return FileLines(content_id, lines, modified_at, True, True, same, pieces, commits)


def find_elsewhere(request: Request, content_id: str, others: Sequence[str]) -> list[Elsewhere]:
    """Those contents of the repository, named by their ids, that have lines of the file, the most alike first.

    None, where the file has another content than `content_id` by now.
    """
    where = layout.find(request.root)
    if where is None:
        return []
    repository = Repository(where)
    data, _ = _data(repository, _resolved(repository, request.commit), request)
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


def _resolved(repository: Repository | None, commit: str) -> str:
    """The commit at which git is asked; empty where there is none."""
    if not commit:
        return "" if repository is None else repository.head_now()
    if repository is not None and _REVISION.fullmatch(commit):
        with suppress(ObsdError):
            arguments = ["rev-parse", "--verify", "-q", f"{commit}^{{commit}}"]
            return program.run(repository.layout.worktree, arguments).decode("ascii", "replace").strip()
    raise NotFound("unknown_commit", f"the repository has no commit {printable(commit)}", "`git log` shows its commits")


def _data(repository: Repository | None, at: str, request: Request) -> tuple[bytes, float]:
    """The bytes of a file, and when it was written.

    Raises NotFound (`no_such_file`), NotPermitted (`file_unreadable`), InvalidRequest (`not_a_file`,
    `nested_repository`, `file_too_large`, `binary_file`).
    """
    if request.commit:
        data, modified_at = _of_commit(repository, at, request), 0.0
    else:
        data, modified_at = _on_disk(request)
    name = printable(request.path)
    if len(data) > request.max_bytes:
        hint = "watch.max_measured_bytes is the limit of a file whose lines are followed"
        raise InvalidRequest("file_too_large", f"{name} has more than {request.max_bytes:,} bytes", hint)
    if line_diff.is_binary(same_lines.plain(data)):
        raise InvalidRequest("binary_file", f"{name} is binary: it has no lines", "only text has authors by line")
    return data, modified_at


def _of_commit(repository: Repository | None, at: str, request: Request) -> bytes:
    data = None if repository is None else repository.blobs(at, [request.path])[0]
    if data is None:
        message = f"commit {at[:10]} has no file {printable(request.path)}"
        raise NotFound("no_such_file", message, "`git log --follow -- FILE` shows the names that it had")
    return data


def _on_disk(request: Request) -> tuple[bytes, float]:
    name = printable(request.path)
    _refuse_nested(request)
    try:
        with open_regular(Path(request.root, request.path)) as descriptor:
            return read_at(descriptor, 0, request.max_bytes + 1), os.fstat(descriptor).st_mtime
    except (FileNotFoundError, NotADirectoryError) as error:
        hint = "with --commit ID a file of a commit is shown"
        raise NotFound("no_such_file", f"there is no file {name}", hint) from error
    except PermissionError as error:
        raise NotPermitted("file_unreadable", f"{name} cannot be read: {error.strerror}") from error
    except NotRegular as error:
        raise InvalidRequest("not_a_file", f"{name} is no regular file", "give a file: links have no lines") from error


def _refuse_nested(request: Request) -> None:
    folder = os.path.dirname(request.path)
    while folder:
        if os.path.lexists(os.path.join(request.root, folder, ".git")):
            raise InvalidRequest(
                "nested_repository",
                f"{printable(request.path)} is in a repository of its own, {printable(folder)}",
                "`obsctl add-workspace` with that folder has it watched",
            )
        folder = os.path.dirname(folder)


def _tracked(where: Layout, path: str) -> bool:
    literal = {"GIT_LITERAL_PATHSPECS": "1"}
    return bool(program.run(where.worktree, ["ls-files", "-z", "--cached", "--", path], environment=literal))


def _refuse_ignored(repository: Repository | None, path: str, tracked: bool) -> None:
    """Raises InvalidRequest (`ignored_file`) for what git ignores."""
    if repository is None or tracked:
        return
    with suppress(program.GitFailed):  # 1: it is not ignored; 128: git does not take it for a file of this tree
        program.run(repository.layout.worktree, ["check-ignore", "-z", "--stdin"], stdin=os.fsencode(path) + b"\0")
        raise ignored(path)


def ignored(path: str) -> InvalidRequest:
    """What is raised for a file that is not watched."""
    hint = "`git check-ignore -v FILE` shows the rule; watch.exclude and editors' own files do not count either"
    return InvalidRequest("ignored_file", f"{printable(path)} is ignored, so nobody watched who wrote it", hint)


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
    remaining = list(zip(shared[::3], shared[1::3], shared[2::3], strict=True))
    at = 0
    for one in blamed:
        content_id = ids.get((one.commit_id, one.path), "")
        while at < len(remaining) and remaining[at][1] + remaining[at][2] <= one.start:
            at += 1
        for start, above, lines in remaining[at:]:
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
