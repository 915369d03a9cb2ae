"""100 edits a second for a minute over 100 files of a git repository."""

from __future__ import annotations

from benchmarks import processes, rig
from benchmarks.engine import writer
from benchmarks.table import Row

FILES, RATE, SECONDS = 100, 100, 60
WORK = f"{RATE} edits/s for {SECONDS} s"


def run() -> list[Row]:
    """CPU of the daemon and the watcher, and whether every edit was counted."""
    with rig.folder() as folder, rig.daemon(folder) as daemon:
        repository = rig.repository(folder / "w", files=200)
        for number in range(FILES):
            repository.write(f"e{number}.py", "".join(f"{line} \n" for line in range(50)))
        repository.commit("chore: have files to edit")
        daemon.add(repository.path, "w")
        daemon.settle("w")
        before, own_before = processes.usage(daemon.pid), processes.own_usage(daemon.pid)
        writer.run("steady", repository.path, FILES, RATE, SECONDS)
        daemon.settle("w")
        used, own = processes.usage(daemon.pid) - before, processes.own_usage(daemon.pid) - own_before
        counted = daemon.scrape().sum("copilot_files_modified_total", workspace="w", operation="modified")
        return [
            Row(WORK, "obsd: CPU of one core", used.cpu_seconds / SECONDS * 100, "%", 3),
            Row(WORK, "of it the daemon itself", own.cpu_seconds / SECONDS * 100, "%"),
            Row(WORK, f"obsd: edits not counted of {RATE * SECONDS:,}", RATE * SECONDS - counted, "", 0),
        ]
