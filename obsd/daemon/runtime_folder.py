"""The runtime folder while the daemon runs: systemd removes it at a logout without lingering, and so do cleaners of
temporary files. Then folder, lock and socket are made anew.

Owns when that is looked at. On the event loop; the files are looked at in a worker thread.
"""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

from obsd.daemon.shutdown import ShutdownStack
from obsd.errors import ObsdError
from obsd.host import paths
from obsd.host.lockfile import Lock
from obsd.tasks.supervision import cancel, supervise
from obsd.text import printable

if TYPE_CHECKING:
    from obsd.api.daemon_protocol import DaemonPort
    from obsd.api.server import ApiServer

CHECK_SECONDS: Final = 5.0
CONDITION: Final = "runtime_folder_gone"

log = logging.getLogger(__name__)


class RuntimeFolder:
    """Serves the API of a daemon at `socket`, and keeps the socket, the folder and the `lock` in it."""

    def __init__(self, daemon: DaemonPort, lock: Lock, socket: Path) -> None:
        self._daemon = daemon
        self._lock = lock
        self._socket = socket
        self._server: ApiServer | None = None
        self._keeping: asyncio.Task[None] | None = None

    async def start(self, stops: ShutdownStack) -> None:
        """Returns when the API answers, which `stops` then ends. Raises what `serve` raises."""
        await self._serve()
        stops.push("the API", self.stop)
        self._keeping = supervise("the runtime folder", self._keep)

    async def stop(self) -> None:
        """Ends serving."""
        await cancel(self._keeping)
        if self._server is not None:
            await self._server.stop()

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(CHECK_SECONDS)
            await self.check()

    async def _serve(self) -> None:
        from obsd.api.server import serve  # imports gRPC

        # gRPC removes the path of a socket when it stops listening there: first the old one ends.
        if self._server is not None:
            await self._server.stop()
        self._server = await serve(self._daemon, self._socket)

    async def check(self) -> None:
        """Makes anew what is gone. Where that fails it is a warning, and tried again at the next check."""
        try:
            if await asyncio.to_thread(self._restore):
                await self._serve()
                log.warning("the socket %s was gone and is made anew", printable(str(self._socket)))
        except ObsdError as error:
            self._daemon.health.raise_(CONDITION, folder=str(paths.runtime_dir()), error=error.message)
        else:
            self._daemon.health.clear(CONDITION)

    def _restore(self) -> bool:
        """Makes folder and lock anew where they are gone; whether the socket is gone too."""
        if not self._lock.in_place():
            paths.make_private(paths.runtime_dir())
            self._lock.take_again()
        return not self._socket.is_socket()
