"""What speaks for the authors of changes: started, fed with folders and HEADs, and its state shown.

Owns the sources of evidence that the daemon runs for itself, and what is shown of all of them. On the event loop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from functools import partial

from obsd.agents.table import AgentTable
from obsd.config import Config, TelemetryConfig, WatchConfig, as_table
from obsd.daemon.writers_health import WritersHealth
from obsd.health import Health
from obsd.readers.paths import PathResolver
from obsd.readers.pool import Git
from obsd.readers.reader import StartReader
from obsd.recorder import Recorder
from obsd.records.adapter import Adapter
from obsd.records.adapters import chosen
from obsd.records.understanding import AgentRecords
from obsd.sources.agent_records import RecordsOfAgents
from obsd.sources.author_sources import AuthorSources, SourceState
from obsd.sources.author_wait import authors_known
from obsd.sources.commit_origins import CommitOriginsSource
from obsd.sources.file_writers import FileWriters
from obsd.sources.head_movers import Heads, NoHeads
from obsd.sources.kept_lines import KeptLinesSource
from obsd.sources.line_authors import LineAuthors
from obsd.sources.replaced_lines import ReplacedLinesSource
from obsd.tasks.supervision import spawn
from obsd.workspaces.workspace import Workspace
from obsd.writers.access import socket_path
from obsd.writers.source import Settings, Start

SESSION_OF = "obsd.records.sessions:session_of"
PATIENCE_SECONDS = 1.0
_EDITOR_SPEAKS = SourceState(True)

Push = Callable[[str, Callable[[], Awaitable[None]]], None]
"""Has something stopped with the daemon: what it is, and how."""


class Authors:
    """The kernel's word on writers and the agents' own records, as far as the configuration wants them.

    `states` is shown by status and doctor. `lines` says who wrote the lines of files.
    """

    lines: LineAuthors
    _paths: PathResolver

    def __init__(
        self, config: Config, health: Health, shown: Callable[[str, bool], None], recorder: Recorder, push: Push
    ) -> None:
        self._recorder = recorder
        self._push = push
        self.states = AuthorSources(shown)
        self._health = health
        self._writers_health = WritersHealth(health, self.states)
        self.asks_kernel = config.authors.writers == "auto"
        self._agents = [as_table(agent) for agent in config.agents]
        self._chosen = config.authors.records
        self._writers: FileWriters | None = None
        self._records: RecordsOfAgents | None = None

    def start(self, run: Start, start_reader: StartReader) -> None:
        """Begins to listen to the kernel, where it is wanted; both start a process of the fork server."""
        self._paths = PathResolver(start_reader)
        self._push("the resolving of paths", self._paths.stop)
        if not self.asks_kernel:
            self.states.put("writers", SourceState(False, 'authors.writers is "off"'))
            return
        shown = self._writers_health
        settings = Settings(self._agents, socket_path(), SESSION_OF if self.adapters() else "")
        self._writers = FileWriters(self._recorder, run, settings, shown.changed, shown.lost)
        self._writers.start()
        self._push("what the kernel says of writers", self._writers.stop)

    async def read_records(self, workspaces: Callable[[], Iterable[Workspace]], agents: tuple[str, ...]) -> None:
        """Begins to read the records of agents; `workspaces` gives those that are registered."""
        self._chosen = agents
        put = partial(self.states.put, "records")
        self._records = RecordsOfAgents(self._recorder, workspaces, self._health, put, self._paths.resolve)
        self._push("the agents' records", self._records.stop)
        await self._records.apply(agents)

    async def read_records_of(self, agents: tuple[str, ...]) -> None:
        """Reads the records of other agents from now on."""
        self._chosen = agents
        if self._records is not None:
            await self._records.apply(agents)

    def adapters(self) -> tuple[Adapter, ...]:
        """How to read the records of the agents that are wanted."""
        return chosen(self._chosen)

    async def records(self) -> tuple[AgentRecords, ...]:
        """How it is with each agent's records."""
        return () if self._records is None else await self._records.status()

    def follow_lines(
        self,
        workspaces: Callable[[], Sequence[Workspace]],
        agents: AgentTable,
        git: Git,
        settings: Callable[[], WatchConfig],
        settle: Callable[[str], Awaitable[object]],
    ) -> None:
        """Begins to say who wrote the lines of commits and of files; `settle` returns when a workspace is recorded."""

        def max_bytes() -> int:
            return settings().max_measured_bytes

        self.lines = LineAuthors(self._recorder, workspaces, agents, git, settings, settle)
        origins = CommitOriginsSource(self._recorder, workspaces, agents, git, max_bytes, settle)
        origins.start()
        self._push("the origins of commits", origins.stop)
        replaced = ReplacedLinesSource(self._recorder, workspaces)
        replaced.start()
        self._push("the replaced lines", replaced.stop)
        kept = KeptLinesSource(self._recorder, workspaces, git, max_bytes)
        kept.start()
        self._push("the lines that are kept", kept.stop)

    def telemetry(self, config: TelemetryConfig) -> None:
        """Where telemetry is received, if it is; the editors' extension reports over HTTP."""
        off = SourceState(False, "telemetry is not received", "set telemetry.grpc or telemetry.http, `obsctl reload`")
        self.states.put("telemetry", SourceState(True) if config.grpc or config.http else off)
        silent = "set telemetry.http, `obsctl reload`; `obsctl agents setup vscode` installs the extension that reports"
        if not config.http:
            self.states.put("editor", SourceState(False, "editors' reports are not received", silent))
        elif not self.states["editor"].up:
            self.states.put("editor", SourceState(True, "no editor has reported yet"))

    def editor_reported(self) -> None:
        """The extension of an editor has reported."""
        if self.states["editor"] != _EDITOR_SPEAKS:
            self.states.put("editor", _EDITOR_SPEAKS)

    async def settle(self, workspaces: Collection[str]) -> None:
        """Returns when all that the kernel has to say is recorded, and each change so far has its author."""
        if self._writers is not None:
            await self._writers.settle()
        await authors_known(self._recorder, workspaces)

    async def watch_head(self, workspace: Workspace) -> None:
        """Has it noticed who moves a workspace's HEAD. A disk that does not answer is not waited for."""
        if self._writers is not None:
            finding = spawn(f"finding HEAD's log of {workspace.name}", self._writers.watch_head(workspace))
            await asyncio.wait({finding}, timeout=PATIENCE_SECONDS)

    def folders(self, workspace: Workspace, came: list[str], went: list[str]) -> None:
        """Folders of a workspace have a watch now, or have none any more."""
        if self._writers is not None:
            self._writers.unwatched(workspace, went)
            self._writers.watched(workspace, came)

    def added(self) -> None:
        """A workspace is registered: what agents write there counts from now on."""
        if self._records is not None:
            self._records.workspaces_changed()

    def forget(self, workspace: Workspace) -> None:
        """A workspace is removed."""
        if self._writers is not None:
            self._writers.forget(workspace)

    @property
    def heads(self) -> Heads:
        """Who moves the HEADs of workspaces."""
        return NoHeads() if self._writers is None else self._writers
