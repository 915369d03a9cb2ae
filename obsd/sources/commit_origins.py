"""Who wrote the lines of commits: each commit is classified when the authors of its changes are final.

Owns when that happens, and which contents are asked. A commit that is recorded waits in the ledger until its lines are
classified, so that a restart goes on where it ended. On the event loop; repositories are read by readers.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence, Set
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Final

from obsd.agents.table import AgentTable
from obsd.errors import LimitReached, ObsdError
from obsd.facts import BEFORE, IMPORTED, UNKNOWN_AGENT, CommitOrigins, CommittedFile, LinesCommitted, Written
from obsd.git import layout
from obsd.git.commit_lines import AddedLines, Found, added_lines, find_lines, known_blobs
from obsd.git.layout import Layout
from obsd.ledger.origin_queries import Unclassified
from obsd.origins.commit_lines import (
    Author,
    Known,
    Origin,
    Placed,
    Source,
    author_of,
    classes,
    grown,
    placed,
    unexplained,
    whole,
)
from obsd.readers.pool import Git
from obsd.recorder import Recorder
from obsd.sources.commit_notes import CommitNotes, FileLines
from obsd.tasks.coalescing_queue import CoalescingQueue
from obsd.tasks.supervision import cancel, supervise
from obsd.workspaces.workspace import Workspace

log = logging.getLogger(__name__)

_KINDS: Final = frozenset({"CommitMade", "CommitRewritten"})
_AT_ONCE: Final = 100
_RETRY_SECONDS: Final = 0.5
_PATIENCE_SECONDS: Final = 30.0
"""An author that is not final after that time is called unknown."""
_SETTLE_SECONDS: Final = 10.0
_LATELY: Final = 16
"""Contents of a file in which lines are looked for."""
_MOST_LINES: Final = 1_000_000
"""A commit that adds more is not read line by line: an import, a vendored tree."""

_UNKNOWN: Final = Origin(agent=UNKNOWN_AGENT)

_Key = tuple[str, str]
"""Path and content id."""


@dataclass(frozen=True, slots=True)
class _Read:
    """The origins of a commit's added lines, those base contents that its repository has, and each file's lines;
    `where` is None where the lines were not read one by one."""

    origins: Mapping[Origin, int]
    in_repository: Set[str] = frozenset()
    files: Sequence[FileLines] = ()
    where: Layout | None = None


@dataclass(slots=True)
class _Attempt:
    """A commit that waits for the authors of its lines since a time of the monotonic clock.

    `read` is what its repository said, which is asked once. `done`: its origins are recorded, and the ledger has them
    as soon as it can be written.
    """

    done: bool = False
    since: float = field(default_factory=time.monotonic)
    read: _Read | None = None

    @property
    def waited_seconds(self) -> float:
        return time.monotonic() - self.since


class CommitOriginsSource:
    """Classifies the commits of each workspace, one after the other; one repository holds up no other.

    `workspaces` returns those that are registered, `max_bytes` up to which size the changes of files are measured;
    `settle` returns when what was written in a workspace so far is recorded, and raises ObsdError where nobody watches.
    """

    def __init__(
        self,
        recorder: Recorder,
        workspaces: Callable[[], Sequence[Workspace]],
        agents: AgentTable,
        git: Git,
        max_bytes: Callable[[], int],
        settle: Callable[[str], Awaitable[object]],
    ) -> None:
        self._recorder = recorder
        self._workspaces = workspaces
        self._git = git
        self._max_bytes = max_bytes
        self._settle = settle
        self._notes = CommitNotes(agents, git)
        self._attempts: defaultdict[str, dict[str, _Attempt]] = defaultdict(dict)
        self._queue = CoalescingQueue("the classifying of commits", self._classify_all)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins with what waits."""
        self._task = supervise("the origins of commits", self._run)

    async def stop(self) -> None:
        """Ends; what waits is found again at the next start."""
        await cancel(self._task)
        await self._queue.stop()

    async def _run(self) -> None:
        with closing(self._recorder.subscribe(kinds=_KINDS)) as commits:
            for workspace in self._workspaces():
                self._queue.ask(workspace.name)
            async for fact in commits:
                self._queue.ask(fact.workspace)

    async def _classify_all(self, workspace: str) -> None:
        """Classifies what waits in a workspace, until nothing does."""
        while commits := await self._recorder.query(lambda ledger: ledger.origins.unclassified(workspace, _AT_ONCE)):
            known = self._attempts[workspace]
            self._attempts[workspace] = {one.commit_id: known.get(one.commit_id) or _Attempt() for one in commits}
            waiting = [one for one in commits if not self._attempts[workspace][one.commit_id].done]
            unread = any(self._attempts[workspace][one.commit_id].read is None for one in waiting)
            settled = unread and await self._settled(workspace)
            for commit in waiting:
                await self._classify(commit, self._attempts[workspace][commit.commit_id], settled)
            if not any(self._attempts[workspace][one.commit_id].done for one in waiting):
                await asyncio.sleep(_RETRY_SECONDS)
        self._attempts.pop(workspace, None)

    async def _settled(self, workspace: str) -> bool:
        """Whether all is recorded that was written before the commits: many are made right behind their last edit."""
        try:
            async with asyncio.timeout(_SETTLE_SECONDS):
                await self._settle(workspace)
        except (ObsdError, TimeoutError):
            return False
        return True

    async def _classify(self, commit: Unclassified, attempt: _Attempt, settled: bool) -> None:
        """Classifies a commit, unless an author is not final or the repository cannot be read."""
        if attempt.read is None:
            if not settled and attempt.waited_seconds < _PATIENCE_SECONDS:
                return
            try:
                attempt.read = await self._read(commit, settled)
            except ObsdError as error:
                if attempt.waited_seconds < _PATIENCE_SECONDS and not isinstance(error, LimitReached):
                    return
                what = f"{commit.workspace}: the lines of commit {commit.commit_id} have no origin"
                log.warning("%s: %s", what, error.message)
                attempt.read = _Read({_UNKNOWN: commit.lines_added or 0})
        changes = [origin.change for origin in attempt.read.origins if origin.change]
        authors = await self._recorder.query(lambda ledger: ledger.origins.authors(changes))
        if None in authors.values() and attempt.waited_seconds < _PATIENCE_SECONDS:
            return
        final: dict[int, Author] = {change: author for change, author in authors.items() if author is not None}
        read = await self._with_notes(commit, attempt, attempt.read, final)
        if read is not None:
            await self._record(commit, read, sorted(changes), final)
            attempt.done = True

    async def _with_notes(
        self, commit: Unclassified, attempt: _Attempt, read: _Read, authors: Mapping[int, Author]
    ) -> _Read | None:
        """The same with lines of unknown authors as notes have them; None while a note may still come."""
        unknown = {origin for origin in read.origins if author_of(origin, authors, read.in_repository) == UNKNOWN_AGENT}
        if read.where is None or not unknown:
            return read
        files = await self._notes.apply(read.where, commit.commit_id, read.files, unknown, attempt.waited_seconds)
        return None if files is None else replace(read, origins=_sums(files, commit), files=files)

    async def _record(
        self, commit: Unclassified, read: _Read, changes: Sequence[int], authors: Mapping[int, Author]
    ) -> None:
        now = classes(read.origins, authors, read.in_repository)
        more = max(0, commit.counted_added - sum(one.lines for one in commit.counted))
        fact = CommitOrigins(time.time(), commit.workspace, commit.commit_id, now, grown(now, commit.counted, more))
        files = tuple(_committed(file, lines, authors, read.in_repository) for file, lines in read.files)
        committed = LinesCommitted(fact.at, commit.workspace, commit.commit_id, tuple(changes), files)
        await self._recorder.record([fact, committed])

    async def _read(self, commit: Unclassified, settled: bool) -> _Read:
        """What the repository and the ledger say of a commit's added lines; `settled`: the ledger has all that was
        written before it. Raises ObsdError."""
        if not commit.lines_added:
            return _Read({})
        workspace = next((one for one in self._workspaces() if one.name == commit.workspace), None)
        if workspace is None or commit.lines_added > _MOST_LINES:
            return _Read({_UNKNOWN: commit.lines_added})
        where = await self._git.run(workspace.path, layout.find, workspace.path)
        if where is None:
            return _Read({_UNKNOWN: commit.lines_added})
        files = await self._git.run(workspace.path, added_lines, where, commit.commit_id)
        sources = await self._sources(workspace, where, commit, files, settled)
        lines = [(file, placed(file.places, known)) for file, known in zip(files, sources, strict=True)]
        found = _sums(lines, commit)
        return _Read(found, await self._in_repository(workspace, where, found), lines, where)

    async def _in_repository(self, workspace: Workspace, where: Layout, found: Mapping[Origin, int]) -> set[str]:
        bases = sorted({origin.base_id for origin in found if origin.base_id})
        return await self._git.run(workspace.path, known_blobs, where, bases) if bases else set()

    async def _sources(
        self, workspace: Workspace, where: Layout, commit: Unclassified, files: Sequence[AddedLines], settled: bool
    ) -> list[list[Source]]:
        """The contents to ask for each file: what it is in the commit, then others in which its lines stand."""
        known = await self._contents(workspace, [(path, file.content_id) for file in files for path in _paths(file)])
        own = [
            [whole(known[key]) for path in _paths(file) if (key := (path, file.content_id)) in known][:1]
            for file in files
        ]
        open_files = [number for number, file in enumerate(files) if unexplained(file.places, own[number])]
        if not open_files:
            return own
        searched = [files[number] for number in open_files]
        lately = await self._recorder.query(
            lambda ledger: [ledger.origins.lately(workspace.name, file.path, _LATELY) for file in searched]
        )
        found = await self._git.run(
            workspace.path, find_lines, where, commit.commit_id, searched, lately, self._max_bytes()
        )
        others = await self._contents(workspace, [(one.path, one.content_id) for each in found for one in each])
        for number, ids, each in zip(open_files, lately, found, strict=True):
            own[number] += [_source(one, others, bool(ids) or not settled, workspace.added_at) for one in each]
        return own

    async def _contents(self, workspace: Workspace, wanted: Sequence[_Key]) -> dict[_Key, Known]:
        return await self._recorder.query(lambda ledger: ledger.origins.contents(workspace.name, wanted))


def _committed(
    file: AddedLines, lines: Sequence[Placed], authors: Mapping[int, Author], in_repository: Set[str]
) -> CommittedFile:
    """A file's lines by author; neighbours of one author are one."""
    found: list[Written] = []
    for start, length, origin in lines:
        agent = author_of(origin, authors, in_repository)
        if found and found[-1].agent == agent and found[-1].start + found[-1].lines == start:
            found[-1] = Written(found[-1].start, found[-1].lines + length, agent)
        else:
            found.append(Written(start, length, agent))
    return CommittedFile(file.path, file.content_id, tuple(found))


def _paths(file: AddedLines) -> list[str]:
    return [file.path, file.previous_path] if file.previous_path else [file.path]


def _source(found: Found, contents: Mapping[_Key, Known], changed: bool, added_at: float) -> Source:
    known = contents.get((found.path, found.content_id))
    if known is not None:
        return Source(found.pieces, known)
    if found.kind == "parent":
        return Source(found.pieces, None, IMPORTED)
    if found.kind == "disk" and not changed:
        # Nobody changed it while it was watched: it was there before, or git wrote it.
        return Source(found.pieces, None, BEFORE if found.modified_at < added_at else IMPORTED)
    return Source(found.pieces, None)


def _sums(files: Sequence[FileLines], commit: Unclassified) -> dict[Origin, int]:
    """Lines by origin, as many as the commit is counted with."""
    found: dict[Origin, int] = {}
    for _, lines in files:
        for one in lines:
            found[one.origin] = found.get(one.origin, 0) + one.lines
    missing = (commit.lines_added or 0) - sum(found.values())
    if missing:
        # git shows else than it counted when its configuration changed since then.
        text = "%s: git shows %+d added lines than it counted in commit %s; their origins are unknown"
        log.warning(text, commit.workspace, -missing, commit.commit_id)
    if missing < 0:
        return {_UNKNOWN: commit.lines_added or 0}
    return found | {_UNKNOWN: found.get(_UNKNOWN, 0) + missing} if missing else found
