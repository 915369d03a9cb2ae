"""Fifty quiet workspaces of 1,000 folders."""

from __future__ import annotations

import time

from benchmarks import processes, rig
from benchmarks.engine import writer
from benchmarks.table import Row

WORKSPACES, FOLDERS, SECONDS = 50, 1000, 60.0
WORK = f"idle, {WORKSPACES} workspaces of {FOLDERS:,} folders"


def run() -> list[Row]:
    """CPU and wake-ups of all processes over a minute, and the watchers' memory."""
    with rig.folder(memory=True) as memory, rig.folder() as home, rig.daemon(home) as daemon:
        for number in range(WORKSPACES):
            writer.make_folders(memory / f"w{number}", FOLDERS)
            daemon.add(memory / f"w{number}", f"w{number}")
        time.sleep(5)
        before = processes.usage(daemon.pid)
        time.sleep(SECONDS)
        used = processes.usage(daemon.pid) - before
        watchers = [processes.pss_bytes(pid) / 1e6 for pid in rig.watchers(daemon)]
        return [
            Row(WORK, "CPU of one core", used.cpu_seconds / SECONDS * 100, "%", 0.3),
            Row(WORK, "wake-ups", used.wakeups / SECONDS, "/s"),
            Row(WORK, f"largest of {len(watchers)} watchers (PSS)", max(watchers, default=0), "MB", 8),
        ]
