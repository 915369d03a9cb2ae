"""Owns reading saved logs as activity: who committed what, when and how much.

They are made by `git log --no-merges --numstat --format=FORMAT`, where FORMAT is
%x01%at%x1f%ae%x1f%an%x1f%(trailers:key=Co-authored-by,valueonly,separator=%x2C)%x1f%s

Names and texts of these histories are looked at and never kept: only times, counts of lines and files, and whether an
agent is named come out.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks.activity import BEGIN, DAY, NAME
from obsd.facts import CommitMade, Fact, FileChanged, Operation, WorkspaceAdded

LEAST_COMMITS = 300
AGENTS = re.compile(r"claude|copilot|codex|cursor|gemini|\bamp@|\baider\b|devin", re.IGNORECASE)
BOTS = re.compile(r"\[bot\]|dependabot|renovate|github-actions", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Commit:
    """A commit of a history; `figures` are lines added and removed of each of its files."""

    at: float
    author: str
    agent: bool
    bot: bool
    figures: tuple[tuple[str, int, int], ...]


def commits(file: Path) -> Iterator[Commit]:
    """The commits of a saved log."""
    for block in file.read_bytes().decode("utf-8", "replace").split("\x01")[1:]:
        head, _, rest = block.partition("\n")
        at, email, name, trailers, _ = head.split("\x1f", 4)
        figures = tuple(
            (path, int(added), int(removed))
            for added, removed, path in (line.split("\t", 2) for line in rest.splitlines() if line.count("\t") >= 2)
            if added != "-"
        )
        agent = bool(AGENTS.search(trailers) or AGENTS.search(f"{name} {email}"))
        yield Commit(float(at), email, agent, bool(BOTS.search(f"{name} {email}")), figures)


def busiest_authors(files: Sequence[Path], authors: int = 2) -> Iterator[list[Fact]]:
    """The activity of the busiest authors of each history, moved to begin at the same day."""
    for file in files:
        by_author: dict[str, list[Commit]] = defaultdict(list)
        for commit in commits(file):
            if not commit.bot:
                by_author[commit.author].append(commit)
        for made in sorted(by_author.values(), key=len, reverse=True)[:authors]:
            if len(made) >= LEAST_COMMITS:
                yield list(_facts(sorted(made, key=lambda commit: commit.at)))


def _facts(made: Sequence[Commit]) -> Iterator[Fact]:
    """Each file of a commit as a change within the minutes before it, the commit behind them."""
    shift = BEGIN - made[0].at // DAY * DAY
    facts: list[Fact] = [WorkspaceAdded(BEGIN, NAME, "/srv/w")]
    for number, commit in enumerate(made):
        at = commit.at + shift
        for place, (path, added, removed) in enumerate(reversed(commit.figures)):
            operation: Operation = "deleted" if removed and not added else "modified"
            when = max(BEGIN, at - 1 - place * 0.5)
            facts.append(FileChanged(when, NAME, path, operation, "other", added, removed))
        added, removed = sum(each[1] for each in commit.figures), sum(each[2] for each in commit.figures)
        facts.append(
            CommitMade(
                *(at, NAME, f"{number:040x}", "main", "Ada", "ada@example.org", "feat: do it", "commit"),
                *("unknown", "none", added, removed, len(commit.figures), at, "hook"),
            )
        )
    return iter(sorted(facts, key=lambda fact: fact.at))
