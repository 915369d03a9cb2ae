"""The machine's limits: a full disk, and no descriptor or inotify instance left."""

from __future__ import annotations

import resource
import socket
import subprocess
from contextlib import suppress
from urllib.parse import urlsplit

from tests.chaos.arena import Arena, need_root, require_commits
from tests.support import Daemon, wait_until


def full_disk(arena: Arena) -> None:
    """The state folder's disk is full for a while: it is said, and nothing that was made meanwhile is lost."""
    need_root()
    home = arena.home()
    (home / "state").mkdir(mode=0o700)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=6m,mode=0700", "tmpfs", home / "state"], check=True)
    daemon = Daemon(home)
    try:
        daemon.start()
        repository = arena.repository("repo")
        daemon.add(repository.path, "repo", "--no-hooks")
        ids: list[str] = []
        while arena.on():
            _fill(daemon)
            # The write-ahead log has room of its own, which is used up first.
            while not _held(daemon, "ledger_unwritable"):
                for number in range(40):
                    repository.write(f"{len(ids)}-{number}-{'x' * 150}.py", "one\n")
                ids.append(repository.commit(f"feat: number {len(ids)} while it is full"))
                assert len(ids) < 600, "a full disk is not said"
            (daemon.state / "filler").unlink()
            wait_until(lambda: not _held(daemon, "ledger_unwritable"), "a disk with room")
            require_commits(daemon, "repo", ids)
            arena.done["full disks"] += 1
        daemon.restart()
        require_commits(daemon, "repo", ids)
        daemon.stop()
    finally:
        if daemon.process is not None and daemon.process.poll() is None:
            daemon.stop()
        subprocess.run(["umount", home / "state"], check=True)


def _fill(daemon: Daemon) -> None:
    with suppress(OSError), (daemon.state / "filler").open("wb") as file:
        while True:
            file.write(bytes(4096))
            file.flush()


def _held(daemon: Daemon, code: str) -> bool:
    return any(one["code"] == code for one in daemon.json("status")["warnings"])


def descriptors(arena: Arena) -> None:
    """Connections take all descriptors: when they end, everything is as it was."""
    daemon = Daemon(arena.home()).start()
    repository = arena.repository("repo")
    daemon.add(repository.path, "repo", "--no-hooks")
    address = urlsplit(daemon.json("status")["metrics_url"])
    ids: list[str] = []
    while arena.on():
        resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (64, 4096))
        held = []
        for _ in range(120):
            with suppress(OSError):
                held.append(socket.create_connection((address.hostname or "", address.port or 0), timeout=1))
        ids.append(repository.commit("feat: one while there are none left"))
        for connection in held:
            connection.close()
        resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (4096, 4096))
        require_commits(daemon, "repo", ids)
        arena.done["descriptors"] += 1
    assert daemon.stop() == 0
