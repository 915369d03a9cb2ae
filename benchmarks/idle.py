"""What ten quiet workspaces cost: processor time and wake-ups over a minute, and memory."""

from __future__ import annotations

from benchmarks import processes, rig
from benchmarks.table import Row

WORKSPACES = 10
SECONDS = 60.0
WORK = f"idle, {WORKSPACES} workspaces"


def run() -> list[Row]:
    """Measures the daemon and its watchers after they came to rest, with no session open."""
    configuration = "[sessions]\nidle_timeout_seconds = 1\n"
    with rig.folder() as folder, rig.daemon(folder, configuration) as daemon:
        for number in range(WORKSPACES):
            repository = rig.repository(folder / f"w{number}", files=200)
            daemon.add(repository.path, f"w{number}")
            repository.write("d0/f0.py", "x = 1\n")
            daemon.settle(f"w{number}")
        everything = sum(processes.pss_bytes(pid) for pid in processes.tree(daemon.pid)) / 1e6
        rows = rig.rest(daemon, WORK, SECONDS, 0.2)
        return [*rows, Row(WORK, "all processes together (PSS)", everything, "MB")]
