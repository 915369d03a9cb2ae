"""What the patterns of agents are worth on real histories, where trailers say whose commits they were.

Owns turning histories into examples: each commit by itself, and the sittings of an author (commits no further apart
than two hours), which are an agent's when all their commits name one, somebody else's when none does, and else left
out. All is predicted from what was earlier. OBSD_BENCH_HISTORIES names saved logs (histories.py), separated by colons.
Only sums are printed.
"""

from __future__ import annotations

import os
import statistics
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from benchmarks.histories import Commit, commits
from benchmarks.table import Row
from obsd.analysis.classifier import Example, SessionFeatures, learn, predicted

SITTING_SECONDS = 7200.0
NEWEST = 1500
"""Examples of a history that are looked at."""
BINS = 5
Scored = list[tuple[float, float, bool]]
Dated = tuple[float, SessionFeatures, bool]


def run() -> list[Row]:
    """The tables of docs/analysis.md."""
    files = [Path(name) for name in os.environ.get("OBSD_BENCH_HISTORIES", "").split(":") if name]
    rows: list[Row] = []
    for what, shapes in (("commits", of_commits), ("sittings", of_sittings)):
        everything: Scored = []
        for number, file in enumerate(files, 1):
            examples = _examples(file, shapes)
            agents = sum(is_agent for _, is_agent in examples)
            scored = list(predicted(examples))
            everything += scored
            work = f"history {number}, {what}"
            known = f"{agents} of agents, {len(examples) - agents} of others"
            rows.append(Row(work, f"{known}: speaks", _speaks(examples), ""))
            rows += _worth(work, scored)
        rows += _worth(f"all {what}", everything)
        rows += _calibration(f"all {what}", everything)
    return rows


def of_commits(made: Sequence[Commit]) -> Iterator[Dated]:
    """Each commit of an author as a session of its own: its files are the changes, the time is that since the last."""
    for earlier, commit in pairwise(made):
        since = commit.at - earlier.at
        shape = _shape([commit], min(since, SITTING_SECONDS), since if since <= SITTING_SECONDS else None)
        yield commit.at, shape, commit.agent


def of_sittings(made: Sequence[Commit]) -> Iterator[Dated]:
    """Sittings of an author: each file of a commit is a change, each commit a burst."""
    current: list[Commit] = []
    for commit in made:
        if current and commit.at - current[-1].at > SITTING_SECONDS:
            yield from _sitting(current)
            current = []
        current.append(commit)
    yield from _sitting(current)


def _sitting(made: Sequence[Commit]) -> Iterator[Dated]:
    if len({commit.agent for commit in made}) == 1:
        gaps = [later.at - earlier.at for earlier, later in pairwise(made)]
        shape = _shape(made, made[-1].at - made[0].at, statistics.median(gaps) if gaps else None)
        yield made[0].at, shape, made[0].agent


def _shape(made: Sequence[Commit], seconds: float, to_commit: float | None) -> SessionFeatures:
    figures = [figure for commit in made for figure in commit.figures]
    return SessionFeatures(
        seconds=seconds,
        changes=len(figures),
        files=len({path for path, _, _ in figures}),
        lines_added=sum(added for _, added, _ in figures),
        lines_removed=sum(removed for _, _, removed in figures),
        bursts=len(made),
        first_commit_seconds=to_commit,
    )


def _examples(file: Path, shapes: Callable[[Sequence[Commit]], Iterator[Dated]]) -> list[Example]:
    by_author: dict[str, list[Commit]] = defaultdict(list)
    for commit in commits(file):
        if not commit.bot and commit.figures:
            by_author[commit.author].append(commit)
    dated = [one for made in by_author.values() for one in shapes(sorted(made, key=lambda one: one.at))]
    dated.sort(key=lambda one: one[0])
    return [(shape.vector(), is_agent) for _, shape, is_agent in dated[-NEWEST:]]


def _speaks(examples: Sequence[Example]) -> float:
    return float(learn(examples) is not None)


def _worth(work: str, scored: Scored) -> Iterator[Row]:
    if not scored:
        return
    error = statistics.mean((chance - is_agent) ** 2 for chance, _, is_agent in scored)
    guess = statistics.mean((share - is_agent) ** 2 for _, share, is_agent in scored)
    yield Row(work, "predicted", len(scored), "")
    yield Row(work, "Brier score of guessing the share", guess, "")
    yield Row(work, "Brier score", error, "")
    yield Row(work, "skill", 1 - error / guess, "")
    agents = sorted(chance for chance, _, is_agent in scored if is_agent)
    others = sorted(chance for chance, _, is_agent in scored if not is_agent)
    if agents and others:
        yield Row(work, "area under the curve", _area(agents, others), "")


def _area(agents: Sequence[float], others: Sequence[float]) -> float:
    """How often an agent's is held to be likelier than another's, by the sum of ranks."""
    ranked = sorted([(chance, 1) for chance in agents] + [(chance, 0) for chance in others])
    ranks = sum(rank for rank, (_, is_agent) in enumerate(ranked, 1) if is_agent)
    return (ranks - len(agents) * (len(agents) + 1) / 2) / len(agents) / len(others)


def _calibration(work: str, scored: Scored) -> Iterator[Row]:
    for number in range(BINS):
        low, high = number / BINS, (number + 1) / BINS
        inside = [(chance, is_agent) for chance, _, is_agent in scored if low <= chance < high]
        if inside:
            said = statistics.mean(chance for chance, _ in inside)
            seen = statistics.mean(is_agent for _, is_agent in inside)
            yield Row(work, f"said {said:.0%} on average, {len(inside)} times: agents", seen * 100, "%")
