"""Owns the stage of a benchmark: a daemon with folders of its own, and trees of files to watch."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks import processes
from benchmarks.table import Row
from tests.support import Daemon, Repository, clean_environment, remove_tree

MEMORY = Path("/dev/shm")


@contextmanager
def folder(memory: bool = False) -> Iterator[Path]:
    """A short temporary folder, on a memory file system where asked for."""
    made = Path(tempfile.mkdtemp(prefix="ob", dir=MEMORY if memory and MEMORY.is_dir() else "/tmp"))
    try:
        yield made
    finally:
        remove_tree(made)


@contextmanager
def daemon(home: Path, configuration: str = "") -> Iterator[Daemon]:
    """A running daemon."""
    made = Daemon(home / "d", configuration)
    try:
        yield made.start()
    finally:
        made.stop()


def repository(path: Path, files: int = 0, per_folder: int = 20) -> Repository:
    """A git repository with so many committed files of 20 lines, references packed, as a clone's."""
    made = Repository(path, clean_environment(path.parent))
    for number in range(files):
        text = "".join(f"line {line} of file {number}\n" for line in range(20))
        made.write(f"d{number // per_folder}/f{number}.py", text)
    made.commit("chore: begin with some files")
    made.git("pack-refs", "--all")
    return made


def rest(daemon: Daemon, work: str, seconds: float, aim: float) -> list[Row]:
    """What the daemon and its watchers use while nothing happens, and how much memory they hold."""
    time.sleep(5)
    before, own_before = processes.usage(daemon.pid), processes.own_usage(daemon.pid)
    time.sleep(seconds)
    used, own = processes.usage(daemon.pid) - before, processes.own_usage(daemon.pid) - own_before
    sizes = [processes.pss_bytes(pid) / 1e6 for pid in watchers(daemon)]
    share = 100 / seconds
    return [
        Row(work, "CPU of one core", used.cpu_seconds * share, "%", aim),
        Row(work, "of it the daemon itself", own.cpu_seconds * share, "%"),
        Row(work, "wake-ups", used.wakeups / seconds, "/s"),
        Row(work, "of them the daemon's", own.wakeups / seconds, "/s"),
        Row(work, "daemon (PSS)", processes.pss_bytes(daemon.pid) / 1e6, "MB", 60),
        Row(work, f"largest of {len(sizes)} watchers (PSS)", max(sizes, default=0), "MB", 8),
    ]


def watchers(daemon: Daemon) -> list[int]:
    """The processes that watch a workspace: those that /proc says hold an inotify descriptor."""
    return [pid for pid in processes.tree(daemon.pid) if pid != daemon.pid and _has_inotify(pid)]


def _has_inotify(pid: int) -> bool:
    # Descriptors end while they are looked at, and so do processes.
    with suppress(OSError):
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            with suppress(OSError):
                if "inotify" in str(descriptor.readlink()):
                    return True
    return False
