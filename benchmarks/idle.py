"""What ten quiet workspaces cost: processor time and wake-ups over a minute, and memory."""

from __future__ import annotations

import time

from benchmarks import processes, rig
from benchmarks.table import Row

WORKSPACES = 10
SECONDS = 60.0
WORK = f"idle, {WORKSPACES} workspaces"


def run() -> list[Row]:
    """Measures the daemon and its watchers after they came to rest."""
    with rig.folder() as folder, rig.daemon(folder) as daemon:
        for number in range(WORKSPACES):
            repository = rig.repository(folder / f"w{number}", files=200)
            daemon.add(repository.path, f"w{number}")
            repository.write("d0/f0.py", "x = 1\n")
            daemon.settle(f"w{number}")
        time.sleep(5)
        before = processes.usage(daemon.pid)
        time.sleep(SECONDS)
        used = processes.usage(daemon.pid) - before
        watchers = [processes.pss_bytes(pid) / 1e6 for pid in rig.watchers(daemon)]
        everything = sum(processes.pss_bytes(pid) for pid in processes.tree(daemon.pid)) / 1e6
        return [
            Row(WORK, "CPU of one core", used.cpu_seconds / SECONDS * 100, "%", 0.2),
            Row(WORK, "wake-ups", used.wakeups / SECONDS, "/s"),
            Row(WORK, "daemon (PSS)", processes.pss_bytes(daemon.pid) / 1e6, "MB", 60),
            Row(WORK, f"largest of {len(watchers)} watchers (PSS)", max(watchers, default=0), "MB", 8),
            Row(WORK, "all processes together (PSS)", everything, "MB"),
        ]
