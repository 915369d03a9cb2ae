"""The machine's limits: a full disk, and no descriptor, process, inotify watch or inotify instance left."""

from __future__ import annotations

import os
import resource
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

from tests import inotify_limits
from tests.chaos.arena import Arena, NotHere, children, descendants, need_root, require_commits, require_quiet
from tests.support import Daemon, wait_until

_BEATS_SECONDS = 150.0
"""Watchers look for a free instance once a minute, and for watches after a whole look."""


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
    require_quiet(daemon)
    assert daemon.stop() == 0


def processes(arena: Arena) -> None:
    """No process or thread more is to be had, as at a unit's TasksMax=, and what obsd runs by is killed meanwhile."""
    need_root()
    group = _Pids(f"obsd-chaos-{os.getpid()}")
    try:
        daemon = Daemon(arena.home()).start()
        repository = arena.repository("repo")
        daemon.add(repository.path, "repo", "--no-hooks")
        ids: list[str] = []
        files = 0
        while arena.on():
            group.hold(daemon.pid)
            name = arena.chance.choice(("obsd-watcher", "obsd-reader", "obsd-forkserver"))
            for pid in children(daemon.pid, name):
                os.kill(pid, signal.SIGKILL)
            for _ in range(5):
                files += 1
                repository.write(f"made{files}.py", "one\n")
            ids.append(repository.commit(f"feat: number {len(ids)} where no process starts"))
            time.sleep(arena.chance.uniform(0.5, 2.5))
            daemon.json("status")
            group.release()
            wait_until(lambda: _is(daemon, "watching"), "a watcher that could start", _BEATS_SECONDS)
            require_commits(daemon, "repo", ids)
            daemon.settle("repo")
            daemon.wait_for(
                "copilot_files_modified_total", files, workspace="repo", file_type="python", operation="created"
            )
            arena.done[f"no processes, no {name}"] += 1
        require_quiet(daemon)
        assert daemon.stop() == 0
    finally:
        group.end()


class _Pids:
    """A control group of the pids controller, for a process and what it started and will start."""

    def __init__(self, name: str) -> None:
        """Raises NotHere."""
        first = Path("/sys/fs/cgroup")
        parent = first / "pids" if (first / "pids").is_dir() else first
        self._folder = parent / name
        try:
            self._folder.mkdir()
            (self._folder / "pids.max").write_text("max")
        except OSError as error:
            with suppress(OSError):
                self._folder.rmdir()
            raise NotHere("no control group for processes is to be had") from error
        self._before = parent / "cgroup.procs"

    def hold(self, pid: int) -> None:
        """From now on none of them can start a process or a thread."""
        for one in (pid, *descendants(pid)):
            (self._folder / "cgroup.procs").write_text(str(one))
        (self._folder / "pids.max").write_text("0")

    def release(self) -> None:
        (self._folder / "pids.max").write_text("max")

    def end(self) -> None:
        self.release()
        for pid in (self._folder / "cgroup.procs").read_text().split():
            with suppress(OSError):
                self._before.write_text(pid)
        self._folder.rmdir()


def inotify(arena: Arena) -> None:
    """Watches and instances come to an end and are there again: each file counts once, all is watched at the end."""
    if not inotify_limits.are_to_be_had():
        raise NotHere("no user namespace is to be had")
    daemon = Daemon(arena.home())
    daemon.command = (*inotify_limits.limited(watches=10_000, instances=100), *daemon.command)
    daemon.start()
    repository = arena.repository("repo")
    daemon.add(repository.path, "repo", "--no-hooks")
    ids: list[str] = []
    files = 0
    while arena.on():
        watches, instances = arena.chance.choice(((arena.chance.randint(0, 5), 100), (10_000, 0)))
        inotify_limits.set_limits(daemon.pid, watches=watches, instances=instances)
        for pid in children(daemon.pid, "obsd-watcher"):
            os.kill(pid, signal.SIGKILL)
        for _ in range(30):
            files += 1
            repository.write(f"d{files // 3}/made{files}.py", "one\n")
        ids.append(repository.commit(f"feat: number {len(ids)} without limits to spare"))
        wait_until(lambda: _is(daemon, "degraded"), "a watcher that says what it lacks")
        inotify_limits.set_limits(daemon.pid, watches=10_000, instances=100)
        require_commits(daemon, "repo", ids)
        wait_until(lambda: _is(daemon, "watching"), "a watcher that has all again", _BEATS_SECONDS)
        made = {"workspace": "repo", "file_type": "python", "operation": "created"}
        daemon.settle("repo")
        daemon.wait_for("copilot_files_modified_total", files, **made)
        arena.done["no watches" if watches < 100 else "no instances"] += 1
    require_quiet(daemon)
    assert daemon.stop() == 0


def _is(daemon: Daemon, state: str) -> bool:
    return [one["state"] for one in daemon.json("workspaces")["workspaces"]] == [state]
