"""A watcher that stands still or is killed at any moment loses no change and counts none twice."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from obsd.git.line_diff import content_id
from tests.integration.watching.watcher_rig import WatcherRig
from tests.support import Daemon, Repository, wait_until

Watch = Callable[..., WatcherRig]

KILLS = int(os.environ.get("OBSD_KILLS", "12"))
FLOOD = 20_000

LOAD = """
import os, random, sys
root, seed, rounds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
chance = random.Random(seed)
for round in range(rounds):
    folder = f"{root}/d{round % 7}/e{round % 3}"
    os.makedirs(folder, exist_ok=True)
    path = f"{folder}/{seed}-{round}"
    with open(path + ".tmp", "w") as file:
        file.write("line\\n" * chance.randrange(1, 9))
    os.rename(path + ".tmp", path)
    if round % 5 == 4:
        with open(path, "a") as file:
            file.write("more\\n")
    print(round, flush=True)
"""


class Load:
    """Another process that makes files, and tells of each that it has made."""

    def __init__(self, root: Path, seed: int, rounds: int) -> None:
        command = [sys.executable, "-c", LOAD, str(root), str(seed), str(rounds)]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE)

    def made(self, count: int) -> None:
        """Returns when so many more are made, or all."""
        assert self._process.stdout is not None
        for _ in range(count):
            self._process.stdout.readline()

    def end(self) -> None:
        assert self._process.stdout is not None
        self._process.stdout.read()
        self._process.stdout.close()
        assert self._process.wait() == 0


def assert_table_is_the_disk(rig: WatcherRig) -> None:
    on_disk = {
        str((Path(above) / name).relative_to(rig.root)): content_id((Path(above) / name).read_bytes()).hex()
        for above, _, names in os.walk(rig.root)
        for name in names
    }
    assert {path: row[4] for path, row in rig.snapshot.items()} == on_disk


@pytest.mark.slow
def test_a_flood_while_the_watcher_stands_still(watch: Watch, folder: Path) -> None:
    rig = watch(folder)
    assert rig.process is not None
    os.kill(rig.process.pid, signal.SIGSTOP)
    for number in range(FLOOD):
        place = folder / f"d{number % 200}"
        if number < 200:
            place.mkdir()
        (place / f"f{number}").write_text("line\n")
    os.kill(rig.process.pid, signal.SIGCONT)
    received = rig.settle()
    assert received.operations() == {"created": FLOOD}
    assert len({change.path for change in received.changes}) == FLOOD
    assert sum(change.added or 0 for change in received.changes) == FLOOD


@pytest.mark.slow
def test_an_overflow_is_repaired_and_told(watch: Watch, folder: Path) -> None:
    limit = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    if limit > 1 << 17:
        pytest.skip(f"the queue holds {limit} events")
    for number in range(100):
        (folder / f"old{number}").write_text("one\n")
    rig = watch(folder)
    assert rig.process is not None
    os.kill(rig.process.pid, signal.SIGSTOP)
    (folder / "early").write_text("one\n")
    with (folder / "busy").open("w") as file:
        for number in range(limit):
            os.utime(file.fileno(), (number, number))
            file.write(f"{number}\n")
            file.flush()
    for number in range(0, 100, 2):
        (folder / f"old{number}").write_text("one\ntwo\n")
    (folder / "old1").unlink()
    (folder / "new/deep").mkdir(parents=True)
    (folder / "new/deep/late").write_text("one\n")
    os.kill(rig.process.pid, signal.SIGCONT)
    received = rig.settle()
    assert received.operations() == {"created": 3, "modified": 50, "deleted": 1}
    modified = [change for change in received.changes if change.operation == "modified"]
    assert all((change.added, change.removed) == (1, 0) for change in modified)
    assert [reason for reason, _, _ in received.rescans] == ["start", "overflow"]
    assert rig.overflows > 0
    assert_table_is_the_disk(rig)


@pytest.mark.slow
def test_a_watcher_killed_at_any_moment(watch: Watch, folder: Path) -> None:
    chance = random.Random(3)
    rig = watch(folder)
    load = Load(folder, 1, 60 * KILLS)
    for _ in range(KILLS):
        load.made(chance.randrange(1, 60))
        rig.receive(chance.random() * 0.3)
        rig.kill()
        rig.start()
    load.end()
    received = rig.settle()
    created = Counter(change.path for change in received.changes if change.operation == "created")
    assert sum(created.values()) - len(created) == 0, "counted twice"
    assert set(created) == set(rig.snapshot)
    assert len(created) == 60 * KILLS
    assert {change.operation for change in received.changes} <= {"created", "modified"}
    net = sum((change.added or 0) - (change.removed or 0) for change in received.changes if not change.unmeasured)
    lines = sum((folder / path).read_text().count("\n") for path in created)
    assert net == lines - sum(
        (folder / change.path).read_text().count("\n") for change in received.changes if change.unmeasured
    )
    assert_table_is_the_disk(rig)


def test_changes_while_no_watcher_runs(watch: Watch, repository: Repository) -> None:
    root = repository.path
    for name in ("kept", "edited", "removed", "renamed", "dir/below"):
        repository.write(name, "one\n")
    rig = watch(root)
    rig.kill()
    repository.write("edited", "one\ntwo\n")
    (root / "removed").unlink()
    (root / "renamed").rename(root / "new-name")
    (root / "dir").rename(root / "other")
    (root / "README.md").write_text("hello\nagain\n")
    rig.start()
    received = rig.settle()
    changed = {(change.operation, change.path) for change in received.changes}
    assert changed >= {("modified", "edited"), ("modified", "README.md"), ("deleted", "removed")}
    assert {path for _, path in changed} >= {"new-name", "other/below"}
    assert ("modified", "README.md", 1, 0) in received.brief()
    assert received.rescans[-1][0] == "restart"
    assert rig.settle().brief() == []


def test_what_git_did_while_no_watcher_ran_is_gits(watch: Watch, repository: Repository) -> None:
    repository.git("checkout", "-q", "-b", "side")
    for number in range(20):
        repository.write(f"f{number}", "side\n")
    repository.write("README.md", "hello\nside\n")
    repository.commit("feat: on the side")
    repository.git("checkout", "-q", "main")
    rig = watch(repository.path)
    rig.kill()
    repository.git("checkout", "-q", "side")
    repository.write("mine", "one\n")
    rig.start()
    received = rig.settle()
    assert received.brief() == [("created", "mine", 1, 0)]
    assert sum(received.git.values()) == 21


@pytest.mark.slow
def test_a_daemon_killed_at_any_moment(make_daemon: Callable[[str], Daemon], folder: Path) -> None:
    chance = random.Random(5)
    rounds, kills = 300, max(3, KILLS // 4)
    daemon = make_daemon("d").start()
    daemon.add(folder, "work")
    load = Load(folder, 2, rounds)
    for _ in range(kills):
        load.made(chance.randrange(rounds // kills))
        daemon.stop(signal.SIGKILL)
        daemon.start()
    load.end()
    daemon.settle("work")
    scrape = daemon.scrape()
    assert scrape.sum("copilot_files_modified_total", workspace="work", operation="created") == rounds
    assert scrape.sum("copilot_files_modified_total", workspace="work", operation="deleted") == 0
    assert scrape.sum("copilot_files_modified_total", workspace="work", operation="renamed") == 0
    modified = scrape.sum("copilot_files_modified_total", workspace="work", operation="modified")
    before = {series: value for series, _, value in scrape.series if series.startswith("copilot_files")}
    daemon.restart(signal.SIGKILL)
    daemon.settle("work")
    again = daemon.scrape()
    assert again.sum("copilot_files_modified_total", workspace="work", operation="modified") == modified
    assert {series: value for series, _, value in again.series if series.startswith("copilot_files")} == before


def test_a_killed_watcher_is_started_again_and_catches_up(make_daemon: Callable[[str], Daemon], folder: Path) -> None:
    daemon = make_daemon("d").start()
    daemon.add(folder, "work")
    (folder / "a").write_text("one\n")
    daemon.settle("work")
    [watched] = daemon.json("workspaces")["workspaces"]
    watcher = watched["watcher_pid"]
    os.kill(watcher, signal.SIGKILL)
    (folder / "a").write_text("one\ntwo\n")
    (folder / "b").write_text("one\n")
    wait_until(lambda: daemon.scrape().sum("obsd_watcher_restarts_total", workspace="work") == 1)
    daemon.wait_for("copilot_files_modified_total", 2, workspace="work", operation="created")
    daemon.wait_for("copilot_files_modified_total", 1, workspace="work", operation="modified")
