"""How long it takes until a scrape shows a save, and a commit."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable
from functools import partial

from benchmarks import rig
from benchmarks.table import Row, spread
from tests.samples import Samples
from tests.support import Daemon, Repository

ROUNDS = 40
SETTLE_MS = 100
POLL_SECONDS = 0.002
GIVE_UP_SECONDS = 10


def run() -> list[Row]:
    """Saves and commits one at a time, with pauses, while a scraper asks every 2 ms."""
    with rig.folder() as folder, rig.daemon(folder) as daemon:
        repository = rig.repository(folder / "w", files=200)
        daemon.add(repository.path, "w")
        url = daemon.json("status")["metrics_url"]
        saves: list[float] = []
        commits: list[float] = []
        reports: list[float] = []
        for number in range(ROUNDS):
            saves.append(_until(url, "copilot_files_modified_total", partial(_save, repository, number)))
            repository.git("add", "-A")
            commits.append(_until(url, "git_commits_total", partial(_commit, repository, reports)))
            daemon.settle("w")
        return [
            *spread("latency", "from a save to the scrape that shows it", saves, "ms", SETTLE_MS + 100),
            *spread("latency", "from `git commit` returning to the scrape", commits, "ms", 300),
            *spread("latency", "`git commit` itself, hook included", reports, "ms"),
            Row("latency", "one scrape", _scrape_ms(url), "ms"),
            Row("stop", "SIGTERM to exit", _stop_ms(daemon), "ms", 2000),
        ]


def _save(repository: Repository, number: int) -> None:
    repository.write("d0/f0.py", "".join(f"{number} {line}\n" for line in range(20)))


def _commit(repository: Repository, durations: list[float]) -> None:
    began = time.perf_counter()
    repository.git("commit", "-q", "-m", "perf: measure how long it takes")
    durations.append((time.perf_counter() - began) * 1000)


def _until(url: str, counter: str, act: Callable[[], None]) -> float:
    """Milliseconds from the end of `act` to the first scrape in which the counter has grown."""
    before = _get(url).sum(counter, workspace="w")
    act()
    began = time.perf_counter()
    while time.perf_counter() - began < GIVE_UP_SECONDS:
        if _get(url).sum(counter, workspace="w") > before:
            return (time.perf_counter() - began) * 1000
        time.sleep(POLL_SECONDS)
    raise RuntimeError(f"{counter} did not grow within {GIVE_UP_SECONDS} s")


def _get(url: str) -> Samples:
    with urllib.request.urlopen(url, timeout=10) as answer:
        return Samples(answer.read().decode())


def _scrape_ms(url: str) -> float:
    began = time.perf_counter()
    for _ in range(20):
        with urllib.request.urlopen(url, timeout=10) as answer:
            answer.read()
    return (time.perf_counter() - began) / 20 * 1000


def _stop_ms(daemon: Daemon) -> float:
    began = time.perf_counter()
    daemon.stop()
    return (time.perf_counter() - began) * 1000
