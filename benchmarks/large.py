"""What commits cost in a repository of 400,000 files: the processor time of the daemon and all that it starts."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks import processes, rig
from benchmarks.table import Row
from tests.support import Daemon, Repository, clean_environment, remove_tree

FOLDERS = 40_000
PER_FOLDER = 10
COMMITS = 5
PAUSE_SECONDS = 6.0
"""So long the daemon gets after each commit, for all that follows from it."""


def run() -> list[Row]:
    """All rows; the first `git status` of the session, which the first change asks for, is not one of a commit's."""
    folder = Path(tempfile.mkdtemp(prefix="ob", dir="/var/tmp"))
    try:
        repository = _repository(folder / "r")
        with rig.daemon(folder) as daemon:
            added = daemon.obsctl("--timeout", "800", "add-workspace", str(repository.path), "--name", "w", timeout=900)
            daemon.obsctl("wait", "--timeout", "800", timeout=900)
            state = daemon.json("status")["workspaces"][0]
            if added.code or state["state"] != "watching":
                raise RuntimeError(f"not watched: {added} {state['state']} {state['detail']}")
            git = _seconds(lambda: repository.git("status", "--porcelain"))
            _commit(repository, COMMITS)
            time.sleep(60)  # the session's first `git status`, and what it keeps apart from the next
            before, counted = processes.usage(daemon.pid), _counted(daemon)
            for number in range(COMMITS):
                _commit(repository, number)
                time.sleep(PAUSE_SECONDS)
            used = (processes.usage(daemon.pid) - before).cpu_seconds / COMMITS
            seen = [now - then for now, then in zip(_counted(daemon), counted, strict=True)]
            if seen != [COMMITS, COMMITS]:
                raise RuntimeError(f"of {COMMITS} commits and new files {seen} were counted")
    finally:
        remove_tree(folder)
    work = f"a commit of one new file, {FOLDERS * PER_FOLDER:,} files"
    return [Row(work, "obsd: CPU", used, "s", 0.1), Row(work, "one `git status`, wall", git, "s")]


def _commit(repository: Repository, number: int) -> None:
    name = f"g1/d{200 + number}/new.py"
    repository.write(name, "new\n")
    repository.git("add", name)
    repository.git("commit", "-q", "-m", f"feat: add the new file number {number}")


def _counted(daemon: Daemon) -> tuple[float, float]:
    """The commits and the new files so far."""
    samples = daemon.scrape()
    created = samples.sum("copilot_files_modified_total", operation="created", workspace="w")
    return samples.sum("git_commits_total", workspace="w"), created


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _repository(path: Path) -> Repository:
    made = Repository(path, clean_environment(path.parent))
    with subprocess.Popen(["git", "-C", str(path), "fast-import", "--quiet"], stdin=subprocess.PIPE) as imported:
        assert imported.stdin is not None
        write = imported.stdin.write
        write(b"commit refs/heads/main\ncommitter Ann <a@example.org> 1700000000 +0000\ndata 4\nfrst\n")
        for folder in range(FOLDERS):
            for number in range(PER_FOLDER):
                text = b"file %d in %d\n" % (number, folder)
                name = b"g%d/d%d/f%d.py" % (folder // 200, folder, number)
                write(b"M 100644 inline %b\ndata %d\n%b\n" % (name, len(text), text))
    # Not by the repository's own `git`, which gives up after a minute.
    subprocess.run(["git", "-C", str(path), "checkout", "-q", "-f", "main"], env=made.environment, check=True)
    return made
