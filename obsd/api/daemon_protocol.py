"""What the API needs of the daemon: the attributes that the servicers read, and nothing more.

A protocol, so that the servicers can be tested over a part of a daemon, and no import goes from here to the daemon.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from obsd.config import Config
    from obsd.health import Health
    from obsd.readers.pool import Git
    from obsd.recorder import Recorder
    from obsd.records.understanding import AgentRecords
    from obsd.sources.author_sources import AuthorSources
    from obsd.sources.commit_tracker import CommitTracker
    from obsd.sources.history import History
    from obsd.sources.line_authors import LineAuthors
    from obsd.sources.supervisor import Supervisor
    from obsd.telemetry.service import Telemetry
    from obsd.views import Views
    from obsd.workspaces.registry import Registry


class Authors(Protocol):
    """What speaks for the authors of changes."""

    @property
    def states(self) -> AuthorSources: ...
    @property
    def lines(self) -> LineAuthors: ...
    async def records(self) -> tuple[AgentRecords, ...]: ...

    async def settle(self, workspaces: Collection[str]) -> None: ...


class DaemonPort(Protocol):
    """The daemon, as far as the API sees it. All of it lives on the event loop."""

    @property
    def config(self) -> Config: ...
    @property
    def registry(self) -> Registry: ...
    @property
    def recorder(self) -> Recorder: ...
    @property
    def git(self) -> Git: ...
    @property
    def supervisor(self) -> Supervisor: ...
    @property
    def commits(self) -> CommitTracker: ...
    @property
    def telemetry(self) -> Telemetry: ...
    @property
    def health(self) -> Health: ...
    @property
    def authors(self) -> Authors: ...
    @property
    def history(self) -> History: ...
    @property
    def views(self) -> Views: ...
    @property
    def version(self) -> str: ...
    @property
    def metrics_url(self) -> str: ...
    @property
    def up_since(self) -> float: ...

    def page_address(self, user: int) -> tuple[str, float]:
        """The page's address for a user of the machine, and for how many seconds it is good. Raises Unavailable."""

    async def reload(self) -> tuple[list[str], list[str]]: ...
