"""The real API server over a part of a daemon, in a thread of its own: for what a whole daemon does not do.

The parts that a test needs are real or made to fail; nothing here is a picture of what the test asserts.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from obsd.api.server import ApiServer
from obsd.config import Config
from obsd.facts import Fact
from obsd.health import Health
from obsd.views.subscriptions import Subscription, SubscriptionsView
from obsd.workspaces.registry import Registry
from obsd.workspaces.workspace import Workspace


class Activity(SubscriptionsView):
    """Subscriptions that can be counted."""

    @property
    def open(self) -> int:
        """How many there are."""
        return len(self._subscriptions)


class Recorder:
    """Hands facts to subscriptions at once; keeps nothing."""

    def __init__(self) -> None:
        self.subscriptions = Activity()

    async def record(self, facts: list[Fact]) -> list[Fact]:
        """Shows the facts."""
        self.subscriptions.publish(facts)
        return facts

    def subscribe(self, workspace: str = "", kinds: frozenset[str] = frozenset()) -> Subscription:
        """As the real one does it."""
        return self.subscriptions.subscribe(workspace, kinds)

    async def query(self, function: Any) -> Any:
        """Fails as a programming error would."""
        raise ZeroDivisionError("a \x1b[31msecret\udcff")


class PartialDaemon:
    """The attributes that the API reads."""

    def __init__(self) -> None:
        self.config = Config()
        self.health = Health()
        self.recorder = Recorder()
        self.registry = Registry(self.recorder.record, self._ignore, self._ignore)
        self.supervisor: Any = None
        self.commits: Any = None
        self.telemetry: Any = None
        self.views: Any = None
        self.version = "0.0"
        self.metrics_url = ""
        self.up_since = 1.0

    async def reload(self) -> tuple[list[str], list[str]]:
        """Takes longer than anybody waits."""
        await asyncio.sleep(3600)
        return [], []

    async def _ignore(self, workspace: Workspace) -> None: ...


class Running:
    """A served `PartialDaemon`: `call` runs a coroutine on its loop."""

    def __init__(self, socket: Path) -> None:
        self.socket = socket
        self.daemon: Any = None
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.server: ApiServer = self.call(self._serve())

    def call(self, coroutine: Any) -> Any:
        """The coroutine's result."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)

    async def _serve(self) -> ApiServer:
        self.daemon = PartialDaemon()
        server = ApiServer(self.daemon, self.socket)
        await server.start()
        return server

    def close(self) -> None:
        """Ends the server, then the loop."""
        self.call(self.server.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()


@contextmanager
def serving(socket: Path) -> Iterator[Running]:
    """Runs one for the length of a `with` block."""
    running = Running(socket)
    try:
        yield running
    finally:
        running.close()
