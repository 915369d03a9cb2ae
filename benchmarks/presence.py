"""What a look at all processes costs: 500 of them, some in a workspace, none of them new to it."""

from __future__ import annotations

import subprocess
import tempfile
import time
from contextlib import ExitStack

from benchmarks.table import Row, spread
from obsd.agents.process_scan import Scanner
from obsd.agents.table import AgentTable

PROCESSES = 500
INSIDE = 20
WORKSPACES = 50
LOOKS = 50
AIM_MILLISECONDS = 5


def run() -> list[Row]:
    """The time of a look, of a thread that is not interrupted and as it was."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="obsd-bench-"))
        for number in range(PROCESSES):
            cwd = folder if number < INSIDE else "/"
            process = subprocess.Popen(["sleep", "600"], cwd=cwd)
            stack.callback(process.wait)
            stack.callback(process.kill)
        scanner = Scanner(AgentTable.build())
        others = [f"/srv/workspace-{number}" for number in range(WORKSPACES)]
        scanner.scan([folder], others)
        looks = [_look(scanner, folder, others) for _ in range(LOOKS)]
    return [
        *spread("presence", f"a look at {PROCESSES} processes", [wall for wall, _ in looks], "ms", AIM_MILLISECONDS),
        *spread("presence", "the same, CPU alone", [cpu for _, cpu in looks], "ms", AIM_MILLISECONDS),
    ]


def _look(scanner: Scanner, folder: str, others: list[str]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), time.thread_time()
    scanner.scan([folder], others)
    return (time.perf_counter() - wall) * 1000, (time.thread_time() - cpu) * 1000
