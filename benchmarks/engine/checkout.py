"""`git checkout` between two trees of 20,000 files."""

from __future__ import annotations

import resource
import subprocess
import time

from benchmarks import processes, rig
from benchmarks.table import Row

FILES = 20_000
WORK = f"git checkout of {FILES:,} files"


def run() -> list[Row]:
    """obsd's CPU against git's, and whether the changes were counted as git's."""
    with rig.folder() as folder, rig.daemon(folder) as daemon:
        repository = rig.repository(folder / "w", files=FILES)
        repository.git("checkout", "-q", "-b", "other")
        for number in range(FILES):
            repository.write(f"d{number // 20}/f{number}.py", f"other {number}\n")
        repository.commit("chore: make every file another one")
        daemon.add(repository.path, "w")
        daemon.settle("w")
        # Files that are as young as the index are read by git as well: a second makes them old.
        time.sleep(1.1)
        before, git_before = processes.usage(daemon.pid), _children_seconds()
        subprocess.run(["git", "-C", str(repository.path), "checkout", "-q", "main"], check=True)
        git = _children_seconds() - git_before
        began = time.perf_counter()
        daemon.settle("w")
        lag = time.perf_counter() - began
        used = processes.usage(daemon.pid) - before
        samples = daemon.scrape()
        return [
            Row(WORK, "git: CPU", git, "s"),
            Row(WORK, "obsd: CPU", used.cpu_seconds, "s", git),
            Row(WORK, "obsd: everything recorded after git ended", lag, "s", 1),
            Row(WORK, "obsd: not counted as git's", FILES - samples.sum("obsd_git_changes_total"), "files", 0),
            Row(WORK, "obsd: counted as edits", samples.sum("copilot_files_modified_total"), "files", 0),
        ]


def _children_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
