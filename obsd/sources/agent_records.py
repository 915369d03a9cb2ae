"""Agents' own records as evidence for authors: from batches of what was read to facts.

Owns which workspace a path belongs to, and when a batch is recorded: at once where it has evidence of a write, else
together with what comes later. Batches are recorded in their order, each with how far the files are read then, so that
a restart or a kill neither reads twice nor loses anything. On the event loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Final

from obsd.authorship.facts import RecordsRead, SessionRecorded, together
from obsd.facts import Fact
from obsd.health import Health
from obsd.ledger.records_queries import RecordsKept
from obsd.recorder import Recorder
from obsd.records import adapters
from obsd.records.source import RecordsSource, Resolve
from obsd.records.state import Batch, FileMark, State
from obsd.records.understanding import AgentRecords
from obsd.records.write_facts import write_facts
from obsd.sources.author_sources import SourceState
from obsd.tasks.supervision import cancel, start, supervise
from obsd.workspaces.places import locate
from obsd.workspaces.workspace import Workspace

KEEP_SECONDS: Final = 5.0
"""What is no evidence of a write is recorded after so long: an agent that talks costs no write to the disk a word."""
_DRIFTED: Final = "records_not_understood"


class RecordsOfAgents:
    """The records of chosen agents. `changed` is called with the source's state when it becomes another one.

    `resolve` gives the folders that records name without links.
    """

    def __init__(
        self,
        recorder: Recorder,
        workspaces: Callable[[], Iterable[Workspace]],
        health: Health,
        changed: Callable[[SourceState], None],
        resolve: Resolve,
    ) -> None:
        self._resolve = resolve
        self._recorder, self._workspaces, self._health, self._changed = recorder, workspaces, health, changed
        self._source: RecordsSource | None = None
        self._waiting: list[Batch] = []
        self._writing = asyncio.Lock()
        self._due = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def apply(self, agents: tuple[str, ...]) -> None:
        """Reads the records of these agents from now on, by id (`all`: of every one), and of no other."""
        await self.stop()
        chosen = adapters.chosen(agents)
        if not chosen:
            self._health.clear(_DRIFTED)
            self._changed(SourceState(False, f"authors.records names no agent that is known: {list(agents)}"))
            return
        kept = await self._recorder.query(lambda ledger: ledger.records.kept())
        if kept.since is None:
            now = time.time()
            await self._recorder.record([RecordsRead(now, "", since=now)])
            kept = RecordsKept(kept.salt, now)
        self._source = RecordsSource(
            self._keep, self._folders, _state(kept), kept.salt, adapters=chosen, resolve=self._resolve
        )
        self._task = supervise("the keeping of agents' records", self._keep_at_times)
        self._due.set()
        await self._source.start()

    async def stop(self) -> None:
        """Ends reading; all that was read is recorded."""
        source, self._source = self._source, None
        if source is not None:
            await source.stop()
        await cancel(self._task)
        await self._write()

    def workspaces_changed(self) -> None:
        """Has everything scanned again."""
        if self._source is not None:
            self._source.rescan()

    async def status(self) -> tuple[AgentRecords, ...]:
        """How it is with each chosen agent's records."""
        return await self._source.status() if self._source is not None else ()

    async def _keep(self, batch: Batch) -> None:
        self._waiting.append(batch)
        self._due.set()
        if not any(tool.files and tool.ended is not None for tool in batch.tools):
            return
        try:
            # What is being recorded is recorded, though the reading of more is ended meanwhile.
            await asyncio.shield(start("the recording of agents' records", self._write()))
        except Exception:
            self._waiting = [other for other in self._waiting if other is not batch]
            raise

    async def _keep_at_times(self) -> None:
        while True:
            await self._due.wait()
            if self._source is not None:
                await self._source.ready()
            self._due.clear()
            await asyncio.shield(start("the recording of agents' records", self._write()))
            await self._show()
            await asyncio.sleep(KEEP_SECONDS)

    async def _write(self) -> None:
        async with self._writing:
            batches = tuple(self._waiting)
            if batches:
                await self._recorder.record(list(self._facts(batches)))
                self._waiting = [batch for batch in self._waiting if not any(batch is one for one in batches)]

    def _facts(self, batches: tuple[Batch, ...]) -> Iterator[Fact]:
        now = time.time()
        workspaces = {workspace.path: workspace.name for workspace in self._workspaces()}
        yield together(_read(batch, now) for batch in batches)
        for batch in batches:
            for seen in batch.sessions:
                if place := locate(workspaces, seen.cwd):
                    words = (seen.first_at, seen.last_at, seen.model, seen.version, seen.parent, seen.tokens.parts())
                    yield SessionRecorded(now, place[0], seen.agent, seen.session, *words)
            for tool in batch.tools:
                yield from write_facts(tool, partial(locate, workspaces))

    async def _show(self) -> None:
        """Shows whether records are understood."""
        found = await self.status()
        drifted = [one for one in found if one.state == "drifted"]
        if drifted:
            self._health.raise_(_DRIFTED, agents=", ".join(map(_counted, drifted)))
        else:
            self._health.clear(_DRIFTED)
        there = [one.agent for one in found if one.state != "absent"]
        text = f"reads the records of {', '.join(there)}" if there else "no agent has records on this machine yet"
        if self._source is not None:
            self._changed(SourceState(True, text))

    def _folders(self) -> list[str]:
        return [workspace.path for workspace in self._workspaces()]


def _state(kept: RecordsKept) -> State:
    marks: dict[str, FileMark] = {}
    for text in kept.marks:
        # A file without a mark is read from `since` on, and what was recorded of it is known by its tools.
        with contextlib.suppress(ValueError, TypeError):
            mark = FileMark.from_json(text)
            marks[mark.path] = mark
    return State(kept.since or 0.0, marks, kept.tools, kept.counts)


def _read(batch: Batch, now: float) -> RecordsRead:
    gone = tuple((path, "") for path in batch.gone)
    return RecordsRead(
        now, "", 0.0, (*gone, *((mark.path, mark.to_json()) for mark in batch.files)), batch.known, batch.counts
    )


def _counted(one: AgentRecords) -> str:
    version = f" {one.version}" if one.version else ""
    return f"{one.agent}{version} ({one.misread} of {one.understood + one.misread} records)"
