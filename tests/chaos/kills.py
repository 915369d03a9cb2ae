"""Kills under load: the daemon, watchers, the fork server and readers are killed while files and commits are made."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import suppress

from tests.chaos.arena import Arena, children, require_commits, require_quiet
from tests.support import Daemon, Repository, wait_until

_NAMES = ("obsd-watcher", "obsd-forkserver", "obsd-reader")


class _Writer(threading.Thread):
    """Makes a file and, every third time, a commit; knows what it made."""

    def __init__(self, repository: Repository) -> None:
        super().__init__()
        self.repository = repository
        self.commits: list[str] = []
        self.files = 0
        self.ended = threading.Event()

    def run(self) -> None:
        while not self.ended.wait(0.15):
            self.files += 1
            self.repository.write(f"made/{self.files}.py", "one\ntwo\n")
            if self.files % 3 == 0:
                self.commits.append(self.repository.commit(f"feat: number {self.files} of the writer"))


def kills(arena: Arena) -> None:
    """Whatever is killed, each commit counts once, and each file that was made and stayed."""
    daemon = Daemon(arena.home()).start()
    writers = [_Writer(arena.repository(f"repo{number}")) for number in range(2)]
    for writer in writers:
        daemon.add(writer.repository.path, writer.repository.path.name)
        writer.start()
    try:
        while arena.on():
            time.sleep(arena.chance.uniform(0.3, 1.5))
            _kill_one(arena, daemon)
    finally:
        for writer in writers:
            writer.ended.set()
            writer.join()
    daemon.wait_ready()
    _require_totals(daemon, writers)
    before = daemon.scrape().text
    daemon.restart()
    daemon.forget_address()
    for writer in writers:
        name = writer.repository.path.name
        again = daemon.scrape().sum("git_commits_total", workspace=name)
        assert again == len(writer.commits), f"a clean start made {again} of {len(writer.commits)}:\n{before}"
    require_quiet(daemon)
    daemon.stop()


def _kill_one(arena: Arena, daemon: Daemon) -> None:
    kind = arena.chance.choice(("daemon", *_NAMES))
    if kind == "daemon":
        daemon.restart(signal.SIGKILL)
        arena.done[kind] += 1
        return
    victims = children(daemon.pid, kind)
    if victims:
        with suppress(ProcessLookupError):
            os.kill(arena.chance.choice(victims), signal.SIGKILL)
            arena.done[kind.removeprefix("obsd-")] += 1


def _require_totals(daemon: Daemon, writers: list[_Writer]) -> None:
    for writer in writers:
        name = writer.repository.path.name
        wait_until(lambda name=name: daemon.obsctl("wait", "--settled", name).code == 0, "a settled watcher", 90)  # type: ignore[misc]
        require_commits(daemon, name, writer.commits)
        made = daemon.scrape().sum(
            "copilot_files_modified_total", workspace=name, file_type="python", operation="created"
        )
        assert made == writer.files, f"{name}: {made} files counted, {writer.files} made"
