"""What `obsctl top` takes of a core while it shows ten workspaces, two of which change ten times a second."""

from __future__ import annotations

import os
import pty
import select
import time

from benchmarks import rig
from benchmarks.table import Row
from tests.support import command

SECONDS = 30.0
WORKSPACES = 10
START_SECONDS = 4.0


def run() -> list[Row]:
    """CPU of obsctl, without its start, on a terminal of 120 columns."""
    with rig.folder() as folder, rig.daemon(folder) as daemon:
        repositories = [rig.repository(folder / f"w{number}") for number in range(WORKSPACES)]
        for number, repository in enumerate(repositories):
            daemon.add(repository.path, f"w{number}", "--no-hooks")
        pid, screen = pty.fork()
        if pid == 0:
            os.environ.clear()
            os.environ.update(daemon.environment | {"TERM": "xterm-256color", "COLUMNS": "120", "LINES": "40"})
            os.execv(command("obsctl")[0], [*command("obsctl"), "top"])
        begun = time.monotonic()
        before, drawn, changes = 0.0, 0, 0
        while time.monotonic() - begun < START_SECONDS + SECONDS:
            for repository in repositories[:2]:
                repository.write(f"f{changes % 20}.py", f"x = {changes}\n" * (changes % 9))
            changes += 1
            if select.select([screen], [], [], 0.1)[0]:
                drawn += len(os.read(screen, 65536))
            if not before and time.monotonic() - begun > START_SECONDS:
                before = _cpu_seconds(pid)
        used = _cpu_seconds(pid) - before
        os.write(screen, b"q")
        os.close(screen)
        os.waitpid(pid, 0)
    return [
        Row("obsctl top", f"{WORKSPACES} workspaces, a look every 2 s", used / SECONDS * 100, "% of a core", 2),
        Row("obsctl top", "drawn in that time", drawn / 1000, "kB"),
    ]


def _cpu_seconds(pid: int) -> float:
    """User and system time of a process (proc(5))."""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
