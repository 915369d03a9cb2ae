"""A file of a working tree or of a commit, as it is asked for: its bytes, or why nobody gets to know its lines.

Owns what is refused: what is no regular file, is ignored, lies in a repository of its own, is binary or too large.
Blocking: for the daemon it runs in a reader.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from obsd.errors import InvalidRequest, NotFound, NotPermitted, ObsdError
from obsd.git import line_diff, program, same_lines
from obsd.git.layout import Layout
from obsd.git.repository import Repository
from obsd.small_files import NotRegular, open_regular, read_at
from obsd.text import printable

_REVISION = re.compile(r"[0-9a-f]{4,64}")


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


def resolved(repository: Repository | None, commit: str) -> str:
    """The commit at which git is asked; empty where there is none."""
    if not commit:
        return "" if repository is None else repository.head_now()
    if repository is not None and _REVISION.fullmatch(commit):
        with suppress(ObsdError):
            arguments = ["rev-parse", "--verify", "-q", f"{commit}^{{commit}}"]
            return program.run(repository.layout.worktree, arguments).decode("ascii", "replace").strip()
    raise NotFound("unknown_commit", f"the repository has no commit {printable(commit)}", "`git log` shows its commits")


def read(repository: Repository | None, at: str, request: Request) -> tuple[bytes, float]:
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


def tracked(where: Layout, path: str) -> bool:
    """Whether git has the file in its index."""
    literal = {"GIT_LITERAL_PATHSPECS": "1"}
    return bool(program.run(where.worktree, ["ls-files", "-z", "--cached", "--", path], environment=literal))


def refuse_ignored(repository: Repository | None, path: str, tracked: bool) -> None:
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
