"""The daemon's end of the fork server: asks for watchers and readers, and receives their start and end.

On the event loop. The fork server is started before gRPC is imported, and outlives nothing: it ends with the socket.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass

from obsd.errors import Unavailable
from obsd.host import isolated

_MESSAGE_BYTES = 4096
_END_SECONDS = 1.5
_START = "from obsd.watcher.forkserver import serve; serve(int(sys.argv[1]))"


@dataclass(frozen=True, slots=True)
class Process:
    """A child's process. `exit` gets its exit code, negative for a signal; None: nobody knows it."""

    pid: int
    exit: asyncio.Future[int | None]


class ForkClient:
    """Starts the fork server, and watchers through it. `died()` is called when the fork server itself is gone."""

    def __init__(self, died: Callable[[], None]) -> None:
        self._died = died
        self._process: asyncio.subprocess.Process | None = None
        self._socket: socket.socket | None = None
        self._starting: dict[int, asyncio.Future[Process]] = {}
        self._running: dict[int, Process] = {}
        self._number = 0

    async def start(self) -> None:
        """Starts the process; it is ready when the first watcher is asked for. Raises Unavailable."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        with theirs:
            try:
                self._process = await asyncio.create_subprocess_exec(
                    *isolated.command(_START, str(theirs.fileno())),
                    pass_fds=[theirs.fileno()],
                    stdin=asyncio.subprocess.DEVNULL,
                    cwd=isolated.FOLDER,
                    env=isolated.environment(),
                )
            except OSError as error:
                ours.close()
                raise Unavailable(
                    "no_process",
                    f"the process that starts watchers cannot be started: {error.strerror}",
                    "`ulimit -u` and the unit's TasksMax= bound how many processes there may be",
                ) from error
        self._socket = ours
        asyncio.get_running_loop().add_reader(ours, self._readable)

    async def watch(self, watcher_end: socket.socket, workspace: str) -> Process:
        """Has a watcher started on its end of a connection. Raises OSError when the fork server is gone.

        The name of the workspace is in brackets: nobody takes a workspace `claude` for the program of that name.
        """
        return await self.run(watcher_end, "obsd.watcher.main", f"obsd-watcher [{workspace}]")

    async def read(self, reader_end: socket.socket) -> tuple[Process, Callable[[], None]]:
        """Has a reader started on its end of a connection; it comes with what kills it. Raises OSError."""
        process = await self.run(reader_end, "obsd.readers.process", "obsd-reader")
        return process, lambda: self.kill(process.pid)

    async def run(self, end: socket.socket, module: str, title: str) -> Process:
        """Has a process started that calls `run` of a module with its end of a connection. Raises OSError.

        `title` is what `ps` shows for it; its first word is the short name.
        """
        self._number += 1
        request = json.dumps(["run", self._number, module, title]).encode()
        try:
            socket.send_fds(self._connected(), [request], [end.fileno()])
        except BlockingIOError as error:
            raise ConnectionError("the fork server does not answer") from error
        started: asyncio.Future[Process] = asyncio.get_running_loop().create_future()
        self._starting[self._number] = started
        return await started

    def kill(self, pid: int, number: signal.Signals = signal.SIGKILL) -> None:
        """Signals a child, if it still runs: the fork server has not reaped it, so the number is its own."""
        if self._socket is not None:
            try:
                self._socket.send(json.dumps(["kill", pid, int(number)]).encode())
            except OSError:
                return  # gone, and its watchers with it

    async def stop(self) -> None:
        """Ends the fork server; it ends the watchers that are left."""
        self._close()
        if self._process is None:
            return
        try:
            await asyncio.wait_for(self._process.wait(), _END_SECONDS)
        except TimeoutError:
            self._process.kill()
            await self._process.wait()

    def _connected(self) -> socket.socket:
        if self._socket is None:
            raise ConnectionError("the fork server is gone")
        return self._socket

    def _readable(self) -> None:
        try:
            data = self._connected().recv(_MESSAGE_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            self._close()
            self._died()
            return
        kind, *values = json.loads(data)
        if kind == "started":
            waiting = self._starting.pop(values[0], None)
            process = self._running[values[1]] = Process(values[1], asyncio.get_running_loop().create_future())
            if waiting is not None and not waiting.done():
                waiting.set_result(process)
        elif kind == "failed":
            waiting = self._starting.pop(values[0], None)
            if waiting is not None and not waiting.done():
                waiting.set_exception(OSError(values[1], f"no process can be started: {os.strerror(values[1])}"))
        elif kind == "exited":
            self._running.pop(values[0]).exit.set_result(values[1])

    def _close(self) -> None:
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None
        for waiting in self._starting.values():
            if not waiting.done():
                waiting.set_exception(ConnectionError("the fork server is gone"))
        self._starting.clear()
        for process in self._running.values():
            process.exit.set_result(None)
        self._running.clear()
