"""What is kept of the lines that were committed 1, 7, 30 and 90 days ago: measured once a day in each workspace.

Owns when that is. Contents are compared by readers; what is not measured (no repository, too many files) has no number.
On the event loop.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Final

from obsd.authorship.kept import counted
from obsd.errors import ObsdError
from obsd.facts import KEPT_DAYS, UNKNOWN_AGENT, LinesKept
from obsd.git import layout
from obsd.git.kept_lines import Wanted, kept
from obsd.readers.pool import Git
from obsd.recorder import Recorder
from obsd.tasks.supervision import cancel, supervise
from obsd.workspaces.workspace import Workspace

_DAY_SECONDS: Final = 86_400.0
_LOOK_SECONDS: Final = 3_600.0
FIRST_SECONDS: Final = 300.0
"""After the start others come first."""
MOST_FILES: Final = 20_000
"""Of an age with more files nothing is measured."""

log = logging.getLogger(__name__)


class KeptLinesSource:
    """Measures the workspaces, one after the other; files of up to `max_bytes()`.

    `workspaces` returns those that are registered. It begins `first_seconds` after the start; `clock` gives Unix time.
    """

    def __init__(
        self,
        recorder: Recorder,
        workspaces: Callable[[], Sequence[Workspace]],
        git: Git,
        max_bytes: Callable[[], int],
        first_seconds: float = FIRST_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._recorder = recorder
        self._workspaces = workspaces
        self._git = git
        self._max_bytes = max_bytes
        self._first_seconds = first_seconds
        self._clock = clock
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to measure."""
        self._task = supervise("the lines that are kept", self._run)

    async def stop(self) -> None:
        """Ends; what was under way is measured after the next start."""
        await cancel(self._task)

    async def _run(self) -> None:
        await asyncio.sleep(self._first_seconds)
        while True:
            for workspace in self._workspaces():
                try:
                    await self._measure(workspace, self._clock())
                except ObsdError as error:
                    log.warning("%s: what is kept of its lines is not measured: %s", workspace.name, error.message)
            await asyncio.sleep(_LOOK_SECONDS)

    async def _measure(self, workspace: Workspace, now: float) -> None:
        """Measures a workspace, unless that was done within a day. Raises ObsdError."""
        last = await self._recorder.query(lambda ledger: ledger.kept.last(workspace.name))
        if last is not None and now - last.at < _DAY_SECONDS:
            return
        where = await self._git.run(workspace.path, layout.find, workspace.path)
        if where is None:
            return
        agents = {UNKNOWN_AGENT} if last is None else {UNKNOWN_AGENT, *(agent for _, agent, *_ in last.lines)}
        lines: list[tuple[int, str, int, int]] = []
        for days in KEPT_DAYS:
            until = now - days * _DAY_SECONDS
            found = await self._recorder.query(
                lambda ledger, until=until: ledger.kept.cohort(  # type: ignore[misc]
                    workspace.name, until - _DAY_SECONDS, until, MOST_FILES + 1
                )
            )
            if len(found) > MOST_FILES:
                log.warning("%s: commits of %d days ago have too many files to be measured", workspace.name, days)
                continue
            wanted = [Wanted(one.commit_id, one.file.path, one.file.content_id) for one in found]
            pieces = await self._git.run(workspace.path, kept, where, wanted, self._max_bytes()) if wanted else []
            if pieces is None:
                return
            of, there = counted((one.file.lines, here) for one, here in zip(found, pieces, strict=True))
            lines += [(days, agent, of[agent], there[agent]) for agent in sorted(agents | set(of))]
        await self._recorder.record([LinesKept(now, workspace.name, tuple(lines))])
