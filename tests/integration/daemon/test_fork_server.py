"""The fork server where no process is left for the user: it says so for each that it was to start, and goes on."""

from __future__ import annotations

import asyncio
import os
import resource
import signal
import socket
from pathlib import Path

import pytest

from obsd.errors import Unavailable
from obsd.sources.fork_client import ForkClient
from tests.support import wait_until

pytestmark = pytest.mark.skipif(os.geteuid() == 0, reason="root has no limit of processes")


def fork_server() -> int:
    """The process id of this process' fork server."""

    def found() -> int:
        for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split():
            if Path(f"/proc/{pid}/comm").read_text() == "obsd-forkserver\n":
                return int(pid)
        return 0

    return wait_until(found, "a fork server")


async def started(forks: ForkClient) -> int:
    """Starts a reader, which ends with its connection, and returns its exit code."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            process, kill = await forks.read(theirs)
        kill()
        return await process.exit or 0


def test_one_that_cannot_be_started_harms_no_other() -> None:
    died: list[str] = []

    async def main() -> None:
        forks = ForkClient(lambda: died.append("died"))
        await forks.start()
        try:
            assert await started(forks) == -signal.SIGKILL
            pid = fork_server()
            before = resource.prlimit(pid, resource.RLIMIT_NPROC)
            resource.prlimit(pid, resource.RLIMIT_NPROC, (0, before[1]))
            with pytest.raises(OSError, match="no process can be started"):
                await started(forks)
            resource.prlimit(pid, resource.RLIMIT_NPROC, before)
            assert await started(forks) == -signal.SIGKILL
            assert died == []
        finally:
            await forks.stop()

    asyncio.run(main())


def test_a_fork_server_that_cannot_be_started_is_said() -> None:
    async def main() -> None:
        forks = ForkClient(lambda: None)
        before = resource.getrlimit(resource.RLIMIT_NPROC)
        resource.setrlimit(resource.RLIMIT_NPROC, (0, before[1]))
        try:
            with pytest.raises(Unavailable, match="cannot be started"):
                await forks.start()
        finally:
            resource.setrlimit(resource.RLIMIT_NPROC, before)
            await forks.stop()

    asyncio.run(main())
