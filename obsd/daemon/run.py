"""Runs a daemon on an event loop until a signal ends it.

Owns the signals: a handler does no more than put its number into a queue, and one coroutine acts on them in turn. A
signal that comes while the daemon stops changes nothing. Where the ledger turns out to be
damaged it starts anew. Main thread.
"""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from obsd.daemon.daemon import Daemon
from obsd.daemon.shutdown import ALL_SECONDS, MUST_SECONDS
from obsd.errors import ObsdError
from obsd.tasks.supervision import cancel, spawn, start

log = logging.getLogger(__name__)

LEAVE_SECONDS = 0.5
END_SECONDS = ALL_SECONDS + MUST_SECONDS + 10.0
"""An end takes two seconds, and on a disk that is very slow half a minute: whatever takes longer is stuck."""
WORKER_THREADS = 64
"""Made when they are needed. A disk that does not answer holds one for each thing that it is asked: others are left."""

_ENDING = (signal.SIGTERM, signal.SIGINT)


def run(daemon: Daemon) -> int:
    """Starts the daemon, serves until SIGTERM or SIGINT, stops it; the exit code. Raises ObsdError from the start."""
    # Whatever is written, the ledger, the lock and the socket, is for this user alone.
    os.umask(0o077)
    # libgit2 and gRPC are C: should one crash, the log has at least where.
    faulthandler.enable()
    if asyncio.run(_run(daemon)):
        _start_anew()
    return 0


def _leave_in_time(leave: Callable[[], object]) -> None:
    """Ends the process even if a worker thread hangs, say on a dead mount: everything is written by now."""

    def wait() -> None:
        time.sleep(LEAVE_SECONDS)
        leave()

    threading.Thread(target=wait, daemon=True).start()


def _start_anew() -> None:
    """Becomes a new obsd: with the same process id, so that a service manager need know nothing of it."""
    faulthandler.cancel_dump_traceback_later()
    os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])  # noqa: S606 - its own command line


async def _run(daemon: Daemon) -> bool:
    """Runs until a signal ends it; returns whether obsd must be restarted."""
    loop = asyncio.get_running_loop()
    loop.set_default_executor(ThreadPoolExecutor(WORKER_THREADS, "worker"))
    signals: asyncio.Queue[int] = asyncio.Queue()
    for number in (*_ENDING, signal.SIGHUP):
        loop.add_signal_handler(number, signals.put_nowait, number)
    noticed = daemon.ledger_damage.noticed
    clean = False
    starting = start("the start", daemon.start())
    obeying = start("the signals", _obey(daemon, signals, starting))
    damaged = start("damage in the ledger", noticed.wait())
    try:
        await asyncio.wait({starting, obeying, damaged}, return_when=asyncio.FIRST_COMPLETED)
        if starting.done() and not noticed.is_set():
            starting.result()
            await asyncio.wait({obeying, damaged}, return_when=asyncio.FIRST_COMPLETED)
        clean = True
    finally:
        # In C, without the interpreter: it ends the process whatever holds that up, and says where.
        faulthandler.dump_traceback_later(END_SECONDS, exit=True)
        again = noticed.is_set() and not obeying.done()
        await cancel(starting, obeying, damaged)
        await daemon.stop(again=again)
        if clean:
            _leave_in_time(_start_anew if again else lambda: os._exit(0))
    return again


async def _obey(daemon: Daemon, signals: asyncio.Queue[int], starting: asyncio.Task[None]) -> None:
    """Reloads on SIGHUP once the daemon has started; returns on a signal that ends it, also while it reloads."""
    while True:
        number = await signals.get()
        if number in _ENDING:
            log.info("%s: stopping", signal.Signals(number).name)
            return
        # What is being started reads the configuration now.
        if starting.done():
            spawn("the reload", _reload(daemon))


async def _reload(daemon: Daemon) -> None:
    try:
        await daemon.reload()
    except ObsdError as error:
        log.warning("not reloaded: %s", error.message)
