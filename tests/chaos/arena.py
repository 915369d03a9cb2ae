"""The place of one attack: a folder, a daemon, chance by a seed, and a time until which it goes on.

Drives obsd through its contract, as a user would; imports nothing of it.
"""

from __future__ import annotations

import os
import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.support import Daemon, Repository, clean_environment, wait_until


class NotHere(Exception):
    """What the attack needs is not to be had."""


@dataclass(slots=True)
class Arena:
    """`done` counts what was done, for the table."""

    folder: Path
    chance: random.Random
    seconds: float
    began: float = field(default_factory=time.monotonic)
    done: Counter[str] = field(default_factory=Counter)

    def on(self) -> bool:
        """Whether there is time left; the first round is always run."""
        return not self.done or time.monotonic() - self.began < self.seconds

    def home(self, name: str = "d") -> Path:
        """A folder for a daemon."""
        made = self.folder / name
        made.mkdir(mode=0o700, exist_ok=True)
        return made

    def repository(self, name: str) -> Repository:
        """A repository with one commit."""
        made = Repository(self.folder / name, clean_environment(self.folder))
        made.write("README.md", "hello\n")
        made.commit("docs: say hello to the world")
        return made


def need_root() -> None:
    """Raises NotHere for an ordinary user."""
    if os.geteuid() != 0:
        raise NotHere("for root alone")


def children(pid: int, name: str) -> list[int]:
    """The descendants of a process that have this name."""
    found = []
    for child in descendants(pid):
        with suppress(OSError):
            if Path(f"/proc/{child}/comm").read_text().strip() == name:
                found.append(child)
    return found


def descendants(pid: int) -> Iterator[int]:
    """The processes that a process started, and those that they started."""
    for child in _children(pid):
        yield child
        yield from descendants(child)


def _children(pid: int) -> Iterator[int]:
    try:
        for task in Path(f"/proc/{pid}/task").iterdir():
            yield from (int(one) for one in (task / "children").read_text().split())
    except OSError:
        return


def require_commits(daemon: Daemon, name: str, ids: list[str]) -> None:
    """Each of these commits is listed and counted once, and no other."""
    daemon.forget_address()
    wait_until(lambda: daemon.scrape().sum("git_commits_total", workspace=name) >= len(ids), f"{len(ids)} commits")
    listed = [one["id"] for one in daemon.json("commits", "--limit", "0")["commits"] if one["workspace"] == name]
    assert sorted(listed) == sorted(ids), f"{name}: {len(listed)} listed, {len(set(ids) - set(listed))} missing"
    counted = daemon.scrape().sum("git_commits_total", workspace=name)
    assert counted == len(ids), f"{name}: {counted} counted, {len(ids)} made"


def require_quiet(daemon: Daemon) -> None:
    """Nothing in the log is a fault of obsd's own."""
    assert "Traceback" not in daemon.log, daemon.log[-4000:]
