"""Whose lines were replaced before they were committed: found out when the authors of both changes are final.

Owns when that is asked, and what is committed at that moment. What waits is in the ledger, and goes from it in the
transaction that counts it: a restart counts nothing twice. On the event loop.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import groupby
from typing import Final

from obsd.authorship.replaced import Taken, overridden_and_thrashed, reported
from obsd.facts import UNKNOWN_AGENT, LinesReplaced
from obsd.ledger.replaced_lines import Replaced
from obsd.recorder import Recorder
from obsd.tasks.coalescing_queue import CoalescingQueue
from obsd.tasks.supervision import cancel, supervise
from obsd.workspaces.workspace import Workspace

_KINDS: Final = frozenset({"ChangeAttributed"})
_AT_ONCE: Final = 500
_RETRY_SECONDS: Final = 0.5
_PATIENCE_SECONDS: Final = 30.0
"""An author that is not final, or a commit that is not classified, is not waited for longer."""


class ReplacedLinesSource:
    """Judges the replaced lines of each workspace; `workspaces` returns those that are registered."""

    def __init__(self, recorder: Recorder, workspaces: Callable[[], Sequence[Workspace]]) -> None:
        self._recorder = recorder
        self._workspaces = workspaces
        self._since: defaultdict[str, dict[int, float]] = defaultdict(dict)
        """When each change that waits was seen first, by the monotonic clock."""
        self._recorded: defaultdict[str, set[int]] = defaultdict(set)
        """Changes that are counted, and that the ledger forgets as soon as it can be written."""
        self._queue = CoalescingQueue("the judging of replaced lines", self._judge_all)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins with what waits."""
        self._task = supervise("the replaced lines", self._run)

    async def stop(self) -> None:
        """Ends; what waits is found again at the next start."""
        await cancel(self._task)
        await self._queue.stop()

    async def _run(self) -> None:
        with closing(self._recorder.subscribe(kinds=_KINDS)) as attributed:
            for workspace in self._workspaces():
                self._queue.ask(workspace.name)
            async for fact in attributed:
                self._queue.ask(fact.workspace)

    async def _judge_all(self, workspace: str) -> None:
        """Judges what waits in a workspace, until nothing does."""
        while rows := await self._recorder.query(lambda ledger: ledger.replaced.waiting(workspace, _AT_ONCE)):
            commits_since = await self._recorder.query(lambda ledger: ledger.replaced.unclassified_since(workspace))
            known, now = self._since[workspace], time.monotonic()
            self._since[workspace] = {row.change: known.get(row.change, now) for row in rows}
            self._recorded[workspace] &= {row.change for row in rows}
            facts = [
                _fact(workspace, lines)
                for change, found in groupby(rows, lambda row: row.change)
                if change not in self._recorded[workspace]
                and (_final(lines := list(found), commits_since) or self._impatient(workspace, change))
            ]
            if facts:
                await self._recorder.record(facts)
                self._recorded[workspace] |= {fact.change for fact in facts}
            else:
                await asyncio.sleep(_RETRY_SECONDS)
        self._since.pop(workspace, None)
        self._recorded.pop(workspace, None)

    def _impatient(self, workspace: str, change: int) -> bool:
        return time.monotonic() - self._since[workspace][change] > _PATIENCE_SECONDS


def _final(lines: Sequence[Replaced], commits_since: float | None) -> bool:
    """Whether both authors of the lines of a change are known for good, and what was committed before it."""
    waits = any(None in (one.taker, one.writer) for one in lines)
    return not waits and (commits_since is None or commits_since > lines[0].at)


def _fact(workspace: str, lines: Sequence[Replaced]) -> LinesReplaced:
    taken = [
        Taken(one.writer or UNKNOWN_AGENT, one.taker or UNKNOWN_AGENT, one.lines, one.evidence == "editor")
        for one in lines
        if one.committed_at is None or one.committed_at > one.at
    ]
    overridden, thrashed = overridden_and_thrashed(taken)
    return LinesReplaced(lines[0].at, workspace, lines[0].change, overridden, thrashed, reported(taken))
