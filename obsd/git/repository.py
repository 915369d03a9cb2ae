"""Commits of a repository: their headers and messages, through libgit2, and where that refuses through the git program.

Owns opening a repository and parsing commit objects. Blocking; in a reader, one `Repository` for one look.
libgit2's check of the owner is turned off: it guards against what a repository's configuration makes git run, and
nothing of a watched repository is ever run here.
"""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import dropwhile, islice, takewhile
from typing import Any

import pygit2

from obsd.errors import NotFound, ObsdError
from obsd.git import means, program, references
from obsd.git.layout import Layout

_COMMIT_TYPE = 1
_TOPOLOGICAL_REVERSED = 1 | 4
_IDENT = re.compile(rb"(?P<name>.*?) ?<(?P<email>[^>]*)>(?: (?P<time>-?\d+))?", re.DOTALL)
_MAX_TIME = 1 << 40


@dataclass(frozen=True, slots=True)
class CommitInfo:
    """A commit object. Text is decoded as its `encoding` header says; bytes that do not fit are surrogates."""

    id: str
    parents: tuple[str, ...]
    author_name: str
    author_email: str
    author_time: int
    committer_name: str
    committer_email: str
    committer_time: int
    message: str

    @property
    def author(self) -> tuple[str, str, int]:
        """What a rewrite keeps: name, email and the author's time."""
        return self.author_name, self.author_email, self.author_time

    @property
    def subject(self) -> str:
        """The first paragraph of the message in one line, as git's %s has it."""
        lines = (line.rstrip(" \t\r") for line in self.message.split("\n"))
        return " ".join(takewhile(bool, dropwhile(lambda line: not line, lines)))


class NotACommit(ObsdError):
    """The id names another kind of object."""


class Repository:
    """One repository, open for one look. `libgit2` is None where it refuses, or may not be used (`means.py`)."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.libgit2: Any = None
        if not layout.reftable and means.allow("libgit2", layout):
            with suppress(pygit2.GitError, KeyError, ValueError, OSError):
                self.libgit2 = pygit2.Repository(os.fspath(layout.worktree))

    def commit(self, commit_id: str) -> CommitInfo | None:
        """The commit, or None when the repository does not have it. Raises NotACommit (`not_a_commit`)."""
        found = self._read(commit_id)
        if found is None:
            return None
        is_commit, data = found
        if not is_commit:
            raise NotACommit(
                "not_a_commit",
                f"{commit_id} is no commit",
                "report the id that `git rev-parse HEAD^{commit}` prints",
            )
        return parse_commit(commit_id, data)

    def find(self, commit_id: str) -> CommitInfo | None:
        """The commit; None when it is not there, no commit, or cannot be read."""
        try:
            return self.commit(commit_id)
        except ObsdError:
            return None

    def commits(self, ids: Iterable[str]) -> list[CommitInfo | None]:
        """The commits, in order; None for one that is not there, or cannot be read."""
        wanted = list(ids)
        if self.libgit2 is not None:
            return [self.find(commit_id) for commit_id in wanted]
        query = b"".join(f"{commit_id}\n".encode("ascii") for commit_id in wanted)
        answer = program.run(self.layout.worktree, ["cat-file", "--batch"], stdin=query)
        found = _answers(answer, len(wanted), b"commit")
        return [None if data is None else parse_commit(one, data) for one, data in zip(wanted, found, strict=True)]

    def blob_id(self, commit_id: str, name: str) -> str:
        """The id of a file of a commit; empty for what is no file there."""
        if self.libgit2 is not None:
            with suppress(KeyError, ValueError, pygit2.GitError, UnicodeEncodeError):
                entry = self.libgit2[commit_id].peel(pygit2.Tree)[name]
                return str(entry.id) if isinstance(entry, pygit2.Blob) else ""
            return ""
        with suppress(ObsdError):
            arguments = ["rev-parse", "--verify", "-q", f"{commit_id}:{name}"]
            return program.run(self.layout.worktree, arguments).decode("ascii", "replace").strip()
        return ""

    def between(self, tip: str, base: str, limit: int = 5000) -> list[str]:
        """The ids that `tip` has and `base` has not, oldest first; none when either is not there."""
        if self.libgit2 is not None:
            with suppress(pygit2.GitError, KeyError, ValueError):
                walker = self.libgit2.walk(pygit2.Oid(hex=tip), _TOPOLOGICAL_REVERSED)
                walker.hide(pygit2.Oid(hex=base))
                return [str(commit.id) for commit in islice(walker, limit)]
            return []
        with suppress(ObsdError):
            order = ["rev-list", "--topo-order", "--reverse", f"--max-count={limit}"]
            return program.run(self.layout.worktree, [*order, tip, f"^{base}", "--"]).decode("ascii").split()
        return []

    def blobs(self, commit_id: str, names: Sequence[str]) -> list[bytes | None]:
        """The contents of files of a commit, by their paths; None for what is no file there. Raises ObsdError."""
        if self.libgit2 is not None:
            try:
                tree = self.libgit2[commit_id].peel(pygit2.Tree)
                return [_blob(tree, name) for name in names]
            except (KeyError, ValueError, pygit2.GitError) as error:
                raise NotFound("unknown_commit", f"{commit_id} cannot be read: {error}") from error
        wanted = b"".join(os.fsencode(f"{commit_id}:{name}\n") for name in names)
        answer = program.run(self.layout.worktree, ["cat-file", "--batch"], stdin=wanted)
        return list(_answers(answer, len(names)))

    def blob(self, object_id: str, max_bytes: int) -> bytes | None:
        """The content of a blob; None for what is none, cannot be read, or is larger."""
        if self.libgit2 is not None:
            with suppress(KeyError, ValueError, pygit2.GitError):
                found = self.libgit2[object_id]
                return bytes(found.data) if isinstance(found, pygit2.Blob) and found.size <= max_bytes else None
            return None
        with suppress(ObsdError):
            answer = program.run(self.layout.worktree, ["cat-file", "--batch"], stdin=f"{object_id}\n".encode())
            [data] = _answers(answer, 1)
            return data if data is not None and len(data) <= max_bytes else None
        return None

    def head_now(self) -> str:
        """The id that HEAD names, in hexadecimal; empty for none. Asks the git program where no file has it."""
        found = None if self.layout.reftable else references.resolve(self.layout)
        return self.head() if found is None else found

    def head(self) -> str:
        """The id that HEAD names, in hexadecimal; empty for none. Asks the git program."""
        with suppress(ObsdError):
            return program.run(self.layout.worktree, ["rev-parse", "--verify", "-q", "HEAD^{commit}"]).decode().strip()
        return ""

    def _read(self, object_id: str) -> tuple[bool, bytes] | None:
        if self.libgit2 is not None:
            try:
                kind, data = self.libgit2.read(pygit2.Oid(hex=object_id))
            except (KeyError, ValueError, pygit2.GitError):
                return None
            return int(kind) == _COMMIT_TYPE, data
        answer = program.run(self.layout.worktree, ["cat-file", "--batch"], stdin=f"{object_id}\n".encode())
        header, _, data = answer.partition(b"\n")
        words = header.split(b" ")
        return (words[1] == b"commit", data[: int(words[2])]) if len(words) == 3 else None


def _blob(tree: Any, name: str) -> bytes | None:
    try:
        found = tree[name]
    except (KeyError, UnicodeEncodeError):
        return None
    return bytes(found.data) if isinstance(found, pygit2.Blob) else None


def _answers(answer: bytes, count: int, kind: bytes = b"blob") -> Iterator[bytes | None]:
    """The answers of `git cat-file --batch`: `id type size`, content and a line end, or a line that ends `missing`."""
    position = 0
    for _ in range(count):
        end = answer.index(b"\n", position)
        words = answer[position:end].rsplit(b" ", 2)
        position = end + 1
        if len(words) != 3 or not words[2].isdigit():
            yield None
            continue
        size = int(words[2])
        yield answer[position : position + size] if words[1] == kind else None
        position += size + 1


def trust_owners() -> None:
    """Lets libgit2 open repositories of other users. Once, before the first is opened."""
    # pygit2 before 1.14 has no setting for it, and its option takes plain numbers.
    libgit2: Any = pygit2
    with suppress(AttributeError, TypeError, ValueError, pygit2.GitError):
        libgit2.option(libgit2.GIT_OPT_SET_OWNER_VALIDATION, False)


def parse_commit(commit_id: str, data: bytes) -> CommitInfo:
    """A commit from the bytes of its object; headers that are missing or broken are empty, never an error."""
    head, _, body = data.partition(b"\n\n")
    headers: dict[bytes, list[bytes]] = {}
    for line in head.split(b"\n"):
        name, _, value = line.partition(b" ")
        headers.setdefault(name, []).append(value)
    encoding = _codec(headers.get(b"encoding", [b""])[0])
    author_name, author_email, author_time = _ident(headers.get(b"author", [b""])[0], encoding)
    committer_name, committer_email, committer_time = _ident(headers.get(b"committer", [b""])[0], encoding)
    return CommitInfo(
        id=commit_id,
        parents=tuple(value.decode("ascii", "replace") for value in headers.get(b"parent", [])),
        author_name=author_name,
        author_email=author_email,
        author_time=author_time,
        committer_name=committer_name,
        committer_email=committer_email,
        committer_time=committer_time,
        message=_decoded(body, encoding),
    )


def _ident(value: bytes, encoding: str) -> tuple[str, str, int]:
    match = _IDENT.match(value)
    name, email, time = (match["name"], match["email"], match["time"]) if match else (b"", b"", None)
    seconds = int(time[:16]) if time else 0
    return _decoded(name, encoding), _decoded(email, encoding), seconds if abs(seconds) < _MAX_TIME else 0


def _codec(name: bytes) -> str:
    try:
        return codecs.lookup(name.decode("ascii")).name if name else "utf-8"
    except (LookupError, UnicodeDecodeError, ValueError):
        return "utf-8"


def _decoded(value: bytes, encoding: str) -> str:
    if encoding != "utf-8":
        with suppress(LookupError, ValueError):
            return str(value.decode(encoding))
    return value.decode("utf-8", "surrogateescape")


trust_owners()
