"""Whose lines are: `blame` of a long file, and how soon after a commit the origins of its lines are known."""

from __future__ import annotations

import random
import subprocess
import time
from pathlib import Path

from benchmarks import rig
from benchmarks.table import Row, spread
from obsctl import documents
from obsd.client.client import Client
from tests.support import Daemon, Repository, command

LINES = 5_000
COMMITS = 200
CHANGED = 25
EDITS = 20
ASKED = 20
FILES = 20
LINES_A_FILE = 50
MEASURED = 10
LONG_AGO = {"GIT_AUTHOR_DATE": "2024-02-02T02:02:02Z", "GIT_COMMITTER_DATE": "2024-02-02T02:02:02Z"}


def run() -> list[Row]:
    """All rows, with one daemon that names nobody: who it is costs nothing more."""
    with rig.folder() as folder:
        repository = rig.repository(folder / "repo", files=100)
        chance = random.Random(5)
        for _ in range(COMMITS):
            _edit(repository, chance)
            repository.commit("feat: some lines", **LONG_AGO)
        with rig.daemon(folder, '[authors]\nwriters = "off"\nrecords = []\nwait_seconds = 0.1\n') as daemon:
            daemon.add(repository.path, "w")
            path = repository.path / "long.py"
            rows = _blame(daemon, path, f"blame of {LINES:,} lines of {COMMITS} commits, all from before")
            for number in range(EDITS):
                _edit(repository, chance)
                daemon.settle("w")
                if number % 2:
                    repository.commit("feat: some lines")
            rows += _blame(daemon, path, f"after {EDITS} edits of {CHANGED} lines, half of them committed")
            rows += _verb(daemon, path)
            rows += _git(repository)
            return rows + _commits(daemon, repository)


def _edit(repository: Repository, chance: random.Random) -> None:
    path = repository.path / "long.py"
    lines = path.read_text().splitlines() if path.exists() else [f"line {number}" for number in range(LINES)]
    for _ in range(CHANGED):
        lines[chance.randrange(LINES)] = f"changed to {chance.random()}"
    path.write_text("\n".join(lines) + "\n")


def _blame(daemon: Daemon, path: Path, what: str) -> list[Row]:
    with Client(daemon.socket, 30) as client:
        runs = len(client.blame(str(path)).runs)
        times = []
        for _ in range(ASKED):
            begun = time.perf_counter()
            client.blame(str(path))
            times.append((time.perf_counter() - begun) * 1000)
    rows = spread("lines", what, times, "ms", 200)
    return [*rows, Row("lines", "runs that it answers with", runs, "")]


def _verb(daemon: Daemon, path: Path) -> list[Row]:
    times = []
    for _ in range(ASKED):
        begun = time.perf_counter()
        subprocess.run(
            [*command("obsctl"), "blame", str(path)], env=daemon.environment, check=True, capture_output=True
        )
        times.append((time.perf_counter() - begun) * 1000)
    return spread("lines", "the whole of `obsctl blame`", times, "ms")


def _git(repository: Repository) -> list[Row]:
    """What is in each of obsd's answers: git's own."""
    times = []
    for _ in range(ASKED):
        begun = time.perf_counter()
        repository.git("blame", "--incremental", "HEAD", "--", "long.py")
        times.append((time.perf_counter() - begun) * 1000)
    return spread("lines", "`git blame` of the same file alone", times, "ms")


def _commits(daemon: Daemon, repository: Repository) -> list[Row]:
    """From a commit's fact to that of its origins; its changes have their authors before it is made."""
    times = []
    with Client(daemon.socket, 60) as client:
        events = client.watch("w", ["CommitMade", "CommitOrigins"])
        for number in range(MEASURED):
            for file in range(FILES):
                text = "".join(f"{number} {file} {line}\n" for line in range(LINES_A_FILE))
                repository.write(f"new{number}/f{file}.py", text)
            daemon.settle("w")
            repository.commit("feat: many lines")
            made = next(event for event in events if event.kind == "CommitMade")
            begun = time.perf_counter()
            origins = next(event for event in events if event.kind == "CommitOrigins")
            times.append((time.perf_counter() - begun) * 1000)
            if documents.event(made)["commit_id"] != documents.event(origins)["commit_id"]:
                raise RuntimeError("a commit has no origins")
            lines = sum(lines for _, _, lines in documents.event(origins)["origins"])
            if lines != FILES * LINES_A_FILE:
                raise RuntimeError(f"{lines:g} lines have an origin")
    what = f"a commit of {FILES * LINES_A_FILE:,} lines in {FILES} files: until its lines have origins"
    return [*spread("lines", what, times, "ms", 50), Row("lines", "the fastest", min(times), "ms")]
