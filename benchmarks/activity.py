"""Owns made-up activity of a workspace with known answers: working days, people, agents in bursts, and six anomalies.

Everything follows from the seed. Days have hours of work with a break, and few weekends; people save single files,
agents many at once; a formatter or a refactoring touches a good part of the tree now and then, which is no anomaly.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from obsd.facts import AnomalyKind, CommitMade, Fact, FileChanged, Operation, WorkspaceAdded

DAY: Final = 86_400.0
HOUR: Final = 3600.0
BEGIN: Final = 1_800_000_000.0 // DAY * DAY
NAME: Final = "w"
KINDS: Final[tuple[AnomalyKind, ...]] = ("changes", "deletions", "lines", "files", "commit_size", "session_length")


NOTEWORTHY: Final[dict[AnomalyKind, float]] = {
    "changes": 40,
    "deletions": 15,
    "lines": 1000,
    "files": 20,
    "commit_size": 300,
    "session_length": 3000,
}
"""A busy time is at least that: a tenth file deleted where one is usual is news to nobody."""
_AGENTS_OPERATIONS: Final[tuple[Operation, ...]] = (*28 * ("modified",), *4 * ("created",), "deleted")


_FLOODS: Final[dict[AnomalyKind, tuple[int, int, Operation, float]]] = {
    "deletions": (10_000, 100_000, "deleted", 30),
    "changes": (0, 3, "modified", 1),
    "files": (200_000, 100_000, "modified", 2),
}
"""First file, how many, what happens to them, and lines: what comes many times in a short while."""


@dataclass(frozen=True, slots=True)
class Injected:
    """An anomaly that was put in: what it should be seen as, when, and how many times the usual busy time it is."""

    kind: AnomalyKind
    begin: float
    end: float
    strength: float


@dataclass(frozen=True, slots=True)
class Habits:
    """What is usual in a workspace; all of it differs from one to the next."""

    files: int
    changes_a_minute: float
    lines: float
    agents: int
    burst: float
    commit_minutes: float

    @classmethod
    def of(cls, chance: random.Random) -> Habits:
        """Habits at random: from a quiet single person to one with four agents."""
        return cls(
            files=round(chance.lognormvariate(5.5, 0.8)) + 20,
            changes_a_minute=chance.lognormvariate(-0.7, 0.5),
            lines=chance.lognormvariate(1.6, 0.4),
            agents=chance.choice([0, 0, 1, 1, 2, 4]),
            burst=chance.lognormvariate(2.2, 0.5),
            commit_minutes=chance.lognormvariate(3.4, 0.5),
        )


class Activity:
    """A workspace's made-up life of so many days."""

    def __init__(self, seed: int, days: int) -> None:
        self.chance = random.Random(seed)
        self.habits = Habits.of(self.chance)
        self.days = days
        self.facts: list[Fact] = [WorkspaceAdded(BEGIN, NAME, "/srv/w")]
        self._commits = seed * 1_000_000
        for day in range(days):
            if day % 7 < 5 or self.chance.random() < 0.1:
                self._day(BEGIN + day * DAY)
        self.facts.sort(key=lambda fact: fact.at)

    def change(self, at: float, file: int, operation: Operation = "modified", lines: float | None = None) -> None:
        """A change of a file."""
        spread = self.chance.lognormvariate(0, 1.1)
        added = round((self.habits.lines if lines is None else lines) * spread)
        path = f"src/p{file % 23}/f{file}.py"
        self.facts.append(FileChanged(at, NAME, path, operation, "python", added, added // 3))

    def commit(self, at: float, lines: float) -> None:
        """A commit of so many lines."""
        self._commits += 1
        self.facts.append(
            CommitMade(
                *(at, NAME, f"{self._commits:040x}", "main", "Ada", "ada@example.org", "feat: do it", "commit"),
                *("unknown", "none", round(lines * 0.7), round(lines * 0.3), 3, at, "hook"),
            )
        )

    def _day(self, midnight: float) -> None:
        at = midnight + (8 + 2 * self.chance.random()) * HOUR
        end = midnight + (16 + 3 * self.chance.random()) * HOUR
        while at < end:
            stop = at + self.chance.lognormvariate(7.8, 0.6)
            self._sitting(at, min(stop, end))
            at = stop + self.chance.lognormvariate(7.0, 0.6)
        if self.chance.random() < 0.5:
            self._sweep(midnight + (9 + 7 * self.chance.random()) * HOUR)

    def _sitting(self, at: float, end: float) -> None:
        chance, habits = self.chance, self.habits
        here = [self._file() for _ in range(chance.randint(2, 8))]
        commit_at = at + chance.lognormvariate(0, 0.5) * habits.commit_minutes * 60
        self._agents(at, end)
        while at < end:
            at += chance.expovariate(habits.changes_a_minute / 60)
            self.change(at, chance.choice(here), "deleted" if chance.random() < 0.02 else "modified")
            if at > commit_at:
                self.commit(at, chance.lognormvariate(3.6, 1.2))
                commit_at = at + chance.lognormvariate(0, 0.5) * habits.commit_minutes * 60
                here = [self._file() for _ in range(chance.randint(2, 8))]

    def _agents(self, begin: float, end: float) -> None:
        chance, habits = self.chance, self.habits
        for _ in range(habits.agents):
            if chance.random() < 0.4:
                continue
            at = begin + chance.expovariate(1 / 120)
            while at < end:
                files = [self._file() for _ in range(chance.randint(1, 6))]
                for _ in range(1 + int(chance.expovariate(1 / habits.burst))):
                    at += chance.expovariate(1 / 2)
                    operation = chance.choice(_AGENTS_OPERATIONS)
                    self.change(at, chance.choice(files), operation, habits.lines * 3)
                at += chance.lognormvariate(4.6, 0.7)
                if chance.random() < 0.15:
                    self.commit(at, chance.lognormvariate(4.6, 1.0))

    def _sweep(self, at: float) -> None:
        """A formatter over a part of the tree, or a refactoring that removes some files."""
        if self.chance.random() < 0.7:
            for file in range(min(self.habits.files, round(self.chance.lognormvariate(3.0, 0.5)))):
                self.change(at + file / 10, file, lines=2)
        else:
            for file in range(self.chance.randint(2, 12)):
                self.change(at + file, file, "deleted", lines=20)

    def _file(self) -> int:
        return int(self.chance.random() ** 2 * self.habits.files)


def inject(
    activity: Activity, from_day: int, busy: dict[AnomalyKind, float], strengths: Iterable[float]
) -> list[Injected]:
    """Put each kind in once for each strength, on days of their own from `from_day` on, as far as there are days."""
    chance = activity.chance
    wanted = [(kind, strength) for strength in strengths for kind in KINDS]
    days = [day for day in range(from_day, activity.days) if day % 7 < 5]
    chance.shuffle(wanted)
    wanted = wanted[: len(days)]
    injected = []
    for (kind, strength), day in zip(wanted, chance.sample(days, len(wanted)), strict=True):
        at = BEGIN + day * DAY + (10 + 5 * chance.random()) * HOUR
        injected.append(_inject(activity, kind, at, max(busy[kind], NOTEWORTHY[kind]) * strength, strength))
    activity.facts.sort(key=lambda fact: fact.at)
    return injected


def _inject(activity: Activity, kind: AnomalyKind, at: float, amount: float, strength: float) -> Injected:
    many = max(2, round(amount))
    lasts = 200.0
    if kind in _FLOODS:
        first, files, operation, lines = _FLOODS[kind]
        for number in range(many):
            activity.change(at + number * lasts / many, first + number % files, operation, lines)
    elif kind == "lines":
        for number in range(4):
            activity.change(at + number * 40, number, lines=amount / 4)
    elif kind == "commit_size":
        activity.commit(at, amount)
    else:
        at, lasts = at // DAY * DAY + 19.5 * HOUR, amount
        for number in range(round(amount / 200)):
            activity.change(at + number * 200, number % 5)
    return Injected(kind, at, at + lasts, strength)
