"""Who wrote each line of a file: by what was seen, and where nobody saw it by git's word on the commits that have it.

Owns in which order contents and commits are asked. Nothing is recorded. On the event loop; files and repositories are
read by readers, messages of commits on a worker thread.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from typing import Final

from obsd.agents import evidence
from obsd.agents.table import AgentTable
from obsd.config import WatchConfig
from obsd.errors import InvalidRequest, NoSuchWorkspace, ObsdError
from obsd.facts import BEFORE
from obsd.git import layout
from obsd.git.authorship_notes import read_notes
from obsd.git.commit_lines import known_blobs
from obsd.git.file_lines import FileLines, Piece, find_elsewhere, read_lines
from obsd.git.file_text import Request, ignored
from obsd.git.repository import CommitInfo
from obsd.origins.commit_lines import Known, Placed, Source, placed, unexplained, whole
from obsd.origins.line_runs import Segment, segments
from obsd.origins.noted_lines import Noted
from obsd.readers.pool import Git
from obsd.recorder import Recorder
from obsd.sources.commit_notes import noted_by_path
from obsd.sources.file_blame import FileBlame, Found, LineRun, line_runs
from obsd.text import printable
from obsd.watcher.ignore import Ignore
from obsd.workspaces.places import locate
from obsd.workspaces.workspace import Workspace

_LATELY: Final = 16
"""Contents that a file had lately in which its lines are looked for."""
_SETTLE_SECONDS: Final = 2.0

_Key = tuple[str, str]
"""Path and content id."""


class LineAuthors:
    """Answers for one daemon. `settle` returns when all earlier changes of a workspace are recorded."""

    def __init__(
        self,
        recorder: Recorder,
        workspaces: Callable[[], Sequence[Workspace]],
        agents: AgentTable,
        git: Git,
        settings: Callable[[], WatchConfig],
        settle: Callable[[str], Awaitable[object]],
    ) -> None:
        self._recorder, self._workspaces, self._agents, self._git = recorder, workspaces, agents, git
        self._settings = settings
        self._settle = settle

    async def blame(self, path: str, commit: str = "", first: int = 1, last: int = 0) -> FileBlame:
        """Whose the lines of a file are: those of an absolute path as it is on disk, or in a commit.

        Raises NoSuchWorkspace, NotFound (`no_such_file`, `unknown_commit`), InvalidRequest (`not_a_file`,
        `ignored_file`, `nested_repository`, `binary_file`, `file_too_large`, `no_such_lines`), NotPermitted, and what
        reading a repository raises.
        """
        workspace, own = await self._locate(path)
        if any(Ignore.always(part) for part in own.split("/")):
            raise ignored(own)
        names = await self._recorder.query(lambda ledger: ledger.origins.earlier_paths(workspace.name, own))
        most = self._settings().max_measured_bytes
        request = Request(workspace.path, own, commit, first, last, most, names)
        file, pieces, known = await self._read(workspace, request)
        if not commit and not file.same and (own, file.content_id) not in known:
            # It may have been written just now. A watcher that does not answer changes nothing.
            with suppress(ObsdError, TimeoutError):
                async with asyncio.timeout(_SETTLE_SECONDS):
                    await self._settle(workspace.name)
            file, pieces, known = await self._read(workspace, request)
        lately = await self._recorder.query(lambda ledger: ledger.origins.lately(workspace.name, own, _LATELY))
        self._refuse_excluded(own, file, bool(lately))
        _refuse_lines(file, own, first)
        places = (first - 1, max(0, min(last or file.lines, file.lines) - first + 1))
        sources = _sources(own, file, pieces, known)
        sources += await self._elsewhere(workspace, request, file, lately, places, sources)
        runs = await self._runs(workspace, file, pieces, await asyncio.to_thread(placed, places, sources))
        return FileBlame(workspace.name, own, file.content_id, file.lines, runs)

    async def _read(self, workspace: Workspace, request: Request) -> tuple[FileLines, list[Piece], dict[_Key, Known]]:
        """The file, the commits that have its lines, and what is known of its contents."""
        file = await self._git.run(workspace.path, read_lines, request)
        pieces = await asyncio.to_thread(file.pieces)
        wanted = [(request.path, file.content_id), *{(path, content_id) for _, path, content_id in file.files}]
        return file, pieces, await self._contents(workspace, wanted)

    async def _locate(self, path: str) -> tuple[Workspace, str]:
        if not os.path.isabs(path):
            raise InvalidRequest("path_not_absolute", f"{printable(path)} is not an absolute path", "give all of it")
        folder, name = os.path.split(os.path.normpath(path))
        # The file itself may be a link, which has no lines; those above it lead to where it is.
        real = os.path.join(await asyncio.to_thread(os.path.realpath, folder), name)
        by_path = {workspace.path: workspace for workspace in self._workspaces()}
        found = locate({path: path for path in by_path}, real)
        if found is None:
            raise NoSuchWorkspace(
                "no_such_workspace",
                f"{printable(path)} is in no workspace",
                "`obsctl workspaces` lists them; `obsctl add-workspace PATH` adds one",
            )
        if not found[1]:
            raise InvalidRequest("not_a_file", f"{printable(path)} is no regular file", "give a file of it")
        return by_path[found[0]], found[1]

    def _refuse_excluded(self, path: str, file: FileLines, changed: bool) -> None:
        if not file.tracked and not changed and Ignore(self._settings().exclude, (), None).at_any_depth(path):
            raise ignored(path)

    async def _contents(self, workspace: Workspace, wanted: Sequence[_Key]) -> dict[_Key, Known]:
        return await self._recorder.query(lambda ledger: ledger.origins.contents(workspace.name, wanted))

    async def _elsewhere(
        self,
        workspace: Workspace,
        request: Request,
        file: FileLines,
        lately: Sequence[str],
        places: Sequence[int],
        sources: Sequence[Source],
    ) -> list[Source]:
        """What the file was lately, where the nearest contents do not have all lines; and that nobody changed it."""
        if not lately and file.modified_at and file.modified_at < workspace.added_at:
            return [Source((0, 0, file.lines), None, BEFORE)]
        others = [content_id for content_id in lately if content_id != file.content_id]
        if not others or not await asyncio.to_thread(unexplained, places, sources):
            return []
        found = await self._git.run(workspace.path, find_elsewhere, request, file.content_id, others)
        known = await self._contents(workspace, [(request.path, one.content_id) for one in found])
        keyed = [(one.pieces, known.get((request.path, one.content_id))) for one in found]
        return [Source(pieces, content) for pieces, content in keyed if content is not None]

    async def _runs(
        self, workspace: Workspace, file: FileLines, pieces: Sequence[Piece], found: Sequence[Placed]
    ) -> tuple[LineRun, ...]:
        cut = await asyncio.to_thread(list, segments(found, [(piece.start, piece.lines) for piece in pieces]))
        changes = {one.origin.change for one in cut if one.origin.change}
        infos = {info.id: info for info in file.commits}
        written = await self._recorder.query(lambda ledger: ledger.origins.written(changes))
        made_here = await self._recorder.query(lambda ledger: ledger.origins.made_here(workspace.name, infos))
        elsewhere = [info for info in file.commits if info.id not in made_here]
        named = await asyncio.to_thread(_named, self._agents, elsewhere) if elsewhere else {}
        noted = await self._noted(workspace, file, list(infos))
        in_repository = await self._in_repository(workspace, file, cut)
        facts = Found(workspace, pieces, infos, written, made_here, named, noted, in_repository)
        return await asyncio.to_thread(line_runs, facts, cut)

    async def _noted(
        self, workspace: Workspace, file: FileLines, commits: Sequence[str]
    ) -> dict[tuple[str, str], Sequence[Noted]]:
        """What other tools' notes claim of files of commits, by commit and path."""
        where = await self._git.run(workspace.path, layout.find, workspace.path) if commits else None
        if where is None:
            return {}
        notes = await self._git.run(workspace.path, read_notes, where, commits)
        return {
            (commit, path): claims
            for commit in notes.claims
            for path, claims in noted_by_path(self._agents, notes, commit).items()
        }

    async def _in_repository(self, workspace: Workspace, file: FileLines, cut: Sequence[Segment]) -> frozenset[str]:
        bases = sorted({one.origin.base_id for one in cut if one.origin.base_id})
        where = await self._git.run(workspace.path, layout.find, workspace.path) if bases and file.repository else None
        if where is None:
            return frozenset()
        return frozenset(await self._git.run(workspace.path, known_blobs, where, bases))


def _sources(path: str, file: FileLines, pieces: Sequence[Piece], known: Mapping[_Key, Known]) -> list[Source]:
    """The nearest contents: the file's own, then those of the commits that have its lines."""
    own = known.get((path, file.content_id))
    by_content: dict[_Key, list[int]] = {}
    for piece in pieces:
        key = (piece.path, piece.content_id)
        if key in known:
            by_content.setdefault(key, []).extend((piece.start, piece.above, piece.lines))
    of_commits = [Source(tuple(numbers), known[key]) for key, numbers in by_content.items()]
    return of_commits if own is None else [whole(own), *of_commits]


def _refuse_lines(file: FileLines, path: str, first: int) -> None:
    if first > max(1, file.lines):
        text = f"{printable(path)} has {file.lines:,} lines"
        raise InvalidRequest("no_such_lines", text, "-L 1,10 shows the first ten")


def _named(agents: AgentTable, commits: Sequence[CommitInfo]) -> dict[str, str]:
    """The agents that commits themselves name."""
    return {
        info.id: evidence.by_contents(agents, info.message, info.author_name, info.author_email)[0] for info in commits
    }
