"""The fork server: a small process that imported pyinotify and pygit2, and forks watchers and their kind when asked to.

The daemon cannot fork itself: gRPC does not survive it, and a child would start with 45 MB instead of 6.
multiprocessing's fork server would do, but it hides the exit status, starts a second helper process and imports the
caller's main module into each child.

It reads requests from a socket that keeps message boundaries: ["run", n, module, title] with the new process' end of
a connection beside it, for which it calls the module's `run` under that title, or ["kill", pid, signal]. It sends
["started", n, pid], ["failed", n, errno] and ["exited", pid, status], the status as `os.waitstatus_to_exitcode` has
it. When the daemon is gone it ends, and its children with it.
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
import traceback

import pygit2

from obsd.host.process_title import set_title
from obsd.readers import process as reader
from obsd.watcher import inotify
from obsd.watcher import main as _main  # noqa: F401 imported once for all watchers

_MESSAGE_BYTES = 4096
_GRACE_SECONDS = 1.0
_PR_SET_PDEATHSIG = 1
_LIBGIT2_CACHE_BYTES = 1 << 18


class ForkServer:
    """Serves one daemon. Single-threaded, so that forking is safe."""

    def __init__(self, daemon: socket.socket) -> None:
        self._daemon = daemon
        self._children: set[int] = set()
        self._wakeup, self._wakeup_write = socket.socketpair()
        self._wakeup_write.setblocking(False)
        self._wakeup.setblocking(False)

    def serve(self) -> None:
        """Returns when the daemon closes its end."""
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._wakeup_write.fileno(), warn_on_full_buffer=False)
        poll = select.poll()
        poll.register(self._daemon, select.POLLIN)
        poll.register(self._wakeup, select.POLLIN)
        while True:
            ready = {fd for fd, _ in poll.poll()}
            if self._wakeup.fileno() in ready:
                with contextlib.suppress(BlockingIOError):
                    self._wakeup.recv(_MESSAGE_BYTES)
                self._reap()
            if self._daemon.fileno() in ready and not self._request():
                return

    def finish(self) -> None:
        """The watchers saw their own connection end; one that is stopped did not."""
        deadline = time.monotonic() + _GRACE_SECONDS
        while self._children and time.monotonic() < deadline:
            time.sleep(0.01)
            self._reap(report=False)
        for pid in self._children:
            self._kill(pid, signal.SIGKILL)

    def _request(self) -> bool:
        try:
            data, descriptors, _, _ = socket.recv_fds(self._daemon, _MESSAGE_BYTES, 1)
        except ConnectionResetError:  # it was killed while something was on its way to it
            return False
        if not data:
            return False
        kind, *values = json.loads(data)
        if kind == "run":
            number, module, title = values
            self._fork(number, socket.socket(fileno=descriptors[0]), module, title)
        elif kind == "kill" and values[0] in self._children:
            self._kill(*values)
        return True

    def _kill(self, pid: int, number: int) -> None:
        # One that leads a process group started others, such as a git: they go with it.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, number)
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)

    def _fork(self, number: int, connection: socket.socket, module: str, title: str) -> None:
        try:
            pid = os.fork()
        except OSError as error:  # no process is left, or no memory for one
            connection.close()
            self._send("failed", number, error.errno)
            return
        if pid == 0:
            self._become(connection, module, title)
        connection.close()
        self._children.add(pid)
        self._send("started", number, pid)

    def _become(self, connection: socket.socket, module: str, title: str) -> None:
        """Never returns: what a fork server has on its stack is none of a child's."""
        code = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            for unused in (self._daemon, self._wakeup, self._wakeup_write):
                unused.close()
            set_title(title)
            _end_with_parent()
            importlib.import_module(module).run(connection)
            code = 0
        except BaseException:  # noqa: BLE001 nothing may reach the fork server's own loop
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(code)

    def _reap(self, report: bool = True) -> None:
        while self._children:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._children.discard(pid)
            if report:
                self._send("exited", pid, os.waitstatus_to_exitcode(status))

    def _send(self, *message: object) -> None:
        with contextlib.suppress(OSError):
            self._daemon.send(json.dumps(message).encode())


def _end_with_parent() -> None:
    """A child whose fork server is gone could not be signalled safely any more (PR_SET_PDEATHSIG, prctl(2))."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def serve(descriptor: int) -> None:
    """Runs a fork server over the socket with this number, until the daemon closes its end."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # a terminal's Ctrl-C reaches the whole group; the daemon decides
    set_title("obsd-forkserver")
    inotify.wrapper()
    reader.prepare()
    # libgit2 keeps up to 256 MB of small objects for a process that lives for long, and the watchers do.
    pygit2.settings.cache_max_size(_LIBGIT2_CACHE_BYTES)
    gc.collect()
    gc.freeze()
    server = ForkServer(socket.socket(fileno=descriptor))
    server.serve()
    server.finish()
