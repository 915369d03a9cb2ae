"""What commits cost with obsd's hooks, paired with none: one, a row of them, a rebase; and how fast they show."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path

from benchmarks import rig
from benchmarks.table import Row, spread
from obsd.client.client import Client
from obsd.facts import ReflogRead
from obsd.git import layout
from obsd.git.reflog_scan import scan_reflog
from obsd.v1 import commit_pb2 as pb
from tests.samples import Samples
from tests.support import Daemon, Repository

PAIRS = 100
IN_A_ROW = 100
ROWS = 5
REBASED = 200
REBASES = 3
ENTRIES = 50_000
REPORTS = 2000


def run() -> list[Row]:
    """All rows; the daemon runs for all but the last pairs."""
    with rig.folder() as folder, rig.daemon(folder) as daemon:
        plain, hooked = (rig.repository(folder / name, files=100) for name in ("plain", "hooked"))
        daemon.add(hooked.path, "w")
        rows = [
            *_one_commit("added to one commit", plain, hooked),
            _in_a_row(plain, hooked),
            *_rebase(plain, hooked),
            *_until_shown(daemon, hooked),
            _known_reports(daemon, hooked),
        ]
        daemon.stop()
        rows += _one_commit("added to one commit, daemon down", plain, hooked)
    with rig.folder() as folder:
        rows.append(_long_log(folder))
    return rows


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _commit(repository: Repository) -> None:
    path = repository.path / "d0" / "f0.py"
    path.write_text(path.read_text() + "one more line\n")
    subprocess.run(
        ["git", "commit", "-q", "-a", "-m", "perf: measure"],
        cwd=repository.path,
        env=repository.environment,
        check=True,
    )


def _one_commit(what: str, plain: Repository, hooked: Repository) -> list[Row]:
    """Differences of pairs, a pause between them: the reporter of one is not part of the next."""
    added = []
    for _ in range(PAIRS):
        time.sleep(0.05)
        without = _seconds(lambda: _commit(plain))
        added.append((_seconds(lambda: _commit(hooked)) - without) * 1000)
    return spread("commits", what, added, "ms", 3)


def _in_a_row(plain: Repository, hooked: Repository) -> Row:
    def many(repository: Repository) -> None:
        for _ in range(IN_A_ROW):
            _commit(repository)

    ratios = [_ratio(lambda: many(plain), lambda: many(hooked)) for _ in range(ROWS)]
    return Row("commits", f"{IN_A_ROW} commits in a row, against no hook", statistics.median(ratios), "times", 1.4)


def _ratio(without: Callable[[], object], with_hook: Callable[[], object]) -> float:
    first = _seconds(without)
    ratio = _seconds(with_hook) / first
    # What the reporter and the daemon still do is not the next measurement's.
    time.sleep(2)
    return ratio


def _rebase(plain: Repository, hooked: Repository) -> list[Row]:
    """Beside it a hook that does nothing: git runs the hook for each pick, and that has a price of its own."""
    for repository in (plain, hooked):
        repository.git("branch", "onto")
        repository.git("checkout", "-q", "-b", "topic")
        for number in range(REBASED):
            repository.write(f"topic/{number}.py", f"{number}\n")
            repository.commit(f"feat: number {number}")
        repository.git("checkout", "-q", "onto")
        repository.write("onto.py", "onto\n")
        repository.commit("feat: onto")
        repository.git("tag", "begin", "topic")
    empty = plain.path / ".git" / "hooks" / "post-commit"
    times: dict[str, list[float]] = {"none": [], "empty": [], "obsd": []}
    for _ in range(REBASES):
        times["none"].append(_rebase_once(plain))
        empty.write_text("#!/bin/sh\nexit 0\n")
        empty.chmod(0o755)
        times["empty"].append(_rebase_once(plain))
        empty.unlink()
        times["obsd"].append(_rebase_once(hooked))
    none, nothing, ours = (statistics.median(times[name]) for name in ("none", "empty", "obsd"))
    return [
        Row("commits", f"rebase of {REBASED} commits, against no hook", ours / none, "times", 1.2),
        Row("commits", "a hook that does nothing, against no hook", nothing / none, "times"),
        Row("commits", "obsd's, against the hook that does nothing", ours / nothing, "times", 1.2),
    ]


def _rebase_once(repository: Repository) -> float:
    repository.git("checkout", "-q", "-B", "topic", "begin")
    time.sleep(2)
    return _seconds(lambda: repository.git("rebase", "-q", "onto"))


def _until_shown(daemon: Daemon, repository: Repository) -> list[Row]:
    """From the return of `git commit` to the scrape: of one alone, and of the last of a burst for each of it."""
    url = daemon.json("status")["metrics_url"]
    alone, burst = [], []
    for _ in range(10):
        time.sleep(1.5)
        alone.append(_shown(url, lambda: _commit(repository), 1))
    for _ in range(3):
        time.sleep(1.5)

        def many() -> None:
            for _ in range(20):
                _commit(repository)

        burst.append(_shown(url, many, 20) / 20)
    return [
        *spread("commits", "from `git commit` returning to the scrape", alone, "ms", 300),
        Row("commits", "the same for each in a burst of 20", statistics.median(burst), "ms", 50),
    ]


def _shown(url: str, act: Callable[[], None], commits: int) -> float:
    wanted = _total(url) + commits
    act()
    began = time.perf_counter()
    while _total(url) < wanted:
        if time.perf_counter() - began > 10:
            raise RuntimeError("the commits did not show within 10 s")
        time.sleep(0.002)
    return (time.perf_counter() - began) * 1000


def _total(url: str) -> float:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return Samples(answer.read().decode()).sum("git_commits_total", workspace="w")


def _known_reports(daemon: Daemon, repository: Repository) -> Row:
    """One report a call, over one channel, of commits that are known."""
    ids = repository.git("rev-list", "-50", "HEAD").split()
    worktree = os.fsencode(repository.path)
    reports = [
        pb.CommitReport(id=f"r{n}", worktree=worktree, commit_id=ids[n % 50], hook="post-commit")
        for n in range(REPORTS)
    ]
    with Client(daemon.socket, 30) as client:
        client.report_commits(reports[:10])
        began = time.perf_counter()
        for start in range(0, REPORTS, 100):
            client.report_commits(reports[start : start + 100])
        each = (time.perf_counter() - began) / REPORTS * 1000
    return Row("commits", "a report of a known commit, 100 a call", each, "ms", 1, f"{1000 / each:,.0f}/s")


def _long_log(folder: Path) -> Row:
    """A look at a log of 50,000 entries from its start, without the ledger."""
    repository = rig.repository(folder / "long")
    log = repository.path / ".git" / "logs" / "HEAD"
    line = log.read_text().splitlines()[-1]
    ident = line.split(" ", 2)[2].split("\t")[0]
    with log.open("w") as file:
        for number in range(ENTRIES):
            file.write(f"{number:040x} {number + 1:040x} {ident}\tcommit: number {number}\n")
    where = layout.find(repository.path)
    assert where is not None
    cursor = ReflogRead(at=0.0, workspace="w", log=str(log), inode=0, offset=0, last_id="")
    times = [_seconds(lambda: scan_reflog(where, cursor, time.time())) for _ in range(5)]
    shutil.rmtree(repository.path)
    return Row("commits", f"a look at a reflog of {ENTRIES:,} entries", statistics.median(times), "s", 0.5)
