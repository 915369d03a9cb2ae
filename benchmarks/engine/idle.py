"""Fifty quiet workspaces of 1,000 folders."""

from __future__ import annotations

from benchmarks import rig
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
        return rig.rest(daemon, WORK, SECONDS, 0.3)
